"""Measure a member's texts in its encoder's tokens."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.artifacts.atomic import write_json
from pipeline.artifacts.paths import LENGTH_REPORTS, TEST, TRAIN
from pipeline.artifacts.tables import read_table
from pipeline.data.lengths import describe_token_lengths
from pipeline.members.recipe import load_limits
from pipeline.runtime.messages import say
from pipeline.vectors.features import is_vectors
from pipeline.words.segmenter import load_segmenter

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def run(entry: "Entry") -> None:
    """Measure the lengths of one member's texts in its encoder's tokens."""
    member = str(entry.key)
    recipe: Any = entry.params.members[member]
    report: dict[str, Any] = {}
    source = Path(recipe.from_)
    unit = "words" if is_vectors(source) else "tokens"
    if unit in load_limits(recipe.kind):
        tokenizer = _word_splitter(source) if unit == "words" else _tokenizer(source)
        limit = recipe.max_length
        report = {"max_length": limit}
        for split, path in (("train", TRAIN), ("test", TEST)):
            texts = read_table(path, ["text"])["text"].tolist()
            report[split] = describe_token_lengths(tokenizer, texts, limit)
        cut = ", ".join(f"{report[split]['cut_share']:.1%} of {split}" for split in ("train", "test"))
        say(f"{member}: max_length {limit} cuts {cut} texts")
    write_json(LENGTH_REPORTS / f"{member}.json", report)


def _tokenizer(source: Path) -> Any:
    from transformers import AutoTokenizer  # takes longer than measuring does, and members on vectors need none

    return AutoTokenizer.from_pretrained(source, local_files_only=True)


def _word_splitter(source: Path) -> Any:
    """Return a stand-in for a tokenizer that gives words for tokens, for encoders that are a table of word vectors."""
    split = load_segmenter(source).split
    return lambda texts, **options: {"input_ids": [split(text) for text in texts]}
