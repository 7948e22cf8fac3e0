"""The handlers of a running stack, called in this process: the same code, database and secrets, no gateway."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from local.running_stack import RunningStack
from local.state import subject_of
from lodestar import bootstrap
from tests.architecture.house import module_of_operation
from tests.e2e.attempts import Request

REQUEST_ID = "the-same-for-all"
USUAL_SECONDS = 15


def lambda_context(seconds: float = USUAL_SECONDS) -> SimpleNamespace:
    """What is read of a Lambda context, of a function that has so many seconds left."""
    return SimpleNamespace(
        function_name="direct",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:direct",
        aws_request_id="direct",
        get_remaining_time_in_millis=lambda: int(seconds * 1000),
    )


@dataclass(frozen=True)
class Handlers:
    """Calls handlers as a person whom the authorizer let through."""

    stack: RunningStack
    claims: Mapping[str, Mapping[str, str]]

    def send(self, operation_id: str, request: Request, who: str) -> Mapping[str, Any]:
        """The answer of an operation's function: status, headers and body as API Gateway gets them."""
        return self.call(operation_id, event_of(request, self.claims[who]))

    def call(
        self, operation_id: str, event: Mapping[str, Any], seconds: float = USUAL_SECONDS
    ) -> Mapping[str, Any]:
        """As `send`, of an event as it comes from API Gateway, to a function that may take so many seconds."""
        handler = import_module(module_of_operation(operation_id)).handler
        with redirect_stdout(io.StringIO()):  # the metrics of each call
            found: Mapping[str, Any] = handler(event, lambda_context(seconds))
        return found


@contextmanager
def handlers_of(stack: RunningStack, people: Mapping[str, str]) -> Iterator[Handlers]:
    """The handlers, for people by the name of their role; `people` holds their email addresses."""
    claims = {
        role: {
            "sub": subject_of(email, stack.database),
            "username": email,
            "iss": stack.issuer.url,
            "client_id": stack.issuer.client_id,
            "token_use": "access",
        }
        for role, email in people.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in stack.environment.items():
            patch.setenv(name, value)
        _forget_settings()
        yield Handlers(stack, claims)
        bootstrap.work_context().engine.dispose()
    _forget_settings()


def _forget_settings() -> None:
    for var in vars(bootstrap).values():
        if hasattr(var, "cache_clear"):
            var.cache_clear()


def event_of(request: Request, claims: Mapping[str, str]) -> dict[str, Any]:
    """A request as API Gateway sends it, of somebody whom the authorizer let through."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{request.method} {request.template}",
        "rawPath": request.address,
        "rawQueryString": request.query_string,
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "authorizer": {"jwt": {"claims": dict(claims), "scopes": None}},
            "http": {"method": request.method, "path": request.address, "sourceIp": "203.0.113.7"},
            "requestId": REQUEST_ID,
            "routeKey": f"{request.method} {request.template}",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    if request.path:
        event["pathParameters"] = {name: str(value) for name, value in request.path.items()}
    if request.query:
        event["queryStringParameters"] = {name: str(value) for name, value in request.query.items()}
    if request.content is not None:
        event["body"] = request.content
    return event
