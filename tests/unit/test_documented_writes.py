"""The numbers of docs/rules/writes.md are those of the code."""

from lodestar.application.assignments.bulk_targets import MAX_PEOPLE_PER_CALL
from lodestar.application.calculation.planning import USERS_PER_BATCH
from lodestar.application.calculation.running import MAX_BACKFILL
from lodestar.application.operations.ports import Retention
from lodestar.application.values import records, rows
from lodestar.application.workflows import importing
from lodestar.runtime.errors import STATUS
from lodestar.runtime.idempotency import MAX_KEY_LENGTH
from lodestar.runtime.responses import RETRY_AFTER_SECONDS
from lodestar.wire import limits as size
from lodestar.wire.paging import PageQuery
from tests.unit.documents import RULES, limits, table


def test_the_limits_of_a_call_are_the_documented_ones() -> None:
    (largest_page,) = [
        bound.le for bound in PageQuery.model_fields["limit"].metadata if getattr(bound, "le", None)
    ]
    assert limits("writes.md") == {
        "rows of a page": largest_page,
        "records, or rows of a pack's table, in a call": rows.MAX_ROWS_PER_CALL,
        "people in a bulk call (assignments, targets)": MAX_PEOPLE_PER_CALL,
        "rows of a CSV file": size.MAX_CSV_ROWS,
        "rows that the answer to an import of values tells of": importing.MAX_ROWS_TOLD,
        "bytes of a record's attributes": records.MAX_ATTRIBUTES_BYTES,
        "users in a batch of a calculation": USERS_PER_BATCH,
        "days of a run": MAX_BACKFILL.days,
    }


def test_the_sizes_of_a_request_are_the_documented_ones() -> None:
    sizes = {
        row["at most"]: int(row["in a request"]) for row in table("writes.md", "at most", "in a request")
    }
    assert sizes == {
        "characters of a path": size.MAX_PATH_CHARACTERS,
        "characters of a query string": size.MAX_QUERY_CHARACTERS,
        "query parameters": size.MAX_QUERY_PARAMETERS,
        "characters of a header": size.MAX_HEADER_CHARACTERS,
        "megabytes of a body, JSON or CSV": size.MAX_BODY_BYTES // 1024**2,
        "values in a JSON body: fields of its objects and elements of its lists": size.MAX_BODY_VALUES,
        "values in a JSON body whose rows are judged one by one": size.MAX_BODY_VALUES_OF_ROWS,
        "objects and lists in one another": size.MAX_BODY_NESTING,
        "characters of a field's name": size.MAX_NAME_CHARACTERS,
        "digits of a number, as it is written and written out": size.MAX_NUMBER_DIGITS,
        "characters of a CSV file's header": size.MAX_CSV_HEADER_CHARACTERS,
        "columns of a CSV file": size.MAX_CSV_COLUMNS,
        "lines of a CSV file, with empty ones": size.MAX_CSV_LINES,
        "characters of a CSV file's cell": size.MAX_CSV_CELL_CHARACTERS,
    }


def test_the_length_of_a_refusal_is_the_documented_one() -> None:
    page = (RULES / "writes.md").read_text(encoding="utf-8")
    assert f"the first {size.MAX_DETAILS} faulty fields" in page
    assert f"in at most {size.MAX_DETAIL_CHARACTERS} characters" in page


def test_the_numbers_of_the_writes_page_are_those_of_the_code() -> None:
    page = (RULES / "writes.md").read_text(encoding="utf-8")
    assert f"for {Retention().answer_days} days" in page
    assert f"1 to {MAX_KEY_LENGTH} printable ASCII" in page
    assert page.count(f"`Retry-After: {RETRY_AFTER_SECONDS}`") == 2
    assert f"{PageQuery().limit} unless set" in page


def test_every_status_of_a_refusal_is_documented() -> None:
    documented = {int(row["status"]) for row in table("writes.md", "status", "when")}
    assert documented == {int(status) for status in STATUS.values()} | {500}
