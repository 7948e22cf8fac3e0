"""Who is in which team: one for each day, everybody once in each period, whatever happens to them.

The model keeps one team for each day of two years, which every change writes day by day.
"""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lodestar.domain.memberships import NO_MEMBERSHIPS, Membership, Memberships, PlannedMove
from lodestar.domain.periods import Cadence, Calendar, Period, WeekStart

NORTH, SOUTH, EAST = 1, 2, 3
FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
ONE_DAY = timedelta(days=1)

type Model = dict[date, int | None]
type Step = tuple[Callable[[Memberships], Memberships], Callable[[Model], None]]

a_day = st.sampled_from(DAYS[:400])
a_team = st.sampled_from([NORTH, SOUTH, EAST])


def write(model: Model, first: date, team: int | None, only: int | None = None) -> None:
    """From a day on, in this team; with `only`, where they were in that one."""
    for day in DAYS:
        if day >= first and (only is None or model[day] == only):
            model[day] = team


def move(team: int | None, day: date) -> Step:
    return lambda real: real.moved(team, day), lambda model: write(model, day, team)


def leave(day: date) -> Step:
    return lambda real: real.ended(day), lambda model: write(model, day + ONE_DAY, None)


def dissolve(team: int, day: date) -> Step:
    return (
        lambda real: real.without_team(team, day),
        lambda model: write(model, day + ONE_DAY, None, only=team),
    )


steps = st.lists(
    st.one_of(
        st.builds(move, a_team | st.none(), a_day),
        st.builds(leave, a_day),
        st.builds(dissolve, a_team, a_day),
    ),
    max_size=8,
)


def played(history: list[Step]) -> tuple[Memberships, Model]:
    real, model = NO_MEMBERSHIPS, dict.fromkeys(DAYS)
    for change, write_down in history:
        real = change(real)
        write_down(model)
    return real, model


def periods() -> list[Period]:
    calendar = Calendar("UTC", WeekStart.MONDAY, 2)
    return [period for cadence in Cadence for period in calendar.within(cadence, FIRST, LAST)]


PERIODS = periods()


@given(steps)
def test_everybody_is_on_each_day_in_the_one_team_that_was_said_last(history: list[Step]) -> None:
    real, model = played(history)
    assert {day: real.team_on(day) for day in DAYS} == model
    for day in DAYS[::37]:
        assert len([each for each in real if each.touches(day, day)]) <= 1


@given(steps)
def test_memberships_never_overlap_and_none_follows_itself(history: list[Step]) -> None:
    real, _ = played(history)
    for earlier, later in pairwise(real):
        assert earlier.end_date is not None
        assert earlier.end_date < later.start_date
        # Days in one team that follow one another are one membership.
        assert earlier.team_id != later.team_id or earlier.end_date + ONE_DAY < later.start_date


@given(steps, st.sampled_from(PERIODS))
def test_everybody_counts_in_each_period_for_one_team_or_for_none(
    history: list[Step], period: Period
) -> None:
    real, model = played(history)
    days = [day for day in DAYS if period.start <= day <= period.end]
    last = next((model[day] for day in reversed(days) if model[day] is not None), None)
    assert real.team_for(period.start, period.end) == last
    # A day counts for the team that a period of one day counts for.
    assert [real.team_for(day, day) for day in days] == [real.team_on(day) for day in days]


@given(steps, a_team, a_day)
def test_the_same_move_again_changes_nothing(history: list[Step], team: int, day: date) -> None:
    real, _ = played(history)
    moved = real.moved(team, day)
    assert moved.moved(team, day) == moved
    assert moved.first_difference(moved) is None


@given(steps, steps)
def test_the_first_difference_is_the_first_day_that_says_another_team(
    one: list[Step], other: list[Step]
) -> None:
    (mine, my_model), (theirs, their_model) = played(one), played(other)
    first = next((day for day in DAYS if my_model[day] != their_model[day]), None)
    assert mine.first_difference(theirs) == theirs.first_difference(mine) == first


@given(steps, a_day)
@example([move(NORTH, DAYS[0]), leave(DAYS[5])], DAYS[5])
def test_what_is_planned_is_the_next_day_with_another_team(history: list[Step], day: date) -> None:
    real, model = played(history)
    later = [each for each in DAYS if each > day]
    first = next((each for each in later if model[each] != model[day]), None)
    if first is None:
        assert real.planned_after(day) is None
    else:
        assert real.planned_after(day) == PlannedMove(model[first], first)


@given(steps, a_day)
def test_the_teams_from_a_day_on_are_those_of_its_days(history: list[Step], day: date) -> None:
    real, model = played(history)
    assert real.teams_from(day) == {model[each] for each in DAYS if each >= day} - {None}


def test_who_leaves_counts_for_the_team_in_the_period_of_the_last_day() -> None:
    left = NO_MEMBERSHIPS.moved(NORTH, FIRST).ended(date(2026, 9, 10))
    assert left.team_for(date(2026, 7, 1), date(2026, 9, 30)) == NORTH
    assert left.team_for(date(2026, 9, 10), date(2026, 9, 10)) == NORTH
    assert left.team_for(date(2026, 9, 11), date(2026, 9, 11)) is None
    assert left.team_for(date(2026, 10, 1), date(2026, 12, 31)) is None


def test_who_moves_counts_for_the_new_team_in_the_period_and_for_the_old_one_before_it() -> None:
    moved = NO_MEMBERSHIPS.moved(NORTH, FIRST).moved(SOUTH, date(2026, 11, 25))
    assert moved.team_for(date(2026, 11, 1), date(2026, 11, 30)) == SOUTH
    assert moved.team_for(date(2026, 11, 24), date(2026, 11, 24)) == NORTH
    assert moved.team_for(date(2026, 10, 1), date(2026, 10, 31)) == NORTH


def test_a_planned_move_gives_way_to_another_one() -> None:
    planned = NO_MEMBERSHIPS.moved(NORTH, FIRST).moved(SOUTH, DAYS[60])
    assert tuple(planned.moved(EAST, DAYS[30])) == (
        Membership(NORTH, FIRST, DAYS[29]),
        Membership(EAST, DAYS[30]),
    )
    assert tuple(planned.moved(NORTH, DAYS[30])) == (Membership(NORTH, FIRST),)


@pytest.mark.parametrize(
    "wrong",
    [
        (Membership(NORTH, DAYS[0]), Membership(SOUTH, DAYS[5])),
        (Membership(NORTH, DAYS[0], DAYS[5]), Membership(SOUTH, DAYS[5])),
        (Membership(NORTH, DAYS[5], DAYS[9]), Membership(SOUTH, DAYS[0], DAYS[4])),
    ],
)
def test_two_teams_for_one_day_cannot_be_said(wrong: tuple[Membership, ...]) -> None:
    with pytest.raises(ValueError, match="without overlap"):
        Memberships(wrong)


def test_a_membership_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="cannot end before it"):
        Membership(NORTH, DAYS[1], DAYS[0])
