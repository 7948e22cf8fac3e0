"""The decorator that makes a Lambda function of a few typed lines (architecture 0.2)."""

import inspect
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, get_args, get_origin

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from lodestar import bootstrap
from lodestar.application.caller import Caller
from lodestar.application.json_view import Json
from lodestar.domain.errors import Contended, Forbidden, LodestarError, Unavailable
from lodestar.runtime.errors import responses_of
from lodestar.runtime.identity import identify
from lodestar.runtime.provided import PROVIDED, Event, Request
from lodestar.runtime.responses import JSON, Answer, Created, fault, refusal, with_etag
from lodestar.runtime.validation import exact_object, refuse_unreadable, refused_request

logger = Logger(service="lodestar")
metrics = Metrics(namespace="Lodestar", service="api")


@dataclass(frozen=True, slots=True)
class Route:
    """Where a function listens, who may call it, and what its success is called in HTTP."""

    method: str
    path: str
    needs: str | None
    success: int


MOST_ATTEMPTS = 3
PUBLIC = "public"
"""What an endpoint needs that anybody may call, without a sign-in."""


def endpoint(
    method: str, path: str, *, needs: str | None = None, success: int = 200
) -> Callable[[Callable[..., Any]], "Endpoint"]:
    """Make a Lambda function of a handler: log context, metrics, identity, permission, parsing, errors.

    `path` is as in template.yaml; its `{names}` are parameters of the handler. Parameters of the types in
    PROVIDED are given, every other one is parsed from path, query or body. `needs` is a permission key;
    finer rights are the use case's.
    """
    return partial(Endpoint, Route(method, path, needs, success))


class Endpoint:
    """One endpoint as AWS Lambda calls it: `(event, context)` in, an HTTP answer out."""

    def __init__(self, route: Route, handler: Callable[..., Any]) -> None:
        self.route = route
        self.handler = handler
        self.signature = inspect.signature(handler, eval_str=True)
        self.resolver = APIGatewayHttpResolver(enable_validation=True, json_body_deserializer=exact_object)
        self.resolver.exception_handler(RequestValidationError)(_refuse)
        self.describe(self.resolver)
        self._invoke = logger.inject_lambda_context(self._measured, clear_state=True)

    def __call__(self, event: Event, context: LambdaContext) -> Answer:
        """Answer one request; an error of ours is logged and answers 500."""
        found: Answer = self._invoke(event, context)
        return found

    def describe(self, resolver: APIGatewayHttpResolver) -> None:
        """Register with a resolver: the function's own, or the one that makes the OpenAPI document."""
        resolver.route(
            _resolver_path(self.route.path),
            self.route.method,
            summary=inspect.getdoc(self.handler),
            operation_id=self.handler.__module__.removeprefix("api.").replace(".", "_"),
            tags=[self.handler.__module__.split(".")[1]],
            responses=responses_of(self.view, self.route.success),
        )(self._parsed_call())

    @property
    def view(self) -> Any:  # noqa: ANN401 — a model class, or Json of one
        """The model of a successful answer."""
        annotation = self.signature.return_annotation
        return get_args(annotation)[0] if get_origin(annotation) in (Json, Created) else annotation

    @property
    def parsed(self) -> list[inspect.Parameter]:
        """The handler's parameters that come from the request."""
        return [each for each in self.signature.parameters.values() if each.annotation not in PROVIDED]

    def _parsed_call(self) -> Callable[..., Response[str]]:
        """The handler as the resolver sees it: only what is parsed, and a finished response."""

        def call(**parsed: Any) -> Response[str]:  # noqa: ANN401 — whatever the handler declares
            request: Any = self.resolver.context.get("request")  # none where anybody may call
            provided = {
                name: PROVIDED[each.annotation](request)
                for name, each in self.signature.parameters.items()
                if each.annotation in PROVIDED
            }
            return self._response(self.handler(**parsed, **provided))

        call.__signature__ = inspect.Signature(self.parsed)  # type: ignore[attr-defined]  # what inspect reads
        call.__name__ = self.handler.__module__.replace(".", "_")
        return call

    def _response(self, result: object) -> Response[str]:
        status = self.route.success
        if isinstance(result, Created):
            status, result = (HTTPStatus.CREATED if result.created else HTTPStatus.OK), result.view
        if isinstance(result, BaseModel):
            return Response(status, JSON, result.model_dump_json())
        assert isinstance(result, Json)  # noqa: S101 — a handler answers a view, one way or the other
        return Response(status, JSON, result.text)

    def _measured(self, event: Event, context: LambdaContext) -> Answer:
        request_id = event["requestContext"]["requestId"]
        logger.append_keys(request_id=request_id, endpoint=f"{self.route.method} {self.route.path}")
        found = self._answered(event, context, request_id)
        metrics.add_metric(name=f"Status{found['statusCode'] // 100}xx", unit=MetricUnit.Count, value=1)
        metrics.flush_metrics()
        return found

    def _answered(self, event: Event, context: LambdaContext, request_id: str) -> Answer:
        try:
            if self.route.needs == PUBLIC:
                return self._resolved(event, context)
            return self._retried(lambda: self._signed_in(event, context, request_id))
        except Unavailable as error:
            logger.warning("unavailable", exc_info=True)
            return refusal(error, request_id)
        except LodestarError as error:
            return refusal(error, request_id)
        except Exception:
            logger.exception("unhandled")
            return fault(request_id)

    def _retried(self, attempt: Callable[[], Answer]) -> Answer:
        """At most MOST_ATTEMPTS, with jitter, where rows were contended (spec 6.3): each starts anew."""
        for _ in range(MOST_ATTEMPTS - 1):
            try:
                return attempt()
            except Contended:
                logger.info("contended")
                time.sleep(random.random() / 10)  # noqa: S311 — jitter, not a secret
        return attempt()

    def _signed_in(self, event: Event, context: LambdaContext, request_id: str) -> Answer:
        with bootstrap.request_work(request_id) as work:
            caller = identify(event, bootstrap.settings(), work)
            self._check_permission(caller)
            self.resolver.append_context(request=Request(event, caller, work))  # type: ignore[no-untyped-call]  # Powertools
            return self._resolved(event, context)

    def _check_permission(self, caller: Caller) -> None:
        logger.append_keys(company_id=caller.company.id, user_id=caller.user_id)
        if self.route.needs is not None and not caller.actor.may(self.route.needs):
            raise Forbidden(f"This needs the permission {self.route.needs}, which your role does not have.")

    def _resolved(self, event: Event, context: LambdaContext) -> Answer:
        refuse_unreadable(event)
        found: Answer = self.resolver.resolve(dict(event), context)
        is_read = self.route.method == "GET" and found["statusCode"] == HTTPStatus.OK
        return with_etag(found, event.get("headers", {}).get("if-none-match")) if is_read else found


def _resolver_path(path: str) -> str:
    return path.replace("{", "<").replace("}", ">")


def _refuse(error: RequestValidationError) -> Response[str]:
    raise refused_request(error)
