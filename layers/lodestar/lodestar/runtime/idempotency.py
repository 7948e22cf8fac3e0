"""A write with an Idempotency-Key happens once, however often it is sent.

The key's row, the write's effect and its answer are one transaction: a crash leaves none of them.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Protocol

from lodestar.application.operations.ports import OperationsStore, StoredAnswer
from lodestar.domain.refusals import InvalidContent, InvalidRequest
from lodestar.runtime.dependencies import Event
from lodestar.runtime.responses import HttpResponse, answer, is_success
from lodestar.wire.error_details import RequestDetail
from lodestar.wire.refusals import StillInProgress

HEADER = "idempotency-key"
REPLAYED = "idempotent-replayed"
"""The header that tells a stored answer from a first one."""
MAX_KEY_LENGTH = 255
_KEY = re.compile(rf"[\x20-\x7e]{{1,{MAX_KEY_LENGTH}}}")


class DeferrableWork(Protocol):
    """A unit of work whose commit waits for a last statement."""

    @property
    def operations(self) -> OperationsStore:
        """Where answers are kept."""

    def defer_commit(self) -> None:
        """Put every commit off until `commit_deferred`."""

    def commit_deferred(self, statement: Callable[[], object]) -> None:
        """Run a last statement and commit."""


def answered_once(event: Event, work: DeferrableWork, respond: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer of a POST: under a key that was used before, the one of then, byte for byte.

    Only a success is stored: what was refused changed nothing, and may be sent again with the same key.

    Raises:
        InvalidRequest: the key is not 1 to MAX_KEY_LENGTH printable ASCII characters.
        StillInProgress: the same key is being worked on.
        InvalidContent: the key belongs to another request.
        Contended: another request used the key in the meantime.
    """
    key = event.get("headers", {}).get(HEADER)
    if key is None:
        return respond()
    if not _KEY.fullmatch(key):
        raise InvalidRequest(f"Idempotency-Key must be 1 to {MAX_KEY_LENGTH} printable ASCII characters.")
    answers, request_hash = work.operations, hash_of(event)
    if not answers.claim_key(key):
        raise StillInProgress(
            "A request with this Idempotency-Key is being worked on: send it again in a moment."
        )
    stored = answers.stored_answer(key)
    if stored is not None:
        return _again(stored, request_hash)
    work.defer_commit()
    found = respond()
    if is_success(found):
        new = StoredAnswer(request_hash, found["statusCode"], found["body"], found["headers"].get("etag"))
        work.commit_deferred(lambda: answers.store_answer(key, new))
    return found


def hash_of(event: Event) -> str:
    """What makes two requests the same one: method, path, query and the bytes of the body."""
    http = event["requestContext"]["http"]
    body = event.get("body") or ""
    content = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    digest = hashlib.sha256()
    for part in (http["method"], event["rawPath"], event.get("rawQueryString", "")):
        digest.update(part.encode() + b"\n")  # a path with a line end never succeeds
    digest.update(content)
    return digest.hexdigest()


def _again(stored: StoredAnswer, request_hash: str) -> HttpResponse:
    if stored.request_hash != request_hash:
        rule = "This Idempotency-Key belongs to another request: choose a new key for a new request."
        raise InvalidContent(
            rule, [RequestDetail("header.Idempotency-Key", rule)], code="idempotency_key_reused"
        )
    tag = {} if stored.etag is None else {"etag": stored.etag}
    return answer(stored.status, stored.body, {REPLAYED: "true"} | tag)
