"""Give the competition's tokens rows of the pretrained vocabulary."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import AutoModelForMaskedLM, AutoTokenizer

import pipeline.models.nezha  # noqa: F401  (registers NEZHA with AutoModel)
from pipeline import registry
from pipeline.artifacts.atomic import atomic_folder, write_json
from pipeline.artifacts.checkpoint import save_encoder
from pipeline.artifacts.hashes import hash_file
from pipeline.artifacts.paths import ALIGNED, ALIGNMENT_REPORTS, CORPUS
from pipeline.artifacts.tables import read_table
from pipeline.runtime.messages import say
from pipeline.runtime.torch_setup import set_up_torch
from pipeline.vocab.alignment import Alignment, AlignmentInputs
from pipeline.vocab.counts import read_reference, write_counts
from pipeline.vocab.mapping import write_mapping_table
from pipeline.vocab.report import alignment_report
from pipeline.vocab.surgery import remap_model

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry

READ_THE_REFERENCE = ("frequency", "context")


def run(entry: "Entry") -> None:
    """Align an encoder's vocabulary, and report how."""
    name, runtime = str(entry.key), entry.params.runtime
    encoder = entry.params.encoders[name]
    set_up_torch(runtime.threads, runtime.seed)
    method = dict(encoder.align.method)
    word = method.pop("name")
    tokenizer = AutoTokenizer.from_pretrained(encoder.from_, local_files_only=True)
    model = AutoModelForMaskedLM.from_pretrained(encoder.from_, local_files_only=True, dtype="float32")
    plain_counts, plain_texts = (
        read_reference(Path(encoder.reference), tokenizer) if word in READ_THE_REFERENCE else (None, None)
    )
    inputs = AlignmentInputs(
        texts=read_table(CORPUS, ["text"])["text"].tolist(),
        tokenizer=tokenizer,
        min_count=encoder.align.min_count,
        split=encoder.align.split,
        plain_counts=plain_counts,
        plain_texts=plain_texts,
        width=model.get_input_embeddings().embedding_dim,
        seed=runtime.seed,
    )
    alignment = registry.load("alignment", word)(inputs, **method)
    remap_model(model, alignment.rows, seed=runtime.seed, pieces=alignment.pieces, vectors=alignment.vectors)
    mapping_hash = _write(ALIGNED / name, model, tokenizer, alignment, plain_counts or {})
    report = alignment_report(alignment.table, alignment.counts, method=word, evidence=alignment.evidence)
    write_json(ALIGNMENT_REPORTS / f"{name}.json", {**report, "mapping_sha256": mapping_hash})
    if report["method_used"] != word:
        say(
            f"{name}: {word} alignment failed: its confidence is {report['confidence']:.2f}, "
            f"{report['min_confidence']} is needed; aligned by {report['method_used']} instead (docs/alignment.md)"
        )
    say(f"{name}: {_in_words(report)}: {ALIGNED / name}/")


def _write(target: Path, model: Any, tokenizer: Any, alignment: Alignment, plain_counts: Mapping[str, int]) -> str:
    """Write the aligned encoder, the mapping and how often plain text has each ordinary token: → the mapping's hash."""
    with atomic_folder(target) as folder:
        save_encoder(model, alignment.tokenizer, folder)
        write_mapping_table(folder / "mapping.csv", alignment.table)
        ordinary = [token for token in tokenizer.get_vocab() if token not in tokenizer.all_special_tokens]
        write_counts(folder / "pretrained_counts.json", {token: plain_counts.get(token, 0) for token in ordinary})
        return hash_file(folder / "mapping.csv")


def _in_words(report: Mapping[str, Any]) -> str:
    """Write an alignment report's main figures in one line."""
    used = report["method_used"]
    how = f" (confidence {report['confidence']:.2f})" if "confidence" in report and used == report["method"] else ""
    return f"{report['n_tokens']} tokens by {used}{how}, {report['coverage']:.1%} of the text has a pretrained row"
