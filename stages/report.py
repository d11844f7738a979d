"""Put everything that was measured on one page: `python -m stages.report`.

Where the competition's folder has an answer key, the submission and every candidate are scored as a hidden leaderboard
would; no other stage looks there.
"""

from pipeline.runtime.cli import run_stage


def main() -> None:
    """Write reports/index.html, report.md, hidden.json and the plots."""
    from pipeline.plan.current import running

    with running("report") as entry:
        from pipeline.steps import report

        report.run(entry)


if __name__ == "__main__":
    run_stage(main)
