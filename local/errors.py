class CannotRun(Exception):
    """The local runner cannot go on; the message is a sentence that tells the person what to change."""


class FunctionFailed(Exception):
    """A function called through the runner answered with an error (its type and message)."""


class NoSuchPerson(Exception):
    """A token was asked for an email address that no user has."""
