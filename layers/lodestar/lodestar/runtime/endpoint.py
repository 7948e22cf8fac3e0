"""The decorator that makes a Lambda function of a few typed lines."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, get_args, get_origin

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from lodestar import bootstrap
from lodestar.application.caller import Caller
from lodestar.application.insight.tables import Download, FileFormat
from lodestar.domain.refusals import Forbidden
from lodestar.runtime.dependencies import DEPENDENCIES, UPLOADS, Event, Request
from lodestar.runtime.downloads import file_response
from lodestar.runtime.http_function import http_function, request_id_of
from lodestar.runtime.idempotency import answered_once
from lodestar.runtime.identity import authorized_claims, has_token, identify, visitor_claims
from lodestar.runtime.parameters import assembled, pieces
from lodestar.runtime.queries import query_names, require_known_query
from lodestar.runtime.responses import JSON, Created, HttpResponse, with_etag
from lodestar.runtime.retrying import tried_again
from lodestar.runtime.routes import NoSuchRoute, documented_routes, require_printable, unroutable
from lodestar.runtime.telemetry import logger
from lodestar.runtime.validation import (
    JSON_TYPE,
    checked_by_row,
    exact_object,
    is_body,
    refused_request,
    require_readable_body,
)
from lodestar.wire.exact_json import to_json
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit, etag_of


@dataclass(frozen=True, slots=True)
class Route:
    """Where a function listens, who may call it, and what its success is called in HTTP."""

    method: str
    path: str
    needs: str | None
    success: int

    @property
    def paths(self) -> tuple[str, ...]:
        """Every way to write the path: what ends in a slash answers without it too."""
        bare = self.path.removesuffix("/")
        return (self.path,) if bare == self.path else (self.path, bare)


STATEMENT_SECONDS = 3.5
"""How long a statement may take: a database that says nothing is answered for within 5 s."""
USUAL_SECONDS = 15.0
"""What template.yaml gives to a function; one that has more has it for its own statements."""
WITH_A_BODY = ("POST", "PUT")
"""The methods whose body is looked at; what comes with another is not read."""
PUBLIC = "public"
"""What an endpoint needs that anybody may call, without a sign-in.

One that asks for something that may be None (see DEPENDENCIES) gets it when the request comes with a token,
which has to be a valid one then.
"""


def endpoint(
    method: str, path: str, *, needs: str | None = None, success: int = 200
) -> Callable[[Callable[..., Any]], "Endpoint"]:
    """Make a Lambda function of a handler: log context, metrics, identity, permission, parsing, errors.

    `path` is as in template.yaml; its `{names}` are parameters of the handler. Parameters of the types in
    DEPENDENCIES are given, every other one is parsed from path, query or body. `needs` is a permission key;
    finer rights are the use case's.
    """
    return partial(Endpoint, Route(method, path, needs, success))


class Endpoint:
    """One endpoint as AWS Lambda calls it: `(event, context)` in, an HTTP answer out."""

    def __init__(self, route: Route, handler: Callable[..., Any]) -> None:
        self.route = route
        self.handler = handler
        self.signature = inspect.signature(handler, eval_str=True)
        self.resolver = APIGatewayHttpResolver(
            enable_validation=True,
            json_body_deserializer=partial(exact_object, checked_by_row=checked_by_row(self.parsed)),
        )
        self.resolver.exception_handler(RequestValidationError)(_refuse)
        self.resolver.exception_handler(NotFoundError)(_refuse_path)
        for path in route.paths:
            self.resolver.route(_resolver_path(path), route.method)(self._parsed_call())
        self._query_names = query_names(self.parsed, route.path)
        self._parses_a_body = any(is_body(parameter.annotation) for parameter in self.parsed)
        self._invoke = http_function(f"{route.method} {route.path}", self._answered)

    def __call__(self, event: Event, context: LambdaContext) -> HttpResponse:
        """HttpResponse one request; an error of ours is logged and answers 500."""
        return self._invoke(event, context)

    @property
    def view(self) -> Any:  # noqa: ANN401 — a model class, or Json of one
        """The model of a successful answer; of a file, nothing but that it is bytes."""
        annotation = self.signature.return_annotation
        if self.file_format:
            return bytes
        return get_args(annotation)[0] if get_origin(annotation) in (Json, Created) else annotation

    @property
    def file_format(self) -> FileFormat | None:
        """The format of the file that a success is; None where it is JSON."""
        annotation = self.signature.return_annotation
        return get_args(get_args(annotation)[0])[0] if get_origin(annotation) is Download else None

    @property
    def accepts(self) -> str:
        """The media type of the body: JSON unless the handler asks for an upload."""
        asked = (parameter.annotation for parameter in self.signature.parameters.values())
        return next((UPLOADS[kind] for kind in asked if kind in UPLOADS), JSON_TYPE)

    @property
    def knows_visitors(self) -> bool:
        """Whether the handler does more for somebody who signs in, though nobody has to."""
        asked = (parameter.annotation for parameter in self.signature.parameters.values())
        return any(type(None) in get_args(kind) for kind in asked if kind in DEPENDENCIES)

    @property
    def parsed(self) -> list[inspect.Parameter]:
        """What is parsed from the request for the handler."""
        own = [
            parameter
            for parameter in self.signature.parameters.values()
            if parameter.annotation not in DEPENDENCIES
        ]
        return [piece for parameter in own for piece in pieces(parameter, self.route.path)]

    @property
    def takes_precondition(self) -> bool:
        """Whether the handler heeds If-Match."""
        return any(
            get_origin(parameter.annotation) is Edit for parameter in self.signature.parameters.values()
        )

    def _parsed_call(self) -> Callable[..., Response[Any]]:
        """The handler as the resolver sees it: only what is parsed, and a finished response."""

        def call(**parsed: Any) -> Response[Any]:  # noqa: ANN401 — whatever the handler declares
            request: Any = self.resolver.context["request"]  # None without a sign-in
            arguments = {
                parameter.name: self._argument(parameter, parsed, request)
                for parameter in self.signature.parameters.values()
            }
            return self._response(self.handler(**arguments))

        call.__signature__ = inspect.Signature(self.parsed)  # type: ignore[attr-defined]  # what inspect reads
        call.__name__ = self.handler.__module__.replace(".", "_")
        return call

    def _argument(
        self,
        parameter: inspect.Parameter,
        parsed: Mapping[str, Any],
        request: Any,  # noqa: ANN401 — see DEPENDENCIES
    ) -> object:
        if parameter.annotation in DEPENDENCIES:
            return DEPENDENCIES[parameter.annotation](request)
        headers = {} if request is None else request.event.get("headers", {})
        return assembled(parameter, parsed, self.route.path, headers)

    def _response(self, result: object) -> Response[Any]:
        status = self.route.success
        if isinstance(result, Created):
            status, result = (HTTPStatus.CREATED if result.created else HTTPStatus.OK), result.view
        if isinstance(result, Download):
            return file_response(result)
        if isinstance(result, BaseModel):
            return Response(status, JSON, to_json(result))
        assert isinstance(result, Json)  # noqa: S101 — a handler answers a view, one way or the other
        tag = {} if result.state is None else {"etag": etag_of(result.state)}
        return Response(status, JSON, result.text, headers=tag)

    def _answered(self, event: Event, context: LambdaContext) -> HttpResponse:
        if self.route.needs == PUBLIC and not (self.knows_visitors and has_token(event)):
            found = self._resolved(event, context, None)
        else:
            found = self._within_limits(event, context)
        return with_etag(self.route.method, found, event.get("headers", {}).get("if-none-match"))

    def _within_limits(self, event: Event, context: LambdaContext) -> HttpResponse:
        """The answer to somebody; a database that is silent holds it up for some seconds only."""
        with bootstrap.time_limit(_seconds_left(context), STATEMENT_SECONDS):
            return tried_again(lambda: self._signed_in(event, context), STATEMENT_SECONDS)

    def _signed_in(self, event: Event, context: LambdaContext) -> HttpResponse:
        settings = bootstrap.settings()
        is_public = self.route.needs == PUBLIC
        claims = visitor_claims(event, settings) if is_public else authorized_claims(event)
        with bootstrap.request_work(request_id_of(event), is_read=self.route.method == "GET") as work:
            caller = identify(claims, settings, work)
            self._check_permission(caller)
            request = Request(event, caller, work)
            seconds = _seconds_left(context)
            with bootstrap.time_limit(seconds, seconds) if seconds > USUAL_SECONDS else nullcontext():
                if self.route.method != "POST":
                    return self._resolved(event, context, request)
                return answered_once(event, work, lambda: self._resolved(event, context, request))

    def _check_permission(self, caller: Caller) -> None:
        logger.append_keys(company_id=caller.company.id, user_id=caller.user_id)
        if self.route.needs not in (None, PUBLIC) and not caller.actor.may(self.route.needs):
            raise Forbidden(f"This needs the permission {self.route.needs}, which your role does not have.")

    def _resolved(self, event: Event, context: LambdaContext, request: Request | None) -> HttpResponse:
        self.resolver.append_context(request=request)  # type: ignore[no-untyped-call]  # Powertools
        require_known_query(event.get("rawQueryString", ""), self._query_names)
        if self.route.method in WITH_A_BODY:
            require_readable_body(event, self.accepts, is_parsed=self._parses_a_body)
        try:
            require_printable(event["rawPath"])
            found: HttpResponse = self.resolver.resolve(dict(event), context)
        except NoSuchRoute as error:
            raise unroutable(self.route.method, event["rawPath"], documented_routes()) from error
        return found


def _seconds_left(context: LambdaContext) -> float:
    return context.get_remaining_time_in_millis() / 1000


def _resolver_path(path: str) -> str:
    return path.replace("{", "<").replace("}", ">")


def _refuse(error: RequestValidationError) -> Response[str]:
    raise refused_request(error)


def _refuse_path(error: NotFoundError) -> Response[str]:
    raise NoSuchRoute from error
