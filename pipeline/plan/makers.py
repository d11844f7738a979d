"""The stages that make what members read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.artifacts.paths import ADDITIONAL, ALIGNED, ENCODERS, FOLDS, PRETRAINED, TRAIN, VECTORS
from pipeline.config import Params, load_params
from pipeline.errors import UserError

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again

ONCE = {TRAIN.parent: "prepare", FOLDS: "split_folds", ADDITIONAL: "gather"}


def maker(path: Path, params: Params) -> str | None:
    """Name the stage that makes a path, as DVC does: `post_train@bert`; None where no stage makes the path."""
    for place, stage in ONCE.items():
        if path.is_relative_to(place):
            return stage
    scratch = dict.fromkeys(params.scratch, "pretrain")
    of_names = {
        PRETRAINED: scratch | dict.fromkeys(params.hub, "download"),
        ALIGNED: dict.fromkeys(params.encoders, "align_vocab"),
        ENCODERS: dict.fromkeys(params.encoders, "post_train"),
        VECTORS: dict.fromkeys(params.vectors, "train_vectors"),
    }
    for folder, stages in of_names.items():
        if folder in path.parents:
            name = path.relative_to(folder).parts[0]
            return f"{stages[name]}@{name}" if name in stages else None
    return None


def require_made(inputs: Mapping[str, Sequence[Path]]) -> None:
    """Check that what members read is there; `inputs` has the paths of each member.

    Raises UserError with all paths that are missing, and the stages to run.
    """
    lost = {path: [m for m, paths in inputs.items() if path in paths] for paths in inputs.values() for path in paths}
    lost = {path: members for path, members in lost.items() if not path.exists()}
    if not lost:
        return
    params = load_params()
    makers = {path: maker(path, params) for path in lost}
    stages = " ".join(dict.fromkeys(stage for stage in makers.values() if stage))
    own = ", ".join(str(path) for path, stage in makers.items() if stage is None)
    listed = "; ".join(
        f"{path} for {', '.join(members) if len(members) < len(inputs) or len(inputs) == 1 else 'all members'}"
        for path, members in lost.items()
    )
    remedies = [f"run `dvc repro {stages}`"] * bool(stages) + [f"put {own} there, which no stage makes"] * bool(own)
    raise UserError(f"not there yet: {listed}. First {', and '.join(remedies)}")
