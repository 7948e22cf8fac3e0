"""What can be wrong with a request as such: sign-in, method, type, size; no rule of the domain."""

from collections.abc import Sequence

from lodestar.domain.refusals import Conflict, InvalidRequest, LodestarError


class AnswerTooLarge(InvalidRequest):
    """A question whose answer is larger than can be sent."""

    code = "answer_too_large"


class Unauthenticated(LodestarError):
    """No token, or one that cannot be trusted."""

    code = "unauthenticated"


class StillInProgress(Conflict):
    """The same request is being worked on at this moment; its answer can be had in a moment."""

    code = "idempotency_in_flight"


class MethodNotAllowed(LodestarError):
    """An address that is there, but not with this method."""

    code = "method_not_allowed"

    def __init__(self, message: str, allowed: Sequence[str]) -> None:
        super().__init__(message)
        self.allowed = tuple(allowed)


class UnsupportedContent(LodestarError):
    """A body that is not JSON."""

    code = "unsupported_content"
