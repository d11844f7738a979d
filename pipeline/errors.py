"""The one exception that a user is meant to read."""


class UserError(Exception):
    """Something that the user can mend: bad params, a bad file, a missing artifact.

    The message is complete: the file, row or key; what was found; what is allowed; what to do. A stage prints it
    without a traceback and exits with status 1.
    """
