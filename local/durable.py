"""What the local AWS holds, written down as it changes: a stack that was killed finds it again.

moto keeps everything in memory. Its own methods that change a queue, a secret or a topic are wrapped here
while a stack runs: before such a call is answered, what it changed is in the data folder.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from threading import Lock, local
from typing import Any

from moto.secretsmanager.models import SecretsManagerBackend
from moto.sns.models import SNSBackend
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

from local.aws import ACCOUNT, REGION

_FILE = "queues.sqlite"
_SCHEMA = """create table if not exists messages (
  id text primary key, queue text not null, body text not null, state text not null)"""
_CHANGES_OF_SECRETS = ("create_secret", "put_secret_value", "update_secret", "delete_secret")
_CHANGES_OF_TOPICS = (
    "create_topic",
    "delete_topic",
    "subscribe",
    "unsubscribe",
    "set_subscription_attributes",
)
# What a message is made of, beside its id and body; who receives it, and how often, begins anew.
_STATE = (
    "message_attributes",
    "system_attributes",
    "deduplication_id",
    "group_id",
    "sequence_number",
    "sent_timestamp",
    "delayed_until",
)

type Method = Callable[..., Any]


class QueueJournal:
    """The messages of every queue as rows of one file, which outlives a kill and not a power cut."""

    def __init__(self, data: Path) -> None:
        self._lock = Lock()
        self._rows = sqlite3.connect(data / _FILE, check_same_thread=False, isolation_level=None)
        self._rows.execute("pragma journal_mode = wal")
        self._rows.execute("pragma synchronous = off")
        self._rows.execute(_SCHEMA)

    def add(self, messages: Iterable[tuple[Queue, Message]]) -> None:
        """Note that these queues hold these messages, and no other queue does."""
        rows = [
            (message.id, queue.name, message.body, json.dumps(_state_of(message), default=str))
            for queue, message in messages
            if message in queue._messages  # else somebody was quick, and it is done with
        ]
        with self._lock:
            self._rows.executemany("insert or replace into messages values (?, ?, ?, ?)", rows)

    def remove(self, message_ids: set[str]) -> None:
        """Note that messages are gone."""
        with self._lock:
            self._rows.executemany("delete from messages where id = ?", [(id_,) for id_ in message_ids])

    def purge(self, queue: str) -> None:
        """Note that a queue holds nothing."""
        with self._lock:
            self._rows.execute("delete from messages where queue = ?", (queue,))

    def restore(self) -> None:
        """Put the messages into their queues again; those of a queue that there is no more are dropped."""
        queues = sqs_backends[ACCOUNT][REGION].queues
        for id_, name, body, state in self._rows.execute("select * from messages order by rowid").fetchall():
            if name in queues:
                message = Message(id_, body)
                vars(message).update(json.loads(state))
                queues[name].add_message(message)
            else:
                self.remove({id_})

    def close(self) -> None:
        """Let go of the file."""
        self._rows.close()


def _state_of(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in _STATE}


@contextmanager
def durable(data: Path, save: Callable[[], None]) -> Iterator[None]:
    """Restore the queues of a data folder, and write down until the block ends what changes.

    `save` writes all secrets and topics down; it is called whenever one changes.
    """
    journal, saving = QueueJournal(data), Lock()

    def saved(change: Method) -> Method:
        @wraps(change)
        def wrapped(backend: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 — whatever moto takes
            before = set(getattr(backend, "topics", ()))
            result = change(backend, *arguments, **named)
            # A topic is "made" before each message to it, and most often there already.
            if change.__name__ != "create_topic" or before != set(backend.topics):
                with saving:
                    save()
            return result

        return wrapped

    with ExitStack() as exits:
        exits.callback(journal.close)
        save()
        journal.restore()
        batch = _Batch()
        exits.enter_context(_wrapped(Queue, "add_message", _journalled_add(journal, batch)))
        exits.enter_context(_wrapped(SQSBackend, "send_message_batch", _journalled_batch(journal, batch)))
        exits.enter_context(_wrapped(Queue, "delete_message", _journalled_delete(journal)))
        exits.enter_context(_wrapped(SQSBackend, "purge_queue", _journalled_purge(journal)))
        for name in _CHANGES_OF_SECRETS:
            exits.enter_context(_wrapped(SecretsManagerBackend, name, saved))
        for name in _CHANGES_OF_TOPICS:
            exits.enter_context(_wrapped(SNSBackend, name, saved))
        yield


class _Batch(local):
    """The messages of the batch that a thread is sending; None where it sends a single one."""

    messages: list[tuple[Queue, Message]] | None = None


def _journalled_add(journal: QueueJournal, batch: _Batch) -> Callable[[Method], Method]:
    def wrap(add: Method) -> Method:
        def wrapped(queue: Queue, message: Message) -> None:
            add(queue, message)
            if batch.messages is None:
                journal.add([(queue, message)])
            else:
                batch.messages.append((queue, message))

        return wrapped

    return wrap


def _journalled_batch(journal: QueueJournal, batch: _Batch) -> Callable[[Method], Method]:
    """Write a batch down as a whole: between two of its messages a file would let a receiver in."""

    def wrap(send: Method) -> Method:
        def wrapped(backend: SQSBackend, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 — as moto's
            batch.messages = []
            try:
                return send(backend, *arguments, **named)
            finally:
                sent, batch.messages = batch.messages, None
                journal.add(sent)

        return wrapped

    return wrap


def _journalled_delete(journal: QueueJournal) -> Callable[[Method], Method]:
    def wrap(delete: Method) -> Method:
        def wrapped(queue: Queue, receipt_handle: str) -> None:
            with queue._messages_lock:  # moto loses what is added while it deletes
                before = {message.id for message in queue._messages}
                delete(queue, receipt_handle)
                journal.remove(before - {message.id for message in queue._messages})

        return wrapped

    return wrap


def _journalled_purge(journal: QueueJournal) -> Callable[[Method], Method]:
    def wrap(purge: Method) -> Method:
        def wrapped(backend: SQSBackend, queue_name: str) -> None:
            purge(backend, queue_name)
            journal.purge(queue_name)

        return wrapped

    return wrap


@contextmanager
def _wrapped(owner: type, name: str, wrap: Callable[[Method], Method]) -> Iterator[None]:
    plain = getattr(owner, name)
    setattr(owner, name, wrap(plain))
    try:
        yield
    finally:
        setattr(owner, name, plain)
