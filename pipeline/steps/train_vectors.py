"""Learn TF-IDF or word vectors from the corpus."""

from typing import TYPE_CHECKING

from pipeline import registry
from pipeline.artifacts.atomic import atomic_folder
from pipeline.artifacts.paths import CORPUS, VECTORS
from pipeline.artifacts.tables import read_table
from pipeline.runtime.messages import say

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def run(entry: "Entry") -> None:
    """Learn the vectors of one entry from the corpus."""
    name = str(entry.key)
    settings = dict(entry.settings["vectors"][name])
    texts = read_table(CORPUS, ["text"])["text"].tolist()
    with atomic_folder(VECTORS / name) as folder:
        learnt = registry.load("vectors", settings["kind"]).fit(texts, settings, folder)
    say(f"{name}: {learnt}: {VECTORS / name}/")
