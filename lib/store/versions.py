"""The schema's versions: which one a database has, and how it gets to the newest."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, text

from lib.errors import StoreError
from lib.store.columns import now
from lib.store.engine import Database, make
from lib.store.schema import metadata

if TYPE_CHECKING:
    from alembic.config import Config

ENVIRONMENT = Path(__file__).parent / "migrations"
STAMP = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))  # Alembic's own
ADVISORY_LOCK = 0x7061726C6579  # any number will do as long as every replica takes the same


@dataclass(frozen=True)
class History:
    """The versions this code knows: `head` is the newest, `folders` hold the Alembic revisions up to it."""

    head: str = "0015"
    folders: tuple[Path, ...] = (ENVIRONMENT / "versions",)


HISTORY = History()


def migrate(database: Database, history: History = HISTORY) -> None:
    """Bring the schema to `history.head`, in one transaction; does next to nothing when it is there already.

    A SQLite file that has content is copied to `<file>.backup-<version>-<time>` first. On PostgreSQL no copy is
    made (that is the operator's pg_dump); replicas that start together wait for each other.
    Raises StoreError for a schema that is newer than this code.
    """
    with database.read("migration") as db:
        found = version(db)
    if found == history.head:
        return
    if found is None and history == HISTORY:
        with database.write("migration") as db:
            _create(db, database)
        return
    config = _config(history)
    _check(found, config, database.place)
    with database.write("migration") as db:
        _upgrade(db, database, history, config)


def version(db: Connection) -> str | None:
    """Return the schema's version; `None` for a new database."""
    if not inspect(db).has_table("alembic_version"):
        return None
    found: str | None = db.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _create(db: Connection, database: Database) -> None:
    """Make the newest schema at once: Alembic would take a fifth of a second, and 10 MB for as long as we run."""
    _lock(db, database)
    if version(db) is None:  # else another process was faster
        metadata.create_all(db, checkfirst=False)
        STAMP.create(db)
        db.execute(insert(STAMP).values(version_num=HISTORY.head))


def _lock(db: Connection, database: Database) -> None:
    if database.file is None:
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


def _upgrade(db: Connection, database: Database, history: History, config: Config) -> None:
    from alembic import command  # slow to import, and needed once per release

    _lock(db, database)
    found = version(db)
    if found == history.head:
        return  # another process was faster
    if found and database.file:
        _backup(database.file, found)
    config.attributes["connection"] = db
    command.upgrade(config, history.head)


def _config(history: History) -> Config:
    from alembic.config import Config

    config = Config()
    folders = os.pathsep.join(map(str, history.folders))
    for name, value in {"script_location": str(ENVIRONMENT), "version_locations": folders}.items():
        config.set_main_option(name, value.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _check(found: str | None, config: Config, place: str) -> None:
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found and found not in known:
        raise StoreError(
            f"The database {place} has schema version {found}, which is newer than this Parley knows.",
            hint="Start the newer Parley again, or put the backup from before the upgrade in its place.",
        )


def _backup(file: Path, found: str) -> None:
    copy = file.with_name(f"{file.name}.backup-{found}-{now():%Y%m%dT%H%M%S%fZ}")
    make(copy)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
