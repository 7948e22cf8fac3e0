"""A data source as the API speaks of it: checked on its way in, and as answers show it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from lodestar.application.definitions.older_wording import Parameters, without_bound_filters
from lodestar.domain.sources import (
    AggregationMethod,
    DatabaseSource,
    DataSource,
    EnteredBy,
    FormulaInput,
    FormulaSource,
    InputSubject,
    IntercomMetric,
    IntercomSource,
    KpiInput,
    ManualSource,
    RecordsSource,
    SourceKind,
    Statistic,
    UnreadableSource,
)
from lodestar.wire.bodies import Body
from lodestar.wire.fields import Name, Text, Value


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
    parameters: Parameters = Field(default_factory=dict)


Filters = dict[Name, Text | Decimal | bool]
"""The values that attributes must have, by their names."""


class RecordsBody(Body):
    """Pushed records of one source, filtered and aggregated."""

    type: Literal["records"]
    source: Name
    method: AggregationMethod = AggregationMethod.COUNT
    field: Name = "value"
    filters: Filters = Field(default_factory=dict)


class IntercomBody(Body):
    """Conversations of the company's Intercom workspace, of each person and period.

    `statistic` is for durations, of which the median is taken unless it says otherwise; `endpoint` can be
    left out.
    """

    type: Literal["intercom"]
    metric: IntercomMetric
    statistic: Statistic = Statistic.MEDIAN
    filters: Annotated[Filters, BeforeValidator(without_bound_filters)] = Field(default_factory=dict)
    endpoint: Literal["conversations"] = Field(
        default="conversations", json_schema_extra={"deprecated": True}
    )


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
    ManualBody | DatabaseBody | RecordsBody | FormulaBody | IntercomBody, Field(discriminator="type")
]


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
        case SourceKind.INTERCOM:
            metric, statistic = IntercomMetric(body["metric"]), Statistic(body.get("statistic", "median"))
            return IntercomSource(metric, statistic, body.get("filters") or {})
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
        case IntercomSource():
            return {
                "type": source.kind,
                "metric": source.metric,
                "statistic": source.statistic,
                "filters": dict(source.filters),
            }
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
