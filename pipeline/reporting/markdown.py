"""The report as Markdown that GitHub renders, and the results table alone for a README."""

import re

import numpy as np

from pipeline.reporting.classes import class_rows
from pipeline.reporting.contents import Contents
from pipeline.reporting.formats import MISSING, count, fact, score, signed, weight, words
from pipeline.reporting.leaderboard import LeaderboardRow, leaderboard_rows
from pipeline.submission import LedgerEntry


def render_markdown(contents: Contents) -> str:
    """Write the whole report: headline, warnings, leaderboard, classes, vocabulary alignment, what was read."""
    parts = [
        _headline(contents),
        _warnings(contents.warnings),
        "## Leaderboard\n\n" + leaderboard_markdown(contents, one_per_name=False),
        _against(contents),
        _classes(contents),
        _alignment(contents.alignment),
        _ledger(contents.ledger),
        _manifest(contents.manifest),
    ]
    return "\n".join(part for part in parts if part)


def leaderboard_markdown(contents: Contents, *, one_per_name: bool = True) -> str:
    """Write the results table alone; by default one row a name: the chosen pair, else its best class weights."""
    rows = [row for row in leaderboard_rows(contents.candidates) if row.represents_name or not one_per_name]
    has_hidden = any(row.candidate.hidden is not None for row in rows)
    header = [
        "Candidate",
        "Kind",
        "Class weights",
        "Nested macro-F1 (95 %)",
        "Folds, mean ± std",
        "OOF",
        "Optimism",
    ]
    body = [_leaderboard_cells(row) for row in rows]
    if has_hidden:
        header.append("Hidden test")
        body = [[*cells, score(row.candidate.hidden)] for cells, row in zip(body, rows, strict=True)]
    return table(header, body, numbers_from=3)


def table(header: list[str], body: list[list[str]], numbers_from: int) -> str:
    """Write a Markdown table; columns from `numbers_from` on are right-aligned. Cells are taken as Markdown."""
    rule = ["---:" if i >= numbers_from else "---" for i in range(len(header))]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (header, rule, *body))


def escaped(text: str) -> str:
    """Escape text from the data so that Markdown shows it as it is, on one line, in a table cell too."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*\[\]|~#])", r"\\\1", text)
    text = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", text)
    return " ".join(text.split())


def _headline(contents: Contents) -> str:
    chosen = contents.chosen
    low, high = chosen.interval
    weights = f" × {escaped(chosen.weights)}" if chosen.tuned else ""
    lines = [
        f"# {escaped(contents.competition)}: {escaped(chosen.name)}{weights}\n",
        f"- Nested macro-F1 **{score(chosen.nested)}** (95 %: {score(low)} to {score(high)})",
    ]
    if chosen.hidden is not None:
        lines.append(f"- Hidden test macro-F1 **{score(chosen.hidden)}**")
    if contents.gain is not None and contents.gain_names is not None:
        gain, (ensemble, member) = contents.gain, contents.gain_names
        interval = f"95 %: {signed(gain['low'])} to {signed(gain['high'])}"
        names = f"{escaped(ensemble)} against {escaped(member)}"
        lines.append(f"- Gain over the best member **{signed(gain['difference'])}** ({interval}): {names}, paired")
    if contents.selection is not None:
        choice = contents.selection
        interval = f"95 %: {score(choice['low'])} to {score(choice['high'])}"
        lines.append(f"- The choice between all candidates, scored nested: **{score(choice['nested'])}** ({interval})")
    lines.append(f"- {count(sum(contents.label_counts))} training rows, {len(contents.labels)} classes")
    return "\n".join(lines) + "\n"


def _warnings(warnings: list[str]) -> str:
    if not warnings:
        return ""
    return "## Warnings\n\n" + "".join(f"- {escaped(warning)}\n" for warning in warnings)


def _leaderboard_cells(row: LeaderboardRow) -> list[str]:
    candidate = row.candidate
    low, high = candidate.interval
    name = f"**{escaped(candidate.name)}**" if candidate.chosen else escaped(candidate.name)
    return [
        f"{name} ({escaped(candidate.note)})" if candidate.note else name,
        escaped(candidate.kind),
        escaped(candidate.weights),
        f"{score(candidate.nested)} ({score(low)} to {score(high)})",
        f"{score(row.fold_mean)} ± {score(row.fold_std)}" if candidate.fold_scores else MISSING,
        score(candidate.oof),
        signed(row.optimism),
    ]


def _against(contents: Contents) -> str:
    if not contents.chosen_against:
        return ""
    body = [
        [escaped(d.name), escaped(d.weights), signed(d.difference), f"{signed(d.low)} to {signed(d.high)}"]
        for d in contents.chosen_against
    ]
    header = ["The chosen minus", "Class weights", "Nested macro-F1", "95 %, paired"]
    return "## The chosen pair against the other first ones\n\n" + table(header, body, numbers_from=2)


def _ledger(ledger: tuple[LedgerEntry, ...]) -> str:
    if not ledger:
        return ""
    body = [
        [e.date, escaped(e.board), score(e.score), score(e.nested), escaped(e.candidate), escaped(e.class_weights)]
        for e in ledger
    ]
    header = ["Date", "Board", "Board score", "Nested", "Candidate", "Class weights"]
    return "## Submissions\n\n" + table(header, body, numbers_from=2)


def _classes(contents: Contents) -> str:
    if not contents.labels:
        return ""
    rows = class_rows(
        contents.labels, contents.label_counts, contents.class_weights, contents.f1_before, contents.f1_after
    )
    body = [
        [
            escaped(r.label),
            count(r.support),
            score(r.before),
            score(r.after),
            signed(r.change),
            weight(r.weight),
        ]
        for r in rows
    ]
    before, after = float(np.mean(contents.f1_before)), float(np.mean(contents.f1_after))
    body.append(
        [
            "**macro**",
            count(sum(contents.label_counts)),
            score(before),
            score(after),
            signed(after - before),
            "",
        ]
    )
    header = ["Class", "Rows", "F1 without weights", "F1 with weights", "Change", "Weight"]
    return "## Classes\n\n" + table(header, body, numbers_from=1)


def _alignment(alignment: dict[str, dict[str, object]]) -> str:
    if not alignment:
        return ""
    facts = {key: value for report in alignment.values() for key, value in report.items()}
    keys = [key for key, value in facts.items() if not isinstance(value, dict | list) and "sha256" not in key]
    body = [
        [escaped(encoder), *(escaped(fact(key, report.get(key))) for key in keys)]
        for encoder, report in alignment.items()
    ]
    header = ["Encoder", *(escaped(words(key)) for key in keys)]
    return "## Vocabulary alignment\n\n" + table(header, body, numbers_from=2)


def _manifest(manifest: dict[str, str]) -> str:
    if not manifest:
        return ""
    body = [[escaped(name), f"`{escaped(digest)}`"] for name, digest in manifest.items()]
    return "## Files read\n\n" + table(["File", "Hash"], body, numbers_from=2)
