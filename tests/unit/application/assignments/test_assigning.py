"""Reading the assignment of a person: under whom it is found, and by whom."""

import pytest

from lodestar.application.assignments.assigning import get_assignment
from lodestar.domain.assignments import UserKpiIds
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Forbidden, NotFound
from tests.fakes.firm import NOBODY, Firm
from tests.fakes.work import shown


def test_an_assignment_is_found_under_its_own_user_only() -> None:
    firm = Firm()
    una, ugo = firm.user(), firm.user()
    given = firm.assignment(firm.definition(), una)
    found = shown(get_assignment(UserKpiIds(una, given.id), firm.caller(), firm.work).text)
    assert found == ("assignment", {"id": given.id, "today": "2026-03-10"})
    for kpi in (UserKpiIds(ugo, given.id), UserKpiIds(una, NOBODY)):
        with pytest.raises(NotFound, match="This user has no KPI with that id"):
            get_assignment(kpi, firm.caller(), firm.work)


def test_a_person_sees_their_own_assignment_and_a_stranger_does_not() -> None:
    firm = Firm()
    una, ugo = firm.user(), firm.user()
    kpi = UserKpiIds(una, firm.assignment(firm.definition(), una).id)
    get_assignment(kpi, firm.caller(una, Role.USER), firm.work)
    with pytest.raises(Forbidden):
        get_assignment(kpi, firm.caller(ugo, Role.USER), firm.work)
