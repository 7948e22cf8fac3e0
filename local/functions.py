"""The template's functions: processes that run AWS's own runtime client and ask this runner for work."""

import asyncio
import json
import os
import re
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from logging import getLogger
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from local.aws import ACCOUNT, REGION
from local.errors import CannotRun
from local.function_process import Start, end_of

MAX_PROCESSES = 4  # of one function at a time, unless it reserves fewer
PROCESS_BYTES = 80 * 1024**2
MAX_IDLE = max(12, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 3 // PROCESS_BYTES)
"""Of all functions together: as many as a third of the machine's memory holds. A start costs far more."""
INIT_SECONDS = 30  # from start to the first request for work
MAX_RESPONSE_BYTES = 6 * 1024 * 1024

log = getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a function answered: JSON, and whether it is an error (`errorType`, `errorMessage`)."""

    payload: Any
    failed: bool = False

    @property
    def reason(self) -> str:
        """Why it failed, in one line."""
        if isinstance(self.payload, dict) and "errorType" in self.payload:
            return f"{self.payload['errorType']}: {self.payload.get('errorMessage')}"
        return str(self.payload)


@dataclass(frozen=True, slots=True)
class FunctionPlan:
    """What the template says about one function; `folders` are its code and its layers."""

    name: str
    handler: str
    folders: tuple[Path, ...]
    environment: Mapping[str, str]
    timeout: float = 3
    concurrency: int = MAX_PROCESSES


@dataclass(frozen=True, slots=True)
class Host:
    """What every function process needs from the runner: where to ask for work, by which token; its log."""

    address: str
    token: str
    logs: Path


@dataclass(eq=False)
class Call:
    """One invocation on its way through a function."""

    event: bytes
    outcome: asyncio.Future[Outcome]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def finish(self, outcome: Outcome) -> None:
        """Answer the caller, unless it was answered before."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    def fail(self, kind: str, message: str) -> None:
        """Answer as Lambda does when the process, not the handler, went wrong."""
        sentence = f"RequestId: {self.id} Error: {message}"
        self.finish(Outcome({"errorType": kind, "errorMessage": sentence}, failed=True))


@dataclass(eq=False)
class FunctionProcess:
    """One process of a function, from its start to its end."""

    number: int
    child: BaseProcess | None = None
    call: Call | None = None
    waiting: asyncio.Future[Call | None] | None = None
    idle_since: float = 0
    has_asked: bool = False
    is_ended: bool = False
    timer: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether the process waits for work."""
        return self.waiting is not None and not self.waiting.done() and not self.is_ended

    def end(self) -> None:
        """Kill the process; its request for work is answered with nothing."""
        self.is_ended = True
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(None)
        if self.child is not None:
            self.child.kill()


class Function:
    """One function: its waiting calls and its processes."""

    def __init__(self, plan: FunctionPlan, host: Host) -> None:
        self.plan = plan
        self.processes: dict[int, FunctionProcess] = {}
        self._host = host
        self._pending: deque[Call] = deque()
        self._started = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def _log(self) -> Path:
        return self._host.logs / f"{self.plan.name}.log"

    @property
    def busy(self) -> bool:
        """Whether a call waits or runs."""
        return bool(self._pending) or any(process.call for process in self.processes.values())

    async def invoke(self, event: Any) -> Outcome:  # noqa: ANN401 — an event is any JSON
        """Run the handler with an event; errors, crashes and timeouts are outcomes, never exceptions."""
        call = Call(json.dumps(event).encode(), asyncio.get_running_loop().create_future())
        self._pending.append(call)
        self._dispatch()
        outcome = await call.outcome
        if outcome.failed:
            log.error("%s failed: %s", self.plan.name, outcome.reason)
        return outcome

    def next_call(self, number: int) -> asyncio.Future[Call | None]:
        """A process asks for work: its next call, or None when it is to end."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Call | None] = loop.create_future()
        process = self.processes.get(number)
        if process is None:
            waiting.set_result(None)
            return waiting
        self._stop_timer(process)
        process.waiting, process.idle_since, process.has_asked = waiting, loop.time(), True
        if process.is_ended:
            process.end()  # it was retired while it worked
        else:
            self._dispatch()
        return waiting

    def answer(self, number: int, body: bytes, *, failed: bool) -> None:
        """Take a process's answer to its call."""
        process = self.processes.get(number)
        if process is None or process.call is None:
            return  # it came after the timeout
        call, process.call = process.call, None
        self._stop_timer(process)
        if len(body) > MAX_RESPONSE_BYTES:
            call.fail("Function.ResponseSizeTooLarge", f"The answer exceeds {MAX_RESPONSE_BYTES} bytes")
        else:
            call.finish(Outcome(json.loads(body or b"null"), failed))

    def retire(self) -> None:
        """Replace the processes, after their present call, by ones that read the code again."""
        for process in self.processes.values():
            if process.call is None:
                process.end()
            else:
                process.is_ended = True

    async def stop(self) -> None:
        """Kill every process and wait for its end; unfinished calls are answered with an error."""
        while self._pending:
            self._pending.popleft().fail("Runtime.ExitError", "The local runner is stopping")
        for process in self.processes.values():
            process.end()
        await asyncio.gather(*self._tasks)

    def _dispatch(self) -> None:
        """Give waiting calls to idle processes, the most recently used first, and start what is missing."""
        idle = [process for process in self.processes.values() if process.is_idle]
        idle.sort(key=lambda process: process.idle_since)
        while self._pending and idle:
            self._hand_over(self._pending.popleft(), idle.pop())
        usable = [process for process in self.processes.values() if not process.is_ended]
        missing = len(self._pending) - sum(not process.has_asked for process in usable)
        for _ in range(min(missing, self.plan.concurrency - len(usable))):
            self._start()

    def _hand_over(self, call: Call, process: FunctionProcess) -> None:
        process.call = call
        if process.waiting is not None:
            process.waiting.set_result(call)
        message = f"Task timed out after {self.plan.timeout:.2f} seconds"
        self._start_timer(process, self.plan.timeout, message)

    def _start_timer(self, process: FunctionProcess, seconds: float, message: str) -> None:
        loop = asyncio.get_running_loop()
        process.timer = loop.call_later(seconds, self._expire, process, message)

    @staticmethod
    def _stop_timer(process: FunctionProcess) -> None:
        if process.timer is not None:
            process.timer.cancel()

    def _expire(self, process: FunctionProcess, message: str) -> None:
        if call := self._take_call_of(process):
            call.fail("Sandbox.Timedout", message)
        process.end()

    def _start(self) -> None:
        self._started += 1
        process = self.processes[self._started] = FunctionProcess(self._started)
        task = asyncio.create_task(self._run(process))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, process: FunctionProcess) -> None:
        """The life of one process: start it, wait for its end, answer for what it left undone."""
        environment = self.environment(process.number)
        process.child = Start(self.plan.handler, self.plan.folders, environment, self._log).process()
        self._start_timer(process, INIT_SECONDS, f"Init phase timed out after {INIT_SECONDS} seconds")
        code = await end_of(process.child)
        self._stop_timer(process)
        del self.processes[process.number]
        # One that was ended while it started owes nothing: the next one takes its call.
        if call := process.call if process.is_ended else self._take_call_of(process):
            reason = f"signal {-code}" if code < 0 else f"exit status {code}"
            call.fail("Runtime.ExitError", f"Runtime exited with error: {reason}; see {self._log}")
        self._dispatch()

    def _take_call_of(self, process: FunctionProcess) -> Call | None:
        """The call that a process has to answer for: that it works on, or for which it was started."""
        call, process.call = process.call, None
        if call is None and not process.has_asked and self._pending:
            call = self._pending.popleft()
        return call

    def environment(self, number: int) -> dict[str, str]:
        """As in the cloud; the template's own variables cannot replace what Lambda reserves."""
        plan, host = self.plan, self._host
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            **plan.environment,
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": plan.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{plan.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"local-{number}",
            "AWS_LAMBDA_RUNTIME_API": f"{host.address}/_runtime/{host.token}/{plan.name}/{number}",
            "LAMBDA_TASK_ROOT": str(plan.folders[0]),
            "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": host.address.rsplit(":", 1)[1],
            "POWERTOOLS_TRACE_DISABLED": "true",
            "PYTHONPATH": ":".join(map(str, plan.folders)),
            "PYTHONUNBUFFERED": "1",
            "TZ": ":UTC",
            "_HANDLER": plan.handler,
        }


class Functions:
    """All functions of a stack, by logical id; together they keep few idle processes."""

    def __init__(self, plans: list[FunctionPlan], host: Host) -> None:
        self._functions = {plan.name: Function(plan, host) for plan in plans}

    def __getitem__(self, name: str) -> Function:
        """A function by logical id.

        Raises:
            CannotRun: the template has no such function.
        """
        if name not in self._functions:
            known = ", ".join(sorted(self._functions))
            message = f"The template has no function {name}: choose one of {known}."
            raise CannotRun(message)
        return self._functions[name]

    def by_arn(self, arn: str) -> Function:
        """The function that an ARN of it, its version or its alias names."""
        return self[re.sub(r".*:function:(\w+).*", r"\1", arn)]

    @property
    def busy(self) -> list[str]:
        """The functions that work or have work waiting."""
        return [name for name, function in self._functions.items() if function.busy]

    @property
    def folders(self) -> set[Path]:
        """Every folder whose code a function runs."""
        return {folder for function in self._functions.values() for folder in function.plan.folders}

    @property
    def environment(self) -> dict[str, str]:
        """The variables of all functions together, as one process would see them."""
        found: dict[str, str] = {}
        for function in self._functions.values():
            found |= function.environment(0)
        return found

    def end_surplus(self) -> None:
        """End the idle processes beyond the limit, those that waited longest."""
        functions = self._functions.values()
        idle = [
            process for function in functions for process in function.processes.values() if process.is_idle
        ]
        idle.sort(key=lambda process: process.idle_since)
        for process in idle[: max(0, len(idle) - MAX_IDLE)]:
            process.end()

    def retire(self) -> None:
        """Let every function read its code again."""
        for function in self._functions.values():
            function.retire()

    async def stop(self) -> None:
        """End every process."""
        await asyncio.gather(*(function.stop() for function in self._functions.values()))


def function_arn(name: str) -> str:
    """The ARN of a function by logical id."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
