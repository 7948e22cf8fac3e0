"""Targets of the company's KPIs: who sets them, for which dates, and how they go again."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.assignments.company_targets import (
    company_targets,
)
from lodestar.application.assignments.shapes import CompanyTargetDraft
from lodestar.application.caller import Caller
from lodestar.application.workflows.targets import delete_company_target, set_company_target
from lodestar.domain.definitions import Definition
from lodestar.domain.permissions import Grant, Role
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, InvalidRequest, NotFound
from lodestar.domain.sources import ManualSource
from lodestar.domain.targets import KpiTarget
from lodestar.wire.paging import PageQuery
from tests.fakes.firm import NOBODY, Firm
from tests.fakes.work import shown


@pytest.fixture
def firm() -> Firm:
    return Firm()


@pytest.fixture
def sales(firm: Firm) -> Definition:
    """A KPI that the company itself has."""
    definition = firm.definition(data_source=ManualSource(allowed_max=Decimal(1000)))
    firm.assignment(definition)
    return definition


def march(firm: Firm, kpi: Definition, caller: Caller | None = None, **fields: Any) -> int:
    """Set a target for March; its id."""
    plain = {"target_value": 100, "period_start": "2026-03-01", "period_end": "2026-03-31"}
    draft = CompanyTargetDraft.model_validate(plain | fields)
    view, parameters = shown(set_company_target(kpi.id, draft, firm.context(caller)).text)
    assert (view, parameters["kpi_id"]) == ("set_target", kpi.id)
    return parameters["id"]


def test_a_target_is_set_and_written_down(firm: Firm, sales: Definition) -> None:
    target_id = march(firm, sales)
    stored = firm.assignments.dated_company_targets(sales.id)[target_id]
    assert (stored.target.low, stored.first, stored.last) == (100, date(2026, 3, 1), date(2026, 3, 31))
    (entry,) = firm.work.audit.entries
    assert (entry.action, entry.about.id, entry.before) == ("target.created", target_id, None)
    assert entry.after == {
        "definition_id": sales.id,
        "target": [100, 100],
        "period_start": date(2026, 3, 1),
        "period_end": date(2026, 3, 31),
    }
    assert firm.definitions.locked == [sales.id]


@pytest.mark.parametrize(
    ("first", "last", "is_refused"),
    [
        ("2026-03-01", "2026-03-31", True),
        ("2026-03-15", "2026-04-15", True),
        ("2026-03-10", "2026-03-20", False),
        ("2026-01-01", "2026-12-31", False),
        ("2026-04-01", "2026-04-30", False),
    ],
)
def test_dates_may_lie_inside_others_or_beside_them_but_not_cross_them(
    firm: Firm, sales: Definition, first: str, last: str, is_refused: bool
) -> None:
    march(firm, sales)
    if not is_refused:
        march(firm, sales, period_start=first, period_end=last)
        return
    with pytest.raises(Conflict) as refused:
        march(firm, sales, period_start=first, period_end=last)
    assert refused.value.code == "target_overlap"
    assert refused.value.message.startswith(
        "A target for 2026-03-01 to 2026-03-31 is there already: delete it first"
    )


def test_a_target_that_does_not_fit_or_ends_before_it_begins_is_refused(
    firm: Firm, sales: Definition
) -> None:
    with pytest.raises(InvalidContent, match="allowed_range of −∞ to 1000"):
        march(firm, sales, target_value=1001)
    with pytest.raises(InvalidRequest, match="period_end 2026-02-28 must not lie before"):
        march(firm, sales, period_end="2026-02-28")
    assert firm.work.audit.entries == []


def test_a_kpi_that_is_not_the_companys_has_no_targets_of_the_company(firm: Firm) -> None:
    unassigned = firm.definition()
    with pytest.raises(NotFound, match="no such KPI of the company"):
        march(firm, unassigned)
    with pytest.raises(NotFound, match="no such KPI of the company"):
        company_targets(NOBODY, PageQuery(), firm.caller(), firm.work)


def test_a_grant_lets_set_the_targets_of_one_kpi_and_seeing_it_does_not(
    firm: Firm, sales: Definition
) -> None:
    una = firm.user()
    sees = {sales.id: Grant(can_view=True)}
    sets = {sales.id: Grant(can_view=True, can_set_targets=True)}
    march(firm, sales, firm.caller(una, Role.USER, grants=sets))
    with pytest.raises(Forbidden, match="have a grant for this KPI's"):
        march(firm, sales, firm.caller(una, Role.USER, grants=sees))
    with pytest.raises(Forbidden, match="is locked for you"):
        company_targets(sales.id, PageQuery(), firm.caller(una, Role.USER), firm.work)
    listed = company_targets(sales.id, PageQuery(), firm.caller(una, Role.USER, grants=sees), firm.work)
    assert shown(listed.text) == ("targets", {"limit": 50, "cursor": None, "kpi_id": sales.id})


def test_a_retired_kpi_shows_its_targets_and_takes_no_other(firm: Firm, sales: Definition) -> None:
    target_id = march(firm, sales)
    firm.retire(sales)
    assert shown(company_targets(sales.id, PageQuery(), firm.caller(), firm.work).text)[0] == "targets"
    with pytest.raises(InvalidContent, match="is retired: its targets stay as they are"):
        march(firm, sales)
    with pytest.raises(InvalidContent, match="is retired"):
        delete_company_target(KpiTarget(sales.id, target_id), firm.context())


def test_a_deleted_target_is_answered_as_it_was_and_written_down(firm: Firm, sales: Definition) -> None:
    target_id = march(firm, sales)
    answer = delete_company_target(KpiTarget(sales.id, target_id), firm.context())
    view, told = shown(answer.text)
    assert (view, shown(told["target"])) == (
        "deleted_target",
        ("target", {"kpi_id": sales.id, "id": target_id}),
    )
    assert (told["run_id"], told["closed_periods_with_another_target"]) == (None, 0)
    assert firm.assignments.company_level == {}
    assert firm.definitions.locked == [sales.id, sales.id]
    entry = firm.work.audit.entries[-1]
    assert (entry.action, entry.before["target"], entry.after) == ("target.deleted", [100, 100], None)


def test_a_target_is_deleted_once_and_under_its_own_kpi_only(firm: Firm, sales: Definition) -> None:
    other = firm.definition()
    firm.assignment(other)
    target_id = march(firm, sales)
    with pytest.raises(NotFound, match="no such target of this KPI"):
        delete_company_target(KpiTarget(other.id, target_id), firm.context())
    delete_company_target(KpiTarget(sales.id, target_id), firm.context())
    with pytest.raises(NotFound, match="no such target of this KPI"):
        delete_company_target(KpiTarget(sales.id, target_id), firm.context())


def test_who_may_not_set_a_target_may_not_delete_it(firm: Firm, sales: Definition) -> None:
    target_id = march(firm, sales)
    caller = firm.caller(firm.user(), Role.USER, grants={sales.id: Grant(can_view=True)})
    with pytest.raises(Forbidden):
        delete_company_target(KpiTarget(sales.id, target_id), firm.context(caller))
    assert target_id in firm.assignments.company_level
