"""The server of a stack: HTTP API, functions, queues and schedules in one event loop, in one thread."""

import asyncio
import concurrent.futures
import socket
import threading
from collections.abc import Coroutine, Iterator
from logging import getLogger
from pathlib import Path
from typing import Any

import jwt
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, request_response
from watchfiles import PythonFilter, awatch

from local.aws import Aws
from local.errors import CannotRun
from local.functions import MAX_PROCESSES, FunctionPlan, Functions, Host
from local.gateway import Gateway, api_routes
from local.queues import event_sources, waiting_messages
from local.runtime_api import RuntimeApi
from local.schedules import schedules
from local.stack import Stack
from local.tokens import SigningKey

WAITING_THREADS = 32  # each event source holds one while it waits for messages
LOOK_SECONDS = 0.1

log = getLogger(__name__)


class Server:
    """Runs a stack from `start` to `stop`; its methods may be called from other threads."""

    def __init__(self, stack: Stack, aws: Aws, data: Path, listener: socket.socket) -> None:
        host = Host("{}:{}".format(*listener.getsockname()), aws.token, data / "logs")
        self.functions = Functions(list(function_plans(stack, aws)), host)
        self._aws = aws
        self._jwks = SigningKey.load(data).jwks()
        self._listener = listener
        self._sources = list(event_sources(stack, self.functions, aws))
        self._schedules = list(schedules(stack.template, self.functions))
        keys = jwt.PyJWKSet.from_dict(self._jwks)
        gateway = Gateway(list(api_routes(stack.template, self.functions, keys)))
        self._app = Starlette(
            routes=[
                *RuntimeApi(self.functions, aws).routes,
                Route("/_cognito/{pool}/.well-known/jwks.json", self._key_set),
            ]
        )
        # All the rest: a route of its own would not do, for `{path:path}` takes no line end, and a path may.
        self._app.router.default = request_response(gateway.handle)
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="local-server", daemon=True)

    def start(self) -> None:
        """Serve; returns when requests are taken."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """End the function processes, then everything else."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def call[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the server's loop and wait for its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def wait_idle(self, seconds: float) -> None:
        """Wait until no function works and no event source holds a message, seen twice in a row.

        Raises:
            TimeoutError: work is left after `seconds`.
        """
        # Queues and functions are looked at in turn: in between, work may pass from the one to the other.
        quiet_looks = 0
        try:
            async with asyncio.timeout(seconds):
                while quiet_looks < 2:
                    quiet_looks = 0 if await self._unfinished() else quiet_looks + 1
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            message = f"After {seconds} s there is still work for {', '.join(await self._unfinished())}."
            raise TimeoutError(message) from None

    async def _unfinished(self) -> list[str]:
        """The names of the queues that hold messages and of the functions that work."""
        urls = [source.queue_url for source in self._sources]
        counts = await asyncio.gather(*(asyncio.to_thread(waiting_messages, url, self._aws) for url in urls))
        waiting = [url.rsplit("/", 1)[1] for url, count in zip(urls, counts, strict=True) if count]
        return waiting + self.functions.busy

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._ready.set()  # nobody waits for a start that failed
            self._loop.close()  # unlike asyncio.run, it does not wait for the threads that wait for messages

    async def _serve(self) -> None:
        self._loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(WAITING_THREADS))
        # Function processes hold their connection while they wait for work: keep it.
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_keep_alive=3600,
            timeout_graceful_shutdown=2,
        )
        http = uvicorn.Server(config)
        serving = asyncio.create_task(http.serve(sockets=[self._listener]))
        jobs = [asyncio.create_task(_with_log(job)) for job in self._jobs()]
        self._ready.set()
        await self._stopping.wait()
        for job in jobs:
            job.cancel()
        await asyncio.wait(jobs)
        http.should_exit = True
        await self.functions.stop()
        await serving

    def _jobs(self) -> Iterator[Coroutine[Any, Any, None]]:
        yield self._reload_on_change()
        for source in self._sources:
            yield source.run()
        for schedule in self._schedules:
            yield schedule.run()

    async def _reload_on_change(self) -> None:
        folders = [folder for folder in self.functions.folders if folder.is_dir()]
        async for changes in awatch(*folders, watch_filter=PythonFilter(), debounce=200):
            log.info("%d files changed: functions start again", len(changes))
            self.functions.retire()

    async def _key_set(self, _request: Request) -> Response:
        return JSONResponse(self._jwks)


def listen(port: int) -> socket.socket:
    """Take a loopback port (0: any free one) now, so that a taken one is told before anything starts.

    Raises:
        CannotRun: another program listens there.
    """
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as taken:
        message = (
            f"Port {port} cannot be used ({taken.strerror}): stop the program that uses it, or choose "
            f"another with make up PORT={port + 1} (python -m local up --port {port + 1})."
        )
        raise CannotRun(message) from taken
    # Accepted connections inherit it; without it every answer waits 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def function_plans(stack: Stack, aws: Aws) -> Iterator[FunctionPlan]:
    """What the template says about each function; a layer's folder goes on the path as it stands."""
    template = stack.template
    for name, _ in template.of("AWS::Lambda::Function"):
        properties = template.properties(name)
        layers = [layer for layer in properties.get("Layers", []) if layer in template.resources]
        contents = [properties["Code"], *(template.properties(layer)["Content"] for layer in layers)]
        folders = tuple((template.root / content["S3Key"]).resolve() for content in contents)
        if not folders[0].is_dir():
            message = f"The code of {name} is missing: there is no folder {folders[0]} (its CodeUri)."
            raise CannotRun(message)
        variables = properties.get("Environment", {}).get("Variables", {})
        yield FunctionPlan(
            name=name,
            handler=properties["Handler"],
            folders=folders,
            environment={
                **{variable: str(value) for variable, value in variables.items()},
                **aws.environment,
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(properties.get("MemorySize", 128)),
                "AWS_LAMBDA_LOG_FORMAT": properties.get("LoggingConfig", {}).get("LogFormat", "Text").upper(),
            },
            timeout=properties.get("Timeout", 3),
            concurrency=min(MAX_PROCESSES, properties.get("ReservedConcurrentExecutions", MAX_PROCESSES)),
        )


async def _with_log(job: Coroutine[Any, Any, None]) -> None:
    """Run a job of the server; one that breaks is told and does not take the others with it."""
    try:
        await job
    except Exception:
        log.exception("A part of the local runner broke; restart it after correcting the cause")
