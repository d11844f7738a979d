"""Run whole competitions in this process and write down which functions each entry ran.

`python tests/stages/record_runs.py OUTPUT FOLDER…`; each folder has a params.yaml and the files that it names. JSON in
OUTPUT: folder → {entry: [[module, name], …]}, or the text of the error that ended it.
"""

import importlib
import json
import os
import sys
import traceback
from pathlib import Path

import recorder

QUIET = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error"}


def main(output: str, *folders: str) -> None:
    """Run the folders one after the other."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    os.environ |= {"CONCLAVE_DEVICES": "cpu", **QUIET}
    recorder.install()
    runs: dict[str, object] = {}
    for folder in folders:
        os.chdir(folder)
        try:
            runs[folder] = run_all()
        except Exception:
            runs[folder] = traceback.format_exc()
    Path(output).write_text(json.dumps(runs), encoding="utf-8")


def run_all() -> dict[str, list[tuple[str, str]]]:
    """Run every entry of the competition in this folder, in the order of the stages: → what each one ran."""
    from pipeline.config import load_params
    from pipeline.plan.entries import list_entries
    from pipeline.steps import finetune
    from stages import plan

    plan.main()
    for cached in (finetune._inputs, finetune._scratch):
        cached.cache_clear()  # they are kept for a process, and this one runs several competitions
    places = {}
    for entry in list_entries(load_params()):
        step = importlib.import_module(f"pipeline.steps.{entry.stage}")
        with recorder.recording() as ran:
            step.run(entry)
        places[entry.name] = sorted(ran)
    return places


if __name__ == "__main__":
    main(*sys.argv[1:])
