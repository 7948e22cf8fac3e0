"""Reading the audit log and asking for the check of its chain."""

import pytest

from lodestar.application.operations.auditing import audit_log, check_audit
from lodestar.application.operations.shapes import AnchorQuery, AuditQuery
from lodestar.domain.refusals import InvalidRequest
from tests.fakes.people import caller_of
from tests.fakes.work import FakeWork, shown

HASH = "0" * 64


def read(**query: object) -> dict[str, object]:
    work = FakeWork()
    view, parameters = shown(audit_log(AuditQuery.model_validate(query), caller_of(), work).text)
    assert (view, work.commits) == ("audit", 1)
    return parameters


def test_the_dates_are_the_companys_and_inclusive() -> None:
    asked = read(**{"from": "2026-03-04", "to": "2026-03-05"})
    assert (asked["since"], asked["until"]) == ("2026-03-03 23:00:00+00:00", "2026-03-05 23:00:00+00:00")


def test_a_day_of_summer_begins_earlier() -> None:
    asked = read(**{"from": "2026-07-01", "to": "2026-07-01"})
    assert (asked["since"], asked["until"]) == ("2026-06-30 22:00:00+00:00", "2026-07-01 22:00:00+00:00")


def test_without_dates_all_of_the_calendar_is_asked_for() -> None:
    asked = read()
    assert (str(asked["since"])[:10], str(asked["until"])[:10]) == ("1899-12-31", "2199-12-31")


def test_filters_are_handed_on_and_those_left_out_take_any() -> None:
    asked = read(actor_id="5", object_type="user", limit="7", cursor="30")
    names = ("actor_id", "object_type", "object_id", "action", "limit", "cursor")
    assert [asked[name] for name in names] == [5, "user", None, None, 7, 30]


def test_dates_out_of_order_and_a_cursor_that_was_never_given_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="to 2026-03-01 must not lie before from 2026-03-02"):
        read(**{"from": "2026-03-02", "to": "2026-03-01"})
    with pytest.raises(InvalidRequest, match="cursor must be the next_cursor"):
        read(cursor="abc")


@pytest.mark.parametrize(
    ("given", "missing"), [({"anchor_seq": 1}, "anchor_hash"), ({"anchor_hash": HASH}, "anchor_seq")]
)
def test_half_an_anchor_is_refused_by_the_name_of_the_other_half(
    given: dict[str, object], missing: str
) -> None:
    with pytest.raises(InvalidRequest, match="together, or neither") as refusal:
        check_audit(AnchorQuery.model_validate(given), FakeWork())
    assert refusal.value.details[0].field == missing


@pytest.mark.parametrize("anchor", [{}, {"anchor_seq": 3, "anchor_hash": HASH}])
def test_a_whole_anchor_or_none_is_checked(anchor: dict[str, object]) -> None:
    work = FakeWork()
    view, parameters = shown(check_audit(AnchorQuery.model_validate(anchor), work).text)
    assert view == "audit_check"
    assert parameters == {"anchor_seq": None, "anchor_hash": None} | anchor
