"""Taking in entered values from a CSV file, row by row: what would change, then the change."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from pydantic import ValidationError

from lodestar.application.access import require_unlocked, require_visible
from lodestar.application.assignments.targets import target_to_view
from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.caller import Caller
from lodestar.application.definitions.versions import all_definitions
from lodestar.application.values.csv_files import Columns, CsvRow, can_be_two_numbers, number_in, read_sheet
from lodestar.application.values.entering import (
    ManualSlot,
    NewValue,
    ValueChange,
    changes_by,
    in_its_version,
    manual_version,
    require_company_enterer,
    require_enterable,
    require_enterer,
)
from lodestar.application.values.ports import StoredMeasurement
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.entering import write_changes
from lodestar.application.workflows.shapes import (
    ImportedValue,
    ImportOutcome,
    ImportRow,
    ImportRowView,
    ImportView,
)
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import CompanyTime, EnteredMeasurement, SlotKey
from lodestar.domain.people import Person
from lodestar.domain.refusals import Conflict, Detail, InvalidContent, InvalidRequest, LodestarError, NotFound
from lodestar.domain.versions import CompanyDefinitions
from lodestar.wire.limits import shortened
from lodestar.wire.sentences import sentence

COLUMNS = Columns(("kpi", "user", "period_start", "value"), ("period_end", "notes"))
MAX_SHOWN_CHARACTERS = 60
"""How much of a text an answer repeats."""
MAX_ROWS_TOLD = 1_000
"""Rows that an answer tells of: more are more than anybody reads, and than an answer may be long."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ID = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Company:
    """What of the company the rows are checked against, read once for all of them; and who sends them."""

    definitions: Mapping[str, Definition]
    """By key, in their newest versions."""
    versions: CompanyDefinitions
    persons: Mapping[int | str, Person]
    assignments: Mapping[tuple[int, int | None], Assignment]
    """By definition and user, None for the company itself."""
    caller: Caller
    now: CompanyTime


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the file as far as it could be read: the value that it enters, or why it cannot."""

    source: CsvRow
    row: ImportRow | None
    result: NewValue | LodestarError


def import_values(text: str, context: ChangeContext, *, dry_run: bool) -> ImportView:
    """Enter the values of a CSV file, each under the rules of a single one; good rows stay when others fail.

    A dry run writes nothing, and answers what the import would. The number of statements does not depend on
    the number of rows.

    Raises:
        TooLarge: more bytes or rows than a file may have; nothing is written.
        InvalidRequest: not UTF-8, or not CSV; nothing is written.
        InvalidContent: the header lacks a column or has a strange one; nothing is written.
    """
    caller, work = context.caller, context.work
    sheet = read_sheet(text, COLUMNS)
    parsed = [(row, _parsed(row, has_decimal_comma=sheet.has_decimal_commas)) for row in sheet.rows]
    work.values.lock_entered()
    context.hold_calendar()
    company = _read_company([row for _, row in parsed if isinstance(row, ImportRow)], caller, work)
    lines = _lines(parsed, company)
    stored = work.values.stored_measurements([new.slot.key for new in _values(lines)])
    lines = [_checked(line, stored, company) for line in lines]
    changes = changes_by(_values(lines), stored, company.now, caller.company, work)
    run_ids: list[int] = []
    if not dry_run:
        run_ids = write_changes(changes, context)
        work.commit()
    return _view(lines, changes, run_ids, dry_run=dry_run)


def _parsed(row: CsvRow, *, has_decimal_comma: bool) -> ImportRow | LodestarError:
    """The row with numbers and dates for its texts, or what is wrong with the first faulty cell."""
    if not row.is_whole:
        return InvalidContent("This line has more or fewer cells than the header.")
    cells = row.cells
    try:
        fields: dict[str, object] = {
            "kpi": cells["kpi"],
            "user": cells["user"],
            "period_start": _day("period_start", cells["period_start"]),
            "value": _number(cells["value"], has_decimal_comma=has_decimal_comma),
            # A file without the column says nothing about notes; an empty cell of one that has it says: none.
            "notes": cells.get("notes"),
        }
        if cells.get("period_end"):
            fields["period_end"] = _day("period_end", cells["period_end"])
        return ImportRow.model_validate(fields)
    except LodestarError as refusal:
        return refusal
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_context=False)[0]
        return InvalidContent.of(str(first["loc"][0]), sentence(first))


def _day(column: str, cell: str) -> date:
    if _DAY.fullmatch(cell):
        with suppress(ValueError):
            return date.fromisoformat(cell)
    raise InvalidContent.of(column, f"{column} must be a date such as 2026-03-31.")


def _number(cell: str, *, has_decimal_comma: bool) -> Decimal:
    if can_be_two_numbers(cell, has_decimal_comma=has_decimal_comma):
        rule = f"value {_short(cell)} can be read in two ways: write it without points."
        raise InvalidContent.of("value", rule)
    number = number_in(cell, has_decimal_comma=has_decimal_comma)
    if number is None:
        example = "12.5 or 12,5" if has_decimal_comma else "12.5"
        raise InvalidContent.of("value", f"value must be a number such as {example}, without separators.")
    return number


def _read_company(rows: Sequence[ImportRow], caller: Caller, work: CalculationWork) -> _Company:
    # Only what readable rows name is looked up.
    keys = {row.kpi for row in rows}
    versions = all_definitions(work)
    definitions = {definition.key: definition for definition in versions.newest if definition.key in keys}
    persons = work.people.persons({_id_or_email(row.user) for row in rows if row.user})
    assignments = {
        (assignment.definition_id, assignment.user_id): assignment
        for assignment in work.assignments.of_users_and_company(
            [definition.id for definition in definitions.values()],
            {person.id for person in persons.values()},
        )
    }
    now = CompanyTime(caller.company.calendar, work.now)
    return _Company(definitions, versions, persons, assignments, caller, now)


def _id_or_email(cell: str) -> int | str:
    """How a cell names a user: by their id, or by their email address."""
    return int(cell) if _ID.fullmatch(cell) else cell.lower()


def _values(lines: Iterable[_Line]) -> list[NewValue]:
    return [line.result for line in lines if isinstance(line.result, NewValue)]


def _checked(line: _Line, stored: Mapping[SlotKey, StoredMeasurement], company: _Company) -> _Line:
    if isinstance(line.result, LodestarError):
        return line
    before, now = stored.get(line.result.slot.key), company.now
    new = in_its_version(line.result, before, company.versions, now.calendar.local_date(now.at))
    try:
        require_enterable(new, before, now)
    except LodestarError as refusal:
        return replace(line, result=refusal)
    return replace(line, result=new)


def _lines(parsed: Iterable[tuple[CsvRow, ImportRow | LodestarError]], company: _Company) -> list[_Line]:
    lines: list[_Line] = []
    first_lines: dict[SlotKey, int] = {}
    for source, row in parsed:
        if isinstance(row, LodestarError):
            lines.append(_Line(source, None, row))
            continue
        try:
            slot = _slot(row, company)
            # A line that is refused for its value takes the slot all the same: which of two was meant,
            # nobody can tell.
            first = first_lines.setdefault(slot.key, source.line)
            if first != source.line:
                raise Conflict(
                    f"Line {first} has a value for the same period: keep one of the two.",
                    code="duplicate_row",
                )
            lines.append(_Line(source, row, NewValue(slot, "value", row.value, row.notes)))
        except LodestarError as refusal:
            lines.append(_Line(source, row, refusal))
    return lines


def _slot(row: ImportRow, company: _Company) -> ManualSlot:
    definition = company.definitions.get(row.kpi)
    if definition is None:
        raise _not_found("kpi", "There is no KPI with this key.")
    # Before anything about the person: a calculated KPI takes values of nobody.
    rights = manual_version(definition, company.versions)
    user_id = _user_to_enter_for(row, rights, company) if row.user else None
    if user_id is None:
        _require_company_value(definition, company.caller)
    cadence, calendar = definition.aggregation_period, company.now.calendar
    if row.period_end is None:
        period = calendar.containing(cadence, row.period_start)
    else:
        period = calendar.period_of(cadence, row.period_start, row.period_end)
    assignment = company.assignments.get((definition.id, user_id))
    if assignment is not None and assignment.covers(period):
        return ManualSlot(assignment, definition, period)
    who = "This user" if row.user else "The company"
    raise InvalidRequest(
        f'{who} does not have the KPI "{definition.key}" in {period}: assign it first.', code="not_assigned"
    )


def _user_to_enter_for(row: ImportRow, definition: Definition, company: _Company) -> int:
    person = company.persons.get(_id_or_email(row.user))
    if person is None:
        raise _not_found("user", "There is no such user.")
    require_enterer(require_visible(person, company.caller), definition, company.caller)
    return person.id


def _require_company_value(definition: Definition, caller: Caller) -> None:
    """The same that a single value of the company needs, with the same refusals."""
    require_unlocked(definition, caller.actor)
    require_company_enterer(definition, caller)


def _not_found(column: str, message: str) -> NotFound:
    return NotFound(message, [Detail(column, message)])


def _view(
    lines: Sequence[_Line], changes: Iterable[ValueChange], run_ids: list[int], *, dry_run: bool
) -> ImportView:
    of_slot = {change.slot.key: change for change in changes}
    rows = [_row(line, of_slot) for line in lines]
    counts = Counter(row.outcome for row in rows)
    return ImportView(
        dry_run=dry_run,
        created=counts[ImportOutcome.CREATED],
        corrected=counts[ImportOutcome.CORRECTED],
        unchanged=counts[ImportOutcome.UNCHANGED],
        errors=counts[ImportOutcome.ERROR],
        run_ids=run_ids,
        rows=_told(rows),
    )


def _told(rows: Sequence[ImportRowView]) -> list[ImportRowView]:
    """The rows of which an answer tells, in the order of the file: the refused ones go before all others."""
    by_need = sorted(rows, key=lambda row: row.outcome is not ImportOutcome.ERROR)
    return sorted(by_need[:MAX_ROWS_TOLD], key=lambda row: row.line)


def _row(line: _Line, changes: Mapping[SlotKey, ValueChange]) -> ImportRowView:
    if isinstance(line.result, LodestarError):
        return _refused_row(line, line.result)
    slot = line.result.slot
    change = changes[slot.key]
    return ImportRowView(
        line=line.source.line,
        outcome=_outcome(change),
        kpi=slot.definition.key,
        user=_short(line.source.cells["user"]),
        period_start=slot.period.start,
        period_end=slot.period.end,
        before=None if change.before is None else _stored_value(change.before, slot.definition),
        after=_entered_value(change.after, slot.definition),
    )


def _refused_row(line: _Line, refusal: LodestarError) -> ImportRowView:
    cells, row = line.source.cells, line.row
    return ImportRowView(
        line=line.source.line,
        outcome=ImportOutcome.ERROR,
        kpi=_short(cells.get("kpi", "")),
        user=_short(cells.get("user", "")),
        period_start=None if row is None else row.period_start,
        period_end=None if row is None else row.period_end,
        field=next((detail.field for detail in refusal.details), None),
        code=refusal.code,
        error=refusal.message,
    )


def _outcome(change: ValueChange) -> ImportOutcome:
    if change.before is None:
        return ImportOutcome.CREATED
    return ImportOutcome.UNCHANGED if change.changes_nothing else ImportOutcome.CORRECTED


def _stored_value(stored: StoredMeasurement, definition: Definition) -> ImportedValue:
    return ImportedValue(
        value=stored.value,
        target_value=target_to_view(stored.kept.standard.target, definition.target_type),
        achievement_percentage=stored.achievement,
        status=stored.status,
        notes=_short(stored.notes),
    )


def _entered_value(entered: EnteredMeasurement, definition: Definition) -> ImportedValue:
    measurement = entered.measurement
    return ImportedValue(
        value=measurement.value,
        target_value=target_to_view(measurement.target, definition.target_type),
        achievement_percentage=measurement.achievement,
        status=measurement.status,
        notes=_short(entered.notes),
    )


def _short(text: str) -> str:
    return shortened(text, MAX_SHOWN_CHARACTERS)
