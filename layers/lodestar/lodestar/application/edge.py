"""What every body of the API shares: unknown fields refused, texts cleaned, numbers that fit the database."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

LARGEST_ID = 2**63 - 1


def _plain_text(text: str) -> str:
    if any(ord(each) < 32 and each not in "\t\n\r" for each in text):
        raise ValueError("must not hold control characters")
    return text


def sentence(problem: Mapping[str, Any]) -> str:
    """What one of pydantic's errors asks the client to change."""
    if problem["type"] == "extra_forbidden":
        return "There is no such field: remove it or mend its name."
    if problem["type"] == "missing":
        return "This field is required."
    text = str(problem["msg"]).removeprefix("Value error, ")
    return text if text.endswith(".") else f"{text}."


class Body(BaseModel):
    """A request body: a field that nobody declared is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class View(BaseModel):
    """The shape of an answer, for the OpenAPI document and the tests; the database writes the JSON."""

    model_config = ConfigDict(extra="forbid")


Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_plain_text)]
Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_plain_text)]
Email = Annotated[
    str,
    StringConstraints(
        max_length=254, to_lower=True, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+$"
    ),
]
Value = Annotated[Decimal, Field(max_digits=18, decimal_places=4, allow_inf_nan=False)]
"""A measured number as the database keeps it: NUMERIC(18,4)."""
Number = Annotated[Decimal, PlainSerializer(float, return_type=float), WithJsonSchema({"type": "number"})]
"""A number in an answer: a JSON number with the stored decimals."""
Weight = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2, allow_inf_nan=False)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
