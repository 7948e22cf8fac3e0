"""A stack that runs while a block does: what the command line and the end-to-end tests start."""

import fcntl
import os
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from local.aws import Aws, local_aws
from local.aws_snapshot import load_aws, save_aws
from local.durable import durable
from local.errors import CannotRun, FunctionFailed
from local.parameters import local_parameters, make_database_secrets
from local.postgres import Database, describe, postgres
from local.server import Server, listen
from local.stack import Stack
from local.state import State, subject_of
from local.tokens import Issuer

MIGRATE = "MigrateFunction"
_in_this_process = threading.Lock()


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A running stack, for hooks and tests. Everything is synchronous."""

    state: State
    data: Path
    aws: Aws
    _server: Server

    @property
    def base_url(self) -> str:
        """The address of the HTTP API, without a slash at its end."""
        return self.state.base_url

    @property
    def database(self) -> Database:
        """The database; `url(role)` for SQLAlchemy, `connect(role)` for SQL by hand."""
        return self.state.database

    @property
    def refs(self) -> Mapping[str, str]:
        """What `!Ref` gives for each resource, by logical id."""
        return self.state.refs

    @property
    def environment(self) -> Mapping[str, str]:
        """What the functions' own processes see, for handlers that are called in this one."""
        return self._server.functions.environment

    @property
    def issuer(self) -> Issuer:
        """Signs tokens for any `sub`."""
        return self.state.issuer(self.data)

    def token_for(self, email: str) -> str:
        """A token for a person of the database, valid for an hour.

        Raises:
            NoSuchPerson: nobody has this address.
        """
        return self.issuer.issue(subject_of(email, self.database), email)

    def invoke(self, function: str, event: Any) -> Any:  # noqa: ANN401 — events and answers are any JSON
        """Call a function by its logical id and return its answer.

        Raises:
            FunctionFailed: it answered with an error; its log is in <data>/logs.
        """
        outcome = self._server.call(self._server.functions[function].invoke(event))
        if outcome.failed:
            log = self.data / "logs" / f"{function}.log"
            message = f"{function} failed: {outcome.reason}. Its log is {log}."
            raise FunctionFailed(message)
        return outcome.payload

    def migrate(self) -> None:
        """Bring the database's schema up to date, as a deployment does."""
        self.invoke(MIGRATE, {})

    def wait_idle(self, seconds: float = 60) -> None:
        """Wait until every event source is empty and no function works.

        Raises:
            TimeoutError: work is left after `seconds`.
        """
        self._server.call(self._server.wait_idle(seconds))


@contextmanager
def running_stack(
    template: Path, data: Path, port: int = 0, parameters: Mapping[str, str] | None = None
) -> Iterator[RunningStack]:
    """Run a template until the block ends; one stack per process and per data folder at a time.

    Args:
        template: the SAM template; its folder is the root of the functions and layers.
        data: the folder of everything that outlives the stack; made if it does not exist.
        port: of the HTTP API on loopback; 0 takes a free one.
        parameters: values for template parameters, over those of this machine.

    Raises:
        CannotRun: a sentence that says what to change.
    """
    with ExitStack() as exits:
        exits.enter_context(_only_stack_of_this_process())
        listener = exits.enter_context(listen(port))
        base_url = "http://{}:{}".format(*listener.getsockname())
        data = _made_folder(data)
        exits.enter_context(_locked(data))
        database = describe(data)
        with ThreadPoolExecutor(1) as pool:  # Postgres starts while AWS does
            starting = pool.submit(exits.enter_context, postgres(data, database))
            aws = exits.enter_context(local_aws())
            make_database_secrets(database, aws)
            load_aws(data, aws)
            values = {**local_parameters(database, aws), **(parameters or {})}
            stack = Stack(template, values, aws, base_url)
            stack.make_all()
            starting.result()
        # Before the server: the block ends in the reverse order, and what it still does is written down.
        exits.enter_context(durable(data, partial(save_aws, data, aws, stack.refs.values())))
        server = Server(stack, aws, data, listener)
        server.start()
        exits.callback(server.stop)
        issuer, client_id = _token_source(stack)
        state = State(os.getpid(), base_url, issuer, client_id, aws.token, database, stack.refs)
        state.save(data)
        exits.callback((data / "server.json").unlink, missing_ok=True)
        yield RunningStack(state, data, aws, server)


def _made_folder(data: Path) -> Path:
    """The data folder, with its logs. Others may pass through it: Postgres is another user under root."""
    data = data.resolve()
    (data / "logs").mkdir(parents=True, exist_ok=True)
    return data


@contextmanager
def _only_stack_of_this_process() -> Iterator[None]:
    """One stack: moto keeps its state per process, so that two stacks would share their queues."""
    if not _in_this_process.acquire(blocking=False):
        message = "Another stack runs in this process: end it first (a test: give its fixture module scope)."
        raise CannotRun(message)
    try:
        yield
    finally:
        _in_this_process.release()


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """Lock the data folder; the lock ends with the process, however that ends."""
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            message = f"Lodestar already runs on {data}: stop it, or choose another folder with --data."
            raise CannotRun(message) from None
        yield


def _token_source(stack: Stack) -> tuple[str, str]:
    """Issuer and client of the template's first JWT authorizer; empty without one."""
    for _, properties in stack.template.of("AWS::ApiGatewayV2::Api"):
        schemes = properties["Body"].get("components", {}).get("securitySchemes", {})
        for scheme in schemes.values():
            jwt = stack.template.resolve(scheme["x-amazon-apigateway-authorizer"]["jwtConfiguration"])
            return jwt["issuer"], jwt["audience"][0]
    return "", ""
