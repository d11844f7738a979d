"""Fuse the members by every rule and every ballot of the section `fusion`: `python -m stages.fuse`.

Writes every candidate's scores, the members' own among them, on OOF, nested and on test, and how members differ.
"""

from pipeline.runtime.cli import run_stage


def main() -> None:
    """Write models/fused/<candidate>.npz and reports/fusion.json."""
    from pipeline.plan.current import running

    with running("fuse") as entry:
        from pipeline.steps import fuse

        fuse.run(entry)


if __name__ == "__main__":
    run_stage(main)
