"""What a value of the company or of a team is made of, for whoever may see it: by team, or by person."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.calculation.recalculating import RecalculationContext
from lodestar.application.caller import Caller
from lodestar.application.insight.explaining import explained_slot, explanation_fields, stored_slot
from lodestar.application.insight.explanation_shapes import (
    Breakdown,
    BreakdownBy,
    BreakdownKind,
    BreakdownLine,
    BreakdownQuery,
    GroupExplanation,
    GroupPeriodQuery,
)
from lodestar.application.insight.groups import require_readable_group_assignment
from lodestar.application.insight.slot_explanation import ExplainedSlot, StoredSlot, explained_kpi, way_of
from lodestar.application.values.ports import StoredValue
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Rollup
from lodestar.domain.permissions import KPIS_VIEW_ALL, TeamVisibility, may_view_team, may_view_user
from lodestar.domain.refusals import InvalidRequest
from lodestar.engine.aggregation import Part, roll_up, to_stored
from lodestar.wire.exact_json import to_json
from lodestar.wire.json_view import Json


def explain_group_value(
    kpi_id: int, query: GroupPeriodQuery, context: RecalculationContext
) -> Json[GroupExplanation]:
    """How a value of the company, or of a team, came about in one period.

    Raises:
        NotFound: there is no such KPI, or it was never assigned to the company or the team.
        Forbidden: it is locked for the caller, or the team is not theirs to see.
        InvalidRequest: the dates are not one period of the KPI.
    """
    caller, work = context.caller, context.work
    slot, stored = _group_slot(kpi_id, query, caller, work)
    parts: list[BreakdownLine] = []
    if slot.case.rollup is not None:
        measured = work.values.values_of_period(slot.definition.id, slot.period)
        parts = _by_user(_people_in(slot, measured), slot.case.rollup, caller, work)
    fields = explanation_fields(slot, stored, context)
    return Json(to_json(GroupExplanation(**fields, team_id=query.team_id, parts=parts)))


def break_down(kpi_id: int, query: BreakdownQuery, caller: Caller, work: CalculationWork) -> Json[Breakdown]:
    """What a value of the company, or of a team, is made of: by team, or by person.

    Who may be seen, today or with the team that they counted for, is a line by person, all others are one.
    A team that the caller may not see in full has a line from `min_group_size` people beside them on.

    Raises:
        NotFound: there is no such KPI, or it was never assigned to the company or the team.
        Forbidden: it is locked for the caller, or the team is not theirs to see.
        InvalidRequest: the dates are not one period of the KPI, or a team is to be broken down by team.
    """
    if query.by is BreakdownBy.TEAM and query.team_id is not None:
        raise InvalidRequest.of("by", "The value of a team is broken down by user: send by=user.")
    slot, stored = _group_slot(kpi_id, query, caller, work)
    rollup = slot.case.rollup or Rollup.NONE
    measured = work.values.values_of_period(slot.definition.id, slot.period)
    people = _people_in(slot, measured)
    if query.by is BreakdownBy.USER:
        lines = _by_user(people, rollup, caller, work)
    else:
        own = {} if slot.case.rollup else _own_values_of_teams(measured)
        lines = _by_team(people, own, rollup, caller, work)
    breakdown = Breakdown(
        kpi=explained_kpi(slot.definition),
        team_id=query.team_id,
        period_start=slot.period.start,
        period_end=slot.period.end,
        by=query.by,
        way=way_of(slot.case),
        rollup=slot.case.rollup,
        value=None if stored.measurement is None else stored.measurement.value,
        lines=lines,
    )
    return Json(to_json(breakdown))


def _group_slot(
    kpi_id: int, query: GroupPeriodQuery, caller: Caller, work: CalculationWork
) -> tuple[ExplainedSlot, StoredSlot]:
    """The slot of the company or of a team, if the caller may see its numbers, and what is stored of it."""
    assignment = require_readable_group_assignment(kpi_id, query.team_id, caller, work)
    stored = stored_slot(assignment.id, query.period_start, query.period_end, work)
    return explained_slot(assignment, query, stored.measurement, caller, work), stored


def _people_in(slot: ExplainedSlot, measured: Iterable[StoredValue]) -> list[StoredValue]:
    """The people who count for the slot's team, or all of the company, where they are measured."""
    team_id = slot.assignee.assignment.team_id
    return [
        stored
        for stored in measured
        if stored.subject_type is SubjectType.USER
        and stored.value is not None
        and team_id in (None, stored.team_id)
    ]


def _own_values_of_teams(measured: Iterable[StoredValue]) -> Mapping[int, Decimal | None]:
    return {stored.subject_id: stored.value for stored in measured if stored.subject_type is SubjectType.TEAM}


def _by_user(
    people: Collection[StoredValue], rollup: Rollup, caller: Caller, work: CalculationWork
) -> list[BreakdownLine]:
    ids = [stored.subject_id for stored in people]
    persons, names = work.people.persons(ids), work.people.names(ids)
    shown: list[StoredValue] = []
    others: list[StoredValue] = []
    for stored in people:
        person = persons[stored.subject_id]
        # Who sees a team in full sees whom its numbers were made of then, wherever they are today.
        is_of_team = _may_see(stored.team_id, caller)
        is_visible = is_of_team or may_view_user(caller.actor, person.id, person.team_id)
        (shown if is_visible else others).append(stored)
    lines = [
        BreakdownLine(
            kind=BreakdownKind.USER,
            id=stored.subject_id,
            name=names[stored.subject_id],
            value=stored.value,
            people=1,
        )
        for stored in shown
    ]
    return lines + _others(others, rollup, caller)


@dataclass(frozen=True, slots=True)
class _Group:
    """People of one team, or of none; `may_be_seen`: by the caller, one by one."""

    team_id: int | None
    people: Sequence[StoredValue]
    own_value: Decimal | None
    may_be_seen: bool


def _by_team(
    people: Iterable[StoredValue],
    own: Mapping[int, Decimal | None],
    rollup: Rollup,
    caller: Caller,
    work: CalculationWork,
) -> list[BreakdownLine]:
    of_team: dict[int | None, list[StoredValue]] = {team_id: [] for team_id in own}
    for stored in people:
        of_team.setdefault(stored.team_id, []).append(stored)
    groups = [
        _Group(team_id, members, own.get(team_id or 0), _may_see(team_id, caller))
        for team_id, members in sorted(of_team.items(), key=lambda item: (item[0] is None, item[0] or 0))
    ]
    shown, others = _shown_and_others(groups, caller)
    names = work.people.team_names([group.team_id for group in shown if group.team_id is not None])
    lines = [
        BreakdownLine(
            kind=BreakdownKind.NO_TEAM if group.team_id is None else BreakdownKind.TEAM,
            id=group.team_id,
            name=None if group.team_id is None else names[group.team_id],
            value=group.own_value if rollup is Rollup.NONE else _rolled_up(group.people, rollup),
            people=len(group.people),
        )
        for group in shown
    ]
    return lines + _others([stored for group in others for stored in group.people], rollup, caller)


def _may_see(team_id: int | None, caller: Caller) -> bool:
    if team_id is None:
        return caller.actor.may(KPIS_VIEW_ALL)
    return may_view_team(caller.actor, team_id) is TeamVisibility.FULL


def _shown_and_others(groups: Sequence[_Group], caller: Caller) -> tuple[list[_Group], list[_Group]]:
    """The groups that have a line of their own, and the rest.

    Of a rest that is too small to be shown, the whole would tell the value all the same: the smallest groups
    join it until it is not.
    """
    shown = [group for group in groups if group.may_be_seen or _is_large(group.people, caller)]
    others = [group for group in groups if group not in shown]
    joining = sorted(
        (group for group in shown if not group.may_be_seen), key=lambda group: len(group.people), reverse=True
    )
    while joining and any(group.people for group in others):
        if _is_large([stored for group in others for stored in group.people], caller):
            break
        smallest = joining.pop()
        shown.remove(smallest)
        others.append(smallest)
    return shown, others


def _is_large(people: Iterable[StoredValue], caller: Caller) -> bool:
    """Whether so many people beside the caller are measured that their value tells of none of them."""
    beside = [stored for stored in people if stored.subject_id != caller.user_id]
    return len(beside) >= caller.company.min_group_size


def _others(people: Sequence[StoredValue], rollup: Rollup, caller: Caller) -> list[BreakdownLine]:
    """One line for all who may not be seen one by one; none where there is nobody."""
    if not people:
        return []
    value = _rolled_up(people, rollup) if _is_large(people, caller) else None
    line = BreakdownLine(kind=BreakdownKind.OTHERS, id=None, name=None, value=value, people=len(people))
    return [line]


def _rolled_up(people: Iterable[StoredValue], rollup: Rollup) -> Decimal | None:
    parts = [Part(stored.value, stored.weight) for stored in people if stored.value is not None]
    found = roll_up(rollup, parts)
    stored = to_stored(found) if isinstance(found, Decimal) else found
    return stored if isinstance(stored, Decimal) else None
