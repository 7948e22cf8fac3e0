"""Lambda's runtime API for the functions, its invocation API for people, and the endpoint for secrets."""

import json
import time
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.aws import Aws
from local.door import TOKEN_HEADER, reason_to_refuse
from local.errors import CannotRun
from local.functions import Functions, function_arn

type Endpoint = Callable[[Request], Awaitable[Response]]

_SECRETS_TOKEN = "X-Aws-Parameters-Secrets-Token"  # noqa: S105 — the header's name


class RuntimeApi:
    """Three APIs that a function or a person on this machine may call; their paths are AWS's own."""

    def __init__(self, functions: Functions, aws: Aws) -> None:
        self._functions = functions
        self._aws = aws

    @property
    def routes(self) -> list[Route]:
        """The routes, to be placed before those of the template's API."""
        process = "/_runtime/{token}/{function}/{number:int}/2018-06-01/runtime"
        invocations = "/2015-03-31/functions/{function}/invocations"
        return [
            Route(f"{process}/invocation/next", self._guarded(self._next)),
            Route(f"{process}/invocation/{{id}}/{{kind}}", self._guarded(self._answer), methods=["POST"]),
            Route(invocations, self._guarded(self._invoke), methods=["POST"]),
            Route("/secretsmanager/get", self._guarded(self._secret)),
        ]

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint for who brings the token of this start: in the path, or in the header of each API."""

        async def guard(request: Request) -> Response:
            headers = request.headers
            in_headers = headers.get(TOKEN_HEADER) or headers.get(_SECRETS_TOKEN, "")
            sent = request.path_params.get("token", in_headers)
            reason = reason_to_refuse(headers, sent, self._aws.token)
            return await endpoint(request) if reason is None else JSONResponse({"message": reason}, 403)

        return guard

    async def _next(self, request: Request) -> Response:
        function = self._functions[request.path_params["function"]]
        waiting = function.next_call(request.path_params["number"])
        self._functions.end_surplus()
        call = await waiting
        if call is None:
            return Response(status_code=410)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": call.id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + function.plan.timeout) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": function_arn(function.plan.name),
        }
        # Without a content type AWS's client crashes.
        return Response(call.event, media_type="application/json", headers=headers)

    async def _answer(self, request: Request) -> Response:
        function = self._functions[request.path_params["function"]]
        failed = request.path_params["kind"] == "error"
        function.answer(request.path_params["number"], await request.body(), failed=failed)
        return Response(status_code=202)

    async def _invoke(self, request: Request) -> Response:
        """Call a function by its logical id; a failed call answers 200 with a header, as AWS does."""
        try:
            function = self._functions[request.path_params["function"]]
        except CannotRun as unknown:
            return JSONResponse({"Message": str(unknown)}, 404)
        outcome = await function.invoke(json.loads(await request.body() or b"{}"))
        headers = {"X-Amz-Function-Error": "Unhandled"} if outcome.failed else {}
        return JSONResponse(outcome.payload, headers=headers)

    async def _secret(self, request: Request) -> Response:
        """The Parameters and Secrets extension, to which a function shows the session token that it has."""
        secret_id = request.query_params.get("secretId", "")
        secrets = self._aws.secrets
        try:
            found = await run_in_threadpool(secrets.get_secret_value, SecretId=secret_id)
        except secrets.exceptions.ResourceNotFoundException:
            return JSONResponse({"message": f"There is no secret {secret_id}."}, 404)
        return JSONResponse({name: found[name] for name in ("ARN", "Name", "VersionId", "SecretString")})
