"""Copies of a whole database, and whether one is sound.

A backup is made while Parley runs: of SQLite a file like the database, of PostgreSQL what pg_dump writes.
It has everything, texts and images included: keep it as you keep the database.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, make_url, text

from lib.errors import StoreError
from lib.store import history
from lib.store.engine import Database, connect, make
from lib.store.faults import faults
from lib.store.processes import Lease
from lib.store.upkeep import Upkeep

MAX_SAID = 300  # characters of what a program of PostgreSQL's says
CALLED = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "username", "PGPASSWORD": "password", "PGDATABASE": "database"}


def backup(url: str, file: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Copy the database at `url` into a new file that only its owner may read. Raises StoreError."""
    _claim(file)
    try:
        with closing(connect(url)) as database:
            if _version(database) is None:
                raise StoreError(f"The database {database.place} has nothing of Parley in it.")
            if database.file:
                _copy(database.file, file)
                return
        _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={file}"], url, environ)
    except BaseException:
        file.unlink()
        raise


def restore(url: str, file: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Fill the database at `url`, which must have nothing in it, from a backup. Raises StoreError."""
    if not file.is_file():
        raise StoreError(f"There is no file {file}.", hint="Name the file that a backup was written to.")
    with closing(connect(url)) as database:
        if _version(database) is not None or (database.file and database.file.stat().st_size):
            hint = "Move it away, or name an empty one in DATABASE_URL; nothing was changed."
            raise StoreError(f"The database {database.place} is not empty.", hint=hint)
        if database.file:
            _check_sound(file)
            _copy(file, database.file)
            return
    _run(["pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--dbname="], url, environ, str(file))


def check(url: str) -> Iterator[tuple[bool, str]]:
    """Say of each thing that must hold whether it does, and what was found. Changes nothing. Raises StoreError."""
    with closing(connect(url)) as database:
        found = _version(database)
        is_newest = found == history.HISTORY.head
        yield is_newest, f"schema: {found or 'none'}, this Parley has {history.HISTORY.head}"
        if database.file:
            problems = _problems(database)
            yield not problems, f"integrity: {'; '.join(problems) or 'ok'}"
        if not is_newest:
            return
        upkeep = Upkeep(database, Lease(database))
        differing = upkeep.differences()
        yield differing == 0, f"ledger: {differing} sums differ from its rows"
        running, left = upkeep.unfinished()
        yield left == 0, f"open: {running} calls of processes that live, {left} left by processes that are gone"


def _version(database: Database) -> str | None:
    with database.read("migration") as db:
        return history.version(db)


def _problems(database: Database) -> list[str]:
    with database.read("migration") as db:
        said = [str(row[0]) for row in db.execute(text("PRAGMA integrity_check(5)"))]
        lost = len(db.execute(text("PRAGMA foreign_key_check")).all())
    return [line[:MAX_SAID] for line in said if line != "ok"] + ([f"{lost} rows refer to nothing"] if lost else [])


def _claim(file: Path) -> None:
    """Make a file that was not there, readable to its owner only."""
    if file.exists():
        raise StoreError(f"{file} is there already.", hint="Name a new file; nothing was changed.")
    with faults(str(file)):
        make(file)


def _copy(source: Path, target: Path) -> None:
    with faults(str(source)), closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _check_sound(file: Path) -> None:
    """Raise StoreError unless a file is a whole SQLite database of Parley's."""
    with closing(connect(f"sqlite:///{file.absolute()}")) as database:
        if _version(database) is None or _problems(database):
            raise StoreError(f"{file} is no sound backup of Parley.", hint="Use another one; nothing was changed.")


def _run(command: list[str], url: str, environ: Mapping[str, str], *more: str) -> None:
    """Run a program of PostgreSQL's on a database; the password goes by the environment, which nobody else reads."""
    address = make_url(url)
    given = {**environ, **_address(address)}
    program = shutil.which(command[0], path=environ.get("PATH"))
    if program is None:
        hint = "Install PostgreSQL's client programs, of the server's version or later."
        raise StoreError(f"{command[0]} is not on this machine.", hint=hint)
    options = [part + given["PGDATABASE"] if part == "--dbname=" else part for part in command[1:]]
    done = subprocess.run([program, *options, *more], env=given, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[:MAX_SAID]
        raise StoreError(f"{command[0]} failed: {said}", hint="See what it says; nothing was changed.")


def _address(url: URL) -> dict[str, str]:
    named = {name: str(value) for name, field in CALLED.items() if (value := getattr(url, field)) is not None}
    asked = {
        f"PG{name.upper()}": str(value) for name, value in url.query.items() if name in ("host", "port", "sslmode")
    }
    return {"PGDATABASE": "postgres", **named, **asked}
