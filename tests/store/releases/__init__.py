"""Databases that earlier releases wrote, by their schema's version, to be opened by this one.

Written by the release's own code: conversations, answers that were tried again, images, calls of several owners and
programs, an answer that was never finished, 10,000 rows of the ledger. SQLite's is its dump, PostgreSQL's its COPY.
"""

from __future__ import annotations

import json
import lzma
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from lib.store.engine import connect
from lib.store.history import History
from lib.store.versions import migrate

FOLDER = Path(__file__).parent
NUMBERED = ("messages", "usage")  # by a sequence, which goes on where it was


def restore(url: str, version: str) -> None:
    """Make the database of a release at the URL of one without a schema."""
    if url.startswith("sqlite"):
        _restore_sqlite(Path(make_url(url).database or ""), version)
    else:
        _restore_postgresql(url, version)


def _restore_sqlite(file: Path, version: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as db:
        db.executescript(lzma.decompress((FOLDER / f"{version}.sqlite.sql.xz").read_bytes()).decode())


def _restore_postgresql(url: str, version: str) -> None:
    tables = json.loads(lzma.decompress((FOLDER / f"{version}.postgresql.json.xz").read_bytes()))
    with closing(connect(url)) as database:
        migrate(database, History(version))  # Alembic's steps up to there are those of the release
        with database.write("migration") as db, db.connection.cursor() as cursor:
            cursor.execute("DELETE FROM alembic_version")
            for name, table in tables.items():
                columns = ", ".join(f'"{column}"' for column in table["columns"])
                with cursor.copy(f'COPY "{name}" ({columns}) FROM STDIN') as copy:
                    copy.write(table["rows"])
                if "id" in table["columns"] and name in NUMBERED:
                    last = f'(SELECT max(id) FROM "{name}")'
                    cursor.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {last})")
