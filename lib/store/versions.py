"""The schema's versions: which one a database has, and how it gets to the newest."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, text

from lib.errors import StoreError
from lib.store import history as releases
from lib.store import processes
from lib.store.columns import now
from lib.store.engine import Database, make
from lib.store.history import ENVIRONMENT, HISTORY, History, version
from lib.store.schema import metadata

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger("parley")

STAMP = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))  # Alembic's own
ADVISORY_LOCK = 0x7061726C6579  # any number will do as long as every replica takes the same
FIRST_FLOOR = "0016"  # from which on a database says how old the code may be that lives with it
MAX_NAMED = 3  # processes that a message names


def migrate(database: Database, history: History = HISTORY, *, anyway: bool = False) -> None:
    """Bring the schema to `history.head`, in one transaction; does next to nothing when it is there already.

    A SQLite file that has content is copied to `<file>.backup-<version>-<time>` first. On PostgreSQL no copy is
    made (that is the operator's pg_dump); replicas that start together wait for each other. A newer schema that says
    that this code can live with it is left as it is.
    Raises StoreError for a schema that is newer and does not say so, and while older replicas run that could not live
    with the new one, unless it is to be done `anyway`.
    """
    with database.read("migration") as db:
        found = version(db)
        refusal = releases.refusal(db, database.place, history.head)
    if refusal:
        raise refusal
    if found is None and history == HISTORY:
        with database.write("migration") as db:
            _create(db, database)
    elif found is None or found < history.head:
        with database.write("migration") as db:
            _upgrade(db, database, history, anyway=anyway)
    elif found != history.head:
        log.info("The schema %s of the database is newer than this Parley, which can live with it", found)


def _create(db: Connection, database: Database) -> None:
    """Make the newest schema at once: Alembic would take a fifth of a second, and 10 MB for as long as we run."""
    _lock(db, database)
    if version(db) is None:  # else another process was faster
        metadata.create_all(db, checkfirst=False)
        STAMP.create(db)
        db.execute(insert(STAMP).values(version_num=HISTORY.head))
        releases.write_floor(db, HISTORY.floor)


def _lock(db: Connection, database: Database) -> None:
    if database.file is None:
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


def _upgrade(db: Connection, database: Database, history: History, *, anyway: bool) -> None:
    from alembic import command  # slow to import, and needed once per release
    from alembic.util import CommandError

    _lock(db, database)
    found = version(db)
    if found == history.head:
        return  # another process was faster
    if found and found < history.floor and not anyway:
        _check_alone(db, database.place, found, history.head)
    if found and database.file:
        _backup(database.file, found)
    config = _config(history)
    config.attributes["connection"] = db
    try:
        command.upgrade(config, history.head)
    except CommandError as error:
        said = f"The database {database.place} has schema version {found}, which this Parley does not know."
        raise StoreError(said, hint="Start the Parley that made it, or put a backup in its place.") from error
    if history.head >= FIRST_FLOOR:
        releases.write_floor(db, history.floor)


def _check_alone(db: Connection, place: str, found: str, head: str) -> None:
    """Raise StoreError while others run: what knows only the schema before cannot live with the new one."""
    if not inspect(db).has_table("processes"):
        return
    others = sorted(map(processes.described, db.scalars(processes.living(db, processes.SILENCE))))
    if others:
        named = ", ".join(others[:MAX_NAMED]) + (f" and {len(others) - MAX_NAMED} more" if others[MAX_NAMED:] else "")
        raise StoreError(
            f"The database {place} has schema version {found}, and Parleys that could not live with {head} still run: "
            f"{named}.",
            hint="Stop them first, then start this one again; or start it with MIGRATE_ANYWAY=yes, and they fail.",
        )


def _config(history: History) -> Config:
    from alembic.config import Config

    config = Config()
    folders = os.pathsep.join(map(str, history.folders))
    for name, value in {"script_location": str(ENVIRONMENT), "version_locations": folders}.items():
        config.set_main_option(name, value.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _backup(file: Path, found: str) -> None:
    copy = file.with_name(f"{file.name}.backup-{found}-{now():%Y%m%dT%H%M%S%fZ}")
    make(copy)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
