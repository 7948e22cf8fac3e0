"""A definition that this version cannot read, on a real database: it fails by itself and stops no other."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from lodestar.application.calculation.ports import SourceRequest
from lodestar.application.calculation.valuing import SlotGroup, ValueCalculator
from lodestar.application.definitions.shapes import DefinitionChange
from lodestar.application.workflows.retiring import change_kpi, retire_kpi
from lodestar.domain.assignments import THE_COMPANY, Assignment, Subject, SubjectType, Terms
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.measurements import Assignee
from lodestar.domain.refusals import InvalidContent
from lodestar.domain.sources import (
    AggregationMethod,
    FormulaInput,
    FormulaSource,
    KpiInput,
    RecordsSource,
    UnreadableSource,
)
from lodestar.domain.values import Failure, Value
from lodestar.domain.versions import CompanyDefinitions
from lodestar.wire.preconditions import Edit
from tests.fakes.definitions import FakeQueryCheck
from tests.integration.bulk import caller_of
from tests.integration.tenants import Tenant

DAY = date(2026, 3, 2)
TELEPATHY = {"type": "telepathy", "medium": "Eve"}
CALLS = RecordsSource("calls", AggregationMethod.COUNT)


class Fours:
    """A source that has 4 of everybody."""

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        return dict.fromkeys(request.subjects, Decimal(4))


def stored(tenant: Tenant, definition: Definition) -> Mapping[str, object]:
    (row,) = tenant.rows(
        "select data_source, unit, calculation_type, is_active, version from lodestar.definitions "
        "where company_id = :company and id = :id",
        id=definition.id,
    )
    return row


def imagined(definition: Definition, user: int) -> Assignment:
    """An assignment that is saved nowhere."""
    terms = Terms(DAY, None, Decimal(1), None)
    return Assignment(definition.id, definition.id, Subject(user_id=user), (terms,))


@pytest.fixture
def good(tenant: Tenant) -> Definition:
    return tenant.definition(key="good", data_source=CALLS)


@pytest.fixture
def bad(tenant: Tenant, good: Definition) -> Definition:
    """One that a newer version of the platform has saved."""
    definition = tenant.definition(key="bad", data_source=CALLS)
    tenant.run(
        "update lodestar.definitions set data_source = cast(:source as jsonb), unit = 'parsecs', "
        "calculation_type = 'telepathy' where company_id = :company and id = :id",
        source=json.dumps(TELEPATHY),
        id=definition.id,
    )
    return definition


def test_one_row_that_cannot_be_read_stops_no_other(
    tenant: Tenant, good: Definition, bad: Definition
) -> None:
    with tenant.work() as work:
        first, second = work.definitions.all()
        alone = work.definitions.get(bad.id)
    assert first == good
    assert second.data_source == UnreadableSource("telepathy", TELEPATHY, {"unit": "parsecs"})
    assert alone == second


def test_its_own_slots_fail_and_those_of_others_have_their_values(
    tenant: Tenant, good: Definition, bad: Definition
) -> None:
    over_both = tenant.definition(
        data_source=FormulaSource(
            "good + bad", tuple(FormulaInput(key, KpiInput(key)) for key in ("good", "bad"))
        )
    )
    user = tenant.user()
    values = {}
    with tenant.work() as work:
        calculator = ValueCalculator(
            CompanyDefinitions(work.definitions.all()), tenant.company, work, {"records": Fours()}
        )
        for definition in calculator.in_dependency_order([good.id, bad.id, over_both.id]):
            slot = Assignee(imagined(definition, user))
            period = tenant.company.calendar.containing(definition.aggregation_period, DAY)
            slots = SlotGroup(SubjectType.USER, [slot], period)
            values[definition.key] = calculator.values(definition, slots)[user]
    failure = Failure(
        "unreadable_definition",
        'The data source and unit of this KPI, of type "telepathy", cannot be read by this version of the '
        "platform: change its data_source and unit.",
    )
    assert values["good"] == 4
    assert values["bad"] == failure
    assert isinstance(values[over_both.key], Failure)


def test_a_roll_up_of_it_fails_too(tenant: Tenant, bad: Definition) -> None:
    with tenant.work() as work:
        calculator = ValueCalculator(
            CompanyDefinitions(work.definitions.all()), tenant.company, work, {"records": Fours()}
        )
        (definition,) = calculator.in_dependency_order([bad.id])
        definition = replace(definition, rollup=Rollup.SUM)
        period = tenant.company.calendar.containing(definition.aggregation_period, DAY)
        slot = Assignee(replace(imagined(definition, 1), subject=THE_COMPANY))
        values = calculator.values(definition, SlotGroup(SubjectType.COMPANY, [slot], period))
    assert [value.reason for value in values.values()] == ["unreadable_definition"]


def test_a_source_that_can_be_read_is_saved_over_it(tenant: Tenant, bad: Definition) -> None:
    change = DefinitionChange(data_source={"type": "records", "source": "calls"}, unit="count")
    admin = tenant.user(role="admin")
    with tenant.work(actor_id=admin) as work:
        change_kpi(bad.id, Edit(change), caller_of(tenant, admin), work, FakeQueryCheck())
    with tenant.work() as work:
        (mended,) = [each for each in work.definitions.all() if each.id == bad.id]
    assert (mended.data_source, mended.unit, mended.version) == (CALLS, "count", 2)
    (entry,) = tenant.rows("select before, after from lodestar.audit where company_id = :company")
    assert (entry["before"]["data_source"], entry["before"]["unit"]) == (TELEPATHY, "parsecs")
    assert entry["after"]["data_source"]["type"] == "records"


def test_any_other_change_of_it_is_refused_and_leaves_it_as_it_is(tenant: Tenant, bad: Definition) -> None:
    before, admin = stored(tenant, bad), tenant.user(role="admin")
    with tenant.work(actor_id=admin) as work, pytest.raises(InvalidContent, match="telepathy") as refusal:
        change_kpi(
            bad.id, Edit(DefinitionChange(name="New")), caller_of(tenant, admin), work, FakeQueryCheck()
        )
    assert [detail.field for detail in refusal.value.details] == ["data_source"]
    assert stored(tenant, bad) == before


def test_it_is_retired_and_otherwise_stays_as_whoever_wrote_it_left_it(
    tenant: Tenant, bad: Definition
) -> None:
    before, caller = stored(tenant, bad), caller_of(tenant, tenant.user())
    with tenant.work() as work:
        retire_kpi(bad.id, caller, work, dry_run=False)
    assert stored(tenant, bad) == {**before, "is_active": False}
    assert before["unit"] == "parsecs"


def test_a_version_that_cannot_be_read_is_told_as_such(tenant: Tenant, good: Definition) -> None:
    with tenant.work() as work:
        work.session.run(
            "insert into lodestar.definition_versions (company_id, definition_id, version, body) "
            "values (:company, :id, 2, cast(:body as jsonb))",
            id=good.id,
            body=json.dumps({"data_source": TELEPATHY}),
        )
        found = work.definitions.version(good.id, 2)
        first = work.definitions.version(good.id, 1)
    assert found is not None
    assert found.definition.data_source == UnreadableSource("telepathy", TELEPATHY)
    assert first is not None
    assert first.definition == good
