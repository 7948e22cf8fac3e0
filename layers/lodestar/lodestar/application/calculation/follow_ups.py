"""What is made of something that changed: which KPIs, for whom, how far on; and the run over it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from lodestar.application.calculation.ports import CalculationWork, Messages
from lodestar.application.calculation.running import start_planned_run
from lodestar.application.definitions.formulas import kpi_inputs
from lodestar.application.definitions.versions import all_definitions
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.runs import NewRun, RunKind
from lodestar.domain.sources import InputSubject

MAX_PERIODS_LATER = 400
"""How many periods on a changed value is carried by those that look back at it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What changed: KPIs of one cadence, of some users (none: of teams or the company), on inclusive days."""

    definition_ids: frozenset[int]
    cadence: Cadence
    user_ids: frozenset[int]
    first: date
    last: date
    reason: str


@dataclass(frozen=True, slots=True)
class Dependents:
    """Some KPIs with all that is made of them.

    `periods_later`: how many periods after a changed one still look back at it. `are_everybodys`: values of
    teams or of the company among them are inputs of other people's.
    """

    definition_ids: frozenset[int]
    periods_later: int
    are_everybodys: bool


def start_follow_up(
    change: Change, requested_by: int | None, work: CalculationWork, messages: Messages
) -> int | None:
    """Start the run over what is made of a change, the running period included; its id, None without any."""
    dependents = dependents_of(change.definition_ids, all_definitions(work).every_version())
    calendar = work.people.company().calendar
    last = _last_day(change, dependents, calendar, calendar.local_date(work.now))
    run = NewRun(
        kind=RunKind.FOLLOW_UP,
        cadence=change.cadence,
        period_start=change.first,
        period_end=last,
        reason=change.reason,
        at=work.now,
        definition_ids=tuple(sorted(dependents.definition_ids)),
        user_ids=None if dependents.are_everybodys else tuple(sorted(change.user_ids)),
        with_groups=True,
        requested_by=requested_by,
    )
    return start_planned_run(run, work, messages)


def dependents_of(definition_ids: Collection[int], definitions: Iterable[Definition]) -> Dependents:
    """These KPIs with every active formula over them, over those, and so on; `definitions` in any version."""
    active = [definition for definition in definitions if definition.is_active]
    ids = {definition.key: definition.id for definition in active}
    later = dict.fromkeys(definition_ids, 0)
    are_everybodys = False
    # The longest way from a changed value to each formula. A formula that looks back at what is made of it
    # has no longest way: its value is carried on for ever, or to the bound.
    frontier = set(definition_ids)
    while frontier:
        reached: set[int] = set()
        for definition in active:
            for kpi in kpi_inputs(definition):
                used = ids.get(kpi.key)
                if used not in frontier or used is None:
                    continue
                are_everybodys |= kpi.of is not InputSubject.SAME
                lag = min(later[used] - kpi.offset, MAX_PERIODS_LATER)
                if lag > later.get(definition.id, -1):
                    later[definition.id] = lag
                    reached.add(definition.id)
        frontier = reached
    return Dependents(frozenset(later), max(later.values(), default=0), are_everybodys)


def _last_day(change: Change, dependents: Dependents, calendar: Calendar, today: date) -> date:
    last = calendar.containing(change.cadence, change.last)
    running = calendar.containing(change.cadence, today)
    return min(calendar.shift(last, dependents.periods_later).end, running.end)
