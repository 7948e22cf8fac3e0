"""What explanations and previews are made of: a company, sources that say what they are told to, stored slots."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from lodestar.application.calculation.ports import Source, SourceRequest
from lodestar.application.calculation.recalculating import RecalculationContext
from lodestar.application.caller import Caller
from lodestar.application.insight.explaining import explain_value, preview_value
from lodestar.application.insight.explanation_shapes import Explanation, PeriodQuery, Preview, PreviewRequest
from lodestar.application.values.ports import StoredValue
from lodestar.application.work import Work
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import Cadence, Period
from lodestar.domain.sources import (
    AggregationMethod,
    DatabaseSource,
    RecordsSource,
)
from lodestar.domain.targets import DatedTarget, Target
from lodestar.domain.values import Value
from lodestar.wire.exact_json import to_json
from tests.unit.application.insight.acme import (
    ADMIN,
    UNA,
    Acme,
)

DAY = date(2026, 3, 2)
"""A Monday, two days before the clock's: in Berlin from 23:00 to 23:00 UTC."""
MARCH = {"start": "2026-03-01", "end": "2026-03-31"}
CALLS = RecordsSource("calls", AggregationMethod.SUM)
RATINGS = RecordsSource("ratings", AggregationMethod.AVERAGE)
"""An average does not add up over people: the company's target of it is a goal for each."""
QUERY = DatabaseSource("SELECT SUM(value) FROM records WHERE value > :least", {"least": Decimal("0.5")})


@dataclass
class FakeSource:
    """Says the same of every subject, from so many rows."""

    value: Value | Exception
    rows: int | None = 2
    counted: int = 0

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        if isinstance(self.value, Exception):
            raise self.value
        return dict.fromkeys(request.subjects, self.value)

    def row_count(self, request: SourceRequest) -> int | None:
        self.counted += 1
        return self.rows


@dataclass
class StoredValues:
    """Measurements that are inputs of other KPIs."""

    rows: dict[tuple[int, date], list[StoredValue]] = field(default_factory=dict)

    def values_of_period(self, definition_id: int, period: Period) -> list[StoredValue]:
        return self.rows.get((definition_id, period.start), [])

    def add(self, definition: Definition, day: date, subject: int, value: str, **whose: Any) -> None:
        plain = {"subject_type": SubjectType.USER, "team_id": None, "weight": Decimal(1)} | whose
        row = StoredValue(subject_id=subject, value=Decimal(value), **plain)
        self.rows.setdefault((definition.id, day), []).append(row)


@dataclass
class Office:
    """Acme with sources that say 10.5 of everybody, and what is stored of the slot that is explained."""

    acme: Acme = field(default_factory=Acme)
    records: FakeSource = field(default_factory=lambda: FakeSource(Decimal("10.5")))
    database: FakeSource = field(default_factory=lambda: FakeSource(Decimal("10.5")))
    stored: dict[str, Any] = field(
        default_factory=lambda: {"measurement": None, "revisions": [], "not_measured": None}
    )
    values: StoredValues = field(default_factory=StoredValues)

    def __post_init__(self) -> None:
        self.acme.work.values = self.values
        self.acme.work.views.answers["stored_slot"] = lambda _: to_json(self.stored)

    def context(self, caller: Caller) -> RecalculationContext:
        def sources(_: Work) -> Mapping[str, Source]:
            return {"records": self.records, "database": self.database}

        return RecalculationContext(caller, self.acme.work, sources)

    def assigned(
        self, source: Any, target: str | None = "10", end_date: date | None = None, **changes: Any
    ) -> tuple[Definition, int]:
        """A daily KPI of Una's, until a day or for ever."""
        plain = {"data_source": source, "aggregation_period": Cadence.DAILY}
        definition = self.acme.define(**plain | changes)
        return definition, self.acme.assign(definition, UNA, target, end_date=end_date)

    def store(self, value: str | None, **changes: Any) -> None:
        """What is stored of the slot: calculated by run 9 from the first version, against a target of 10."""
        number = None if value is None else Decimal(value)
        plain = {
            "value": number,
            "no_data_reason": "no_rows" if number is None else None,
            "weight": Decimal(1),
            "covered_days": 1,
            "is_partial": False,
            "target_low": Decimal(10),
            "target_high": Decimal(10),
            "target_origin": "assignment_default",
            "achievement": None if number is None else round(number * 10, 2),
            "status": "no_data" if number is None else "exceeds",
            "state": "final",
            "definition_version": 1,
            "calculated_at": datetime(2026, 3, 3, 3, tzinfo=UTC),
            "run_id": 9,
            "entered_by": None,
            "notes": "",
        }
        self.stored["measurement"] = plain | changes

    def explain(
        self, assignment_id: int, first: date = DAY, last: date = DAY, caller: Caller | None = None
    ) -> dict[str, Any]:
        dates = PeriodQuery(period_start=first, period_end=last)
        context = self.context(caller or self.acme.caller)
        told = explain_value(UNA, assignment_id, dates, context)
        Explanation.model_validate_json(told.text)
        found: dict[str, Any] = json.loads(told.text, parse_float=Decimal)
        return found

    def preview(
        self, definition_id: int, user_id: int | None, day: date = DAY, caller: Caller = ADMIN
    ) -> dict[str, Any]:
        request = PreviewRequest(user_id=user_id, period_start=day, period_end=day)
        told = preview_value(definition_id, request, self.context(caller))
        Preview.model_validate_json(told.text)
        found: dict[str, Any] = json.loads(told.text, parse_float=Decimal)
        return found

    def company_target(self, definition: Definition, value: int) -> int:
        """A target of the company for March."""
        number = Target(Decimal(value), Decimal(value))
        target = DatedTarget(number, date(2026, 3, 1), date(2026, 3, 31), self.acme.work.now)
        return self.acme.work.assignments.add_company_target(definition.id, target, "")
