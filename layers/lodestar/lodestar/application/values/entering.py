"""Values that people enter for manual KPIs, one or many at a time: who may, which, and what they change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from lodestar.application.caller import Caller
from lodestar.application.values.ports import StoredMeasurement, ValueWork
from lodestar.application.values.standards import Standards
from lodestar.domain.assignments import Assignment
from lodestar.domain.companies import Company
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import (
    CompanyTime,
    EnteredMeasurement,
    KeptStandard,
    Slot,
    SlotKey,
    is_rolled_up,
    measure,
)
from lodestar.domain.people import Person
from lodestar.domain.periods import Period
from lodestar.domain.permissions import may_edit_kpi, may_enter_team_value, may_enter_value
from lodestar.domain.refusals import Forbidden, InvalidContent, InvalidRequest
from lodestar.domain.sources import ManualSource
from lodestar.domain.versions import CompanyDefinitions


@dataclass(frozen=True, slots=True)
class ManualSlot:
    """What a value is entered for: a period of an assignment of a manual KPI."""

    assignment: Assignment
    definition: Definition
    period: Period

    @property
    def key(self) -> SlotKey:
        """What its measurement is known by."""
        return SlotKey.of(self.assignment.id, self.period)


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value that somebody enters; `field` is where they sent it, for refusals.

    Notes and `meta_data` of None leave what is stored.
    """

    slot: ManualSlot
    field: str
    value: Decimal
    notes: str | None = None
    meta_data: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ValueChange:
    """What an entered value changes: what is stored for its slot, if anything is, and what shall be."""

    slot: ManualSlot
    before: StoredMeasurement | None
    after: EnteredMeasurement

    @property
    def changes_nothing(self) -> bool:
        """Whether all of it is stored already, so that writing it would change nothing.

        It compares what the database compares when it writes: an import announces what it then does.
        """
        stored, entered = self.before, self.after
        measurement = entered.measurement
        return stored is not None and (
            (stored.value, stored.notes, stored.meta_data, stored.kept, stored.is_open)
            == (
                measurement.value,
                entered.notes,
                entered.meta_data,
                KeptStandard(measurement.standard, measurement.slot.definition.version),
                measurement.slot.is_open,
            )
        )


def manual_version(definition: Definition, definitions: CompanyDefinitions) -> Definition:
    """Its newest version that is entered, which rights go by; InvalidContent if it always was calculated."""
    versions = definitions.versions_of(definition)
    found = next((one for one in versions if isinstance(one.data_source, ManualSource)), definition)
    require_manual(found)
    return found


def in_its_version(
    new: NewValue, stored: StoredMeasurement | None, definitions: CompanyDefinitions, today: date
) -> NewValue:
    """The value with the version of its KPI that it is checked and judged by.

    That is the one of a closed period's measurement, and of a value that is entered again as it is; else the
    one in force for the period. A running period has the newest.
    """
    slot = new.slot
    is_kept = stored is not None and (not stored.is_open or _is_there(new, stored))
    if stored is not None and is_kept:
        version = definitions.numbered(slot.definition, stored.kept.definition_version)
    elif slot.period.end >= today:
        version = slot.definition
    else:
        version = definitions.for_period(slot.definition, slot.period)
    return replace(new, slot=replace(slot, definition=version))


def require_enterer(person: Person, definition: Definition, caller: Caller) -> None:
    """The caller may enter this person's values of this KPI.

    Raises:
        Forbidden: they may not.
        InvalidContent: the KPI is calculated.
    """
    entered_by = require_manual(definition).entered_by
    if not may_enter_value(caller.actor, person.id, person.team_id, entered_by):
        raise Forbidden("Only the manager of this person and admins can enter this value.")


def require_team_enterer(team_id: int, definition: Definition, caller: Caller) -> None:
    """The caller may enter a team's own values of this KPI.

    Raises:
        Forbidden: they may not.
        InvalidContent: the KPI is calculated.
    """
    require_manual(definition)
    if not may_enter_team_value(caller.actor, team_id):
        raise Forbidden("Only the manager of this team and admins can enter its values.")


def require_company_enterer(definition: Definition, caller: Caller) -> None:
    """Forbidden for a caller who may not enter the company's values of this KPI."""
    if not may_edit_kpi(caller.actor, definition.id, definition.known_category):
        raise Forbidden("Only admins and those with a grant to edit this KPI can enter its values.")


def require_manual(definition: Definition) -> ManualSource:
    """How a manual KPI is entered; InvalidContent for one that is calculated."""
    if not isinstance(definition.data_source, ManualSource):
        raise InvalidContent(
            f'"{definition.key}" is calculated from its {definition.data_source.kind} source: '
            "values are entered for manual KPIs only."
        )
    return definition.data_source


def require_enterable(new: NewValue, stored: StoredMeasurement | None, now: CompanyTime) -> None:
    """A value keeps the rules of its KPI and of its assignment; `stored` is what is there already.

    What is there is never refused again: the rules may have changed since.

    Raises:
        InvalidContent: not a manual KPI, made of people's values, outside its allowed_range, or a note is
            missing.
        InvalidRequest: the period has not begun, the assignment does not cover it, or the KPI was retired
            by its last day.
    """
    source = require_manual(new.slot.definition)
    _require_own_value(new.slot, new.field)
    if stored is None or not _is_there(new, stored):
        _require_allowed(new, stored, source)
    _require_begun_and_covered(new.slot, now)


def _require_own_value(slot: ManualSlot, field: str) -> None:
    definition = slot.definition
    if is_rolled_up(definition, slot.assignment.subject_type):
        raise InvalidContent.of(
            field,
            f'Values of teams and the company are made of people\'s for "{definition.key}" '
            f"(rollup: {definition.rollup}): enter those of the people, or set its rollup to none.",
        )


def _require_allowed(new: NewValue, stored: StoredMeasurement | None, source: ManualSource) -> None:
    if not source.allows(new.value):
        raise InvalidContent.of(
            new.field, f"{new.field} must lie in the allowed_range of {source.allowed_range}."
        )
    if source.needs_notes(new.value) and not _notes(new, stored):
        limit = source.requires_note_below
        raise InvalidContent.of("notes", f"A value below {limit} needs notes that explain it.")


def _require_begun_and_covered(slot: ManualSlot, now: CompanyTime) -> None:
    # A period that still runs takes a value already: it becomes final as the period closes.
    if slot.period.start > now.calendar.local_date(now.at):
        raise InvalidRequest(f"The period {slot.period} has not begun: choose one that has.")
    if slot.definition.retired_on is not None and slot.period.end >= slot.definition.retired_on:
        raise InvalidRequest(
            f"The KPI was retired on {slot.definition.retired_on}: choose a period that ended before."
        )
    if not slot.assignment.covers(slot.period):
        dates = ", ".join(f"{terms.start_date}..{terms.end_date or ''}" for terms in slot.assignment.terms)
        raise InvalidRequest(
            f"The KPI is not assigned in the period {slot.period}, but in {dates or 'none'}."
        )


def changes_by(
    values: Sequence[NewValue],
    stored: Mapping[SlotKey, StoredMeasurement],
    now: CompanyTime,
    company: Company,
    work: ValueWork,
) -> list[ValueChange]:
    """What these values change, each for another slot; reads only, in three statements.

    The values have been checked: a wrong one would be measured all the same. `stored` is what
    is there for their slots.
    """
    standards = Standards(company, [new.slot.assignment for new in values], work)
    changes = []
    for new in values:
        slot, before = new.slot, stored.get(new.slot.key)
        standard = standards.of(slot.assignment, slot.definition, slot.period)
        if before is not None and not before.is_open:
            standard = before.kept.with_first_target(standard)
        measurement = measure(
            Slot.at(now, slot.assignment.id, slot.definition, slot.period),
            new.value,
            standard,
            slot.assignment.days_in(slot.period),
        )
        entered = EnteredMeasurement(measurement, _notes(new, before), _meta_data(new, before))
        changes.append(ValueChange(slot, before, entered))
    return changes


def _is_there(new: NewValue, stored: StoredMeasurement) -> bool:
    """Whether the value is stored already, with the same notes and facts beside it."""
    return (stored.value, stored.notes, stored.meta_data) == (
        new.value,
        _notes(new, stored),
        _meta_data(new, stored),
    )


def _notes(new: NewValue, before: StoredMeasurement | None) -> str:
    """The notes of the value: a correction that says nothing of them leaves what is there."""
    if new.notes is not None:
        return new.notes
    return "" if before is None else before.notes


def _meta_data(new: NewValue, before: StoredMeasurement | None) -> Mapping[str, Any]:
    """What goes with the value: a correction that says nothing of it leaves what is there."""
    if new.meta_data is not None:
        return new.meta_data
    return {} if before is None else before.meta_data
