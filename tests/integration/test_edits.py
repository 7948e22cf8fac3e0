"""Two people change the same thing at the same time, on two real connections."""

import threading
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from local.postgres import Database
from lodestar.application.assignments.assigning import change_assignment
from lodestar.application.assignments.shapes import AssignmentChange
from lodestar.application.caller import Caller
from lodestar.application.definitions.defining import change_kpi
from lodestar.application.definitions.shapes import DefinitionChange
from lodestar.domain.assignments import UserKpiIds
from lodestar.domain.permissions import Actor, Role, permissions_of
from lodestar.domain.refusals import Conflict
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit, Precondition, etag_of
from tests.fakes.definitions import FakeQueryCheck
from tests.integration.tenants import Tenant, wait_until_blocked

type Change = Callable[[Edit[Any], DatabaseWork], Json[Any]]


@pytest.fixture(params=["definition", "assignment"])
def thing(request: pytest.FixtureRequest, tenant: Tenant) -> tuple[str, Change, list[Any]]:
    """The view of something, how to change it, and two changes of different fields."""
    definition = tenant.definition()
    admin = tenant.user(role="admin")
    actor = Actor(admin, tenant.id, Role.ADMIN, permissions_of(Role.ADMIN), frozenset(), None)
    caller = Caller(actor, "Ada", "ada@example.com", "UTC", tenant.company, "r-1")
    if request.param == "definition":
        changes: list[Any] = [DefinitionChange(name="New"), DefinitionChange(description="What it is.")]

        def change(edit: Edit[Any], work: DatabaseWork) -> Json[Any]:
            return change_kpi(definition.id, edit, caller, work, FakeQueryCheck())

        return f"definition {definition.id}", change, changes
    user = tenant.user()
    assignment = tenant.assignment(definition, user)

    def change_it(edit: Edit[Any], work: DatabaseWork) -> Json[Any]:
        return change_assignment(UserKpiIds(user, assignment.id), edit, caller, work)

    changes = [AssignmentChange(weight=Decimal(7)), AssignmentChange(target_value=Decimal(9))]
    return f"assignment {assignment.id}", change_it, changes


def text_of(thing: str, tenant: Tenant) -> str:
    view, thing_id = thing.split()
    with tenant.work() as work:
        return str(work.views.read(view, {"id": int(thing_id)}))


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
            except Conflict as error:
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
