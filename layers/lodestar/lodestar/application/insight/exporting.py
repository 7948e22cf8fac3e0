"""Handing out tables as files: small ones in the answer, large ones at an address of their own."""

from base64 import b64encode
from dataclasses import dataclass

from lodestar.application.insight.ports import FileStore, InsightWork, WriteTable
from lodestar.application.insight.tables import Download, FileFormat, Table
from lodestar.application.work import AuditObject


@dataclass(frozen=True, slots=True)
class ExportServices:
    """What an export needs: a writer of files, a place for large ones, and how large an answer may be.

    `largest_answer` counts the bytes of a file as API Gateway is sent it, in base64.
    """

    write: WriteTable
    store: FileStore
    largest_answer: int


def handed_out[Format: FileFormat](
    table: Table, file_format: Format, desk: ExportServices, work: InsightWork
) -> Download[Format]:
    """The table as a file, and an entry of the audit log that says who was given what.

    The entry is there before the file can be had: a large file is stored first, but nobody has its address
    until the entry is committed.
    """
    content = desk.write(table, file_format)
    name = f"{table.name}-{table.on.isoformat()}.{file_format}"
    told = {"format": file_format, "filters": dict(table.filters), "rows": len(table.rows)}
    work.audit.record(f"{table.name}.exported", AuditObject("company", table.company.id), None, told)
    url = None
    if len(b64encode(content)) > desk.largest_answer:
        url = desk.store.keep(table.company.id, Download(name, file_format, content))
    work.commit()
    return Download(name, file_format, content, url)
