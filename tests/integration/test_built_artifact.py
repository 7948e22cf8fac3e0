"""What `sam build` makes runs on its own: a function of it under AWS's runtime client, with nothing else around."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FUNCTION, HANDLER = "HealthGetFunction", "api.health.get.handler"
EVENT = ROOT / "events" / "api" / "health" / "get.json"
LAYERS = ("VendorLayer/python", "LodestarLayer/python")
CLIENT = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
"""AWS's runtime client and what it imports; in the cloud the runtime brings them."""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is built for Lambda runs on Linux only")
UNCHECKED_HASH = 0b01
"""Flags of a .pyc that never looks at its source again (PEP 552)."""


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One function with its layers, built for this machine as `make build` builds them all for the cloud."""
    room = tmp_path_factory.mktemp("built")
    uv = os.environ.get("UV", "")  # `uv run` tells where it is, also when that is not on the path
    folders = [str(Path(sys.executable).parent), str(Path(uv).parent), os.environ["PATH"]]
    environment = {
        **os.environ,
        "ARCHITECTURE": os.uname().machine,
        "PATH": os.pathsep.join(folders if uv else folders[::2]),
        "SAM_CLI_TELEMETRY": "0",
    }
    subprocess.run(
        ["sam", "build", FUNCTION, "--no-cached", "--build-dir", str(room)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
    )
    return room


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runtime client alone: the project's other packages stay out of reach."""
    folder = tmp_path_factory.mktemp("client")
    for name in CLIENT:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        if spec.submodule_search_locations:
            shutil.copytree(origin.parent, folder / name)
        else:
            shutil.copy(origin, folder)
    return folder


class RuntimeApi:
    """Lambda's runtime API for one invocation: hands out an event once and keeps the answer."""

    def __init__(self, event: bytes) -> None:
        self.answered: dict[str, Any] = {}
        self.done = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(event))
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        """Host and port, as AWS_LAMBDA_RUNTIME_API wants them."""
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "RuntimeApi":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self, event: bytes) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if api.answered:
                    api.done.wait()  # there is no second event
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(event)))
                self.send_header("Lambda-Runtime-Aws-Request-Id", "1")
                self.send_header("Lambda-Runtime-Deadline-Ms", "4102444800000")
                self.send_header(
                    "Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:1:function:a"
                )
                self.end_headers()
                self.wfile.write(event)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                api.answered[self.path.rsplit("/", 1)[1]] = json.loads(body)
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                api.done.set()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — as in the base class
                """Say nothing."""

        return Handler


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    event = json.loads(EVENT.read_text(encoding="utf-8"))
    del event["headers"]["authorization"]  # a token would want the database
    with RuntimeApi(json.dumps(event).encode()) as running:
        yield running


def test_a_built_function_answers_from_its_own_folder_and_layers_alone(
    artifact: Path, client: Path, api: RuntimeApi
) -> None:
    folders = [artifact / FUNCTION, *(artifact / layer for layer in LAYERS), client]
    environment = {"AWS_LAMBDA_RUNTIME_API": api.address, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [sys.executable, "-S", "-m", "awslambdaric", HANDLER]  # -S: without this environment's packages
    process = subprocess.Popen(command, cwd=artifact / FUNCTION, env=environment)
    try:
        assert api.done.wait(30)
    finally:
        process.kill()
        process.wait()
    assert api.answered.keys() == {"response"}, api.answered
    assert api.answered["response"]["statusCode"] == 200
    assert json.loads(api.answered["response"]["body"]) == {"status": "ok"}


def stale_or_missing(folder: Path) -> list[str]:
    """The sources of a folder whose bytecode is missing, or is checked against a file time or a hash."""
    return [str(file) for file in folder.rglob("*.py") if not _is_compiled_for_good(file)]


def _is_compiled_for_good(source: Path) -> bool:
    compiled = Path(importlib.util.cache_from_source(str(source)))
    return compiled.is_file() and int.from_bytes(compiled.read_bytes()[4:8], "little") == UNCHECKED_HASH


@pytest.mark.parametrize("part", [FUNCTION, *LAYERS])
def test_every_source_of_the_artifact_is_compiled_for_good(artifact: Path, part: str) -> None:
    assert any((artifact / part).rglob("*.py"))
    assert stale_or_missing(artifact / part) == []


def data_files(folder: Path) -> set[Path]:
    """What lies in a folder beside Python, such as the texts of SQL functions and the catalog."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder) for file in files if file.suffix not in {".py", ".pyc"}}


def test_the_layer_brings_along_what_its_code_reads(artifact: Path) -> None:
    built = data_files(artifact / "LodestarLayer" / "python" / "lodestar")
    assert Path("persistence/functions/sign_in.sql") in built
    assert built == data_files(ROOT / "layers" / "lodestar" / "lodestar")


def test_the_guard_finds_bytecode_that_is_missing_or_looks_at_file_times(tmp_path: Path) -> None:
    source = tmp_path / "a.py"
    source.write_text("a = 1")
    assert stale_or_missing(tmp_path) == [str(source)]
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(tmp_path)], check=True)
    assert stale_or_missing(tmp_path) == [str(source)]
