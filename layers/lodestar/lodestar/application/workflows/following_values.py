"""What is made of values that have changed is calculated again, at once."""

from collections.abc import Collection, Sequence
from decimal import Decimal

from lodestar.application.calculation.follow_ups import Change, start_follow_up
from lodestar.application.values.entering import ManualSlot, ValueChange
from lodestar.application.workflows.context import ChangeContext
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.periods import Cadence


def follow_values(changes: Sequence[ValueChange], context: ChangeContext) -> list[int]:
    """Start the runs over all that is made of values which somebody has entered, one for each cadence.

    That are formulas over them, also those of later periods that look back at them, and the values of teams
    and the company. Their ids: none where nothing is made of the values, which then cost no run.
    """
    news = [change.slot for change in changes if _stored_value(change) != change.after.measurement.value]
    runs = []
    for cadence in Cadence:
        slots = [slot for slot in news if slot.definition.aggregation_period is cadence]
        run_id = _follow(slots, context) if slots else None
        runs += [] if run_id is None else [run_id]
    return runs


def _stored_value(change: ValueChange) -> Decimal | None:
    return None if change.before is None else change.before.value


def _follow(slots: Sequence[ManualSlot], context: ChangeContext) -> int | None:
    keys = {slot.definition.key for slot in slots}
    reason = f"{keys.pop()} was entered" if len(keys) == 1 else f"{len(keys)} KPIs were entered"
    definitions = [slot.definition for slot in slots]
    change = Change.of(definitions, [(slot.assignment, slot.period) for slot in slots], reason)
    return follow_changed(change, definitions, context)


def follow_changed(change: Change, definitions: Collection[Definition], context: ChangeContext) -> int | None:
    """Start the run over what is made of values that have changed already; its id, None where nothing is.

    Of these KPIs (`definitions`) themselves there is nothing to calculate but what is rolled up.
    """
    own = change.definition_ids - _rolled_up(definitions, change, context)
    return start_follow_up(change, context.caller.user_id, context.work, context.messages, own)


def _rolled_up(definitions: Collection[Definition], change: Change, context: ChangeContext) -> set[int]:
    """The changed KPIs of which teams or the company have a value that is made of people's."""
    ids = {definition.id for definition in definitions if definition.rollup is not Rollup.NONE}
    if not ids or not change.user_ids:
        return set()
    subjects = context.work.calculation.subjects(sorted(ids), change.first, change.last)
    return ids if subjects.has_teams_or_company else set()
