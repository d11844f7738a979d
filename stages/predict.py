"""Apply a member's fold models to the test rows: `python -m stages.predict bert-ce`.

The fold models run side by side as in `finetune`, and what is finished is kept in .scratch/ alike.

By hand, when the DAG is done: `python -m stages.predict --text "…"` and `--file new.csv` ask the finished ensemble,
with the cleaning, fusion and class weights of the submission. Answers are JSON, for a file one line for each row.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.data.labels import LabelSet
    from pipeline.members.recipe import MemberRecipe
    from pipeline.plan.entries import Entry


def main(
    member: Annotated[str | None, typer.Argument(help="A name under `members` in params.yaml.")] = None,
    text: Annotated[str | None, typer.Option(help="Ask the finished ensemble about this text.")] = None,
    file: Annotated[Path | None, typer.Option(help="Ask it about every row of a file like the test file.")] = None,
) -> None:
    """Write models/test_logits/1/MEMBER/fold-<k>.npz for every fold model of MEMBER, or print answers to new texts."""
    import json

    from pipeline.errors import UserError

    if [member, text, file].count(None) != 2:
        raise UserError("predict: name a member, or give --text or --file: one of the three")
    if member is not None:
        from pipeline.plan.current import run_entry

        run_entry(run, "predict", member)
    elif file is not None:
        for answer in ask(read_rows(file)):
            say(json.dumps(answer, ensure_ascii=False))
    else:
        (answer,) = ask(as_row(text or ""))
        say(json.dumps({key: answer[key] for key in answer if key != "row_id"}, ensure_ascii=False, indent=2))


def run(entry: "Entry") -> None:
    """Write a member's test logits, one file for each fold model."""
    import shutil

    from pipeline.artifacts.atomic import atomic_folder
    from pipeline.artifacts.paths import LABELS, MEMBERS, TEST, TEST_LOGITS
    from pipeline.members.kind import load_kind
    from pipeline.runtime.executors.executor import Job, run_all
    from pipeline.runtime.executors.local import local_executor
    from pipeline.runtime.scratch import alone, is_kept, mark_published, scratch_folder

    member, recipe = str(entry.key), _recipe(entry)
    needs = load_kind(recipe.kind).resources(recipe)
    scratch = scratch_folder(f"predict-{member}", [MEMBERS / member, TEST, LABELS], entry.settings, entry.code)
    folds = sorted(
        (path.name for path in (MEMBERS / member).glob("fold-*")), key=lambda name: int(name[len("fold-") :])
    )
    with alone(scratch, f"predict {member}"):
        missing = [fold for fold in folds if not is_kept(scratch / fold, f"predict {member} {fold}")]
        jobs = [Job(predict_on_device, (entry, scratch, fold), needs, f"predict {member} {fold}") for fold in missing]
        with local_executor([job.resources for job in jobs]) as executor:
            run_all(executor, jobs)
        with atomic_folder(TEST_LOGITS / member) as logits:
            for fold in folds:
                shutil.copyfile(scratch / fold / "logits.npz", logits / f"{fold}.npz")
        mark_published(scratch, f"predict@{member}")
    say(f"{member}: {len(folds)} fold models: {TEST_LOGITS / member}/")


def predict_on_device(entry: "Entry", scratch: Path, fold: str, device: str) -> None:
    """Keep the test logits of one fold model, in a process of its own where several run at a time."""
    import numpy as np

    from pipeline.artifacts.logits import write_logits
    from pipeline.artifacts.paths import MEMBERS
    from pipeline.members.kind import load_kind
    from pipeline.plan.unedited import check_worker
    from pipeline.runtime.scratch import keep_folder

    check_worker(entry)
    recipe, member = _recipe(entry), MEMBERS / str(entry.key)
    kind = load_kind(recipe.kind)
    kind.set_up(recipe)
    row_id, features, classes = _inputs(entry, scratch)
    model = kind.load(member / "shared", member / fold, classes, recipe, device)
    logits = model.logits(features, np.arange(len(row_id)))
    with keep_folder(scratch / fold) as folder:
        write_logits(folder / "logits.npz", row_id, logits, classes.names)
    say(f"predict {entry.key} {fold}: {len(row_id)} rows")


@lru_cache(1)
def _inputs(entry: "Entry", scratch: Path) -> "tuple[list[str], Any, LabelSet]":
    """What all fold models of a member share: ids [N], what its kind reads of the texts, and the classes.

    The scratch folder's name tells what they are read from.
    """
    from pipeline.artifacts.atomic import read_json
    from pipeline.artifacts.paths import LABELS, MEMBERS, TEST
    from pipeline.artifacts.tables import read_table
    from pipeline.data.labels import as_label_set
    from pipeline.members.kind import load_kind

    recipe = _recipe(entry)
    test = read_table(TEST, ["row_id", "text"])
    shared = MEMBERS / str(entry.key) / "shared"
    features = load_kind(recipe.kind).reader(shared, recipe)(test["text"].tolist())
    return test["row_id"].tolist(), features, as_label_set(read_json(LABELS))


def _recipe(entry: "Entry") -> "MemberRecipe":
    recipe: MemberRecipe = entry.params.members[str(entry.key)]
    return recipe


def ask(rows: "pd.DataFrame") -> Iterator[dict[str, Any]]:
    """The ensemble's answer to each row: its id, label, probabilities from the largest down, and members' votes.

    Rows are cleaned as test rows are.
    """
    import numpy as np

    from pipeline.config import load_params
    from pipeline.config.reading import input_settings
    from pipeline.data.prepare import prepare_test
    from pipeline.ensemble.answer import answer
    from pipeline.ensemble.decision import read_decision

    params = load_params()
    decision = read_decision(params.fusion.model_dump())
    prepared = prepare_test(rows, input_settings(params.data)).table
    texts, names = prepared["text"].tolist(), decision.classes.names
    answers = answer(decision, texts)
    for i, row_id in enumerate(prepared["row_id"]):
        order = np.argsort(-answers.probabilities[i], kind="stable")
        votes = zip(decision.members, answers.votes[:, i], strict=True)
        yield {
            "row_id": row_id,
            "label": names[answers.label_ids[i]],
            "probabilities": {names[k]: round(float(answers.probabilities[i, k]), 6) for k in order},
            "votes": {member: names[vote] for member, vote in votes},
        }


def as_row(text: str) -> "pd.DataFrame":
    """A text as the only row of a file."""
    import pandas as pd

    from pipeline.errors import UserError

    if not text.strip():
        raise UserError(f"--text: got {text!r}, a text is needed")
    return pd.DataFrame({"text": [text], "file": ["--text"], "line": [1]})


def read_rows(file: Path) -> "pd.DataFrame":
    """The rows of a file that is written as the competition's are; ids and turns may be missing."""
    from pipeline.config import load_params
    from pipeline.config.reading import context_columns, layout, row_columns
    from pipeline.data.sources.read import read_table

    data = load_params().data
    return read_table(file, row_columns(data), layout(data), optional=["row_id", *context_columns(data)]).rows


if __name__ == "__main__":
    run_stage(main)
