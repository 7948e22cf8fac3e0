"""The `records` source: one grouped query over pushed records."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from lodestar.application.calculation.ports import SourceRequest
from lodestar.domain.assignments import SubjectType
from lodestar.domain.sources import AggregationMethod, RecordsSource
from lodestar.domain.values import NoData, Value
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import Session
from lodestar.wire.exact_json import to_json

NO_ROWS = NoData("no_rows")

# Two records at the same instant: the one with the later external id is the latest.
_METHODS = {
    AggregationMethod.COUNT: "count(*)",
    AggregationMethod.SUM: "sum({number})",
    AggregationMethod.AVERAGE: "avg({number})",
    AggregationMethod.MIN: "min({number})",
    AggregationMethod.MAX: "max({number})",
    AggregationMethod.COUNT_DISTINCT: "count(distinct {anything})",
    AggregationMethod.LATEST: (
        "(array_agg({number} order by r.occurred_at desc, r.external_id desc) "
        "filter (where {number} is not null))[1]"
    ),
}
_COUNTS = (AggregationMethod.COUNT, AggregationMethod.COUNT_DISTINCT)

_SUBJECTS = {
    SubjectType.USER: ("r.user_id", "", "and r.user_id = any(cast(:subjects as bigint[]))"),
    SubjectType.TEAM: (
        "s.team_id",
        # The team of the row's own day, whatever became of the person since.
        "join lodestar.memberships s on s.company_id = r.company_id and s.user_id = r.user_id "
        "and s.starts_at <= r.occurred_at and r.occurred_at < s.ends_at",
        "and s.team_id = any(cast(:subjects as bigint[]))",
    ),
    SubjectType.COMPANY: ("0", "", ""),
}


class RecordsValues:
    """Values of pushed records, all subjects of a request in one statement."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        """Subjects without records have 0 where something is counted, else no data."""
        source = request.source
        assert isinstance(source, RecordsSource)  # noqa: S101 — registered for this type only
        nothing: Value = Decimal(0) if source.method in _COUNTS else NO_ROWS
        found: dict[int, Value] = dict.fromkeys(request.subjects, nothing)
        for row in self._session.rows(_query(source, request.subject_type), **_parameters(source, request)):
            if row["value"] is not None:
                found[row["subject"]] = Decimal(row["value"])
        return found

    def row_count(self, request: SourceRequest) -> int:
        """How many records of the subject match, whether or not they have the field."""
        source = request.source
        assert isinstance(source, RecordsSource)  # noqa: S101 — registered for this type only
        counting = replace(source, method=AggregationMethod.COUNT, field="value")
        (count,) = self.values(replace(request, source=counting)).values()
        assert isinstance(count, Decimal)  # noqa: S101 — a count over nothing is 0
        return int(count)


def _query(source: RecordsSource, kind: SubjectType) -> str:
    """Everything that comes from the source is bound; only fixed words are put together here."""
    subject, join, condition = _SUBJECTS[kind]
    is_value = source.field == "value"
    number = "r.value" if is_value else "lodestar.attribute_number(r.attributes, :attribute)"
    anything = "r.value" if is_value else "r.attributes -> :attribute"
    aggregate = _METHODS[source.method].format(number=number, anything=anything)
    filters = "and r.attributes @> cast(:filters as jsonb)" if source.filters else ""
    group = "group by 1" if kind is not SubjectType.COMPANY else ""
    return (
        f"select {subject} as subject, {aggregate} as value from lodestar.records r {join} "  # noqa: S608 — see above
        "where r.company_id = :company and r.source = :source "
        f"and r.occurred_at >= :start and r.occurred_at < :end {condition} {filters} {group}"
    )


def _parameters(source: RecordsSource, request: SourceRequest) -> dict[str, Any]:
    start, end = request.instants
    parameters: dict[str, Any] = {"source": source.source, "start": start, "end": end}
    if request.subject_type is not SubjectType.COMPANY:
        parameters["subjects"] = array(request.subjects)
    if source.field != "value":
        parameters["attribute"] = source.field.removeprefix("attributes.")
    if source.filters:
        parameters["filters"] = to_json(dict(source.filters))
    return parameters
