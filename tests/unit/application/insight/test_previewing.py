"""What a definition would give somebody, or the company, in a period: nothing of it is stored."""

from datetime import timedelta
from decimal import Decimal

import pytest

from lodestar.domain.definitions import Rollup
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Grant, Role
from lodestar.domain.refusals import Forbidden, InvalidRequest, NotFound
from lodestar.domain.sources import (
    ManualSource,
)
from lodestar.domain.values import Failure
from tests.fakes.people import caller_of
from tests.unit.application.insight.acme import (
    NOBODY,
    TODAY,
    UGO,
    UNA,
)
from tests.unit.application.insight.office import CALLS, DAY, MARCH, QUERY, RATINGS, Office


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_preview_needs_no_assignment_and_takes_the_companys_target(office: Office) -> None:
    definition = office.acme.define(data_source=RATINGS, aggregation_period=Cadence.DAILY)
    office.company_target(definition, 21)
    told = office.preview(definition.id, UNA)
    assert (told["user_id"], told["value"], told["status"]) == (UNA, Decimal("10.5"), "critical")
    assert told["achievement_percentage"] == 50
    why = told["explanation"]
    assert (why["row_count"], why["value_now"], why["source"]["type"]) == (2, Decimal("10.5"), "records")
    assert why["target"] == {"value": 21, "origin": "company_target", "range": MARCH}
    assert why["achievement_formula"] == "100 + 100 × (10.5 − 21) / |21| = 50 %"


def test_a_preview_takes_the_target_of_an_assignment_where_there_is_one(office: Office) -> None:
    definition, _ = office.assigned(CALLS)
    assert office.preview(definition.id, UNA)["achievement_percentage"] == 105


def test_a_preview_shows_what_a_source_gives_today_and_not_what_is_stored(office: Office) -> None:
    definition, _ = office.assigned(CALLS)
    office.store("4", target_low=Decimal(99), target_high=Decimal(99))
    told = office.preview(definition.id, UNA)
    assert (told["value"], told["explanation"]["target"]["value"]) == (Decimal("10.5"), 10)


def test_a_preview_of_an_open_period_gives_the_value_to_date(office: Office) -> None:
    definition = office.acme.define(data_source=CALLS, aggregation_period=Cadence.DAILY)
    told = office.preview(definition.id, UNA, TODAY)
    assert (told["value"], told["explanation"]["period"]["state"]) == (Decimal("10.5"), "open")
    with pytest.raises(InvalidRequest, match="has not begun: choose one that has"):
        office.preview(definition.id, UNA, TODAY + timedelta(days=1))


def test_a_preview_of_the_company_rolls_its_members_up(office: Office) -> None:
    definition, _ = office.assigned(CALLS, rollup=Rollup.SUM)
    office.values.add(definition, DAY, UNA, "3")
    office.values.add(definition, DAY, UGO, "4.5")
    told = office.preview(definition.id, None)
    why = told["explanation"]
    assert (told["user_id"], told["value"], why["rollup"], why["row_count"]) == (
        None,
        Decimal("7.5"),
        "sum",
        2,
    )


def test_a_preview_of_the_company_without_a_roll_up_asks_the_source(office: Office) -> None:
    plain = office.acme.define(data_source=CALLS, aggregation_period=Cadence.DAILY)
    why = office.preview(plain.id, None)["explanation"]
    assert (why["value_now"], why["rollup"], why["row_count"]) == (Decimal("10.5"), None, 2)


def test_a_preview_of_a_manual_kpi_shows_the_entered_value_or_awaits_it(office: Office) -> None:
    manual, _ = office.assigned(ManualSource())
    told = office.preview(manual.id, UNA)
    assert (told["value"], told["explanation"]["no_data_reason"]) == (None, "awaiting_entry")
    office.store("3", entered_by={"id": UNA, "name": "Una"})
    told = office.preview(manual.id, UNA)
    assert (told["value"], told["achievement_percentage"]) == (3, 30)


def test_a_preview_of_what_cannot_be_calculated_tells_the_error(office: Office) -> None:
    definition, _ = office.assigned(QUERY)
    office.database.value = Failure("query_division_by_zero", "Use NULLIF.")
    told = office.preview(definition.id, UNA)
    assert (told["value"], told["status"]) == (None, "no_data")
    assert told["explanation"]["error"] == {"reason": "query_division_by_zero", "message": "Use NULLIF."}


def test_a_preview_commits_nothing(office: Office) -> None:
    definition, _ = office.assigned(CALLS)
    office.preview(definition.id, UNA)
    office.preview(definition.id, None)
    assert (office.acme.work.commits, office.acme.work.audit.entries) == (0, [])


def test_a_preview_shows_nobody_more_than_they_may_see(office: Office) -> None:
    definition = office.acme.define(data_source=CALLS, aggregation_period=Cadence.DAILY)
    blind = caller_of("author", {"kpis.create"}, user_id=UGO)
    for user_id in (None, UNA, UGO):
        with pytest.raises(Forbidden, match="is locked for you"):
            office.preview(definition.id, user_id, caller=blind)
    seen = Grant(can_view=True, can_edit=True)
    creator = caller_of(Role.USER, user_id=UGO, grants={definition.id: seen})
    with pytest.raises(Forbidden, match="Only this person"):
        office.preview(definition.id, UNA, caller=creator)
    assert office.preview(definition.id, UGO, caller=creator)["value"] == Decimal("10.5")
    with pytest.raises(NotFound, match="There is no such user"):
        office.preview(definition.id, NOBODY)
    with pytest.raises(NotFound, match="There is no such KPI definition"):
        office.preview(NOBODY, None)
