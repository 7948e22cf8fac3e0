"""Handing out tables as files: small ones in the answer, large ones at an address of their own."""

from base64 import b64encode
from dataclasses import dataclass

from lodestar.application.insight.ports import FileStore, InsightWork, WriteTable
from lodestar.application.insight.tables import Download, FileFormat, Table
from lodestar.application.work import AuditObject


@dataclass(frozen=True, slots=True)
class TableExporter:
    """How tables become files: a writer, a store for large files, and how large an answer may be.

    `max_answer_bytes` counts the bytes of a file as API Gateway is sent it, in base64.
    """

    write: WriteTable
    files: FileStore
    max_answer_bytes: int


def export_and_commit[Format: FileFormat](
    table: Table, file_format: Format, exporter: TableExporter, work: InsightWork
) -> Download[Format]:
    """The table as a file, and an entry of the audit log that says who was given what.

    Raises:
        Unavailable: the store does not take a large file now.
    """
    content = exporter.write(table, file_format)
    name = f"{table.name}-{table.on.isoformat()}.{file_format}"
    details = {"format": file_format, "filters": dict(table.filters), "rows": len(table.rows)}
    work.audit.record(f"{table.name}.exported", AuditObject("company", table.company.id), None, details)
    url = None
    # A large file is stored before the commit, and nobody has its address until then: so no file is had
    # without an entry, and no entry tells of a file that the store did not take.
    if len(b64encode(content)) > exporter.max_answer_bytes:
        url = exporter.files.store(table.company.id, Download(name, file_format, content))
    work.commit()
    return Download(name, file_format, content, url)
