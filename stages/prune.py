"""Remove what params.yaml no longer names: `python -m stages.prune`.

A member that was dropped from params.yaml leaves its files in models/ and reports/, where they would count into the
hashes of folders that later stages depend on. They stay in DVC's cache: naming the member again brings them back.
"""

from pathlib import Path

from pipeline.runtime.cli import run_stage, say


def main() -> None:
    """Remove the leftovers and say which."""
    import shutil

    from pipeline.config import load_params

    for path in leftovers(named_artifacts(load_params())):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        say(f"removed {path}: not in params.yaml (it stays in DVC's cache)")


def named_artifacts(params: object) -> dict[Path, set[str]]:
    """For each folder of named artifacts, the names that params.yaml gives it."""
    from pipeline.artifacts import paths

    def names(*sections: str) -> set[str]:
        return {name for section in sections for name in getattr(params, section)}

    return {
        paths.PRETRAINED: names("hub", "scratch"),
        paths.ALIGNED: names("encoders"),
        paths.ENCODERS: names("encoders"),
        paths.VECTORS: names("vectors"),
        paths.MEMBERS: names("members"),
        paths.OOF_LOGITS: names("members", "external"),
        paths.TEST_LOGITS: names("members", "external"),
        paths.ALIGNMENT_REPORTS: names("encoders"),
        paths.HISTORY / "pretrain": names("scratch"),
        paths.HISTORY / "post_train": names("encoders"),
        paths.HISTORY / "finetune": names("members"),
    }


def leftovers(named: dict[Path, set[str]]) -> list[Path]:
    """What lies in the folders and is not named; hidden files are not ours."""
    found = []
    for folder, names in named.items():
        if folder.is_dir():
            found += [path for path in sorted(folder.iterdir()) if path.stem not in names and path.name[0] != "."]
    return found


if __name__ == "__main__":
    run_stage(main)
