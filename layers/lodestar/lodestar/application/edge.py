"""What every body of the API shares: unknown fields refused, texts cleaned, numbers that fit the database."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from lodestar.application.json_types import IN_JSON, exacting

LARGEST_ID = 2**63 - 1


_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether the database can keep a text: without NUL, and without one half of a surrogate pair."""
    return _NOT_STORABLE.search(text) is None


def plain_text(text: str) -> str:
    """The text, if it can be printed: control characters other than tab and line ends are an error."""
    if any(ord(each) < 32 and each not in "\t\n\r" for each in text):
        raise ValueError("must not hold control characters")
    return text


class Body(BaseModel):
    """A request body: a field that nobody declared is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    told_by_row: ClassVar[frozenset[str]] = frozenset()
    """Fields whose elements the use case checks one by one: a bad one does not stop the good ones."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 — a class
        """Each field takes the JSON type that it is declared with, and no other."""
        return exacting(IN_JSON, source, handler)


@dataclass(frozen=True, slots=True)
class ShownAs:
    """Shows a field in the OpenAPI document as a model, where it takes more, to answer for each row."""

    model: type[BaseModel]

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The model, or whatever is taken and told of."""
        return {"anyOf": [handler(self.model.__pydantic_core_schema__), handler(schema)]}


class View(BaseModel):
    """The shape of an answer, for the OpenAPI document and the tests; the database writes the JSON."""

    model_config = ConfigDict(extra="forbid")


Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(plain_text)]
Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(plain_text)]
_ATOM = r"[a-zA-Z0-9_!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
EMAIL = rf"^{_ATOM}(\.{_ATOM})*@({_LABEL}\.)+[a-zA-Z]{{2,63}}$"
Email = Annotated[str, StringConstraints(max_length=254, to_lower=True, pattern=EMAIL)]
SLUG = r"^[a-z0-9]+([_-][a-z0-9]+)*$"
ROLE_NAME = r"^[a-z][a-z0-9_]{1,39}$"
CURRENCY = r"^[A-Z]{3}$"
_DIGITS = r"-?\d{1,14}(\.\d{1,4})?"


def _of_text(value: object) -> object:
    """Digits in quotes as their number: many clients have no other way to send each of 18 digits."""
    is_text = isinstance(value, str) and re.fullmatch(_DIGITS, value, re.ASCII)
    return Decimal(str(value)) if is_text else value


Value = Annotated[
    Decimal,
    Field(max_digits=18, decimal_places=4, allow_inf_nan=False),
    BeforeValidator(_of_text),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "number",
                    "multipleOf": 0.0001,
                    "exclusiveMinimum": -(10**14),
                    "exclusiveMaximum": 10**14,
                },
                {"type": "string", "pattern": f"^{_DIGITS}$"},
            ]
        }
    ),
]
"""A measured number as the database keeps it, NUMERIC(18,4); as a JSON number, or as digits in quotes."""
Number = Annotated[Decimal, PlainSerializer(float, return_type=float), WithJsonSchema({"type": "number"})]
"""A number in an answer: a JSON number with the stored decimals."""
Weight = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2, allow_inf_nan=False)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
