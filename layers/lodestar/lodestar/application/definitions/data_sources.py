"""A data source as the API speaks of it: checked on its way in, and as answers show it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from lodestar.domain.sources import (
    AggregationMethod,
    DatabaseSource,
    DataSource,
    EnteredBy,
    FormulaInput,
    FormulaSource,
    InputSubject,
    KpiInput,
    ManualSource,
    RecordsSource,
    SourceKind,
    UnreadableSource,
)
from lodestar.wire.bodies import Body
from lodestar.wire.fields import PLAIN_NOT_BLANK, Name, Text, Value


class AllowedRange(Body):
    """The values that may be entered, both bounds included; an absent bound is open."""

    min: Value | None = None
    max: Value | None = None


class ManualBody(Body):
    """People enter the value."""

    type: Literal["manual"]
    allowed_range: AllowedRange | None = None
    entered_by: EnteredBy = EnteredBy.MANAGER
    requires_note_below: Value | None = None


class DatabaseBody(Body):
    """An admin's SELECT with one numeric column; `:user_id`, `:start_date` and `:end_date` are bound."""

    type: Literal["database"]
    query: str
    parameters: dict[Name, Decimal | Text] = Field(default_factory=dict)


class RecordsBody(Body):
    """Pushed records of one source, filtered and aggregated."""

    type: Literal["records"]
    source: Name
    method: AggregationMethod = AggregationMethod.COUNT
    field: Name = "value"
    filters: dict[Name, Text | Decimal | bool] = Field(default_factory=dict)


class KpiBody(Body):
    """Another KPI's measurement, `offset` periods back (0 or negative)."""

    type: Literal["kpi"]
    key: Name
    offset: int = 0
    of: InputSubject = InputSubject.SAME


class FormulaInputBody(Body):
    """One variable of a formula and where its number comes from."""

    variable: Name
    source: Annotated[DatabaseBody | RecordsBody | KpiBody, Field(discriminator="type")]


class FormulaBody(Body):
    """An expression over named inputs."""

    type: Literal["formula"]
    formula: str
    inputs: list[FormulaInputBody] = Field(default_factory=list)


type DataSourceBody = Annotated[
    ManualBody | DatabaseBody | RecordsBody | FormulaBody, Field(discriminator="type")
]


def _show_old_wording(schema: dict[str, Any]) -> None:
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

    model_config = ConfigDict(json_schema_extra=_show_old_wording)

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


def source_from_json(body: Mapping[str, Any]) -> DataSource:
    """The domain's source of checked JSON.

    Raises:
        InvalidContent: a rule of the source itself is broken.
    """
    match SourceKind(body["type"]):
        case SourceKind.MANUAL:
            allowed = body.get("allowed_range") or {}
            return ManualSource(
                _number(allowed.get("min")),
                _number(allowed.get("max")),
                EnteredBy(body.get("entered_by", EnteredBy.MANAGER)),
                _number(body.get("requires_note_below")),
            )
        case SourceKind.DATABASE:
            return DatabaseSource(body["query"], body.get("parameters") or {})
        case SourceKind.RECORDS:
            return _records(body)
        case _:
            return FormulaSource(body["formula"], tuple(_input(given) for given in body.get("inputs", ())))


def source_to_json(source: DataSource | KpiInput) -> dict[str, Any]:
    """The JSON that `source_from_json` reads; numbers stay numbers."""
    match source:
        case ManualSource():
            return {
                "type": source.kind,
                "allowed_range": {"min": source.allowed_min, "max": source.allowed_max},
                "entered_by": source.entered_by,
                "requires_note_below": source.requires_note_below,
            }
        case DatabaseSource():
            return {"type": source.kind, "query": source.query, "parameters": dict(source.parameters)}
        case RecordsSource():
            return {
                "type": source.kind,
                "source": source.source,
                "method": source.method,
                "field": source.field,
                "filters": dict(source.filters),
            }
        case KpiInput():
            return {"type": source.kind, "key": source.key, "offset": source.offset, "of": source.of}
        case FormulaSource():
            inputs = [
                {"variable": given.variable, "source": source_to_json(given.source)}
                for given in source.inputs
            ]
            return {"type": source.kind, "formula": source.formula, "inputs": inputs}
        case UnreadableSource():
            configuration = source.stored if isinstance(source.stored, Mapping) else {}
            return {**configuration, "type": source.kind}


def _records(body: Mapping[str, Any]) -> RecordsSource:
    method = AggregationMethod(body.get("method", AggregationMethod.COUNT))
    return RecordsSource(body["source"], method, body.get("field") or "value", body.get("filters") or {})


def _input(body: Mapping[str, Any]) -> FormulaInput:
    source = body["source"]
    if source["type"] == SourceKind.KPI:
        subject = InputSubject(source.get("of", InputSubject.SAME))
        return FormulaInput(body["variable"], KpiInput(source["key"], source.get("offset", 0), subject))
    inner = source_from_json(source)
    assert isinstance(inner, DatabaseSource | RecordsSource)  # noqa: S101 — a body admits no other type
    return FormulaInput(body["variable"], inner)


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
