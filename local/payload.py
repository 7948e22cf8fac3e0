"""Payload format 2.0: the event that an HTTP API sends, and the response it makes of a function's answer."""

import base64
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response

from local.aws import ACCOUNT

type Event = dict[str, Any]
_TEXT_TYPES = ("application/json", "application/javascript", "application/xml")


def http_event(request: Request, route_key: str, path_parameters: dict[str, str], body: bytes) -> Event:
    """The event of a request without an authorizer; keys that would be empty are absent, as in the cloud."""
    text, encoded = _body(body, request.headers)
    event: Event = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": request.scope["path"],
        "rawQueryString": request.url.query,
        "headers": _joined_headers(request.headers),
        "requestContext": _context(request, route_key),
        "isBase64Encoded": encoded,
    }
    optional = {
        "cookies": [part.strip() for part in request.headers.get("cookie", "").split(";") if part.strip()],
        "queryStringParameters": _joined_query(request.query_params),
        "pathParameters": path_parameters,
        "body": text,
    }
    return event | {name: value for name, value in optional.items() if value}


def http_response(answer: Any) -> Response:  # noqa: ANN401 — a handler answers any JSON
    """The response of a function's answer; one without `statusCode` is the body of a 200.

    Raises:
        ValueError: the answer's parts are not of the expected kind.
        TypeError: as ValueError.
    """
    if not isinstance(answer, dict) or "statusCode" not in answer:
        body = answer if isinstance(answer, str) else json.dumps(answer)
        return Response(body, media_type="application/json")
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body
    headers = {name.lower(): _header(value) for name, value in (answer.get("headers") or {}).items()}
    headers.setdefault("content-type", "text/plain;charset=UTF-8")
    response = Response(content, int(answer["statusCode"]), headers)
    for cookie in answer.get("cookies") or []:
        response.headers.append("set-cookie", cookie)
    return response


def _context(request: Request, route_key: str) -> Event:
    now = datetime.now(UTC)
    http = {
        "method": request.method,
        "path": request.scope["path"],
        "protocol": f"HTTP/{request.scope['http_version']}",
        "sourceIp": request.client.host if request.client else "",
        "userAgent": request.headers.get("user-agent", ""),
    }
    return {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": request.url.netloc,
        "domainPrefix": "local",
        "http": http,
        "requestId": uuid.uuid4().hex,
        "routeKey": route_key,
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now.timestamp() * 1000),
    }


def _body(body: bytes, headers: Headers) -> tuple[str, bool]:
    """The body as text, or base64 of it for every media type that is not text (forms are not)."""
    media = headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
    if media.startswith("text/") or media in _TEXT_TYPES or media.endswith(("+json", "+xml")):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), bool(body)


def _joined_headers(headers: Headers) -> dict[str, str]:
    names = (name for name in headers if name != "cookie")
    return {name: ",".join(headers.getlist(name)) for name in names}


def _joined_query(query: QueryParams) -> dict[str, str]:
    return {name: ",".join(query.getlist(name)) for name in query}


def _header(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
