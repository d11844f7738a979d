"""Remove files of names that params.yaml no longer has: `python -m tools.prune`.

A member that was dropped from params.yaml leaves its files in models/ and reports/, where they would count into the
hashes of folders that later stages depend on. They stay in DVC's cache: naming the member again brings them back.
What no stage has made, as far as dvc.lock knows, is in no cache: that is left alone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.artifacts.paths import PLAN
from pipeline.plan.record import is_recorded
from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.config import Params

# A stage that runs for each entry of the sections whose names are those of artifacts.
STAGE_OF = {
    "unlabelled": "select_text",
    "hub": "download",
    "scratch": "pretrain",
    "encoders": "align_vocab",
    "vectors": "train_vectors",
    "augment": "augment",
    "members": "finetune",
    "external": "import_logits",
}


def main() -> None:
    """Remove the leftovers and say which; name the entries that nothing uses.

    Where the plan is one of params.yaml as it is, its names will do: reading params takes three times as long as all
    that `make repro` adds to `dvc repro`.
    """
    import shutil

    if is_recorded() and not leftovers(named_artifacts(planned_names())):
        return

    from pipeline.config import load_params

    params = load_params()
    for stage, (entry, path) in unused(params).items():
        say(
            f"{path}: nothing in params.yaml reads it, so it is not made, and a plain `dvc pull` will miss it; "
            f"delete {entry}, or run `dvc repro {stage}`"
        )
    made = made_by_stages()
    for path in leftovers(named_artifacts({section: set(getattr(params, section)) for section in STAGE_OF})):
        if path.as_posix() not in made:
            say(f"kept {path}: not in params.yaml, but no stage in dvc.lock made it; move it if it is in the way")
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        say(f"removed {path}: not in params.yaml (it stays in DVC's cache)")


def made_by_stages() -> set[str]:
    """Return the outputs that dvc.lock records. Raises UserError for a lock file that is damaged."""
    from pipeline.artifacts.lock import locked_stages

    return {out["path"] for stage in locked_stages().values() for out in stage.get("outs", [])}


def planned_names() -> dict[str, set[str]]:
    """Return the names of each section of params.yaml as the plan has them."""
    return {section: {path.stem for path in (PLAN / stage).glob("*.json")} for section, stage in STAGE_OF.items()}


def named_artifacts(named: Mapping[str, set[str]]) -> dict[Path, set[str]]:
    """Return, for each folder of named artifacts, the names that params.yaml gives it.

    `named` has the names of each section.
    """
    from pipeline.artifacts import paths

    def names(*sections: str) -> set[str]:
        return {name for section in sections for name in named[section]}

    return {
        paths.UNLABELLED: names("unlabelled"),
        paths.PRETRAINED: names("hub", "scratch"),
        paths.ALIGNED: names("encoders"),
        paths.ENCODERS: names("encoders"),
        paths.VECTORS: names("vectors"),
        paths.AUGMENTED: names("augment"),
        paths.MEMBERS: names("members"),
        paths.OOF_LOGITS.parent: {paths.OOF_LOGITS.name},
        paths.TEST_LOGITS.parent: {paths.TEST_LOGITS.name},
        paths.OOF_LOGITS: names("members", "external"),
        paths.TEST_LOGITS: names("members", "external"),
        paths.ALIGNMENT_REPORTS: names("encoders"),
        paths.LENGTH_REPORTS: names("members"),
        paths.MADE_ON: names("members"),
        paths.HISTORY / "pretrain": names("scratch"),
        paths.HISTORY / "post_train": names("encoders"),
        paths.HISTORY / "finetune": names("members"),
    }


def unused(params: "Params") -> dict[str, tuple[str, Path]]:
    """Return the stages whose artifacts nobody reads, each with its entry in params.yaml and the artifact."""
    from pipeline.artifacts import paths

    made = {
        "collect": ("embedded", paths.PLAIN, ".txt"),
        "select_text": ("unlabelled", paths.UNLABELLED, ".parquet"),
        "download": ("hub", paths.PRETRAINED, ""),
        "pretrain": ("scratch", paths.PRETRAINED, ""),
        "post_train": ("encoders", paths.ENCODERS, ""),
        "train_vectors": ("vectors", paths.VECTORS, ""),
        "augment": ("augment", paths.AUGMENTED, ".parquet"),
    }
    members, encoders = params.members.values(), params.encoders.values()
    read = [Path(text.from_) for text in params.unlabelled.values()]
    read += [Path(scratch.from_) for scratch in params.scratch.values()]
    read += [Path(copies.from_) for copies in params.augment.values()]
    read += [Path(path) for encoder in encoders for path in (encoder.from_, encoder.reference, encoder.corpus)]
    read += [Path(member.from_) for member in members]
    read += [paths.AUGMENTED / f"{copies}.parquet" for member in members for copies in member.augment]
    return {
        f"{stage}@{name}": (f"{section}.{name}", path)
        for stage, (section, folder, suffix) in made.items()
        for name in getattr(params, section)
        for path in [folder / f"{name}{suffix}"]
        if not any(path == source or path in source.parents for source in read)
        and f"{stage}@{name}" != f"collect@{params.data.competition}"
    }


def leftovers(named: dict[Path, set[str]]) -> list[Path]:
    """List the paths in the folders that are not among their names; hidden files are not ours."""
    found = []
    for folder, names in named.items():
        if folder.is_dir():
            found += [path for path in sorted(folder.iterdir()) if path.stem not in names and path.name[0] != "."]
    return found


if __name__ == "__main__":
    run_stage(main)
