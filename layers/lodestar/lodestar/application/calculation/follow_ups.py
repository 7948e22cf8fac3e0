"""What is made of something that changed: which KPIs, for whom, how far on; and the run over it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Self

from lodestar.application.calculation.ports import CalculationWork, Messages
from lodestar.application.calculation.running import start_planned_run
from lodestar.application.definitions.dependents import periods_later, uses_of
from lodestar.application.definitions.versions import all_definitions
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import Cadence, Calendar, Period
from lodestar.domain.runs import NewRun, RunKind
from lodestar.domain.sources import InputSubject


@dataclass(frozen=True, slots=True)
class Change:
    """What changed: KPIs of one cadence, of some users (none: of teams or the company), on inclusive days."""

    definition_ids: frozenset[int]
    cadence: Cadence
    user_ids: frozenset[int]
    first: date
    last: date
    reason: str

    @classmethod
    def of(
        cls, definitions: Iterable[Definition], slots: Collection[tuple[Assignment, Period]], reason: str
    ) -> Self:
        """The change of these periods of assignments of some KPIs; at least one, all of one cadence."""
        return cls(
            definition_ids=frozenset(definition.id for definition in definitions),
            cadence=next(period.cadence for _, period in slots),
            user_ids=frozenset(each.user_id for each, _ in slots if each.user_id is not None),
            first=min(period.start for _, period in slots),
            last=max(period.end for _, period in slots),
            reason=reason,
        )


@dataclass(frozen=True, slots=True)
class Dependents:
    """Some KPIs with all that is made of them.

    `periods_later`: how many periods after a changed one still look back at it. `reach_other_people`: values
    of teams or of the company among them are inputs of other people's.
    """

    definition_ids: frozenset[int]
    periods_later: int
    reach_other_people: bool


def start_follow_up(
    change: Change,
    requested_by: int | None,
    work: CalculationWork,
    messages: Messages,
    but_not: Collection[int] = (),
) -> int | None:
    """Start the run over what changed and what is made of it, the running period included.

    It leaves out the KPIs of `but_not`. Its id; None where there is nothing to calculate.
    """
    dependents = dependents_of(change.definition_ids, all_definitions(work).every_version())
    chosen = dependents.definition_ids.difference(but_not)
    if not chosen:
        return None
    calendar = work.people.company().calendar
    last = _last_day(change, dependents, calendar, calendar.local_date(work.now))
    run = NewRun(
        kind=RunKind.FOLLOW_UP,
        cadence=change.cadence,
        period_start=change.first,
        period_end=last,
        reason=change.reason,
        at=work.now,
        definition_ids=tuple(sorted(chosen)),
        user_ids=None if dependents.reach_other_people else tuple(sorted(change.user_ids)),
        with_groups=True,
        requested_by=requested_by,
    )
    return start_planned_run(run, work, messages)


def dependents_of(definition_ids: Collection[int], definitions: Collection[Definition]) -> Dependents:
    """These KPIs with every active formula over them, over those, and so on; `definitions` in any version."""
    later = periods_later(definition_ids, definitions)
    reach_other_people = any(
        kpi.of is not InputSubject.SAME for _, used, kpi in uses_of(definitions) if used.id in later
    )
    return Dependents(frozenset(later), max(later.values(), default=0), reach_other_people)


def _last_day(change: Change, dependents: Dependents, calendar: Calendar, today: date) -> date:
    last = calendar.containing(change.cadence, change.last)
    running = calendar.containing(change.cadence, today)
    return min(calendar.shift(last, dependents.periods_later).end, running.end)
