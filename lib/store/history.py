"""Which schema this code knows, and whether code and a schema of different releases can live with each other.

While replicas are replaced one by one, those of the release before run on what the new one has migrated. Each database
says by itself how old the code may be that lives with it: so an old replica knows what to think of a newer schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, insert, inspect, select, text

from lib.errors import StoreError
from lib.store.schema import compatibility

ENVIRONMENT = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class History:
    """The versions this code knows: `head` is the newest, `folders` hold the Alembic revisions up to it.

    Code that knows `floor`, or a later one, lives with what `head` has. A revision that says `additive = True`, for it
    only adds what older code can leave alone, does not raise it; any other does, to itself.
    """

    head: str = "0017"
    folders: tuple[Path, ...] = (ENVIRONMENT / "versions",)
    floor: str = "0015"


HISTORY = History()


def version(db: Connection) -> str | None:
    """Return the schema's version; `None` for a new database."""
    if not inspect(db).has_table("alembic_version"):
        return None
    found: str | None = db.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def floor(db: Connection) -> str | None:
    """Return the oldest version whose code lives with the schema; None where it does not say so."""
    if not inspect(db).has_table(compatibility.name):
        return None
    return db.scalar(select(compatibility.c.oldest))


def write_floor(db: Connection, oldest: str) -> None:
    """Have the database say so."""
    db.execute(delete(compatibility))
    db.execute(insert(compatibility).values(oldest=oldest))


def refusal(db: Connection, place: str, head: str) -> StoreError | None:
    """Return why code that knows versions up to `head` cannot live with the schema; None if it can."""
    found = version(db)
    if found is None or found <= head or (floor(db) or found) <= head:
        return None
    return StoreError(
        f"The database {place} has schema version {found}, which is newer than this Parley knows.",
        hint="Start the newer Parley again, or put the backup from before the upgrade in its place.",
    )
