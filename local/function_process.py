"""One process of a function: a fork of one that has the third-party packages loaded already.

Half of what a function needs to start is the import of packages that all functions share. They are loaded
once; the function's own code and that of our layer is imported in its own process, as in the cloud, so that
a change of it needs no new start of the runner.
"""

import asyncio
import multiprocessing
import os
import runpy
import sys
import sysconfig
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

# A process of macOS cannot be forked safely: there each function loads everything itself.
_processes = (
    multiprocessing.get_context("forkserver")
    if sys.platform == "linux"
    else multiprocessing.get_context("spawn")
)
_processes.set_forkserver_preload(
    [
        "aws_lambda_powertools.event_handler.openapi.params",
        "aws_lambda_powertools.metrics",
        "boto3",
        "httpx",
        "pg8000.native",
        "pydantic",
        "sqlalchemy.dialects.postgresql.pg8000",
    ]
)
_PYTHONS_OWN = frozenset(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


@dataclass(frozen=True, slots=True)
class Start:
    """What a function's process starts with."""

    handler: str
    folders: tuple[Path, ...]
    environment: dict[str, str]
    log: Path

    def process(self) -> BaseProcess:
        """Start it; it ends with the runner."""
        process = _processes.Process(target=self._run, daemon=True)
        process.start()
        return process

    def _run(self) -> None:
        """Become what `python -m awslambdaric <handler>` is in the function's folder and environment."""
        os.setsid()  # Ctrl-C reaches the runner alone, which then ends its functions
        self._write_to_the_log()
        os.environ.clear()
        os.environ.update(self.environment)
        time.tzset()
        os.chdir(self.folders[0])
        sys.path[:] = [*map(str, self.folders), *filter(_is_pythons_own, sys.path)]
        sys.argv[:] = ["awslambdaric", self.handler]
        runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)

    def _write_to_the_log(self) -> None:
        with self.log.open("ab") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        # Line by line: what a process that is killed has said must be there.
        sys.stdout, sys.stderr = (
            os.fdopen(number, "w", buffering=1, encoding="utf-8", closefd=False) for number in (1, 2)
        )


async def end_of(process: BaseProcess) -> int:
    """Wait until a process ends; its exit status, or the signal that ended it as a negative number."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)
    process.join()
    return process.exitcode or 0


def _is_pythons_own(folder: str) -> bool:
    """Whether a folder on the path belongs to Python or its packages, and not to the runner's code."""
    return folder in _PYTHONS_OWN or folder.endswith(("lib-dynload", ".zip"))
