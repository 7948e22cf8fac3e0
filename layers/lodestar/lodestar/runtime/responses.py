"""What goes back to API Gateway, in payload format 2.0."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from lodestar.domain.refusals import LodestarError, Unavailable
from lodestar.runtime.errors import DetailBody, ErrorBody, status_of
from lodestar.wire.error_details import error_details
from lodestar.wire.exact_json import to_json
from lodestar.wire.json_view import Json
from lodestar.wire.limits import MAX_SENTENCE_CHARACTERS, shortened
from lodestar.wire.preconditions import etag_of
from lodestar.wire.refusals import MethodNotAllowed, StillInProgress

JSON = "application/json; charset=utf-8"
RETRY_AFTER_SECONDS = "5"
WORTH_WAITING_FOR = (Unavailable, StillInProgress)
"""Refusals of the moment: the same request may succeed after RETRY_AFTER_SECONDS."""

type HttpResponse = dict[str, Any]
"""`statusCode`, `headers` and `body` as API Gateway wants them."""


def answer(status: int, text: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer of JSON text."""
    return {"statusCode": int(status), "headers": {"content-type": JSON, **(headers or {})}, "body": text}


def is_success(found: HttpResponse) -> bool:
    """Whether an answer says that all went well."""
    return HTTPStatus(found["statusCode"]).is_success


def refusal(error: LodestarError, request_id: str) -> HttpResponse:
    """The answer to a request that is refused."""
    headers = {}
    if isinstance(error, WORTH_WAITING_FOR):
        headers["retry-after"] = RETRY_AFTER_SECONDS
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = ", ".join(error.allowed)
    details = [DetailBody(field=detail.field, message=detail.message) for detail in error_details(error)]
    sentence = shortened(error.message, MAX_SENTENCE_CHARACTERS)
    body = ErrorBody(error=sentence, code=error.code, request_id=request_id, details=details or None)
    return answer(status_of(error), to_json(body.model_dump(exclude_none=True)), headers)


def fault(request_id: str) -> HttpResponse:
    """An error of ours: logged under the request id, and nothing of it told."""
    sentence = "Something went wrong on our side; it is logged under this request id."
    body = ErrorBody(error=sentence, code="internal_error", request_id=request_id)
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, to_json(body.model_dump(exclude_none=True)))


def with_etag(method: str, found: HttpResponse, if_none_match: str | None) -> HttpResponse:
    """The answer with the ETag of what it shows: anything read, changed or made.

    A read whose reader has it already is 304 without a body (RFC 9110, 13.1.2).
    """
    shows_a_state = method in ("GET", "PUT") or found["statusCode"] == HTTPStatus.CREATED
    if not (is_success(found) and shows_a_state):
        return found
    tag = found["headers"].get("etag") or etag_of(found["body"])
    if method == "GET" and if_none_match is not None and _has(if_none_match, tag):
        return {"statusCode": int(HTTPStatus.NOT_MODIFIED), "headers": {"etag": tag}, "body": ""}
    found["headers"]["etag"] = tag
    return found


def _has(if_none_match: str, tag: str) -> bool:
    """Whether a list of tags holds this one; a weak one is good enough for a read, and `*` is any."""
    tags = [tag.strip() for tag in if_none_match.split(",")]
    return tags == ["*"] or tag in {sent.removeprefix("W/") for sent in tags}


@dataclass(frozen=True, slots=True)
class Created[View]:
    """A view that may be new: 201 when it was made now, 200 when it was there before."""

    view: Json[View]
    created: bool
