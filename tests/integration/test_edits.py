"""Two people change the same thing at the same time, on two real connections."""

import threading
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from local.postgres import Database
from lodestar.application.assignments.shapes import AssignmentChange
from lodestar.application.caller import Caller
from lodestar.application.definitions.formulas import same_period_cycles
from lodestar.application.definitions.shapes import DefinitionChange
from lodestar.application.workflows.assigning import change_assignment
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.defining import define_kpi
from lodestar.application.workflows.retiring import change_kpi, retire_kpi
from lodestar.application.workflows.shapes import DefinitionDraft
from lodestar.domain.assignments import UserKpiIds
from lodestar.domain.definitions import Definition
from lodestar.domain.permissions import Actor, Role, permissions_of
from lodestar.domain.refusals import LodestarError
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit, Precondition, etag_of
from tests.fakes.calculation import FakeMessages
from tests.fakes.definitions import FakeQueryCheck
from tests.integration.tenants import NOW, Tenant, wait_until_blocked

type Change = Callable[[Edit[Any], DatabaseWork], Json[Any]]


def admin_of(tenant: Tenant) -> Caller:
    admin = tenant.user(role="admin")
    actor = Actor(admin, tenant.id, Role.ADMIN, permissions_of(Role.ADMIN), frozenset(), None)
    return Caller(actor, "Ada", "ada@example.com", "UTC", tenant.company, "r-1")


@pytest.fixture(params=["definition", "assignment"])
def thing(request: pytest.FixtureRequest, tenant: Tenant) -> tuple[str, Change, list[Any]]:
    """The view of something, how to change it, and two changes of different fields."""
    definition, caller = tenant.definition(), admin_of(tenant)
    if request.param == "definition":
        changes: list[Any] = [DefinitionChange(name="New"), DefinitionChange(description="What it is.")]

        def change(edit: Edit[Any], work: DatabaseWork) -> Json[Any]:
            return change_kpi(definition.id, edit, caller, work, FakeQueryCheck())

        return f"definition {definition.id}", change, changes
    user = tenant.user()
    assignment = tenant.assignment(definition, user)

    def change_it(edit: Edit[Any], work: DatabaseWork) -> Json[Any]:
        return change_assignment(
            UserKpiIds(user, assignment.id), edit, ChangeContext(caller, work, FakeMessages())
        )

    changes = [AssignmentChange(weight=Decimal(7)), AssignmentChange(target_value=Decimal(9))]
    return f"assignment {assignment.id}", change_it, changes


def text_of(thing: str, tenant: Tenant) -> str:
    view, thing_id = thing.split()
    with tenant.work() as work:
        return str(work.views.read(view, {"id": int(thing_id), "today": NOW.date()}))


def changed(change: Change, edit: Edit[Any], work: DatabaseWork) -> str:
    return change(edit, work).text


def race(
    tenant: Tenant, rival: WorkContext, database: Database, steps: Sequence[Callable[[DatabaseWork], object]]
) -> list[object]:
    """Both steps begin before either commits; what each of them came to."""
    results: list[object] = [None, None]

    def second() -> None:
        with tenant.work(rival) as work:
            try:
                results[1] = steps[1](work)
            except LodestarError as error:
                results[1] = error.code

    with tenant.work() as work:
        work.defer_commit()
        results[0] = steps[0](work)
        thread = threading.Thread(target=second)
        thread.start()
        wait_until_blocked(database)
        work.commit_deferred(lambda: work.session.value("select 1"))
    thread.join()
    return results


def test_the_second_to_come_waits_and_finds_its_state_gone(
    tenant: Tenant, rival: WorkContext, database: Database, thing: tuple[str, Change, list[Any]]
) -> None:
    name, change, changes = thing
    seen = Precondition(frozenset({etag_of(text_of(name, tenant))}))
    steps = [partial(changed, change, Edit(each, seen)) for each in changes]
    first, second = race(tenant, rival, database, steps)
    assert second == "version_mismatch"
    assert text_of(name, tenant) == first


def test_without_a_precondition_the_second_changes_what_the_first_has_left(
    tenant: Tenant, rival: WorkContext, database: Database, thing: tuple[str, Change, list[Any]]
) -> None:
    name, change, changes = thing
    steps = [partial(changed, change, Edit(each)) for each in changes]
    _, second = race(tenant, rival, database, steps)
    now = text_of(name, tenant)
    assert now == second
    wanted = ('"New"', '"What it is."') if name.startswith("definition") else ("7.00", "9.0000")
    assert all(each in now for each in wanted)


def test_of_two_edits_at_once_that_close_a_circle_together_the_second_is_refused(
    tenant: Tenant, rival: WorkContext, database: Database
) -> None:
    caller = admin_of(tenant)
    kpis = [tenant.definition(key="one"), tenant.definition(key="other")]

    def let_use(kpi: Definition, used: Definition, work: DatabaseWork) -> str:
        variable = {"variable": "x", "source": {"type": "kpi", "key": used.key}}
        source = {"type": "formula", "formula": "x", "inputs": [variable]}
        change = DefinitionChange.model_validate({"data_source": source})
        return change_kpi(kpi.id, Edit(change), caller, work, FakeQueryCheck()).text

    steps = [partial(let_use, *kpis), partial(let_use, *reversed(kpis))]
    first, second = race(tenant, rival, database, steps)
    assert '"formula"' in str(first)
    assert second == "invalid_content"
    with tenant.work() as work:
        assert same_period_cycles(work.definitions.all()) == {}


def test_a_kpi_is_not_retired_while_a_formula_that_uses_it_is_saved(
    tenant: Tenant, rival: WorkContext, database: Database
) -> None:
    caller, used = admin_of(tenant), tenant.definition(key="used")
    variable = {"variable": "x", "source": {"type": "kpi", "key": "used"}}
    draft = DefinitionDraft.model_validate(
        {
            "key": "formula",
            "name": "Formula",
            "category": used.category,
            "unit": used.unit,
            "aggregation_period": used.aggregation_period,
            "data_source": {"type": "formula", "formula": "x", "inputs": [variable]},
        }
    )
    steps = [
        lambda work: define_kpi(draft, caller, work, FakeQueryCheck()).text,
        lambda work: retire_kpi(used.id, caller, work, dry_run=False).text,
    ]
    _, second = race(tenant, rival, database, steps)
    assert second == "invalid_content"
