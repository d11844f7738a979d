"""The one exception that a user is meant to read."""

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again


class UserError(Exception):
    """Something that the user can mend: bad params, a bad file, a missing artifact.

    The message is complete: the file, row or key; what was found; what is allowed; what to do. A stage prints it
    without a traceback and exits with status 1.
    """
