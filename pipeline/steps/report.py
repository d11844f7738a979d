"""Put everything that was measured on one page.

Where the competition's folder has an answer key, the submission and every candidate are scored as a hidden leaderboard
would; no other step looks there.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import registry
from pipeline.artifacts import paths
from pipeline.artifacts.atomic import read_json, write_json, write_text
from pipeline.artifacts.hashes import hash_file
from pipeline.artifacts.predictions import Predictions, read_predictions
from pipeline.artifacts.tables import read_scored_rows, read_table
from pipeline.class_weights import tunes
from pipeline.metrics import confusion, per_class_f1
from pipeline.reporting.alignment import fallback_warnings, judge_mapping
from pipeline.reporting.candidates import list_candidates
from pipeline.reporting.contents import Contents, Curve, Difference
from pipeline.reporting.headline import read_headline
from pipeline.reporting.hidden import score_hidden
from pipeline.reporting.histories import finetuning_curves, masked_lm_curves
from pipeline.reporting.markdown import render_markdown
from pipeline.reporting.page import render_html
from pipeline.reporting.plots import write_plots
from pipeline.runtime.messages import say
from pipeline.submission import read_ledger

if TYPE_CHECKING:
    from pipeline.config import Params
    from pipeline.plan.entries import Entry


def run(entry: "Entry") -> None:
    """Write the report, and say where the report is."""
    contents, hidden = gather(entry.params)
    write_text(paths.HTML_REPORT, render_html(contents))
    write_text(paths.MARKDOWN_REPORT, render_markdown(contents))
    write_json(paths.HIDDEN_REPORT, hidden)
    write_plots(contents, paths.PLOTS)
    for line in read_headline():
        say(line)


def gather(params: "Params") -> tuple[Contents, dict[str, Any]]:
    """Read every artifact: → the report's contents and the hidden scores."""
    hierarchy, fusion, data = read_json(paths.LABELS), read_json(paths.FUSION_REPORT), read_json(paths.DATA_REPORT)
    weights = read_json(paths.CLASS_WEIGHTS_REPORT)
    labels, n_classes = hierarchy["labels"], len(hierarchy["labels"])
    label_ids = read_table(paths.TRAIN, ["label_id"])["label_id"].to_numpy()
    _, y_true, (fold_ids, *_) = read_scored_rows()
    predictions = read_predictions(paths.PREDICTIONS)
    key = _answer_key(params)
    hidden = score_hidden(key, read_table(paths.TEST, ["row_id"])["row_id"].tolist(), predictions, labels)

    tuned = _tuned_methods(params)
    nested, nested_unweighted = predictions.nested[[predictions.chosen, predictions.unweighted(tuned)]]
    gain, gains = weights.get("gain"), fusion.get("member_gains", {})
    alignment = _alignment(params, key)
    contents = Contents(
        competition=params.data.competition,
        labels=labels,
        label_counts=np.bincount(label_ids, minlength=n_classes).tolist(),
        candidates=list_candidates(
            predictions,
            weights["scores"],
            hidden["scores"],
            _kinds(params),
            _notes(params),
            tuned,
            y_true,
            fold_ids,
            n_classes,
        ),
        gain={name: gain[name] for name in ("difference", "low", "high")} if gain else None,
        gain_names=(gain["ensemble"]["candidate"], gain["member"]["candidate"]) if gain else None,
        confusion=confusion(y_true, nested, n_classes).astype(np.int64),
        f1_before=per_class_f1(y_true, nested_unweighted, n_classes).tolist(),
        f1_after=per_class_f1(y_true, nested, n_classes).tolist(),
        class_weights=predictions.weights[predictions.chosen].tolist(),
        member_names=fusion["members"],
        agreement=np.array(fusion["similarity"]["agreement"]),
        correlation=np.array(fusion["similarity"]["correlation"]),
        double_fault=np.array(fusion["similarity"]["double_fault"]),
        member_gains=gains.get("gains"),
        gains_rule=gains.get("rule", ""),
        curves=finetuning_curves(paths.HISTORY, list(params.members)),
        mlm_curves=_mlm_curves(params),
        alignment=alignment,
        data=data | {"cleaning": read_json(paths.CLEANING), "token_lengths": _token_lengths(list(params.members))},
        warnings=[*data["warnings"], *fallback_warnings(alignment)],
        submission=_submission(predictions, labels),
        manifest=read_json(paths.MANIFEST)["inputs"],
        selection=weights.get("selection"),
        chosen_against=tuple(_difference(row) for row in weights["chosen_against"]),
        ledger=tuple(read_ledger(paths.LEDGER)),
        label_groups=[hierarchy["parents"][k] for k in hierarchy["parent_ids"]] if hierarchy["parents"] else None,
    )
    return contents, hidden


def _answer_key(params: "Params") -> Path | None:
    """Return the folder of the answer key, or None where there is none."""
    if params.data.answer_key is None:
        return None
    folder = paths.RAW / params.data.competition / params.data.answer_key
    return folder if folder.is_dir() else None


def _submission(predictions: Predictions, labels: list[str]) -> dict[str, Any]:
    submitted = np.bincount(predictions.test[predictions.chosen], minlength=len(labels))
    return {
        "rows": predictions.test.shape[1],
        "label_histogram": list(zip(labels, submitted.tolist(), strict=True)),
        "sha256": hash_file(paths.SUBMISSION),
        "path": paths.SUBMISSION.as_posix(),
    }


def _difference(row: dict[str, Any]) -> Difference:
    """Return how far the chosen pair is from the pair of a report's row."""
    return Difference(row["candidate"], row["method"], row["difference"], row["low"], row["high"])


def _mlm_curves(params: "Params") -> dict[str, Curve]:
    return masked_lm_curves(
        paths.HISTORY,
        {name: _planned(entry.mlm) for name, entry in params.scratch.items()},
        {name: _planned(entry.post_train) for name, entry in params.encoders.items()},
    )


def _planned(settings: Any) -> int | None:
    """Return the planned steps of masked-language modelling that may stop early; None where it may not."""
    return settings.steps if settings.early_stop is not None else None


def _kinds(params: "Params") -> dict[str, str]:
    return dict.fromkeys(params.members, "member") | dict.fromkeys(params.external, "external")


def _notes(params: "Params") -> dict[str, str]:
    early_stops = {name: getattr(member, "early_stop", None) for name, member in params.members.items()}
    return {name: "selected on its own fold" for name, stop in early_stops.items() if stop and stop.on == "fold"}


def _tuned_methods(params: "Params") -> set[str]:
    """Return the methods of class weights that take something from labels."""
    pieces = params.class_weights.methods
    return {piece["name"] for piece in pieces if tunes(registry.make("class_weights", piece))}


def _token_lengths(members: list[str]) -> list[dict[str, Any]]:
    """Make a row for each member with a `max_length` and each split: its texts' lengths in tokens."""
    reports = {member: read_json(paths.LENGTH_REPORTS / f"{member}.json") for member in members}
    return [
        {"member": member, "split": split, "max_length": report["max_length"], **report[split]}
        for member, report in reports.items()
        if report
        for split in ("train", "test")
    ]


def _alignment(params: "Params", key: Path | None) -> dict[str, dict[str, Any]]:
    """Map encoders to their alignment reports, judged by the key; an encoder that no member uses may not have one."""
    texts = read_table(paths.CORPUS, ["text"])["text"].tolist() if key else []
    reports = {}
    for name, encoder in params.encoders.items():
        file = paths.ALIGNMENT_REPORTS / f"{name}.json"
        if file.exists():
            reports[name] = read_json(file)
            if key and encoder.align.method["name"] != "identity":
                mapping = paths.ALIGNED / name / "mapping.csv"
                vocabulary = paths.ALIGNED / name / "pretrained_counts.json"
                reports[name] |= judge_mapping(key, mapping, vocabulary, encoder.align.split, texts)
    return reports
