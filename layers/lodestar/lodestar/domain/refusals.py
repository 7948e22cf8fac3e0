"""What can be refused, in the words of the domain: one sentence, a stable code, the fields that are wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Detail:
    """One faulty field and what to change; a field inside of another is told as `data_source.formula`."""

    field: str
    message: str


class LodestarError(Exception):
    """A refusal with one human sentence; `code` is the stable snake_case name that clients may test.

    `details` names faulty fields; where there are many, the first ones, and `omitted` is how many more.
    """

    code = "error"

    def __init__(
        self, message: str, details: Sequence[Detail] = (), *, code: str | None = None, omitted: int = 0
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)
        self.omitted = omitted
        if code is not None:
            self.code = code


class InvalidRequest(LodestarError):
    """A date, a range, a choice or a parameter that cannot be meant."""

    code = "invalid_request"

    @classmethod
    def of(cls, parameter: str, message: str, *, code: str | None = None) -> Self:
        """The refusal of one parameter of a question, by its name."""
        return cls(message, [Detail(parameter, message)], code=code)


class Forbidden(LodestarError):
    """Known to the caller, but not allowed."""

    code = "forbidden"


class NotFound(LodestarError):
    """Unknown, or in another company: the two are never told apart."""

    code = "not_found"


class Conflict(LodestarError):
    """A duplicate, an overlap or a stale version."""

    code = "conflict"


class TooLarge(LodestarError):
    """More than one call may carry."""

    code = "too_large"


class InvalidContent(LodestarError):
    """What is asked for is well-formed but breaks a rule; `details` names the fields."""

    code = "invalid_content"

    @classmethod
    def of(cls, field: str, message: str) -> Self:
        """The refusal of one field."""
        return cls(message, [Detail(field, message)])


class Unavailable(LodestarError):
    """Something that we depend on is away; the same call may work later."""

    code = "unavailable"


class Contended(Unavailable):
    """Others changed the same rows at the same time; the same call is worth a retry at once."""

    code = "contended"


class Interrupted(Unavailable):
    """What we depend on went away before anything was changed; the same call is worth a retry at once."""
