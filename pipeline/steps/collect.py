"""Make an embedded competition out of the docstrings of installed packages."""

import sysconfig
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.artifacts.paths import PLAIN, RAW
from pipeline.data.stackdocs.packages import PACKAGES, TOY_PACKAGES
from pipeline.data.stackdocs.write import write_stackdocs
from pipeline.plan.unedited import check_worker
from pipeline.runtime.messages import say

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def run(entry: "Entry") -> None:
    """Make the files of one embedded competition."""
    name, params = str(entry.key), entry.params
    raw, plain = RAW / name, PLAIN / f"{name}.txt"
    counts = write_stackdocs(
        Path(sysconfig.get_paths()["purelib"]),
        raw,
        plain,
        **params.embedded[name].model_dump(),
        packages=TOY_PACKAGES if params.toy else PACKAGES,
        check_worker=partial(check_worker, entry),
    )
    sizes = f"{counts['train']} labelled and {counts['test']} test texts in {counts['classes']} classes"
    say(f"{sizes}, {counts['unlabelled']} unlabelled: {raw}/")
    say(f"{counts['plain']} documents in plain words: {plain}")
