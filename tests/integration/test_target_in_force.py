"""The target in force in SQL, where nothing is measured yet, is the one that the domain chooses."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lodestar.application.assignments.ports import StoredTarget
from lodestar.application.definitions.versions import with_versions
from lodestar.application.values.standards import Standards
from lodestar.domain.assignments import Assignment, Terms
from lodestar.domain.definitions import Definition, MissingData, Rollup
from lodestar.domain.periods import Cadence
from lodestar.domain.sources import (
    AggregationMethod,
    IntercomMetric,
    IntercomSource,
    ManualSource,
    RecordsSource,
)
from lodestar.domain.targets import DatedTarget
from lodestar.domain.versions import VersionStart
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.tenants import NOW, Tenant, new_tenant, point, user_days

FIRST = date(2026, 1, 26)
WEEKS = [FIRST + timedelta(days=7 * number) for number in range(4)]

days = st.integers(-10, 30).map(lambda number: FIRST + timedelta(days=number))
spans = st.tuples(days, st.integers(0, 40)).map(lambda span: (span[0], span[0] + timedelta(days=span[1])))
targets = st.lists(st.tuples(spans, st.integers(1, 99)), max_size=4, unique_by=lambda each: each[0])
terms = st.lists(st.tuples(spans, st.none() | st.integers(1, 99), st.booleans()), max_size=3)
sources = st.sampled_from(
    [
        ManualSource(),
        RecordsSource("calls", AggregationMethod.COUNT),
        RecordsSource("calls", AggregationMethod.AVERAGE),
        IntercomSource(IntercomMetric.CONVERSATIONS_CLOSED),
        IntercomSource(IntercomMetric.CSAT),
    ]
)


@dataclass(frozen=True)
class Company:
    """A weekly KPI of a person and of the company itself."""

    tenant: Tenant
    kpi: Definition
    own: Assignment
    company: Assignment


def of_company(
    context: WorkContext, own: Any, own_terms: Any, company: Any, company_terms: Any, measures: Any
) -> Company:
    tenant = new_tenant(context)
    (source, rollup), *later = measures
    kpi = tenant.definition(aggregation_period=Cadence.WEEKLY, data_source=source, rollup=rollup)
    long_ago = date(2020, 1, 1), date(2020, 1, 2)
    assigned = tenant.assignment(kpi, tenant.user(), start_date=long_ago[0], end_date=long_ago[1])
    of_it = tenant.assignment(kpi, start_date=long_ago[0], end_date=long_ago[1])
    with tenant.work() as work:
        for given_to, wanted in ((assigned, own_terms), (of_it, company_terms)):
            work.assignments.save_terms({given_to.id: _apart(wanted)})
        for number, (span, value) in enumerate(own):
            dated = DatedTarget(point(value), *span, NOW + timedelta(minutes=number))
            work.assignments.add_targets(kpi.id, [StoredTarget(0, assigned.id, dated, "")])
        for span, value in company:
            work.assignments.add_company_target(kpi.id, DatedTarget(point(value), *span, NOW), "")
        for number, (source, rollup) in enumerate(later, 1):
            kpi = replace(kpi, data_source=source, rollup=rollup, version=kpi.version + 1)
            work.definitions.save(kpi, VersionStart(WEEKS[number]))
        work.commit()
        assigned, of_it = work.assignments.by_ids([assigned.id, of_it.id])
    return Company(tenant, kpi, assigned, of_it)


def _apart(wanted: Any) -> tuple[Terms, ...]:
    """Those of these terms that overlap none before them."""
    kept: list[Terms] = []
    for (first, last), value, for_people in sorted(wanted, key=lambda each: each[0]):
        new = Terms(first, last, Decimal(1), None if value is None else point(value), for_people)
        if not any(new.overlaps(old) for old in kept):
            kept.append(new)
    return tuple(kept)


@given(
    own=targets,
    own_terms=terms,
    company=targets,
    company_terms=terms,
    measures=st.lists(st.tuples(sources, st.sampled_from([Rollup.NONE, Rollup.SUM])), min_size=1, max_size=3),
)
@example([], [], [], [((FIRST, WEEKS[3]), 30, True)], [(ManualSource(), Rollup.SUM)])
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_the_target_in_force_in_sql_is_the_one_that_the_domain_chooses(
    context: WorkContext, own: Any, own_terms: Any, company: Any, company_terms: Any, measures: Any
) -> None:
    made = of_company(context, own, own_terms, company, company_terms, measures)
    calendar = made.tenant.company.calendar
    with made.tenant.work() as work:
        standards = Standards(made.tenant.company, [made.own, made.company], work)
        versions = with_versions(made.kpi, work)
        for assignment in (made.own, made.company):
            for week in WEEKS:
                period = calendar.containing(Cadence.WEEKLY, week)
                wanted = standards.of(assignment, versions.for_period(made.kpi, period), period)
                row = work.session.row(
                    "select * from lodestar.target_in_force(:company, :id, :first, :last)",
                    id=assignment.id,
                    first=period.start,
                    last=period.end,
                )
                found = ("none", None) if row is None else (row["target_origin"], row["target_low"])
                assert found == (wanted.origin, None if wanted.target is None else wanted.target.low)


def score(tenant: Tenant, user: int, day: date) -> Decimal | None:
    with tenant.work() as work:
        work.values.write_scores(user_days([user], [day]), tenant.company.calendar, NOW)
        work.commit()
    rows = tenant.rows("select score from lodestar.snapshots where company_id = :company")
    return rows[0]["score"] if rows else None


def carried(tenant: Tenant, **fields: Any) -> tuple[Definition, Assignment, int]:
    """A daily KPI with a value of 50 on Sunday and nothing of Monday, the 9th."""
    user, kpi = tenant.user(), tenant.definition(missing_data=MissingData.CARRY, **fields)
    given_to = tenant.assignment(kpi, user, target=point(100))
    tenant.write([tenant.measurement(given_to, kpi, date(2026, 3, 8), "50")])
    return kpi, given_to, user


MONDAY = date(2026, 3, 9)


def test_a_value_that_is_carried_is_judged_by_the_dated_target_of_its_period(tenant: Tenant) -> None:
    kpi, given_to, user = carried(tenant)
    assert score(tenant, user, MONDAY) == 50
    with tenant.work() as work:
        target = DatedTarget(point(200), MONDAY, MONDAY, NOW)
        work.assignments.add_targets(kpi.id, [StoredTarget(0, given_to.id, target, "")])
        work.commit()
    assert score(tenant, user, MONDAY) == 25


def test_a_value_that_is_carried_into_a_period_without_a_target_is_not_judged(tenant: Tenant) -> None:
    kpi, given_to, user = carried(tenant)
    tenant.write([tenant.measurement(given_to, kpi, MONDAY, None, target=None)])
    assert score(tenant, user, MONDAY) is None


def test_what_is_not_measured_is_carried_where_the_version_of_its_period_says_so(tenant: Tenant) -> None:
    kpi, _, user = carried(tenant)
    with tenant.work() as work:
        excluded = replace(kpi, missing_data=MissingData.EXCLUDE, version=2)
        work.definitions.save(excluded, VersionStart(date(2026, 3, 10)))
        work.commit()
    assert score(tenant, user, MONDAY) == 50
