"""Targets for a range of dates, for many people's assignments of one KPI in one call."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lodestar.application.access import require_assignable, require_assigner
from lodestar.application.assignments.assigning import require_assignable_kpi
from lodestar.application.assignments.ports import AssignmentWork, StoredTarget
from lodestar.application.assignments.shapes import (
    BulkTarget,
    BulkTargetDraft,
    BulkTargetRow,
    BulkTargetView,
    TargetOutcome,
)
from lodestar.application.assignments.targets import require_holds_a_period, target_for
from lodestar.application.caller import Caller
from lodestar.application.work import AuditedChange, AuditObject
from lodestar.domain.assignments import Assignment
from lodestar.domain.dates import require_order
from lodestar.domain.definitions import Definition
from lodestar.domain.limits import require_at_most
from lodestar.domain.people import Person
from lodestar.domain.refusals import Conflict, InvalidRequest, LodestarError
from lodestar.domain.targets import DatedTarget

MAX_PEOPLE_PER_CALL = 1000


@dataclass(frozen=True, slots=True)
class _Company:
    """What of the company the rows are checked against, read once for all of them."""

    definition: Definition
    persons: Mapping[int | str, Person]
    assignments: Mapping[int, Assignment]
    """By user."""
    targets: Mapping[int, list[StoredTarget]]
    """By assignment."""
    now: datetime


@dataclass(frozen=True, slots=True)
class _TargetChange:
    """What a row makes of what is stored for its dates, if anything is."""

    before: StoredTarget | None
    after: StoredTarget

    @property
    def outcome(self) -> TargetOutcome:
        if self.before is None:
            return TargetOutcome.CREATED
        return TargetOutcome.UNCHANGED if self.before == self.after else TargetOutcome.UPDATED


@dataclass(frozen=True, slots=True)
class WrittenTargets:
    """What became of each row, and whose assignments have that target from now on."""

    definition: Definition
    assignments: Sequence[Assignment]
    rows: list[BulkTargetRow]


def write_targets_of_many(draft: BulkTargetDraft, caller: Caller, work: AssignmentWork) -> WrittenTargets:
    """Write the targets of many people, in few statements; a refusal stops no other.

    Raises:
        Forbidden: the caller assigns KPIs to nobody.
        TooLarge: more than MAX_PEOPLE_PER_CALL rows; none is written.
        InvalidContent: there is no such KPI, or it is retired.
        InvalidRequest: the dates are in the wrong order.
    """
    require_assigner(caller)
    require_at_most(MAX_PEOPLE_PER_CALL, len(draft.targets), "people")
    require_order(draft.period_start, draft.period_end)
    company = _read_company(draft, work)
    require_holds_a_period(draft.period_start, draft.period_end, company.definition, caller.company.calendar)
    changes = _changes_or_refusals(draft, caller, company)
    accepted = [change for change in changes if isinstance(change, _TargetChange)]
    new_ids = _write(accepted, company.definition, work)
    rows = [
        _row(target.user_id, change, new_ids) for target, change in zip(draft.targets, changes, strict=True)
    ]
    ids = {change.after.assignment_id for change in accepted}
    theirs = [assignment for assignment in company.assignments.values() if assignment.id in ids]
    return WrittenTargets(company.definition, theirs, rows)


def _read_company(draft: BulkTargetDraft, work: AssignmentWork) -> _Company:
    definition = require_assignable_kpi(draft.kpi_definition_id, work)
    user_ids = {target.user_id for target in draft.targets}
    persons = work.people.persons(user_ids)
    # Before the targets are read, so that two writers cannot both find no overlap.
    work.definitions.lock(definition.id)
    of_user = assignment_by_user(work.assignments.of_users_and_company([definition.id], user_ids))
    targets: dict[int, list[StoredTarget]] = {}
    for target in work.assignments.dated_targets([assignment.id for assignment in of_user.values()]):
        targets.setdefault(target.assignment_id, []).append(target)
    return _Company(definition, persons, of_user, targets, work.now)


def _changes_or_refusals(
    draft: BulkTargetDraft, caller: Caller, company: _Company
) -> list[_TargetChange | LodestarError]:
    """What becomes of each row, in the order sent."""
    found: list[_TargetChange | LodestarError] = []
    seen: set[int] = set()
    for row in draft.targets:
        try:
            # Of two rows for a person nobody can tell which was meant; the first one stands.
            if row.user_id in seen:
                raise Conflict(
                    "Another row is for this user already: send one for each.", code="duplicate_row"
                )
            seen.add(row.user_id)
            require_assignable(company.persons.get(row.user_id), caller)
            found.append(_change(row, draft, company))
        except LodestarError as refusal:
            found.append(refusal)
    return found


def _change(row: BulkTarget, draft: BulkTargetDraft, company: _Company) -> _TargetChange:
    target = target_for(company.definition, row.target_value)
    assignment = _assignment_in(draft, company.assignments.get(row.user_id))
    dated = DatedTarget(target, draft.period_start, draft.period_end, company.now)
    colliding = [
        stored for stored in company.targets.get(assignment.id, ()) if stored.dated.collides_with(dated)
    ]
    same_dates = next((stored for stored in colliding if stored.dated.has_dates_of(dated)), None)
    if same_dates is None:
        _require_no_collision(colliding, "choose dates beside or inside it.")
        return _TargetChange(None, StoredTarget(0, assignment.id, dated, row.notes))
    # Its age stays too: this is no newer target, but the same one with another value.
    after = replace(same_dates, dated=replace(same_dates.dated, target=target), notes=row.notes)
    if after != same_dates and not draft.replace:
        _require_no_collision([same_dates], 'send "replace": true to change it.')
    return _TargetChange(same_dates, after)


def _assignment_in(draft: BulkTargetDraft, assignment: Assignment | None) -> Assignment:
    """The person's assignment, if it has a day of the range."""
    if assignment is None or not assignment.has_day_in(draft.period_start, draft.period_end):
        raise InvalidRequest(
            f"This user does not have the KPI in {draft.period_start}..{draft.period_end}: assign it first.",
            code="not_assigned",
        )
    return assignment


def assignment_by_user(assignments: Iterable[Assignment]) -> Mapping[int, Assignment]:
    """The assignments of users, by user; the company's is left out."""
    return {assignment.user_id: assignment for assignment in assignments if assignment.user_id is not None}


def _require_no_collision(colliding: Sequence[StoredTarget], way_out: str) -> None:
    for stored in colliding[:1]:
        raise Conflict(
            f"There is a target for {stored.dated.first}..{stored.dated.last} already: {way_out}",
            code="target_overlap",
        )


def _write(changes: Sequence[_TargetChange], definition: Definition, work: AssignmentWork) -> dict[int, int]:
    """Write what is new or changed, with its audit; the new targets' ids by assignment."""
    created = [change.after for change in changes if change.outcome is TargetOutcome.CREATED]
    updated = [change for change in changes if change.outcome is TargetOutcome.UPDATED]
    ids = work.assignments.add_targets(definition.id, created)
    work.assignments.save_targets([change.after for change in updated])
    new_ids = {target.assignment_id: new_id for target, new_id in zip(created, ids, strict=True)}
    work.audit.record_many(
        [
            *(_audited("target.created", new_ids[target.assignment_id], None, target) for target in created),
            *(_audited("target.changed", change.after.id, change.before, change.after) for change in updated),
        ]
    )
    return new_ids


def _audited(action: str, target_id: int, before: StoredTarget | None, after: StoredTarget) -> AuditedChange:
    before_json = None if before is None else _for_audit(before)
    return AuditedChange(action, AuditObject("target", target_id), before_json, _for_audit(after))


def _for_audit(target: StoredTarget) -> dict[str, Any]:
    """What the audit log says of a target."""
    return {
        "assignment_id": target.assignment_id,
        "target": [target.dated.target.low, target.dated.target.high],
        "period_start": target.dated.first,
        "period_end": target.dated.last,
        "notes": target.notes,
    }


def _row(user_id: int, change: _TargetChange | LodestarError, new_ids: Mapping[int, int]) -> BulkTargetRow:
    if isinstance(change, LodestarError):
        return BulkTargetRow(
            user_id=user_id, outcome=TargetOutcome.ERROR, code=change.code, error=change.message
        )
    assignment_id = change.after.assignment_id
    return BulkTargetRow(
        user_id=user_id,
        outcome=change.outcome,
        target_id=change.after.id or new_ids[assignment_id],
        assignment_id=assignment_id,
    )


def bulk_target_view(
    written: WrittenTargets,
    *,
    dry_run: bool,
    closed_periods_with_another_target: int,
    run_id: int | None,
    follow_up_run_id: int | None,
) -> BulkTargetView:
    """What became of every row, and of closed periods."""
    counts = Counter(row.outcome for row in written.rows)
    return BulkTargetView(
        dry_run=dry_run,
        created=counts[TargetOutcome.CREATED],
        updated=counts[TargetOutcome.UPDATED],
        unchanged=counts[TargetOutcome.UNCHANGED],
        errors=counts[TargetOutcome.ERROR],
        results=written.rows,
        closed_periods_with_another_target=closed_periods_with_another_target,
        run_id=run_id,
        follow_up_run_id=follow_up_run_id,
    )
