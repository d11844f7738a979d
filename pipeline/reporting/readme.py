"""The generated parts of README.md: the results of the last run and the table of stages."""

import re
from collections.abc import Mapping
from typing import Any


def results_table(class_weights: Mapping[str, Any], fusion: Mapping[str, Any], hidden: Mapping[str, Any]) -> str:
    """Write a Markdown table with one row a candidate, at its best class weights, best nested score first.

    The arguments are reports/class_weights.json, fusion.json and hidden.json. The chosen row is bold.
    """
    chosen = class_weights["chosen"]
    rows = []
    for name, methods in class_weights["scores"].items():
        method = max(methods, key=lambda word: methods[word]["nested"])
        if name == chosen["candidate"]:
            method = chosen["method"]
        score = methods[method]
        on_test = hidden["scores"].get(name, {}).get(method)
        cells = [
            name,
            "member" if name in fusion["members"] else "fusion",
            method,
            f"{score['oof']:.4f}",
            f"{score['nested']:.4f} [{score['low']:.3f}, {score['high']:.3f}]",
            "" if on_test is None else f"{on_test:.4f}",
        ]
        if name == chosen["candidate"]:
            cells = [f"**{cell}**" if cell else cell for cell in cells]
        rows.append((score["nested"], cells))
    header = ["candidate", "kind", "class weights", "OOF macro-F1", "nested macro-F1 [95 %]", "hidden test"]
    lines = [header, ["---"] * len(header), *(cells for _, cells in sorted(rows, key=lambda row: -row[0]))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def stage_table(dvc_yaml: Mapping[str, Any]) -> str:
    """Write a Markdown table of the stages and their `desc`, in the order of dvc.yaml."""
    lines = ["| stage | what it does |", "| --- | --- |"]
    for name, stage in dvc_yaml["stages"].items():
        body = stage.get("do", stage)
        lines.append(f"| `{name}{'@…' if 'do' in stage else ''}` | {body['desc']} |")
    return "\n".join(lines)


def replace_part(text: str, part: str, content: str) -> str:
    """Put `content` between `<!-- part -->` and `<!-- /part -->`. Raises ValueError where the marks are missing."""
    pattern = re.compile(rf"(<!-- {part} -->\n).*?(<!-- /{part} -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"no marks <!-- {part} --> … <!-- /{part} -->")
    return pattern.sub(lambda found: f"{found[1]}{content}\n{found[2]}", text)
