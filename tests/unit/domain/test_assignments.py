from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.assignments import THE_COMPANY, Assignment, Subject, SubjectType, Terms, TermsChange
from lodestar.domain.periods import Cadence, Calendar, Period
from lodestar.domain.refusals import Conflict, InvalidContent, InvalidRequest, LodestarError
from lodestar.domain.targets import Target

FEBRUARY = Calendar("UTC").containing(Cadence.MONTHLY, date(2026, 2, 1))
FIRST = date(2026, 1, 1)
HORIZON = 60
"""Days that a naive model looks at: more than any drawn terms have, but for those without an end."""


def terms(first: date, last: date | None, weight: int = 1, target: int | None = None) -> Terms:
    return Terms(first, last, Decimal(weight), None if target is None else Target.point(Decimal(target)))


def assigned(*of_it: Terms) -> Assignment:
    return Assignment(1, 1, Subject(user_id=1), of_it)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def plan(assignment: Assignment) -> dict[date, tuple[Decimal, Target | None]]:
    """What holds on each day, day by day."""
    return {
        day(number): (each.weight, each.target)
        for number in range(HORIZON)
        for each in assignment.terms
        if each.start_date <= day(number) and (each.end_date is None or day(number) <= each.end_date)
    }


# Whom an assignment is for


def test_a_subject_is_a_user_or_a_team_and_else_the_company() -> None:
    assert Subject(user_id=3).type is SubjectType.USER
    assert Subject(team_id=3).type is SubjectType.TEAM
    assert THE_COMPANY.type is SubjectType.COMPANY
    assert assigned().user_id == 1
    assert assigned().team_id is None
    assert assigned().subject_type is SubjectType.USER


# Which days and periods


@pytest.mark.parametrize(
    ("first", "last", "covers"),
    [
        (date(2026, 2, 28), None, True),  # begins on its last day
        (date(2026, 3, 1), None, False),
        (date(2020, 1, 1), date(2026, 2, 1), True),  # ends on its first day
        (date(2020, 1, 1), date(2026, 1, 31), False),
        (date(2026, 2, 10), date(2026, 2, 11), True),  # lies inside it
        (date(2020, 1, 1), None, True),
        (date(2026, 3, 1), date(2026, 3, 31), False),
    ],
)
def test_an_assignment_covers_a_period_of_which_its_terms_have_a_day(
    first: date, last: date | None, covers: bool
) -> None:
    assert assigned(terms(first, last)).covers(FEBRUARY) is covers


def test_terms_without_an_end_go_on_for_ever() -> None:
    endless = assigned(terms(date(2026, 3, 1), None))
    assert endless.covers(Calendar("UTC").containing(Cadence.MONTHLY, date(2199, 1, 1)))
    assert endless.goes_on_after(date(2199, 12, 31))


def test_an_assignment_without_terms_covers_nothing() -> None:
    assert not assigned().covers(FEBRUARY)
    assert assigned().days_in(FEBRUARY) == 0
    assert assigned().terms_on(FEBRUARY.start) is None
    assert not assigned().goes_on_after(FIRST)


def test_of_two_terms_that_meet_in_a_period_the_later_ones_are_its_terms() -> None:
    older = terms(FIRST, date(2026, 2, 15), weight=1)
    newer = terms(date(2026, 2, 16), None, weight=2)
    assert assigned(older, newer).terms_of(FEBRUARY) == newer
    assert assigned(older, newer).days_in(FEBRUARY) == 28


def test_terms_that_end_inside_a_period_are_its_terms_where_no_others_touch_it() -> None:
    ended = terms(FIRST, date(2026, 2, 3))
    later = terms(date(2026, 3, 1), None, weight=2)
    assert assigned(ended, later).terms_of(FEBRUARY) == ended
    assert assigned(ended, later).days_in(FEBRUARY) == 3


# Any terms, as they come about

numbers = st.integers(0, 40)
drawn_terms = st.builds(
    lambda ends, is_open, weight, target: terms(
        day(min(ends)), None if is_open else day(max(ends)), weight, target
    ),
    st.tuples(numbers, numbers),
    st.booleans(),
    st.integers(0, 3),
    st.none() | st.integers(0, 3),
)
changes = st.builds(
    lambda weight, has_target, target: TermsChange(
        weight=None if weight is None else Decimal(weight),
        has_target=has_target,
        target=None if target is None else Target.point(Decimal(target)),
    ),
    st.none() | st.integers(0, 3),
    st.booleans(),
    st.none() | st.integers(0, 3),
)
days = numbers.map(day)
type Step = Callable[[Assignment], Assignment]
steps: st.SearchStrategy[Step] = st.one_of(
    drawn_terms.map(lambda new: lambda it: it.with_terms(new)),
    drawn_terms.map(lambda new: lambda it: it.renewed(new)),
    st.builds(lambda from_, change: lambda it: it.changed_from(from_, change), days, changes),
    days.map(lambda from_: lambda it: it.cut_before(from_)),
    days.map(lambda last: lambda it: it.ended_on(last)),
    days.map(lambda from_: lambda it: it.begun_again_on(from_)),
    st.just(lambda it: it.opened()),
)


def several(first: int, drawn: list[tuple[int, int, int]], *, is_open: bool) -> Assignment:
    """Terms one after the other: of each how many days lie before it, how many it has, and its weight."""
    of_it = []
    for gap, length, weight in drawn:
        start, last = first + gap, first + gap + length
        of_it.append(terms(day(start), day(last), weight, weight))
        first = last + 1
    if is_open and of_it:
        of_it[-1] = replace(of_it[-1], end_date=None)
    return assigned(*of_it)


beginnings = st.builds(
    several,
    st.integers(0, 5),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10), st.integers(0, 3)), max_size=3),
    is_open=st.booleans(),
)


def after(beginning: Assignment, sequence: list[Step]) -> Assignment:
    """An assignment after these steps; what is refused leaves it as it was."""
    assignment = beginning
    for step in sequence:
        try:
            assignment = step(assignment)
        except LodestarError:
            continue
    return assignment


histories = st.builds(after, beginnings, st.lists(steps, max_size=4))
periods = st.tuples(numbers, numbers).map(lambda ends: Period(Cadence.DAILY, day(min(ends)), day(max(ends))))


@given(histories)
def test_terms_stand_in_order_and_never_overlap_whatever_was_done(assignment: Assignment) -> None:
    for each in assignment.terms:
        assert each.end_date is None or each.start_date <= each.end_date
    for one, next_one in zip(assignment.terms, assignment.terms[1:], strict=False):
        assert one.end_date is not None
        assert one.end_date < next_one.start_date


@given(histories, periods)
def test_the_terms_of_a_period_are_those_of_its_last_day_else_the_last_that_touch_it(
    assignment: Assignment, period: Period
) -> None:
    of_day = plan(assignment)
    covered = [each for each in of_day if period.start <= each <= period.end]
    found = assignment.terms_of(period)
    assert (found is None) is (not covered)
    if found is not None:
        assert (found.weight, found.target) == of_day[max(covered)]
        assert found == assignment.terms_on(max(covered))
    assert assignment.covers(period) is bool(covered)
    assert assignment.has_day_in(period.start, period.end) is bool(covered)


@given(histories, periods)
def test_the_days_of_a_period_are_counted_as_one_counts_them_day_by_day(
    assignment: Assignment, period: Period
) -> None:
    covered = [each for each in plan(assignment) if period.start <= each <= period.end]
    assert assignment.days_in(period) == len(covered)


@given(drawn_terms, drawn_terms)
def test_two_terms_overlap_if_they_share_a_day(one: Terms, other: Terms) -> None:
    shared = plan(assigned(one)).keys() & plan(assigned(other)).keys()
    assert one.overlaps(other) is other.overlaps(one) is bool(shared)


@given(histories, drawn_terms)
def test_further_terms_add_their_days_and_change_no_other(assignment: Assignment, new: Terms) -> None:
    before, added = plan(assignment), plan(assigned(new))
    if new in assignment.terms:
        assert assignment.with_terms(new) == assignment
    elif before.keys() & added.keys():
        with pytest.raises(Conflict):
            assignment.with_terms(new)
    else:
        assert plan(assignment.with_terms(new)) == before | added


@given(histories, drawn_terms)
def test_renewed_terms_keep_what_was_before_and_what_is_planned_and_stand_between(
    assignment: Assignment, new: Terms
) -> None:
    planned = assigned(*(each for each in assignment.terms if each.start_date > new.start_date))
    if plan(planned).keys() & plan(assigned(new)).keys():
        with pytest.raises(Conflict):
            assignment.renewed(new)
        return
    before = {each: what for each, what in plan(assignment).items() if each < new.start_date}
    assert plan(assignment.renewed(new)) == before | plan(assigned(new)) | plan(planned)


@given(histories, days, changes)
def test_a_change_from_a_day_on_keeps_all_before_it_and_never_passes_the_next_terms(
    assignment: Assignment, from_: date, change: TermsChange
) -> None:
    old = assignment.terms_on(from_)
    if old is None:
        with pytest.raises(InvalidContent) as refused:
            assignment.changed_from(from_, change)
        assert [detail.field for detail in refused.value.details] == ["effective_from"]
        return
    new = change.applied_to(old)
    expected = {
        each: (new.weight, new.target)
        if each >= from_ and (old.end_date is None or each <= old.end_date)
        else what
        for each, what in plan(assignment).items()
    }
    assert plan(assignment.changed_from(from_, change)) == expected


@given(histories, days)
def test_a_cut_takes_away_every_day_from_it_on_and_no_other(assignment: Assignment, from_: date) -> None:
    kept = {each: what for each, what in plan(assignment).items() if each < from_}
    assert plan(assignment.cut_before(from_)) == kept
    assert not assignment.cut_before(from_).goes_on_after(from_ - timedelta(days=1))


@given(histories, days)
def test_an_assignment_that_ends_on_a_day_has_it_and_none_behind_it(
    assignment: Assignment, last: date
) -> None:
    before = {each: what for each, what in plan(assignment).items() if each <= last}
    if not before:
        with pytest.raises(InvalidRequest if assignment.terms else InvalidContent):
            assignment.ended_on(last)
        return
    ended = plan(assignment.ended_on(last))
    assert max(ended) == last
    assert before.items() <= ended.items()
    # Only the last terms go on, over a gap behind them.
    assert {each: ended[each] for each in ended.keys() - before.keys()} == {
        each: before[max(before)] for each in ended if each > max(before)
    }


@given(histories)
def test_an_opened_assignment_goes_on_from_its_last_terms_without_an_end(assignment: Assignment) -> None:
    before, opened = plan(assignment), plan(assignment.opened())
    assert before.items() <= opened.items()
    behind = {day(number) for number in range(HORIZON) if before and day(number) > max(before)}
    assert opened.keys() - before.keys() == behind
    assert all(opened[each] == before[max(before)] for each in behind)


@given(histories, days)
def test_what_begins_again_is_in_force_from_that_day_on_and_changes_no_other(
    assignment: Assignment, from_: date
) -> None:
    before, again = plan(assignment), plan(assignment.begun_again_on(from_))
    assert before.items() <= again.items()
    if not before or assignment.goes_on_after(from_):
        assert assignment.begun_again_on(from_) == assignment
    else:
        since = {day(number) for number in range(HORIZON) if day(number) >= from_} - before.keys()
        assert again.keys() - before.keys() == since
        assert all(again[each] == before[max(before)] for each in since)


@pytest.mark.parametrize("last", [day(9), day(10)])
def test_what_begins_again_without_a_gap_goes_on_in_the_same_terms(last: date) -> None:
    assert assigned(terms(FIRST, last)).begun_again_on(day(10)).terms == (terms(FIRST, None),)


# What is refused, and how it is said


def test_terms_that_overlap_are_refused_with_the_dates_of_those_that_are_there() -> None:
    with pytest.raises(Conflict) as refused:
        assigned(terms(FIRST, None)).with_terms(terms(date(2026, 2, 1), None))
    assert refused.value.code == "assignment_overlap"
    assert refused.value.message == (
        "This KPI is assigned from 2026-01-01 to an open end already: change the assignment, "
        "choose dates beside it, or set renew to true, which ends the older terms the day before."
    )


def test_a_change_in_a_gap_is_refused_with_what_to_do_instead() -> None:
    with pytest.raises(InvalidContent) as refused:
        assigned(terms(FIRST, FIRST)).changed_from(day(1), TermsChange(weight=Decimal(5)))
    assert refused.value.message == (
        "effective_from 2026-01-02 lies in no terms of this assignment: assign the KPI from that day on."
    )


def test_an_end_before_the_beginning_is_refused_with_the_beginning() -> None:
    with pytest.raises(InvalidRequest) as refused:
        assigned(terms(FIRST, None)).ended_on(date(2025, 12, 31))
    assert refused.value.message == (
        "end_date 2025-12-31 must not lie before start_date 2026-01-01 of this assignment."
    )


def test_an_assignment_without_terms_has_nothing_to_end() -> None:
    with pytest.raises(InvalidContent, match="This assignment has no terms: assign the KPI again"):
        assigned().ended_on(FIRST)


def test_an_assignment_without_terms_was_a_mistake() -> None:
    assert assigned(terms(FIRST, None)).without_terms() == assigned()
