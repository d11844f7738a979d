"""Put everything that was measured on one page: `python -m stages.report`; `--show` prints the headline again.

Where the competition's folder has an answer key, the submission and every candidate are scored as a hidden leaderboard
would; no other stage looks there.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.runtime.cli import run_stage, say

if TYPE_CHECKING:
    from pipeline.config import Params


def main(
    show: Annotated[bool, typer.Option("--show", help="Print the headline of the finished report.")] = False,
) -> None:
    """Write reports/index.html, report.md, hidden.json and the plots."""
    if show:
        return show_headline()

    from pipeline.artifacts.atomic import write_json, write_text
    from pipeline.artifacts.paths import HIDDEN_REPORT, HTML_REPORT, MARKDOWN_REPORT, PLOTS
    from pipeline.config import load_params
    from pipeline.reporting.html import render_html
    from pipeline.reporting.markdown import render_markdown

    params = load_params()
    contents, hidden = gather(params)
    write_text(HTML_REPORT, render_html(contents))
    write_text(MARKDOWN_REPORT, render_markdown(contents))
    write_json(HIDDEN_REPORT, hidden)
    write_plots(contents, PLOTS)
    return show_headline()


def show_headline() -> None:
    """Print where the submission and the report are, and the scores."""
    from pipeline.artifacts.atomic import read_json
    from pipeline.artifacts.paths import CLASS_WEIGHTS_REPORT, HIDDEN_REPORT, HTML_REPORT, SUBMISSION
    from pipeline.artifacts.require import require_file

    require_file(CLASS_WEIGHTS_REPORT)
    weights = read_json(CLASS_WEIGHTS_REPORT)
    chosen = weights["chosen"]
    say(f"submission  {SUBMISSION}")
    say(f"report      {HTML_REPORT}")
    say(
        f"chosen      {chosen['candidate']}, {chosen['method']} class weights: nested macro-F1 {chosen['nested']:.4f} "
        f"[{chosen['low']:.4f}, {chosen['high']:.4f}]"
    )
    if "gain" in weights:
        gain = weights["gain"]
        say(
            f"gain        {gain['difference']:+.4f} [{gain['low']:+.4f}, {gain['high']:+.4f}] over the best member, "
            f"{gain['member']['candidate']} ({gain['member']['nested']:.4f})"
        )
    hidden = read_json(HIDDEN_REPORT) if HIDDEN_REPORT.exists() else {}
    if hidden.get("submission") is not None:
        say(f"hidden test {hidden['submission']:.4f}")


def gather(params: "Params") -> tuple[Any, dict[str, Any]]:
    """Read every artifact: → the report's contents and the hidden scores."""
    import numpy as np

    from pipeline.artifacts.atomic import read_json
    from pipeline.artifacts.folds import read_fold_ids
    from pipeline.artifacts.hashes import hash_file
    from pipeline.artifacts.paths import (
        CLASS_WEIGHTS_REPORT,
        DATA_REPORT,
        FUSION_REPORT,
        LABELS,
        MANIFEST,
        PREDICTIONS,
        SUBMISSION,
        TRAIN,
    )
    from pipeline.artifacts.predictions import read_predictions
    from pipeline.artifacts.tables import read_table
    from pipeline.metrics import confusion, per_class_f1
    from pipeline.reporting.contents import Contents

    hierarchy, fusion, data = read_json(LABELS), read_json(FUSION_REPORT), read_json(DATA_REPORT)
    weights, manifest = read_json(CLASS_WEIGHTS_REPORT), read_json(MANIFEST)
    labels, n_classes = hierarchy["labels"], len(hierarchy["labels"])
    train = read_table(TRAIN, ["row_id", "label_id"])
    y, folds = train["label_id"].to_numpy(), read_fold_ids(train["row_id"].to_numpy(dtype=str))[0]
    predictions = read_predictions(PREDICTIONS)
    chosen = predictions.chosen
    plain = _pair(predictions, predictions.candidates[chosen], "none")
    key = read_answer_key(params)
    hidden = score_hidden(key, predictions, labels)

    gain = weights.get("gain")
    submitted = np.bincount(predictions.test[chosen], minlength=n_classes)
    contents = Contents(
        competition=params.data.competition,
        labels=labels,
        label_counts=np.bincount(y, minlength=n_classes).tolist(),
        candidates=_candidates(params, weights, predictions, y, folds, n_classes, hidden),
        gain={name: gain[name] for name in ("difference", "low", "high")} if gain else None,
        gain_names=(gain["ensemble"]["candidate"], gain["member"]["candidate"]) if gain else None,
        confusion=confusion(y, predictions.nested[chosen], n_classes).astype(np.int64),
        f1_before=per_class_f1(y, predictions.nested[plain], n_classes).tolist(),
        f1_after=per_class_f1(y, predictions.nested[chosen], n_classes).tolist(),
        class_weights=predictions.weights[chosen].tolist(),
        member_names=fusion["members"],
        agreement=np.array(fusion["similarity"]["agreement"]),
        correlation=np.array(fusion["similarity"]["correlation"]),
        curves=_finetuning_curves(params),
        mlm_curves=_masked_lm_curves(params),
        alignment=_alignment(params, key),
        data=data,
        warnings=data["warnings"],
        submission={
            "rows": predictions.test.shape[1],
            "label_histogram": list(zip(labels, submitted.tolist(), strict=True)),
            "sha256": hash_file(SUBMISSION),
            "path": SUBMISSION.as_posix(),
        },
        manifest=manifest["inputs"],
        label_groups=[hierarchy["parents"][k] for k in hierarchy["parent_ids"]] if hierarchy["parents"] else None,
    )
    return contents, hidden


def read_answer_key(params: "Params") -> Path | None:
    """The folder of the answer key, where there is one."""
    from pipeline.artifacts.paths import RAW

    if params.data.answer_key is None:
        return None
    folder = RAW / params.data.competition / params.data.answer_key
    return folder if folder.is_dir() else None


def score_hidden(key: Path | None, predictions: Any, labels: list[str]) -> dict[str, Any]:
    """The hidden macro-F1 of the submission and of every pair; empty scores where there is no key."""
    import numpy as np

    from pipeline.artifacts.paths import TEST
    from pipeline.artifacts.tables import read_table
    from pipeline.data.sources.read import read_table as read_source
    from pipeline.errors import UserError
    from pipeline.metrics import macro_f1

    if key is None:
        return {"submission": None, "scores": {}}
    answers, _ = read_source(key / "test_labels.csv", {"row_id": "id", "label": "label"})
    of_row = dict(zip(answers["row_id"], answers["label"], strict=True))
    index = {label: number for number, label in enumerate(labels)}
    test_ids = read_table(TEST, ["row_id"])["row_id"].tolist()
    unknown = [row for row in test_ids if of_row.get(row) not in index]
    if unknown:
        raise UserError(f"{key / 'test_labels.csv'}: test row {unknown[0]!r} has no label, or one that training lacks")
    truth = np.array([index[of_row[row]] for row in test_ids])
    scores: dict[str, dict[str, float]] = {}
    for candidate, method, predicted in zip(predictions.candidates, predictions.methods, predictions.test, strict=True):
        scores.setdefault(candidate, {})[method] = round(macro_f1(truth, predicted, len(labels)), 6)
    submitted = scores[predictions.candidates[predictions.chosen]][predictions.methods[predictions.chosen]]
    return {"submission": submitted, "scores": scores}


def write_plots(contents: Any, folder: Path) -> None:
    """Write what `dvc plots` shows: the confusion of the chosen pair and each class's F1."""
    import numpy as np
    import pandas as pd

    from pipeline.artifacts.tables import write_history

    actual, predicted = np.divmod(np.arange(contents.confusion.size), len(contents.labels))
    names = np.array(contents.labels, dtype=object)
    repeats = contents.confusion.ravel()
    pairs = pd.DataFrame({"actual": names[actual], "predicted": names[predicted]})
    write_history(folder / "confusion.csv", pairs.loc[pairs.index.repeat(repeats)])
    per_class = {"label": contents.labels, "rows": contents.label_counts}
    scores = {"f1": np.round(contents.f1_before, 6), "f1_weighted": np.round(contents.f1_after, 6)}
    write_history(folder / "per_class_f1.csv", pd.DataFrame({**per_class, **scores}))


def _pair(predictions: Any, candidate: str, method: str) -> int:
    """The index of a pair; where the method was not tried, of the chosen pair."""
    pairs = list(zip(predictions.candidates, predictions.methods, strict=True))
    return pairs.index((candidate, method)) if (candidate, method) in pairs else predictions.chosen


def _candidates(
    params: "Params",
    weights: dict[str, Any],
    predictions: Any,
    y: Any,
    folds: Any,
    n_classes: int,
    hidden: dict[str, Any],
) -> list[Any]:
    from pipeline.metrics import fold_macro_f1
    from pipeline.reporting.contents import Candidate

    rows = []
    for index, (name, method) in enumerate(zip(predictions.candidates, predictions.methods, strict=True)):
        scores = weights["scores"][name][method]
        rows.append(
            Candidate(
                name=name,
                kind="member" if name in params.members else "external" if name in params.external else "fusion",
                weights=method,
                oof=scores["oof"],
                nested=scores["nested"],
                interval=(scores["low"], scores["high"]),
                fold_scores=fold_macro_f1(y, predictions.nested[index], folds, n_classes).tolist(),
                hidden=hidden["scores"].get(name, {}).get(method),
                chosen=index == predictions.chosen,
                note=_note(params, name),
            )
        )
    return sorted(rows, key=lambda row: -row.nested)


def _note(params: "Params", name: str) -> str:
    member = params.members.get(name)
    early_stop = getattr(member, "early_stop", None)
    return "selected on its own fold" if early_stop is not None and early_stop.on == "fold" else ""


def _finetuning_curves(params: "Params") -> dict[str, dict[str, Any]]:
    from pipeline.artifacts.paths import HISTORY

    folders = {name: HISTORY / "finetune" / name for name in params.members}
    return {
        name: {file.stem: _curve(file) for file in sorted(folder.glob("fold-*.csv"), key=lambda f: int(f.stem[5:]))}
        for name, folder in folders.items()
    }


def _masked_lm_curves(params: "Params") -> dict[str, Any]:
    from pipeline.artifacts.paths import HISTORY

    files = {f"pretrain {name}": HISTORY / "pretrain" / f"{name}.csv" for name in params.scratch}
    files |= {f"post-train {name}": HISTORY / "post_train" / f"{name}.csv" for name in params.encoders}
    return {name: _curve(file) for name, file in files.items() if file.exists()}


def _curve(file: Path) -> Any:
    import pandas as pd

    from pipeline.reporting.contents import Curve

    table = pd.read_csv(file)
    columns = {name: table[name].tolist() for name in ("macro_f1", "held_out_loss") if name in table}
    return Curve(steps=table["step"].tolist(), loss=table["loss"].tolist(), **columns)


def _alignment(params: "Params", key: Path | None) -> dict[str, dict[str, Any]]:
    """The alignment reports, with the share of the text that is mapped right where the key tells the words."""
    from pipeline.artifacts.atomic import read_json
    from pipeline.artifacts.paths import ALIGNED, ALIGNMENT_REPORTS, CORPUS
    from pipeline.artifacts.tables import read_table
    from pipeline.data.sources.read import read_table as read_source
    from pipeline.vocab.counts import count_tokens
    from pipeline.vocab.mapping import read_mapping_table
    from pipeline.vocab.report import mass_mapped_right

    reports = {}
    for name, encoder in params.encoders.items():
        file = ALIGNMENT_REPORTS / f"{name}.json"
        if not file.exists():
            continue  # an encoder that no member uses, when only the report was asked for
        reports[name] = read_json(file)
        if key is not None and (key / "vocabulary.csv").exists() and encoder.align.method["name"] != "identity":
            words, _ = read_source(key / "vocabulary.csv", {"token": "token", "word": "word"})
            counts = count_tokens(read_table(CORPUS, ["text"])["text"].tolist(), encoder.align.split)
            reports[name] |= mass_mapped_right(
                read_mapping_table(ALIGNED / name / "mapping.csv"),
                dict(zip(words["token"], words["word"], strict=True)),
                competition_counts=counts,
                vocabulary=list(read_json(Path(encoder.counts))),
            )
    return reports


if __name__ == "__main__":
    run_stage(main)
