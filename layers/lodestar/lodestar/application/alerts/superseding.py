"""Rules and alerts follow from a period that there is no more to the one that took its place."""

from collections.abc import Collection, Mapping
from datetime import date

from lodestar.application.alerts.ports import AlertWork
from lodestar.domain.measurements import SlotKey


def remember_in_place(
    places: Mapping[SlotKey, date], definition_ids: Collection[int], work: AlertWork
) -> None:
    """Let the rules of these KPIs remember, of what is superseded, the period that took its place.

    `places` has its first day by the slot of the old one. Its value is judged whatever day that is, as what
    the old one has become: an alert goes on or ends with it, and a miss is not counted twice.
    """
    rules = work.alerts.active_rules(definition_ids) if places else []
    if not rules:
        return
    first_days = {(key.assignment_id, key.period_start): first for key, first in places.items()}
    states = work.alerts.rule_states({rule.id for rule in rules})
    moved = {
        watched: state.moved_to(first_days[watched.assignment_id, state.period_start])
        for watched, state in states.items()
        if (watched.assignment_id, state.period_start) in first_days
    }
    work.alerts.save_rule_states(moved)
