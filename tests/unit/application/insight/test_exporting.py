"""Tables become files: small ones in the answer, large ones at an address, and the audit log knows of each."""

from base64 import b64encode
from datetime import date

import pytest

from lodestar.application.insight.exporting import TableExporter, export_and_commit
from lodestar.application.insight.tables import Column, FileFormat, Table
from lodestar.application.work import AuditedChange, AuditObject
from lodestar.domain.refusals import Unavailable
from tests.fakes.insight import FakeFiles, write_lines
from tests.fakes.people import ACME
from tests.fakes.work import FakeWork

TABLE = Table(
    name="kpis",
    title="KPIs",
    company=ACME,
    on=date(2026, 3, 4),
    filters={"category": "sales"},
    columns=[Column("Name", 10)],
    rows=[["Revenue"], ["Deals"]],
)
CONTENT = b"csv\nRevenue\nDeals"
IN_BASE64 = len(b64encode(CONTENT))


def exporter(files: FakeFiles, max_answer_bytes: int = 1_000) -> TableExporter:
    return TableExporter(write_lines, files, max_answer_bytes)


def test_a_small_file_is_in_the_answer_and_nowhere_else() -> None:
    files = FakeFiles()
    file = export_and_commit(TABLE, FileFormat.CSV, exporter(files), FakeWork())
    assert (file.content, file.url, files.stored) == (CONTENT, None, [])


@pytest.mark.parametrize("file_format", FileFormat)
def test_a_file_is_named_after_its_table_and_day(file_format: FileFormat) -> None:
    file = export_and_commit(TABLE, file_format, exporter(FakeFiles()), FakeWork())
    assert file.name == f"kpis-2026-03-04.{file_format}"
    assert file.disposition == f'attachment; filename="kpis-2026-03-04.{file_format}"'
    assert file.file_format is file_format


@pytest.mark.parametrize(("limit", "is_stored"), [(IN_BASE64, False), (IN_BASE64 - 1, True)])
def test_a_file_is_large_by_what_the_gateway_is_sent_of_it(limit: int, is_stored: bool) -> None:
    files = FakeFiles()
    file = export_and_commit(TABLE, FileFormat.CSV, exporter(files, limit), FakeWork())
    assert (file.url is not None, len(files.stored or ())) == (is_stored, int(is_stored))


def test_a_large_file_is_stored_for_its_company_and_the_answer_has_its_address() -> None:
    files = FakeFiles()
    file = export_and_commit(TABLE, FileFormat.CSV, exporter(files, 0), FakeWork())
    assert file.url == "https://files.test/1/kpis-2026-03-04.csv"
    ((company_id, stored),) = files.stored or ()
    assert (company_id, stored.name, stored.content) == (ACME.id, file.name, CONTENT)


def test_an_export_is_in_the_audit_log_with_its_format_filters_and_rows() -> None:
    work = FakeWork()
    export_and_commit(TABLE, FileFormat.PDF, exporter(FakeFiles()), work)
    details = {"format": FileFormat.PDF, "filters": {"category": "sales"}, "rows": 2}
    company = AuditObject("company", ACME.id)
    assert work.audit.entries == [AuditedChange("kpis.exported", company, None, details)]
    assert work.commits == 1


def test_a_file_that_the_store_did_not_take_is_committed_nowhere() -> None:
    work = FakeWork()
    with pytest.raises(Unavailable, match="does not take this one now"):
        export_and_commit(TABLE, FileFormat.CSV, exporter(FakeFiles(None), 0), work)
    assert work.commits == 0
