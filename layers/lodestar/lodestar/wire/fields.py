"""What every body of the API shares: unknown fields refused, texts cleaned, numbers that fit the database."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from lodestar.domain.periods import FIRST_DAY, LAST_DAY

MAX_ID = 2**63 - 1


_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether the database can keep a text: without NUL, and without one half of a surrogate pair."""
    return _NOT_STORABLE.search(text) is None


_TURNING = r"\u202a-\u202e\u2066-\u2069"
_TURNS = re.compile(f"[{_TURNING}]")


def fault_of_text(text: str) -> str | None:
    """Why a text is taken nowhere, as the end of a sentence about it; None: it may be.

    Overrides, embeddings and isolates of direction make people read another text than the one that is there,
    up to the next line's. Scripts that run from right to left need none of them.
    """
    if not is_storable(text):
        return "must hold neither control characters such as NUL nor half a surrogate pair"
    if _TURNS.search(text):
        return (
            "must not hold characters that turn the direction of a text "
            "(U+202A to U+202E and U+2066 to U+2069): take them out"
        )
    return None


_PLAIN = rf"[^\x00-\x08\x0b\x0c\x0e-\x1f{_TURNING}]"
PLAIN = rf"^{_PLAIN}*$"
PLAIN_NOT_BLANK = rf"^{_PLAIN}*[^\s\x00-\x1f{_TURNING}]{_PLAIN}*$"
"""What `plain_text` takes, for documents; the second without a text of nothing but blanks."""


def plain_text(text: str) -> str:
    """The text, if people can read it as it is: without control characters other than tab and line ends."""
    if any(ord(character) < 32 and character not in "\t\n\r" for character in text):
        raise ValueError("must not hold control characters")
    fault = fault_of_text(text)
    if fault is not None:
        raise ValueError(fault)
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(plain_text)]
Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(plain_text)]
_ATOM = r"[a-zA-Z0-9_!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
EMAIL = rf"^{_ATOM}(\.{_ATOM})*@({_LABEL}\.)+[a-zA-Z]{{2,63}}$"
Email = Annotated[str, StringConstraints(max_length=254, to_lower=True, pattern=EMAIL)]
SLUG = r"^[a-z0-9]+([_-][a-z0-9]+)*$"
ROLE_NAME = r"^[a-z][a-z0-9_]{1,39}$"
CURRENCY = r"^[A-Z]{3}$"


_DIGITS = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Numeric:
    """A Decimal as the database keeps it, NUMERIC(precision, scale): a JSON number, or digits in quotes.

    Many clients have no other way than a text to send each of 18 digits.
    """

    precision: int
    scale: int
    is_signed: bool = True

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 — a class
        """Digits in quotes are read as their number; a number of more digits is refused."""
        number = core_schema.decimal_schema(
            max_digits=self.precision,
            decimal_places=self.scale,
            ge=None if self.is_signed else Decimal(0),
            allow_inf_nan=False,
        )
        return core_schema.no_info_before_validator_function(self._of_text, number)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Either way to write it."""
        beyond = 10 ** (self.precision - self.scale)
        least = {"exclusiveMinimum": -beyond} if self.is_signed else {"minimum": 0}
        number = {"type": "number", "multipleOf": float(f"1e-{self.scale}"), **least}
        sign = "-?" if self.is_signed else ""
        digits = rf"\d{{1,{self.precision - self.scale}}}(\.\d{{1,{self.scale}}})?"
        text = {"type": "string", "pattern": f"^{sign}{digits}$"}
        return {"anyOf": [{**number, "exclusiveMaximum": beyond}, text]}

    @staticmethod
    def _of_text(value: object) -> object:
        is_text = isinstance(value, str) and _DIGITS.fullmatch(value)
        return Decimal(str(value)) if is_text else value


def _in_calendar(moment: date) -> date:
    day = moment.date() if isinstance(moment, datetime) else moment
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"The day must lie between {FIRST_DAY} and {LAST_DAY}")
    return moment


Instant = Annotated[AwareDatetime, AfterValidator(_in_calendar)]
"""A moment with its timezone, on a day that the calendar of periods has."""
CalendarDay = Annotated[date, AfterValidator(_in_calendar)]
"""A day that the calendar of periods has."""
Value = Annotated[Decimal, Numeric(18, 4)]
"""A measured number as the database keeps it."""
Number = Annotated[Decimal, PlainSerializer(float, return_type=float), WithJsonSchema({"type": "number"})]
"""A number in an answer: a JSON number with the stored decimals."""
Weight = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2, allow_inf_nan=False)]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
