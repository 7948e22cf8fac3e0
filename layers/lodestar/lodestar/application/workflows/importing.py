"""Taking in entered values from a CSV file, row by row: what would change, then the change."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic import ValidationError

from lodestar.application.access import require_unlocked, require_visible
from lodestar.application.assignments.targets import target_to_view
from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.caller import Caller
from lodestar.application.values.csv_files import Columns, CsvRow, can_be_two_numbers, number_in, read_sheet
from lodestar.application.values.entering import (
    Entry,
    Place,
    Prepared,
    check_entry,
    manual_source,
    prepare_entries,
    refuse_other_hands,
    refuse_reader,
)
from lodestar.application.values.ports import StoredMeasurement
from lodestar.application.workflows.entering import keep_entries
from lodestar.application.workflows.shapes import (
    ImportedValue,
    ImportOutcome,
    ImportRow,
    ImportRowView,
    ImportView,
)
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import CompanyTime
from lodestar.domain.people import Person
from lodestar.domain.refusals import Conflict, Detail, InvalidContent, InvalidRequest, LodestarError, NotFound
from lodestar.wire.sentences import sentence

COLUMNS = Columns(("kpi", "user", "period_start", "value"), ("period_end", "notes"))
MAX_SHOWN_CHARACTERS = 60
"""Characters of a text that an answer repeats: 5,000 rows have to fit into one."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ID = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the rows are judged by, read once for all of them.

    Assignments are by definition and user, None for the company itself; the newest comes last.
    """

    definitions: Mapping[str, Definition]
    persons: Mapping[int | str, Person]
    assignments: Mapping[tuple[int, int | None], list[Assignment]]
    caller: Caller
    view: CompanyTime


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the file as far as it could be read, and what came of it."""

    source: CsvRow
    row: ImportRow | None
    found: tuple[Entry, Place] | LodestarError


def import_values(text: str, caller: Caller, work: CalculationWork, *, dry_run: bool) -> ImportView:
    """Enter the values of a CSV file, each under the rules of a single one; good rows stay when others fail.

    A dry run writes nothing, and answers what the import would. The number of statements does not depend on
    the number of rows.

    Raises:
        TooLarge, InvalidRequest, InvalidContent: as `read_sheet`; nothing is written.
    """
    sheet = read_sheet(text, COLUMNS)
    checked = [(each, _checked(each, has_decimal_comma=sheet.has_decimal_commas)) for each in sheet.rows]
    facts = _facts([row for _, row in checked if isinstance(row, ImportRow)], caller, work)
    lines = _judged(checked, facts)
    good = [each.found for each in lines if not isinstance(each.found, LodestarError)]
    prepared = prepare_entries(good, facts.view, work)
    if not dry_run:
        keep_entries(prepared, work)
        work.commit()
    return _view(lines, prepared, dry_run=dry_run)


def _checked(row: CsvRow, *, has_decimal_comma: bool) -> ImportRow | LodestarError:
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
            "notes": cells.get("notes", ""),
        }
        if cells.get("period_end"):
            fields["period_end"] = _day("period_end", cells["period_end"])
        return ImportRow.model_validate(fields)
    except LodestarError as error:
        return error
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
        raise InvalidContent.of("value", f"value {cell} can be read in two ways: write it without points.")
    number = number_in(cell, has_decimal_comma=has_decimal_comma)
    if number is None:
        example = "12.5 or 12,5" if has_decimal_comma else "12.5"
        raise InvalidContent.of("value", f"value must be a number such as {example}, without separators.")
    return number


def _facts(rows: Iterable[ImportRow], caller: Caller, work: CalculationWork) -> _Facts:
    rows = list(rows)
    wanted = {each.kpi for each in rows}
    definitions = {each.key: each for each in work.definitions.all() if each.key in wanted}
    names = {_name(each.user) for each in rows if each.user}
    persons = work.people.persons(names)
    assignments: dict[tuple[int, int | None], list[Assignment]] = {}
    given = work.assignments.given(
        [each.id for each in definitions.values()], {each.id for each in persons.values()}
    )
    for assignment in given:
        if assignment.is_active:
            assignments.setdefault((assignment.definition_id, assignment.user_id), []).append(assignment)
    return _Facts(definitions, persons, assignments, caller, CompanyTime(caller.company.calendar, work.now))


def _name(cell: str) -> int | str:
    """A user's id, or their email address."""
    return int(cell) if _ID.fullmatch(cell) else cell.lower()


def _judged(checked: Iterable[tuple[CsvRow, ImportRow | LodestarError]], facts: _Facts) -> list[_Line]:
    lines: list[_Line] = []
    seen: dict[tuple[int, date], int] = {}
    for source, row in checked:
        if isinstance(row, LodestarError):
            lines.append(_Line(source, None, row))
            continue
        try:
            place = _place(row, facts)
            first = seen.setdefault(place.key, source.line)
            if first != source.line:
                raise Conflict(
                    f"Line {first} has a value for the same period: keep one of the two.",
                    code="duplicate_row",
                )
            entry = Entry("value", row.value, row.notes)
            check_entry(entry, place, facts.view)
            lines.append(_Line(source, row, (entry, place)))
        except LodestarError as error:
            lines.append(_Line(source, row, error))
    return lines


def _place(row: ImportRow, facts: _Facts) -> Place:
    definition = facts.definitions.get(row.kpi)
    if definition is None:
        raise _unknown("kpi", "There is no KPI with this key.")
    manual_source(definition)
    user_id = _writable_person(row, definition, facts) if row.user else None
    if user_id is None:
        _refuse_company(definition, facts.caller)
    cadence, calendar = definition.aggregation_period, facts.view.calendar
    if row.period_end is None:
        period = calendar.containing(cadence, row.period_start)
    else:
        period = calendar.period_of(cadence, row.period_start, row.period_end)
    for assignment in reversed(facts.assignments.get((definition.id, user_id), [])):
        if assignment.covers(period):
            return Place(assignment, definition, period)
    who = "This user" if row.user else "The company"
    raise InvalidRequest(
        f'{who} does not have the KPI "{definition.key}" in {period}: assign it first.', code="not_assigned"
    )


def _writable_person(row: ImportRow, definition: Definition, facts: _Facts) -> int:
    person = facts.persons.get(_name(row.user))
    if person is None:
        raise _unknown("user", "There is no such user.")
    refuse_other_hands(require_visible(person, facts.caller), definition, facts.caller)
    return person.id


def _refuse_company(definition: Definition, caller: Caller) -> None:
    """Hold a value of the company to what `enter_company_value` asks."""
    if not definition.is_active:
        raise _unknown("kpi", "There is no KPI with this key.")
    require_unlocked(definition, caller.actor)
    refuse_reader(definition, caller)


def _unknown(column: str, message: str) -> NotFound:
    return NotFound(message, [Detail(f"body.{column}", message)])


def _view(lines: Sequence[_Line], prepared: Iterable[Prepared], *, dry_run: bool) -> ImportView:
    of_place = {each.place.key: each for each in prepared}
    rows = [_row(each, of_place) for each in lines]
    counts = Counter(each.outcome for each in rows)
    return ImportView(
        dry_run=dry_run,
        created=counts[ImportOutcome.CREATED],
        corrected=counts[ImportOutcome.CORRECTED],
        unchanged=counts[ImportOutcome.UNCHANGED],
        errors=counts[ImportOutcome.ERROR],
        rows=rows,
    )


def _row(line: _Line, prepared: Mapping[tuple[int, date], Prepared]) -> ImportRowView:
    if isinstance(line.found, LodestarError):
        return _failed(line, line.found)
    _, place = line.found
    found = prepared[place.key]
    return ImportRowView(
        line=line.source.line,
        outcome=_outcome(found),
        kpi=place.definition.key,
        user=_short(line.source.cells["user"]),
        period_start=place.period.start,
        period_end=place.period.end,
        before=None if found.before is None else _stored(found.before, place.definition),
        after=_entered(found, place.definition),
    )


def _failed(line: _Line, error: LodestarError) -> ImportRowView:
    cells, row = line.source.cells, line.row
    return ImportRowView(
        line=line.source.line,
        outcome=ImportOutcome.ERROR,
        kpi=_short(cells.get("kpi", "")),
        user=_short(cells.get("user", "")),
        period_start=None if row is None else row.period_start,
        period_end=None if row is None else row.period_end,
        field=next((each.field.removeprefix("body.") for each in error.details), None),
        code=error.code,
        error=error.message,
    )


def _outcome(prepared: Prepared) -> ImportOutcome:
    if prepared.before is None:
        return ImportOutcome.CREATED
    return ImportOutcome.UNCHANGED if prepared.is_unchanged else ImportOutcome.CORRECTED


def _stored(entry: StoredMeasurement, definition: Definition) -> ImportedValue:
    return ImportedValue(
        value=entry.value,
        target_value=target_to_view(entry.target, definition.target_type),
        achievement_percentage=entry.achievement,
        status=entry.status,
        notes=_short(entry.notes),
    )


def _entered(prepared: Prepared, definition: Definition) -> ImportedValue:
    row = prepared.entered.measurement
    return ImportedValue(
        value=row.value,
        target_value=target_to_view(row.target, definition.target_type),
        achievement_percentage=row.achievement,
        status=row.status,
        notes=_short(prepared.entered.notes),
    )


def _short(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[: MAX_SHOWN_CHARACTERS - 1]}…"
