"""Write the results of the last run and the table of stages into README.md: `python -m tools.readme`."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage, say


def main(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if README.md is behind.")] = False,
) -> None:
    """Bring the generated parts of README.md up to date."""
    from ruamel.yaml import YAML

    from pipeline.artifacts.atomic import read_json, write_text
    from pipeline.artifacts.paths import CLASS_WEIGHTS_REPORT, FUSION_REPORT, HIDDEN_REPORT
    from pipeline.errors import UserError
    from pipeline.reporting.readme import replace_part, results_table, stage_table

    readme = Path("README.md")
    before = readme.read_text(encoding="utf-8")
    reports = [read_json(path) for path in (CLASS_WEIGHTS_REPORT, FUSION_REPORT, HIDDEN_REPORT)]
    after = replace_part(before, "results", results_table(*reports))
    after = replace_part(after, "stages", stage_table(YAML(typ="safe", pure=True).load(Path("dvc.yaml"))))
    if check and after != before:
        raise UserError("README.md is behind the last run or dvc.yaml: run `make readme`")
    if not check:
        write_text(readme, after)
        say("README.md is up to date")


if __name__ == "__main__":
    run_stage(main)
