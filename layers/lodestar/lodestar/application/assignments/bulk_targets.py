"""Targets for a range of dates, for many people's assignments of one KPI in one call."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lodestar.application.access import require_assignable, require_assigner
from lodestar.application.assignments.assigning import assignable
from lodestar.application.assignments.bulk_assigning import by_user, refuse_too_many
from lodestar.application.assignments.ports import AssignmentWork, StoredTarget
from lodestar.application.assignments.shapes import (
    BulkTarget,
    BulkTargetDraft,
    BulkTargetRow,
    BulkTargetView,
    TargetOutcome,
)
from lodestar.application.assignments.targets import target_for
from lodestar.application.caller import Caller
from lodestar.application.work import AuditedChange, AuditObject
from lodestar.domain.assignments import Assignment
from lodestar.domain.dates import require_order
from lodestar.domain.definitions import Definition
from lodestar.domain.people import Person
from lodestar.domain.refusals import Conflict, InvalidRequest, LodestarError
from lodestar.domain.targets import DatedTarget


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the rows are judged by, read once for all of them."""

    definition: Definition
    persons: Mapping[int | str, Person]
    assignments: Mapping[int | None, list[Assignment]]
    targets: Mapping[int, list[StoredTarget]]
    at: datetime


@dataclass(frozen=True, slots=True)
class _Judged:
    """A row that may stand: what is stored, if anything, and what shall be."""

    before: StoredTarget | None
    after: StoredTarget

    @property
    def outcome(self) -> TargetOutcome:
        if self.before is None:
            return TargetOutcome.CREATED
        return TargetOutcome.UNCHANGED if self.before == self.after else TargetOutcome.UPDATED


def set_targets_of_many(draft: BulkTargetDraft, caller: Caller, work: AssignmentWork) -> BulkTargetView:
    """Set the targets of many people; a refusal stops no other, and the same again changes nothing.

    A target belongs to the person's newest active assignment that has a day of the range. The number of
    statements does not depend on the number of people.

    Raises:
        Forbidden: the caller assigns KPIs to nobody.
        TooLarge: more than MAX_PEOPLE_PER_CALL rows; none is written.
        InvalidContent: there is no such KPI, or it is retired.
        InvalidRequest: the dates are in the wrong order.
    """
    require_assigner(caller)
    refuse_too_many(len(draft.targets))
    require_order(draft.period_start, draft.period_end)
    facts = _facts(draft, work)
    judged = _judged(draft, caller, facts)
    written = _write([each for each in judged if isinstance(each, _Judged)], facts.definition, work)
    work.commit()
    return _view(
        [_row(each.user_id, found, written) for each, found in zip(draft.targets, judged, strict=True)]
    )


def _facts(draft: BulkTargetDraft, work: AssignmentWork) -> _Facts:
    definition = assignable(draft.kpi_definition_id, work)
    user_ids = {each.user_id for each in draft.targets}
    persons = work.people.persons(user_ids)
    work.definitions.lock(definition.id)
    mine = [each for each in work.assignments.given([definition.id], user_ids) if each.user_id is not None]
    targets: dict[int, list[StoredTarget]] = {}
    for target in work.assignments.dated_targets([each.id for each in mine]):
        targets.setdefault(target.assignment_id, []).append(target)
    return _Facts(definition, persons, by_user(mine), targets, work.now)


def _judged(draft: BulkTargetDraft, caller: Caller, facts: _Facts) -> list[_Judged | LodestarError]:
    judged: list[_Judged | LodestarError] = []
    seen: set[int] = set()
    for row in draft.targets:
        try:
            if row.user_id in seen:
                raise Conflict(
                    "Another row is for this user already: send one for each.", code="duplicate_row"
                )
            seen.add(row.user_id)
            require_assignable(facts.persons.get(row.user_id), caller)
            judged.append(_one(row, draft, facts))
        except LodestarError as error:
            judged.append(error)
    return judged


def _one(row: BulkTarget, draft: BulkTargetDraft, facts: _Facts) -> _Judged:
    target = target_for(facts.definition, row.target_value)
    assert target is not None  # noqa: S101 — a row has a value
    assignment = _assignment_in(draft, facts.assignments.get(row.user_id, []))
    dated = DatedTarget(target, draft.period_start, draft.period_end, facts.at)
    wanted = StoredTarget(0, assignment.id, dated, row.notes)
    others = [each for each in facts.targets.get(assignment.id, ()) if each.dated.collides_with(dated)]
    there = next((each for each in others if _has_dates_of(each, dated)), None)
    if there is None:
        _refuse_collision(others, "choose dates beside or inside it.")
        return _Judged(None, wanted)
    after = replace(there, dated=replace(there.dated, target=target), notes=row.notes)
    if after != there and not draft.replace:
        _refuse_collision([there], 'send "replace": true to change it.')
    return _Judged(there, after)


def _assignment_in(draft: BulkTargetDraft, assignments: list[Assignment]) -> Assignment:
    """The newest active one that has a day of the range."""
    for each in reversed(assignments):
        ends_after_start = each.end_date is None or each.end_date >= draft.period_start
        if each.is_active and each.start_date <= draft.period_end and ends_after_start:
            return each
    raise InvalidRequest(
        f"This user does not have the KPI in {draft.period_start}..{draft.period_end}: assign it first.",
        code="not_assigned",
    )


def _has_dates_of(stored: StoredTarget, dated: DatedTarget) -> bool:
    return (stored.dated.first, stored.dated.last) == (dated.first, dated.last)


def _refuse_collision(others: list[StoredTarget], way_out: str) -> None:
    for each in others[:1]:
        raise Conflict(
            f"There is a target for {each.dated.first}..{each.dated.last} already: {way_out}",
            code="target_overlap",
        )


def _write(judged: list[_Judged], definition: Definition, work: AssignmentWork) -> dict[int, int]:
    """Write what is new or changed, with its audit; the new targets' ids by assignment."""
    fresh = [each for each in judged if each.outcome is TargetOutcome.CREATED]
    ids = work.assignments.add_targets(definition.id, [each.after for each in fresh])
    added = {each.after.assignment_id: new_id for each, new_id in zip(fresh, ids, strict=True)}
    changed = [each for each in judged if each.outcome is TargetOutcome.UPDATED]
    work.assignments.save_targets([each.after for each in changed])
    work.audit.record_many(
        [
            *(
                AuditedChange(
                    "target.created",
                    AuditObject("target", added[each.after.assignment_id]),
                    None,
                    _json(each.after),
                )
                for each in fresh
            ),
            *(
                AuditedChange(
                    "target.changed",
                    AuditObject("target", each.after.id),
                    _json(each.before),
                    _json(each.after),
                )
                for each in changed
            ),
        ]
    )
    return added


def _json(target: StoredTarget | None) -> dict[str, Any] | None:
    """A target as the audit log keeps it."""
    if target is None:
        return None
    return {
        "assignment_id": target.assignment_id,
        "target": [target.dated.target.low, target.dated.target.high],
        "period_start": target.dated.first,
        "period_end": target.dated.last,
        "notes": target.notes,
    }


def _row(user_id: int, judged: _Judged | LodestarError, added: Mapping[int, int]) -> BulkTargetRow:
    if isinstance(judged, LodestarError):
        return BulkTargetRow(
            user_id=user_id, outcome=TargetOutcome.ERROR, code=judged.code, error=judged.message
        )
    assignment_id = judged.after.assignment_id
    return BulkTargetRow(
        user_id=user_id,
        outcome=judged.outcome,
        target_id=judged.after.id or added[assignment_id],
        assignment_id=assignment_id,
    )


def _view(rows: list[BulkTargetRow]) -> BulkTargetView:
    counts = Counter(each.outcome for each in rows)
    return BulkTargetView(
        created=counts[TargetOutcome.CREATED],
        updated=counts[TargetOutcome.UPDATED],
        unchanged=counts[TargetOutcome.UNCHANGED],
        errors=counts[TargetOutcome.ERROR],
        results=rows,
    )
