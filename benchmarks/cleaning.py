"""What each cleaning step is worth to a linear classifier: out-of-fold macro-F1, one step at a time.

Run in the project's root with the competition's params.yaml, whose `data.clean` is measured as a whole too:
`python -m benchmarks.cleaning`. Each line is `strip_whitespace` after one step more. Rows with equal texts after
cleaning stay in one fold, so lines differ a little in their folds; `--cuts` averages over several.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import typer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from pipeline import registry
from pipeline.config import load_params
from pipeline.data.duplicates import group_texts
from pipeline.data.folds import assign_folds
from pipeline.data.labels import encode_labels, sort_labels
from pipeline.metrics import macro_f1
from pipeline.steps.prepare import read_train
from pipeline.text import Step, clean

N_FOLDS = 5
SPELT_OUT: dict[str, dict[str, Any]] = {
    "squeeze_repeats": {"longest": 3},
    "name_emoji": {"language": "zh"},
    "drop_characters": {"classes": ["latin"]},
}


def main(cuts: Annotated[int, typer.Option(min=1, help="Ways of cutting the folds, averaged.")] = 2) -> None:
    """Print a table in Markdown: the step, the share of rows that it changes, macro-F1 of each cut and their mean."""
    data = load_params().data
    rows = read_train(data).rows
    rows = rows[rows["label"].notna() & rows["text"].notna()]
    labels = [label.strip() for label in rows["label"]]
    label_ids = encode_labels(labels, sort_labels(labels))
    texts = rows["text"].tolist()
    lists: dict[str, list[Step]] = {"none more": []}
    lists |= {
        word: [{"name": word, **SPELT_OUT.get(word, {})}]
        for word in registry.words("cleaning")
        if word != "strip_whitespace"
    }
    lists["data.clean of params.yaml"] = list(data.clean)
    print(f"| step | rows changed | {' | '.join(f'cut {cut + 1}' for cut in range(cuts))} | mean |")
    print("| --- |" + " --- |" * (cuts + 2))
    plain = clean(texts, ["strip_whitespace"])
    for name, steps in lists.items():
        cleaned = clean(texts, [*steps, "strip_whitespace"])
        changed = np.mean([a != b for a, b in zip(plain, cleaned, strict=True)])
        if changed == 0 and steps:
            continue
        scores = [score(cleaned, label_ids, seed) for seed in range(cuts)]
        shown = " | ".join(f"{value:.3f}" for value in [*scores, float(np.mean(scores))])
        print(f"| `{name}` | {changed:.1%} | {shown} |", flush=True)


def score(texts: Sequence[str], label_ids: np.ndarray, seed: int) -> float:
    """Out-of-fold macro-F1 of a linear SVC on character 1- to 3-grams."""
    n_classes = int(label_ids.max()) + 1
    (folds,) = assign_folds(label_ids, group_texts(list(texts)), N_FOLDS, seed)
    predicted = np.zeros_like(label_ids)
    for fold in range(N_FOLDS):
        vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True, lowercase=False)
        features = vectorizer.fit_transform([text for text, own in zip(texts, folds, strict=True) if own != fold])
        model = LinearSVC(C=0.3, class_weight="balanced", random_state=0).fit(features, label_ids[folds != fold])
        held_out = vectorizer.transform([text for text, own in zip(texts, folds, strict=True) if own == fold])
        predicted[folds == fold] = model.predict(held_out)
    return macro_f1(label_ids, predicted, n_classes)


if __name__ == "__main__":
    typer.run(main)
