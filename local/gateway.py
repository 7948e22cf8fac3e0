"""The template's HTTP API: its routes, its JWT authorizer and its limits."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from logging import getLogger

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.functions import Function, Functions
from local.payload import Event, http_event, http_response
from local.template import Properties, Template
from local.tokens import Authorizer

DEFAULT_PATH = "$default"
MAX_REQUEST_BYTES = 10 * 1024 * 1024
MAX_EVENT_BYTES = 6 * 1024 * 1024  # what Lambda takes of one call, the body as JSON text or base64
INTEGRATION_SECONDS = 30

log = getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One method (or ANY) of one path, the function behind it, and who may call it."""

    method: str
    path: str
    function: Function
    authorizer: Authorizer | None

    @property
    def key(self) -> str:
        """API Gateway's name for it, e.g. `GET /api/runs/{id}`."""
        return DEFAULT_PATH if self.is_default else f"{self.method} {self.path}"

    @property
    def specificity(self) -> tuple[list[int], bool]:
        """Sorts fixed segments before variables, variables before greedy ones, and ANY last."""
        parts = [("{" in part) + ("+}" in part) for part in self.path.split("/")]
        return [int(self.is_default), *parts], self.method == "ANY"

    @property
    def is_default(self) -> bool:
        """Whether it takes every request that fits no other route."""
        return self.path == DEFAULT_PATH

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The path parameters, or None when this route is not meant."""
        if self.is_default:
            return {}
        if self.method not in (method, "ANY"):
            return None
        found = re.fullmatch(self._pattern, path)
        return found.groupdict() if found else None

    @property
    def _pattern(self) -> str:
        """A regular expression whose groups are the path's variables."""
        greedy = re.sub(r"\\{(\w+)\\\+\\}", r"(?P<\1>.+)", re.escape(self.path))
        return re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", greedy)


class Gateway:
    """Finds the route of a request, checks its token, calls the function and shapes its answer."""

    def __init__(self, routes: list[ApiRoute]) -> None:
        self._routes = sorted(routes, key=lambda route: route.specificity)

    async def handle(self, request: Request) -> Response:
        """Answer one request as API Gateway does."""
        route, parameters = self.find(request.method, request.scope["path"])
        if route is None:
            return _message(404, "Not Found")
        body = await _limited_body(request)
        if body is None:
            return _too_large()
        event = http_event(request, route.key, parameters, body)
        if route.authorizer is not None:
            try:
                claims = route.authorizer.claims(request.headers.get("authorization", ""))
            except (jwt.PyJWTError, KeyError):
                return JSONResponse({"message": "Unauthorized"}, 401, {"www-authenticate": "Bearer"})
            event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        return await _integrate(route.function, event)

    def find(self, method: str, path: str) -> tuple[ApiRoute | None, dict[str, str]]:
        """The most specific route of a request, with its path parameters."""
        for route in self._routes:
            parameters = route.match(method, path)
            if parameters is not None:
                return route, parameters
        return None, {}


def api_routes(template: Template, functions: Functions, keys: jwt.PyJWKSet) -> Iterator[ApiRoute]:
    """Every route of every HTTP API of the template; `keys` is the key set that tokens are checked with."""
    for _, properties in template.of("AWS::ApiGatewayV2::Api"):
        body = template.resolve(properties["Body"])
        authorizers = dict(_authorizers(body, keys))
        for path, operations in body["paths"].items():
            for name, operation in operations.items():
                method = "ANY" if name == "x-amazon-apigateway-any-method" else name.upper()
                uri = operation["x-amazon-apigateway-integration"]["uri"]
                function = functions.by_arn(uri.split("/functions/")[1])
                names = [scheme for requirement in operation.get("security", []) for scheme in requirement]
                authorizer = next((authorizers[name] for name in names if name in authorizers), None)
                yield ApiRoute(method, path, function, authorizer)


def _authorizers(body: Properties, keys: jwt.PyJWKSet) -> Iterator[tuple[str, Authorizer]]:
    for name, scheme in body.get("components", {}).get("securitySchemes", {}).items():
        configuration = scheme["x-amazon-apigateway-authorizer"]["jwtConfiguration"]
        yield name, Authorizer(keys, configuration["issuer"], configuration["audience"])


async def _limited_body(request: Request) -> bytes | None:
    """The body, or None when it is larger than API Gateway takes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_REQUEST_BYTES:
            return None
    return bytes(body)


async def _integrate(function: Function, event: Event) -> Response:
    if len(json.dumps(event)) > MAX_EVENT_BYTES:
        return _too_large()
    try:
        async with asyncio.timeout(INTEGRATION_SECONDS):
            outcome = await function.invoke(event)
    except TimeoutError:
        return _message(503, "Service Unavailable")
    if outcome.failed:
        return _message(500, "Internal Server Error")
    try:
        return http_response(outcome.payload)
    except (TypeError, ValueError) as malformed:
        log.error("%s answered what is no response: %s", function.plan.name, malformed)
        return _message(500, "Internal Server Error")


def _too_large() -> Response:
    return _message(413, "Request Entity Too Large")


def _message(status: int, text: str) -> JSONResponse:
    return JSONResponse({"message": text}, status)
