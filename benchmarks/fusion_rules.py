"""Every rule of fusion on a finished project's members: nested macro-F1, and which beats which.

Run in the project's root, where data/ and models/ lie: `python -m benchmarks.fusion_rules`; names of members may
follow, by default all that lie there take part. `--stack` adds stacking (minutes). Differences are paired, with a
95 % bootstrap interval over rows. All rules see the same folds.
"""

from typing import Annotated

import numpy as np
import typer

from pipeline import registry
from pipeline.artifacts.atomic import read_json
from pipeline.artifacts.logits import read_oof
from pipeline.artifacts.paths import LABELS, OOF_LOGITS
from pipeline.artifacts.tables import read_scored_rows
from pipeline.config import load_params
from pipeline.fusion import FixedRule, member_gains, member_similarity, nested_labels, softmax, stack
from pipeline.metrics import macro_f1, paired_bootstrap

PAIRS = [
    ("vote_probability", "vote_first"),
    ("vote_rank", "vote_first"),
    ("vote_rank", "vote_probability"),
    ("vote_rank", "probability_average"),
    ("vote_rank", "stack"),
    ("probability_average", "stack"),
    ("auto_rounds", "vote_rank"),
    ("hill_climb", "probability_average"),
    ("hill_climb", "vote_rank"),
]


def main(
    members: Annotated[list[str] | None, typer.Argument(help="Members, by default all.")] = None,
    with_stack: Annotated[bool, typer.Option("--stack", help="Stacking, too.")] = False,
) -> None:
    """Print tables in Markdown."""
    labels = read_json(LABELS)["labels"]
    row_id, y, repeats = read_scored_rows()
    folds, n_classes = repeats[0], len(labels)
    names = members or sorted(path.name for path in OOF_LOGITS.iterdir() if path.is_dir())
    probs = np.stack(
        [softmax(read_oof(OOF_LOGITS / name, row_id.tolist(), repeats, labels).mean(axis=0)) for name in names]
    )
    agreement, _ = member_similarity(probs)
    gains = member_gains(probs, y, folds, registry.load("fusion", "vote_rank")())
    print("| member | OOF macro-F1 | mean agreement | gain to vote_rank |\n| --- | ---: | ---: | ---: |")
    for index, name in enumerate(names):
        own = macro_f1(y, probs[index].argmax(axis=1), n_classes)
        others = np.delete(agreement[index], index).mean()
        print(f"| {name} | {own:.4f} | {others:.3f} | {gains[index]:+.4f} |")

    defaults = load_params().defaults["fusion"]
    predicted = {
        word: nested_labels(probs, y, folds, registry.load("fusion", word)(**defaults.get(word, {})))
        for word in registry.words("fusion")
        if word != "stack"
    }
    predicted["max logit"] = nested_labels(probs, y, folds, FixedRule(lambda given: given.max(axis=0)))
    if with_stack:
        predicted["stack"] = stack(probs, y, folds, probs[:, :1], **defaults["stack"]).oof.argmax(axis=1)
    print("\n| rule | nested macro-F1 |\n| --- | ---: |")
    for name, own_labels in sorted(predicted.items(), key=lambda item: -macro_f1(y, item[1], n_classes)):
        print(f"| {name} | {macro_f1(y, own_labels, n_classes):.4f} |")
    print("\n| | minus | difference | 95 % |\n| --- | --- | ---: | ---: |")
    for one, other in PAIRS:
        if one in predicted and other in predicted:
            gain = paired_bootstrap(y, predicted[one], predicted[other], n_classes, 1000, 42)
            print(f"| {one} | {other} | {gain.value:+.4f} | {gain.low:+.4f} to {gain.high:+.4f} |")


if __name__ == "__main__":
    typer.run(main)
