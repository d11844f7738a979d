"""How often each token occurs in a text, and the counts file: one JSON object `{token: count}`."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.data.corpus import stream_texts
from pipeline.errors import UserError
from pipeline.vocab.splits import split_words

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

BATCH_SIZE = 1024  # texts handed to a tokenizer at once; bounds memory on streamed corpora


def count_tokens(texts: Iterable[str], tokenizer_or_split: "PreTrainedTokenizerBase | str") -> dict[str, int]:
    """Count the tokens of all texts, the most frequent first, equal counts in code point order of the token.

    `tokenizer_or_split` is the name of a split (`pipeline.vocab.splits`) or a Hugging Face tokenizer; with a
    tokenizer its special tokens, the unknown token among them, are left out.
    """
    if isinstance(tokenizer_or_split, str):
        counter: Counter[str] = Counter()
        for text in texts:
            counter.update(split_words(text, tokenizer_or_split))
        return sort_counts(counter)
    return sort_counts(_count_pieces(texts, tokenizer_or_split))


def sort_counts(counts: Mapping[str, int]) -> dict[str, int]:
    """Order counts from high to low, equal counts in code point order of the token."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def frequent_tokens(counts: Mapping[str, int], min_count: int) -> dict[str, int]:
    """Keep the tokens that occur at least `min_count` times, sorted; other tokens become the unknown token."""
    return sort_counts({token: count for token, count in counts.items() if count >= min_count})


def write_counts(path: Path, counts: Mapping[str, int]) -> None:
    """Write `{token: count}` as UTF-8 JSON, the most frequent first."""
    path.write_text(json.dumps(sort_counts(counts), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def read_counts(path: Path) -> dict[str, int]:
    """Read a counts file, sorted as `count_tokens` sorts. Raises UserError where the file is no counts file."""
    allowed = 'a UTF-8 JSON object {"token": count} with whole counts of 0 or more'
    try:
        counts = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path}: cannot read the token counts ({error.strerror}); expected {allowed}") from error
    except ValueError as error:
        raise UserError(f"{path}: not JSON in UTF-8 ({error}); expected {allowed}") from error
    if not isinstance(counts, dict):
        raise UserError(f"{path}: got a JSON {type(counts).__name__}; expected {allowed}")
    for token, count in counts.items():
        if type(count) is not int or count < 0:
            raise UserError(f"{path}: token {token!r} has count {count!r}; expected {allowed}")
    return sort_counts(counts)


def _count_pieces(texts: Iterable[str], tokenizer: "PreTrainedTokenizerBase") -> dict[str, int]:
    id_counts: Counter[int] = Counter()
    remaining = iter(texts)
    while batch := list(islice(remaining, BATCH_SIZE)):
        encoded = tokenizer(batch, add_special_tokens=False, truncation=False, padding=False, verbose=False)
        for ids in encoded["input_ids"]:
            id_counts.update(ids)
    special_ids = tokenizer.all_special_ids
    ids = [i for i in id_counts if i not in special_ids]
    return {token: id_counts[i] for token, i in zip(tokenizer.convert_ids_to_tokens(ids), ids, strict=True)}


if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def read_reference(path: Path, tokenizer: "PreTrainedTokenizerBase") -> tuple[dict[str, int], list[str] | None]:
    """Read a counts file (`.json`), or a text and count its tokens: → counts, texts (None for a counts file).

    A text is any file that `stream_texts` reads: another corpus of the checkpoint's language, or the competition's own
    unlabelled text where there is a plain form of it. Raises UserError where the file is missing or of another kind.
    """
    if path.suffix == ".json":
        return read_counts(path), None
    texts = list(stream_texts(path))
    return count_tokens(texts, tokenizer), texts
