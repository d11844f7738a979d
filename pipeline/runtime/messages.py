"""Lines for whoever reads a stage's log."""

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again


def say(message: str) -> None:
    """Print one line of the stage's log at once (DVC pipes the output, so it would be held back otherwise)."""
    print(message, flush=True)
