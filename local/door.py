"""Who may come in where this runner serves more than the API: programs of this start, no page of a browser.

What listens on loopback is reached by every program of the machine, and by every web page that a browser
there shows: with a name of its own that resolves to 127.0.0.1, a page even reads the answers.
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

OF_THIS_MACHINE = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.ASCII)
TOKEN_HEADER = "X-Lodestar-Runner-Token"  # noqa: S105 — the header's name
_TOKEN_OF_AWS = "x-amz-security-token"  # noqa: S105 — as clients of AWS send it


def new_token() -> str:
    """What only this start and the programs that it tells can know."""
    return secrets.token_urlsafe(32)


def reason_to_refuse(headers: Mapping[str, str], sent: str, token: str) -> str | None:
    """Why a request does not come in; None lets it. `sent` is the token that it brings, `token` ours."""
    if "origin" in headers:
        return "This endpoint is not for web pages: a request with an Origin is refused."
    if not OF_THIS_MACHINE.fullmatch(headers.get("host", "")):
        return "This endpoint is for this machine: name it localhost or 127.0.0.1 as the Host."
    if not secrets.compare_digest(sent.encode(), token.encode()):
        return "This endpoint wants the token of this start, which <data>/server.json has."
    return None


def guarded(app: "WSGIApplication", token: str) -> "WSGIApplication":
    """AWS's services of this start, for those who hold its token: in a header, or in a link that was made."""

    def guard(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        headers = {name.lower(): value for name, value in request.headers.items()}
        in_link = {name.lower(): value for name, value in parse_qsl(request.query_string.decode("latin-1"))}
        sent = headers.get(_TOKEN_OF_AWS) or in_link.get(_TOKEN_OF_AWS, "")
        reason = reason_to_refuse(headers, sent, token)
        return (app if reason is None else Response(reason, 403))(environ, start_response)

    return guard
