"""How older systems word a KPI, and what that means here: everything else knows the newer words only.

Whatever is translated is so before it is checked, so that both wordings have the same rules and the same
errors. The document shows the older words as deprecated.
"""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from lodestar.domain.definitions import Unit
from lodestar.domain.sources import BoundParameter
from lodestar.wire.bodies import Body
from lodestar.wire.fields import PLAIN_NOT_BLANK, Name, Text

_UNITS = {"percentage": Unit.PERCENT, "time": Unit.NUMBER}
"""Older words for units. "time" does not say which: a number is right, and hours might not be."""


def _unit(word: object) -> object:
    return _UNITS.get(word, word) if isinstance(word, str) else word


class _ShownWithOlderWords:
    """Documents a unit with the older words beside it."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        older = [{"type": "string", "const": word, "deprecated": True} for word in _UNITS]
        return {"anyOf": [handler(schema), *older]}


UnitWord = Annotated[Unit, BeforeValidator(_unit), _ShownWithOlderWords()]
"""A unit in either wording."""


def _own_values(
    parameters: dict[str, Decimal | str] | list[BoundParameter],
) -> dict[str, Decimal | str]:
    # A list names what the platform binds in any case, and nothing of the query's own.
    return parameters if isinstance(parameters, dict) else {}


Parameters = Annotated[
    dict[Name, Decimal | Text] | list[BoundParameter],
    AfterValidator(_own_values),
    Field(
        description="The values of a query's own parameters, by name. An older client lists the names that "
        "the platform binds, which is the same as to leave parameters out."
    ),
]
"""The parameters of a query in either wording; the newer one is what comes of them."""


_INTERCOM_FILTERS = {
    "assignee_id": f":{BoundParameter.USER_ID}",
    "created_at_after": f":{BoundParameter.START_DATE}",
    "created_at_before": f":{BoundParameter.END_DATE}",
}
"""Older filters of conversations, each with the only value that it may have: what holds in any case."""


def without_bound_filters(filters: object) -> object:
    """Filters of conversations without those that say whose they are and of which period.

    Raises:
        ValueError: one of these asks for something else.
    """
    if not isinstance(filters, dict):
        return filters
    for name, meant in _INTERCOM_FILTERS.items():
        if name in filters and filters[name] != meant:
            raise ValueError(f'{name} can only be "{meant}", which holds without it too: leave it out')
    return {name: value for name, value in filters.items() if name not in _INTERCOM_FILTERS}


def _show_bare_source(schema: dict[str, Any]) -> None:
    """Say in the OpenAPI document that the source may be the bare name of pushed records."""
    bare = {
        "type": "string",
        "minLength": 1,
        "maxLength": 200,
        "pattern": PLAIN_NOT_BLANK,
        "deprecated": True,
    }
    shown = schema["properties"]["data_source"]
    schema["properties"]["data_source"] = (
        {**shown, "anyOf": [*shown["anyOf"], bare]} if "anyOf" in shown else {"anyOf": [shown, bare]}
    )


class OldWording(Body):
    """`calculation_method` with the name of a record source, as an older client sends it."""

    model_config = ConfigDict(json_schema_extra=_show_bare_source)

    @model_validator(mode="before")
    @classmethod
    def modernised(cls, body: Any) -> Any:  # noqa: ANN401 — whatever JSON the client sent
        """Translate `tracking_period`, and a string `data_source` with its `calculation_method`."""
        if not isinstance(body, dict):
            return body
        fields = dict(body)
        if "tracking_period" in fields:
            if "aggregation_period" in fields:
                raise ValueError("tracking_period is another name of aggregation_period: send one of the two")
            fields["aggregation_period"] = fields.pop("tracking_period")
        if isinstance(fields.get("data_source"), str):
            method = fields.pop("calculation_method", "count")
            fields["data_source"] = {"type": "records", "source": fields["data_source"], "method": method}
        return fields
