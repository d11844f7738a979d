"""Measure a member's texts in its encoder's tokens: `python -m stages.lengths bert-ce`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.runtime.cli import run_stage, say


def main(member: Annotated[str, typer.Argument(help="A name under `members` in params.yaml.")]) -> None:
    """Write reports/lengths/MEMBER.json: quantiles of token lengths and the share that `max_length` cuts.

    A member that reads whole texts, as linear ones do, has nothing to measure: its file is an empty object.
    """
    from pipeline.artifacts.atomic import read_json, write_json
    from pipeline.artifacts.paths import LENGTH_REPORTS, RECIPES, TEST, TRAIN
    from pipeline.artifacts.tables import read_table
    from pipeline.data.lengths import describe_token_lengths

    recipe = read_json(RECIPES / f"{member}.json")
    report: dict[str, Any] = {}
    if "max_length" in recipe:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(Path(recipe["from"]), local_files_only=True)
        limit = recipe["max_length"]
        report = {"max_length": limit}
        for split, path in (("train", TRAIN), ("test", TEST)):
            texts = read_table(path, ["text"])["text"].tolist()
            report[split] = describe_token_lengths(tokenizer, texts, limit)
        cut = ", ".join(f"{report[split]['cut_share']:.1%} of {split}" for split in ("train", "test"))
        say(f"{member}: max_length {limit} cuts {cut} texts")
    write_json(LENGTH_REPORTS / f"{member}.json", report)


if __name__ == "__main__":
    run_stage(main)
