"""What goes back to API Gateway, in payload format 2.0."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from lodestar.application.exact_json import to_json
from lodestar.application.json_view import Json
from lodestar.domain.errors import LodestarError
from lodestar.runtime.errors import status_of

JSON = "application/json; charset=utf-8"
RETRY_AFTER_SECONDS = "5"

type Answer = dict[str, Any]
"""`statusCode`, `headers` and `body` as API Gateway wants them."""


def answer(status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer of JSON text."""
    return {"statusCode": int(status), "headers": {"content-type": JSON, **(headers or {})}, "body": text}


def refusal(error: LodestarError, request_id: str) -> Answer:
    """The one error shape of the API (spec 2.1)."""
    status = status_of(error)
    body: dict[str, Any] = {"error": error.message, "code": error.code, "request_id": request_id}
    if error.details:
        body["details"] = [{"field": each.field, "message": each.message} for each in error.details]
    is_away = status == HTTPStatus.SERVICE_UNAVAILABLE
    return answer(status, to_json(body), {"retry-after": RETRY_AFTER_SECONDS} if is_away else None)


def fault(request_id: str) -> Answer:
    """An error of ours: logged under the request id, and nothing of it told."""
    sentence = "Something went wrong on our side; it is logged under this request id."
    body = {"error": sentence, "code": "internal_error", "request_id": request_id}
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, to_json(body))


def with_etag(found: Answer, if_none_match: str | None) -> Answer:
    """A read with its ETag; 304 without a body when the client has the same one (spec 2.1)."""
    tag = f'"{hashlib.sha256(found["body"].encode()).hexdigest()[:32]}"'
    if if_none_match is not None and tag in {
        each.strip().removeprefix("W/") for each in if_none_match.split(",")
    }:
        return {"statusCode": int(HTTPStatus.NOT_MODIFIED), "headers": {"etag": tag}, "body": ""}
    found["headers"]["etag"] = tag
    return found


@dataclass(frozen=True, slots=True)
class Created[View]:
    """A view that may be new: 201 when it was made now, 200 when it was there before."""

    view: Json[View]
    created: bool
