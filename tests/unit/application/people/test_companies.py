"""Companies are made with all that their people need, and read by whom they are for."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.people.companies import get_company
from lodestar.application.people.me import who_am_i
from lodestar.application.people.shapes import CompanyDraft
from lodestar.application.workflows.companies import create_company
from lodestar.domain.companies import Company
from lodestar.domain.periods import Calendar
from lodestar.domain.permissions import Role, permissions_of
from lodestar.domain.refusals import Conflict, InvalidContent, NotFound
from tests.fakes.people import ACME, FakeDirectory, caller_of
from tests.fakes.work import NOW, FakeWork, shown

NOWHERE = 10**15
SUPERUSER = caller_of(Role.SUPERUSER, company_id=99)


class Topics:
    """The alert topics that were made."""

    def __init__(self) -> None:
        self.made: list[int] = []

    def make(self, company_id: int) -> str:
        self.made.append(company_id)
        return f"topic {company_id}"


@pytest.fixture
def work() -> FakeWork:
    return FakeWork()


def draft_of(**fields: Any) -> CompanyDraft:
    plain = {"name": "Umbrella", "timezone": "Asia/Tokyo"}
    return CompanyDraft(**plain | {"admin": {"name": "Eve", "email": "eve@far.test"}} | fields)


def test_a_new_company_has_its_admin_its_sandbox_and_its_topic(work: FakeWork) -> None:
    directory, topics = FakeDirectory(), Topics()
    view, asked = shown(create_company(draft_of(score_cap=120), work, directory, topics).text)
    made = asked["id"]
    assert view == "company"
    assert work.people.companies[made] == Company(
        made, "Umbrella", "EUR", Calendar("Asia/Tokyo"), Decimal(120)
    )
    (admin,) = work.people.users.values()
    assert (admin.name, admin.email, admin.role, admin.sub) == (
        "Eve",
        "eve@far.test",
        "admin",
        "sub of eve@far.test",
    )
    assert (work.people.sandboxes, work.people.topics, topics.made) == (
        {made},
        {made: f"topic {made}"},
        [made],
    )
    company, first = work.audit.entries
    assert (company.action, company.about.id, company.before) == ("company.created", made, None)
    assert company.after["timezone"] == "Asia/Tokyo"
    assert "admin" not in company.after
    assert (first.action, first.about.id, first.after["role"]) == ("user.created", admin.id, "admin")
    assert work.commits == 1


def test_a_refused_company_leaves_no_topic_and_no_sign_in(work: FakeWork) -> None:
    directory, topics = FakeDirectory(), Topics()
    with pytest.raises(InvalidContent, match="Europe/Berlin"):
        create_company(draft_of(timezone="Mars/Olympus"), work, directory, topics)
    assert directory.emails == {}
    work.people.subs_elsewhere.add("sub of eve@far.test")
    with pytest.raises(Conflict, match="Nobody can be invited to eve@far"):
        create_company(draft_of(), work, directory, topics)
    assert (topics.made, work.commits) == ([], 0)


def test_a_company_is_read_inside_itself(work: FakeWork) -> None:
    far = replace(ACME, id=2)
    work.people.companies[far.id] = far
    assert shown(get_company(far.id, SUPERUSER, work).text) == ("company", {"id": far.id, "at": str(NOW)})
    assert work.people.bound == far.id


def test_an_admin_reads_the_own_company_and_knows_of_no_other(work: FakeWork) -> None:
    work.people.companies[2] = replace(ACME, id=2)
    assert shown(get_company(ACME.id, caller_of(Role.ADMIN), work).text)[0] == "company"
    with pytest.raises(NotFound, match="There is no such company"):
        get_company(2, caller_of(Role.ADMIN), work)


def test_a_company_that_there_is_not_is_not_found(work: FakeWork) -> None:
    with pytest.raises(NotFound, match="There is no such company"):
        get_company(NOWHERE, SUPERUSER, work)


def test_who_asks_who_they_are_is_told_their_keys_and_teams_in_order() -> None:
    me = who_am_i(caller_of(Role.MANAGER, user_id=7, managed_team_ids=frozenset({9, 8})), NOW)
    assert (me.id, me.name, me.email, me.role) == (7, "Ada", "ada@acme.test", "manager")
    assert me.permissions == sorted(permissions_of(Role.MANAGER))
    assert me.teams_managed == [8, 9]
    assert (me.company.id, me.company.name, me.company.timezone) == (ACME.id, "Acme", "Europe/Berlin")
