"""The report as one HTML page that needs nothing but itself: CSS, script and charts are inside."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.reporting import curves, formats, sections
from pipeline.reporting.contents import Contents
from pipeline.reporting.data_section import data

TEMPLATES = Path(__file__).parent / "templates"


def render_html(contents: Contents) -> str:
    """Write one self-contained page. The same contents give the same bytes; all text from the data is escaped."""
    return _environment().get_template("index.html.j2").render(**_page(contents))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = ("score", "signed", "percent", "weight", "count", "plain", "fact", "words", "breakable")
    environment.filters.update({name: getattr(formats, name) for name in names})
    return environment


def _page(contents: Contents) -> dict[str, object]:
    return {
        "competition": contents.competition,
        "headline": sections.headline(contents),
        "warnings": contents.warnings,
        "leaderboard": sections.leaderboard(contents),
        "confusion": sections.confusion(contents),
        "classes": sections.classes(contents),
        "similarity": sections.similarity(contents),
        "curves": curves.finetune_curves(contents),
        "mlm_curves": curves.mlm_curves(contents),
        "alignment": sections.alignment(contents),
        "submission": sections.submission(contents),
        "data": data(contents),
        "selection": contents.selection,
        "against": contents.chosen_against,
        "ledger": sections.ledger(contents),
        "manifest": contents.manifest,
    }
