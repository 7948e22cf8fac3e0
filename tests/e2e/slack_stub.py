"""A small Slack on loopback: the end of an incoming webhook."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.running_stack import RunningStack


@dataclass
class SlackStub:
    """What was posted to the webhook: each answered status, and the messages that were taken."""

    statuses: list[int]
    answered: list[int] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    webhook_url: str = ""


def keep_webhook(stack: RunningStack, company_id: int, webhook_url: str) -> None:
    """Let a company's messages go to a webhook; without one they would come again and again."""
    secret = json.dumps({"webhook_url": webhook_url})
    stack.aws.secrets.create_secret(Name=f"lodestar/local/{company_id}/slack", SecretString=secret)


@contextmanager
def slack_stub(statuses: Sequence[int] = ()) -> Iterator[SlackStub]:
    """Answer posts with these statuses in turn, then always with 200."""
    stub = SlackStub(list(statuses))

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status = stub.statuses.pop(0) if stub.statuses else 200
            stub.answered.append(status)
            if status == 200:
                stub.taken.append(message)
            self.send_response(status)
            if status == 429:
                self.send_header("retry-after", "1")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — as in the base class
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stub.webhook_url = f"http://127.0.0.1:{server.server_port}/services/T/B/secret"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
