"""Apply a member's fold models to the test rows: `python -m stages.predict bert-ce`."""

from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage, say


def main(member: Annotated[str, typer.Argument(help="A name under `members` in params.yaml.")]) -> None:
    """Write models/test_logits/MEMBER/fold-<k>.npz for every fold model of MEMBER."""
    from pipeline import registry
    from pipeline.artifacts.atomic import atomic_folder, read_json
    from pipeline.artifacts.logits import write_logits
    from pipeline.artifacts.paths import LABELS, MEMBERS, RECIPES, TEST, TEST_LOGITS
    from pipeline.artifacts.tables import read_table
    from pipeline.data.labels import as_label_set
    from pipeline.runtime.progress import Progress

    recipe = read_json(RECIPES / f"{member}.json")
    kind = registry.load("kinds", recipe["kind"])
    kind.set_up(recipe)
    test = read_table(TEST, ["row_id", "text"])
    classes = as_label_set(read_json(LABELS))
    shared = MEMBERS / member / "shared"
    features = kind.featurize(shared, test["text"].tolist(), recipe)
    folds = sorted((MEMBERS / member).glob("fold-*"), key=lambda path: int(path.name.removeprefix("fold-")))
    with (
        atomic_folder(TEST_LOGITS / member) as folder,
        Progress(len(folds), f"{member}: predict", "fold") as progress,
    ):
        for fold in folds:
            logits = kind.predict(shared, fold, features, classes, recipe, kind.devices(recipe)[0])
            write_logits(folder / f"{fold.name}.npz", test["row_id"].tolist(), logits, classes.names)
            progress.update()
    say(f"{member}: {len(test)} rows, {len(folds)} fold models: {TEST_LOGITS / member}/")


if __name__ == "__main__":
    run_stage(main)
