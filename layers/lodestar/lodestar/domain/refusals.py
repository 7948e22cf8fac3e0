"""What can go wrong in the words of the domain. `runtime.errors` maps each class to one HTTP status."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Detail:
    """One faulty field: its path (`body.weight`) and what to change."""

    field: str
    message: str


class LodestarError(Exception):
    """A refusal with one human sentence; `code` is the stable snake_case name that clients may test."""

    code = "error"

    def __init__(self, message: str, details: Sequence[Detail] = (), *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)
        if code is not None:
            self.code = code


class InvalidRequest(LodestarError):
    """A date, range, choice or query parameter that cannot be meant (400)."""

    code = "invalid_request"

    @classmethod
    def of(cls, parameter: str, message: str, *, code: str | None = None) -> Self:
        """The refusal of one query parameter, by its name."""
        return cls(message, [Detail(f"query.{parameter}", message)], code=code)


class TooMuch(InvalidRequest):
    """A question whose answer is larger than can be sent (400)."""

    code = "answer_too_large"


class Unauthenticated(LodestarError):
    """No token, or one that cannot be trusted (401)."""

    code = "unauthenticated"


class Forbidden(LodestarError):
    """Known to the caller, but not allowed (403)."""

    code = "forbidden"


class NotFound(LodestarError):
    """Unknown, or in another company: the two are never told apart (404)."""

    code = "not_found"


class Conflict(LodestarError):
    """A duplicate, an overlap or a stale version (409)."""

    code = "conflict"


class InFlight(Conflict):
    """The same request is being worked on at this moment; its answer can be had in a moment (409)."""

    code = "idempotency_in_flight"


class MethodNotAllowed(LodestarError):
    """An address that is there, but not with this method (405)."""

    code = "method_not_allowed"

    def __init__(self, message: str, allowed: Sequence[str]) -> None:
        super().__init__(message)
        self.allowed = tuple(allowed)


class TooLarge(LodestarError):
    """More than one call may carry (413)."""

    code = "too_large"


class UnsupportedContent(LodestarError):
    """A body that is not JSON (415)."""

    code = "unsupported_content"


class InvalidContent(LodestarError):
    """A body that is well-formed but breaks a rule; `details` names the fields (422)."""

    code = "invalid_content"

    @classmethod
    def of(cls, field: str, message: str) -> Self:
        """The refusal of one field of the body, by its path without `body.`."""
        return cls(message, [Detail(f"body.{field}", message)])


class Unavailable(LodestarError):
    """Something that we depend on is away; the same call may work later (503)."""

    code = "unavailable"


class Contended(Unavailable):
    """Others changed the same rows at the same time; the same call is worth a retry at once (503)."""

    code = "contended"
