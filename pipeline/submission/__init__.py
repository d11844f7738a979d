"""The submission: its form, its checks, and the manifest of the files that it was made from."""

from pipeline.submission.format import Template, read_template, render_submission
from pipeline.submission.ledger import LedgerEntry, append_entry, read_ledger
from pipeline.submission.manifest import make_manifest
from pipeline.submission.validate import validate_submission

__all__ = [
    "LedgerEntry",
    "Template",
    "append_entry",
    "make_manifest",
    "read_ledger",
    "read_template",
    "render_submission",
    "validate_submission",
]
