"""Which team a person is in, and from when until when. All days are local days of the company."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Membership:
    """A person in a team over a range of days, both inclusive; an `end_date` of None is open-ended."""

    team_id: int
    start_date: date
    end_date: date | None = None

    def __post_init__(self) -> None:
        if self.end_date is not None and self.end_date < self.start_date:
            raise ValueError(f"A membership of {self.start_date} cannot end before it, on {self.end_date}.")

    def touches(self, first: date, last: date) -> bool:
        """Whether any day of `first`..`last` (both inclusive) lies in it."""
        return self.start_date <= last and (self.end_date is None or self.end_date >= first)


@dataclass(frozen=True, slots=True)
class PlannedMove:
    """The next change of team that lies ahead: into a team, or out of all where `team_id` is None."""

    team_id: int | None
    effective_from: date


@dataclass(frozen=True, slots=True)
class Memberships:
    """All memberships of one person, oldest first. They never overlap: on each day one team, or none.

    Raises `ValueError` for memberships that overlap or are out of order.
    """

    all: tuple[Membership, ...] = ()

    def __post_init__(self) -> None:
        for earlier, later in pairwise(self.all):
            if earlier.end_date is None or earlier.end_date >= later.start_date:
                raise ValueError("Memberships of one person must follow one another without overlap.")

    def __iter__(self) -> Iterator[Membership]:
        return iter(self.all)

    def on(self, day: date) -> Membership | None:
        """The membership of a day; None: in no team then."""
        return self._newest_touching(day, day)

    def team_on(self, day: date) -> int | None:
        """The team of a day; None: in no team then."""
        return _team_of(self.on(day))

    def team_for(self, first: date, last: date) -> int | None:
        """The team that the person counts for in the period `first`..`last`, everywhere once.

        That of its last day; with no team on that day, that of the last membership that touches the period.
        """
        return _team_of(self._newest_touching(first, last))

    def planned_after(self, day: date) -> PlannedMove | None:
        """The first change of team behind a day."""
        now = self.on(day)
        following = next((each for each in self if each.start_date > day), None)
        if now is not None and now.end_date is not None:
            leaves = now.end_date + _ONE_DAY
            if following is None or following.start_date > leaves:
                return PlannedMove(None, leaves)
        return None if following is None else PlannedMove(following.team_id, following.start_date)

    def moved(self, team_id: int | None, effective_from: date) -> "Memberships":
        """In this team, or in none, from a day on: what was there from that day on gives way.

        Days in the same team that follow one another are one membership.
        """
        kept = self.ended(effective_from - _ONE_DAY)
        if team_id is None:
            return kept
        last = kept.on(effective_from - _ONE_DAY)
        if last is not None and last.team_id == team_id:
            return Memberships((*kept.all[:-1], replace(last, end_date=None)))
        return Memberships((*kept.all, Membership(team_id, effective_from)))

    def ended(self, last_day: date) -> "Memberships":
        """Over with a day, which still counts whole: what was planned behind it is gone."""
        kept = (each for each in self if each.start_date <= last_day)
        return Memberships(tuple(_cut(each, last_day) for each in kept))

    def without_team(self, team_id: int, last_day: date) -> "Memberships":
        """Out of one team with a day, which still counts whole; memberships of other teams stay."""
        kept = (each for each in self if each.team_id != team_id or each.start_date <= last_day)
        return Memberships(tuple(_cut(each, last_day) if each.team_id == team_id else each for each in kept))

    def first_difference(self, other: "Memberships") -> date | None:
        """The first day on which the two say another team; None where they agree on every day."""
        days = {day for each in (*self, *other) for day in _edges(each)}
        return min((day for day in days if self.team_on(day) != other.team_on(day)), default=None)

    def teams_from(self, day: date) -> frozenset[int]:
        """The teams of that day and of all that follow."""
        return frozenset(each.team_id for each in self if each.touches(day, date.max))

    def _newest_touching(self, first: date, last: date) -> Membership | None:
        return next((each for each in reversed(self.all) if each.touches(first, last)), None)


NO_MEMBERSHIPS = Memberships()
"""Of a person who was in no team ever; of a team and of the company."""


def _team_of(membership: Membership | None) -> int | None:
    return None if membership is None else membership.team_id


def _cut(membership: Membership, last_day: date) -> Membership:
    """The part of a membership up to a day that does not lie before its first."""
    is_over = membership.end_date is not None and membership.end_date <= last_day
    return membership if is_over else replace(membership, end_date=last_day)


def _edges(membership: Membership) -> Iterator[date]:
    """The days on which another team may begin to count."""
    yield membership.start_date
    if membership.end_date is not None:
        yield membership.end_date + _ONE_DAY
