"""What every body and answer is: no unknown fields, and each of the JSON type that it is declared with."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from lodestar.wire.strict_json import IN_JSON, exacting


class Body(BaseModel):
    """A request body: a field that nobody declared is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    checked_by_row: ClassVar[frozenset[str]] = frozenset()
    """Fields whose elements the use case checks one by one: a bad one does not stop the good ones."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 — a class
        """Each field takes the JSON type that it is declared with, and no other."""
        return exacting(IN_JSON, source, handler)


class ShownAs:
    """Documents a field as one of `models`; it takes anything, for each row is checked by itself."""

    def __init__(self, *models: type[BaseModel]) -> None:
        self.models = models

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The models, or whatever is taken and told of."""
        shown = [handler(model.__pydantic_core_schema__) for model in self.models]
        return {"anyOf": [*shown, handler(schema)]}


class View(BaseModel):
    """The shape of an answer, for the OpenAPI document and the tests; the database writes the JSON."""

    model_config = ConfigDict(extra="forbid")
