"""Let the finished ensemble be a member in another competition: `python -m tools.transfer ../other`.

The classes have to be the same. Run it by hand, where the ensemble is; the other checkout needs its prepared data and
its folds, no more. The ensemble has seen none of the other's labels, so what it says of the other's training rows is
out of fold, whatever the folds.
"""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage, say

SMALLEST = 1e-6  # probability: a vote leaves classes without one


def main(
    other: Annotated[Path, typer.Argument(help="Where the other competition's checkout lies.")],
    name: Annotated[str, typer.Option(help="Of the member there: small letters, digits, hyphens.")] = "transfer",
) -> None:
    """Write OTHER/data/external/NAME, the log-probabilities for the other's training and test rows."""
    import numpy as np
    import pandas as pd

    from pipeline.artifacts.atomic import atomic_folder, read_json
    from pipeline.artifacts.logits import write_member
    from pipeline.artifacts.paths import DECISION, EXTERNAL, FOLDS, LABELS, MEMBERS, TEST, TRAIN
    from pipeline.artifacts.tables import read_fold_ids, read_table
    from pipeline.data.new_rows import clean_rows
    from pipeline.decision.answer import answer
    from pipeline.decision.artifact import read_decision
    from pipeline.decision.member import load_members
    from pipeline.errors import UserError
    from pipeline.fields.section import NAME
    from pipeline.metrics import macro_f1

    if not NAME.fullmatch(name):
        raise UserError(f"--name: got {name!r}, a name of small letters, digits and single hyphens is allowed")
    target = other / EXTERNAL / name
    if target.exists():
        raise UserError(f"{target}: is there already. Remove it if it may be made anew, or give another --name")
    decision = read_decision(DECISION)
    own, labels = decision.classes.names, read_json(other / LABELS)["labels"]
    if set(own) != set(labels):
        only = sorted(set(own) ^ set(labels))[0]
        raise UserError(
            f"{other / LABELS}: got {len(labels)} classes, the {len(own)} of this competition are needed; {only!r} "
            "is in one alone"
        )
    train, test = read_table(other / TRAIN, ["row_id", "text", "label"]), read_table(other / TEST, ["row_id", "text"])
    row_id, test_id = train["row_id"].to_numpy(dtype=str), test["row_id"].tolist()
    fold_ids = read_fold_ids(row_id, other / FOLDS)

    texts = pd.concat([train["text"], test["text"]], ignore_index=True)
    rows = pd.DataFrame({"text": texts, "file": str(other), "line": np.arange(len(texts))})
    cleaned = clean_rows(rows, decision.reading)["text"]
    shared = cleaned[: len(train)].isin(read_table(TRAIN, ["text"])["text"]).sum()
    if shared:
        say(f"warning: {shared} training rows over there have a text that this ensemble learned, which flatters it")
    answers = answer(decision, load_members(decision, MEMBERS), cleaned.tolist())
    probabilities = answers.probabilities[:, [own.index(label) for label in labels]]
    logits = np.log(np.maximum(probabilities, SMALLEST))
    of_train, of_test = logits[: len(train)], logits[len(train) :]

    n_models = len(fold_ids) * (int(fold_ids.max()) + 1)
    oof = np.stack([of_train] * len(fold_ids))
    with atomic_folder(target) as folder:
        write_member(
            folder / "oof_logits", folder / "test_logits", row_id, fold_ids, oof, test_id, [of_test] * n_models, labels
        )
    label_ids = train["label"].map({label: i for i, label in enumerate(labels)}).to_numpy()
    score = macro_f1(label_ids, of_train.argmax(axis=1), len(labels))
    say(f"{len(train)} training rows, macro-F1 {score:.4f}, and {len(test)} test rows: {target}/")
    say(f"In {other}/params.yaml: external: {{{name}: {{from: {EXTERNAL / name}}}}}")


if __name__ == "__main__":
    run_stage(main)
