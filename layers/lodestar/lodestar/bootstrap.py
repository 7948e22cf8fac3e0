"""The one place that wires ports to adapters. Everything is made when first asked for, and imported then.

A function pays only for what it uses: one that reads never imports boto3, and only sources and
delivery import httpx.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from lodestar.application.alerts.ports import Chat, Topics
from lodestar.application.calculation.ports import Messages, Source, Sources
from lodestar.application.definitions.ports import QueryCheck
from lodestar.application.insight.exporting import TableExporter
from lodestar.application.insight.tables import FileFormat, Table
from lodestar.application.operations.ports import Migration, Queues, TaskQueue
from lodestar.application.people.ports import Directory
from lodestar.application.unit_of_work import OpenUnitOfWork, UnitOfWork
from lodestar.application.work import Work
from lodestar.domain.refusals import Contended, Interrupted, NotFound, Unavailable
from lodestar.settings import Settings, read_settings

if TYPE_CHECKING:
    from lodestar.persistence.kernel.connection import Address
    from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
    from lodestar.sources.database import Sandboxes


@cache
def settings() -> Settings:
    """What the environment says."""
    return read_settings()


def secret(name: str) -> Mapping[str, str]:
    """The JSON object of a secret, by name or ARN."""
    from lodestar.secret_store import read_secret

    return read_secret(name, settings())


def address(secret_name: str) -> "Address":
    """The database, with the login of a secret."""
    login = secret(secret_name)
    return _address(login["username"], login["password"])


def _address(user: str, password: str) -> "Address":
    from lodestar.persistence.kernel.connection import Address

    here = settings()
    return Address(here.database_host, here.database_port, here.database_name, user, password)


def ssl_context() -> object:
    """TLS for the database in the cloud; none on loopback."""
    if not settings().database_tls:
        return False
    import ssl

    return ssl.create_default_context()


def sandbox_password(company_id: int) -> str:
    """The password of a company's sandbox login: derived, so that there is one secret and not thousands."""
    key = _sandbox_key().encode()
    return hmac.new(key, f"sandbox:{company_id}".encode(), hashlib.sha256).hexdigest()


@cache
def _sandbox_key() -> str:
    return secret(settings().sandbox_secret)["password"]


@cache
def work_context() -> "WorkContext":
    """The engine and the clock that all units of work share."""
    from lodestar.packs.registry import find_view
    from lodestar.persistence.kernel.database import make_engine
    from lodestar.persistence.unit_of_work import WorkContext

    engine = make_engine(lambda: address(settings().database_secret), ssl_context=ssl_context())
    return WorkContext(engine, lambda: datetime.now(UTC), sandbox_password, find_view)


_TO_ANSWER = 2.0
"""Seconds that a function keeps of its time to tell that the database took the rest."""


@contextmanager
def time_limit(seconds: float, statement: float) -> "Iterator[None]":
    """Within the block the database is waited for until shortly before the function ends, `seconds` from now.

    One statement may take `statement` seconds at most.
    """
    from lodestar.persistence.kernel.time_limit import time_limit as limited

    with limited(seconds - _TO_ANSWER, statement):
        yield


@contextmanager
def request_work(request_id: str, *, is_read: bool) -> "Iterator[DatabaseWork]":
    """A unit of work that is not bound yet: its caller signs in first.

    Raises:
        Interrupted, Contended: the request may be tried again, for it is a read or has written nothing.
        Unavailable: the database is away or too slow; a write may have happened or not.
    """
    from lodestar.persistence.unit_of_work import DatabaseWork

    with _told_faults() as told, DatabaseWork(work_context(), request_id) as work:
        told.may_repeat = lambda: is_read or not work.may_be_committed
        yield work


@contextmanager
def _company_work(company_id: int) -> Iterator[UnitOfWork]:
    from lodestar.persistence.unit_of_work import DatabaseWork

    # Whatever comes from a queue or a clock may come twice: its work is done once all the same.
    with _told_faults(), DatabaseWork(work_context()) as work:
        yield work.bind(company_id)


@dataclass(slots=True)
class _ToldFaults:
    """How faults of the database are told within a block."""

    may_repeat: Callable[[], bool] = lambda: True


@contextmanager
def _told_faults() -> "Iterator[_ToldFaults]":
    """Faults of the database in words of the domain.

    Raises:
        Interrupted: the connection broke or could not be made, and the same may be done again.
        Contended: others changed the same thing.
        Unavailable: the connection broke after a commit had left, or a statement took too long.
    """
    told = _ToldFaults()
    try:
        yield told
    except Exception as error:
        refusal = _refusal_of(error, told)
        if refusal is None:
            raise
        raise refusal from error


def _refusal_of(error: Exception, told: _ToldFaults) -> Unavailable | None:
    from lodestar.persistence.kernel.database import is_connection_lost, is_out_of_time, is_worth_a_retry

    if is_connection_lost(error):
        kind = Interrupted if told.may_repeat() else Unavailable
        return kind("The database cannot be reached; try again shortly.")
    if is_out_of_time(error):
        return Unavailable("The database takes too long to answer; try again shortly.")
    if is_worth_a_retry(error):
        return Contended("Others change the same thing right now; try again shortly.")
    return None


def open_work() -> OpenUnitOfWork:
    """How workers and schedules open a unit of work for a company."""
    return _company_work


def company_ids() -> list[int]:
    """Every company, the platform's own included, in the order of their ids."""
    from lodestar.persistence.people.companies import all_company_ids

    with _told_faults():
        return all_company_ids(work_context().engine)


def migration() -> Migration:
    """What a deployment does to the database, as its owner."""
    from lodestar.packs.registry import migration_histories
    from lodestar.persistence.kernel.database import make_owner_engine
    from lodestar.persistence.migrate import DatabaseMigration

    engine = make_owner_engine(lambda: address(settings().owner_secret), ssl_context=ssl_context())
    return DatabaseMigration(
        engine,
        lambda: secret(settings().database_secret)["password"],
        sandbox_password,
        settings().superuser_email,
        directory(),
        migration_histories(),
    )


@cache
def messages() -> Messages:
    """The queues."""
    from lodestar.delivery.queues import SqsMessages

    return SqsMessages(settings())


def give_back(queue_arn: str, receipt_handle: str, receives: int) -> None:
    """Let a message that failed come back in some seconds: longer after each receive."""
    from lodestar.delivery.returned import give_back as returned

    returned(queue_arn, receipt_handle, receives)


@cache
def task_queue() -> TaskQueue:
    """The queue of companies' tasks."""
    from lodestar.delivery.queues import SqsTaskQueue

    return SqsTaskQueue(settings())


@cache
def queues() -> Queues:
    """How full the queues are."""
    from lodestar.delivery.queue_depth import SqsQueues

    return SqsQueues(settings())


@cache
def topics() -> Topics:
    """The alert topics."""
    from lodestar.delivery.topics import SnsTopics

    return SnsTopics(settings())


@cache
def table_exporter() -> TableExporter:
    """The writers of files, and the bucket for large ones."""
    from lodestar.delivery.files import S3Files

    return TableExporter(_written, S3Files(settings()), settings().largest_answer)


def _written(table: Table, file_format: FileFormat) -> bytes:
    match file_format:
        case FileFormat.CSV:
            from lodestar.exports.csv_writer import write_csv as write
        case FileFormat.XLSX:
            from lodestar.exports.xlsx_writer import write_xlsx as write
        case FileFormat.PDF:
            from lodestar.exports.pdf_writer import write_pdf as write
    return write(table)


@cache
def directory() -> Directory:
    """The user pool."""
    from lodestar.delivery.directory import CognitoDirectory

    return CognitoDirectory(settings())


@cache
def chat() -> Chat:
    """Slack, at the webhook of each company's secret."""
    from lodestar.delivery.slack import SlackChat

    return SlackChat(_slack_webhook)


def _slack_webhook(company_id: int) -> str:
    try:
        return secret(f"lodestar/{settings().stage}/{company_id}/slack")["webhook_url"]
    except NotFound as error:
        raise Unavailable("This company has no Slack webhook in its secret yet.") from error


def sources() -> Sources:
    """The sources by `data_source.type`: a new one is one file and one line here."""

    def of(work: Work) -> Mapping[str, Source]:
        from lodestar.persistence.kernel.bound import session_of
        from lodestar.sources.database import DatabaseValues
        from lodestar.sources.intercom import IntercomValues
        from lodestar.sources.records import RecordsValues

        return {
            "database": DatabaseValues(_sandboxes()),
            "records": RecordsValues(session_of(work)),
            "intercom": IntercomValues(),
        }

    return of


def query_check(company_id: int) -> QueryCheck:
    """The gate for a company's admin SQL."""
    from lodestar.sources.database import SandboxCheck

    return SandboxCheck(company_id, _sandboxes())


def _sandboxes() -> "Sandboxes":
    from lodestar.packs.registry import sandbox_tables
    from lodestar.sources.database import Sandboxes

    return Sandboxes(_sandbox_login, sandbox_tables())


def _sandbox_login(company_id: int) -> "Address":
    return _address(f"lodestar_company_{company_id}", sandbox_password(company_id))
