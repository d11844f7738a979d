"""Give the competition's tokens rows of the pretrained vocabulary: `python -m stages.align_vocab tiny-bert`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry

READ_THE_REFERENCE = ("frequency", "context")


def main(name: Annotated[str, typer.Argument(help="A name under `encoders` in params.yaml.")]) -> None:
    """Write models/aligned/NAME/, with the mapping table inside, and reports/alignment/NAME.json."""
    from pipeline.plan.current import run_entry

    run_entry(run, "align_vocab", name)


def run(entry: "Entry") -> None:
    """Align an encoder's vocabulary, and report how."""
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    import pipeline.models.nezha  # noqa: F401  (registers NEZHA with AutoModel)
    from pipeline import registry
    from pipeline.artifacts.atomic import atomic_folder, write_json
    from pipeline.artifacts.checkpoint import save_encoder
    from pipeline.artifacts.hashes import hash_file
    from pipeline.artifacts.paths import ALIGNED, ALIGNMENT_REPORTS, CORPUS
    from pipeline.artifacts.tables import read_table
    from pipeline.runtime.torch_setup import set_up_torch
    from pipeline.vocab.alignment import AlignmentInputs
    from pipeline.vocab.counts import read_reference, write_counts
    from pipeline.vocab.mapping import write_mapping_table
    from pipeline.vocab.report import alignment_report
    from pipeline.vocab.surgery import remap_model

    name, params = str(entry.key), entry.params
    encoder = params.encoders[name]
    set_up_torch(params.runtime.threads, params.runtime.seed)
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
        seed=params.runtime.seed,
    )
    alignment = registry.load("alignment", word)(inputs, **method)
    remap_model(model, alignment.rows, seed=params.runtime.seed, pieces=alignment.pieces, vectors=alignment.vectors)
    with atomic_folder(ALIGNED / name) as folder:
        save_encoder(model, alignment.tokenizer, folder)
        write_mapping_table(folder / "mapping.csv", alignment.table)
        ordinary = [token for token in tokenizer.get_vocab() if token not in tokenizer.all_special_tokens]
        write_counts(folder / "pretrained_counts.json", {t: (plain_counts or {}).get(t, 0) for t in ordinary})
        mapping_hash = hash_file(folder / "mapping.csv")
    report = alignment_report(alignment.table, alignment.counts, method=word, evidence=alignment.evidence)
    write_json(ALIGNMENT_REPORTS / f"{name}.json", {**report, "mapping_sha256": mapping_hash})
    used = report["method_used"]
    confidence = f" (confidence {report['confidence']:.2f})" if "confidence" in report else ""
    if used != word:
        say(
            f"{name}: {word} alignment failed: its confidence is {report['confidence']:.2f}, "
            f"{report['min_confidence']} is needed; aligned by {used} instead (docs/alignment.md)"
        )
        confidence = ""
    covered = f"{report['coverage']:.1%} of the text has a pretrained row"
    say(f"{name}: {report['n_tokens']} tokens by {used}{confidence}, {covered}: {ALIGNED / name}/")


if __name__ == "__main__":
    run_stage(main)
