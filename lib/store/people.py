"""Who has come in, and the log of what was done: for admins, and for the door that lets people in."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection, RowMapping

from lib.store.chats import conversations as chats
from lib.store.columns import now
from lib.store.engine import Database
from lib.store.schema import (
    audit,
    conversations,
    insert_into,
    library,
    people,
    rooms,
    shares,
    usage,
    usage_sums,
    votes,
)

EVERYONE = "accounts"  # why all this is about everyone
MAX_DETAIL = 300  # characters of what an event says
MAX_EVENTS = 100_000  # that are given at once
OWNED = (conversations, shares, votes, rooms)  # what goes with a conversation that is handed over
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Known:
    """Somebody who has come in: `off_at` is when they were switched off, before `out_at` no login counts."""

    owner: str
    name: str
    email: str
    role: str
    seen_at: datetime
    off_at: datetime | None = None
    out_at: datetime | None = None
    groups: tuple[str, ...] = ()
    conversations: int = 0

    @property
    def names(self) -> frozenset[str]:
        """What rules may name them by."""
        return frozenset((*self.groups, self.role))


@dataclass(frozen=True)
class Event:
    """What somebody did, and to whom or what."""

    created_at: datetime
    actor: str
    event: str
    about: str
    detail: str


class People:
    """Everyone who has come in. Every method raises StoreError when the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, owner: str, *, name: str, email: str, role: str, groups: Collection[str] = ()) -> None:
        """Note that somebody is here, as whom, and in which groups."""
        lines = "".join(f"\n{group}" for group in sorted(groups))
        said = {"name": name, "email": email, "role": role, "groups": f"{lines}\n", "seen_at": now()}
        with self._database.write(EVERYONE) as db:
            put = insert_into(people, db.dialect.name).values(owner=owner, **said)
            db.execute(put.on_conflict_do_update(index_elements=["owner"], set_=said))

    def members(self, name: str) -> list[str]:
        """Return who was in a group, or had a role, when they were last here."""
        there = or_(people.c.role == name, people.c.groups.contains(f"\n{name}\n", autoescape=True))
        with self._database.read(EVERYONE) as db:
            return list(db.scalars(select(people.c.owner).where(there).order_by(people.c.owner)))

    def barred(self) -> dict[str, Known]:
        """Return who may not come in, or not by a login of before, by owner."""
        some = people.c.off_at.is_not(None) | people.c.out_at.is_not(None)
        with self._database.read(EVERYONE) as db:
            return {row["owner"]: _known(row) for row in db.execute(select(people).where(some)).mappings()}

    def all(self) -> list[Known]:
        """Return everyone, who was here last first."""
        held = select(conversations.c.owner, func.count().label("number")).where(conversations.c.deleted_at.is_(None))
        with self._database.read(EVERYONE) as db:
            numbers = {row.owner: row.number for row in db.execute(held.group_by(conversations.c.owner))}
            rows = db.execute(select(people).order_by(people.c.seen_at.desc(), people.c.owner)).mappings()
            return [replace(_known(row), conversations=numbers.get(row["owner"], 0)) for row in rows]

    def switch(self, owner: str, *, on: bool) -> None:
        """Let somebody in again, or not any more: what they have stays."""
        self._set(owner, off_at=None if on else now())

    def sign_out(self, owner: str) -> None:
        """End all logins that somebody has, wherever."""
        self._set(owner, out_at=now())

    def _set(self, owner: str, **values: datetime | None) -> None:
        with self._database.write(EVERYONE) as db:
            db.execute(update(people).where(people.c.owner == owner).values(values))

    def hand_over(self, owner: str, to: str) -> int:
        """Give all conversations of somebody to somebody else, with links and votes; return how many.

        Projects stay behind, and so does what was used: that was theirs.
        """
        with self._database.write(EVERYONE) as db:
            mine = update(conversations).where(conversations.c.owner == owner)
            moved = db.execute(mine.values(owner=to, project_id=None)).rowcount
            for table in OWNED[1:]:
                db.execute(update(table).where(table.c.owner == owner).values(owner=to))
            return moved

    def forget(self, owner: str) -> str:
        """Remove somebody with all that is theirs, for good; return the name that what they used goes under now."""
        pseudonym = f"former-{secrets.token_hex(6)}"
        with self._database.write(EVERYONE) as db:
            db.execute(update(conversations).where(conversations.c.owner == owner).values(deleted_at=LONG_AGO))
            chats.purge(db, LONG_AGO.replace(second=1))
            db.execute(delete(library).where(library.c.owner == owner))
            db.execute(delete(people).where(people.c.owner == owner))
            _rename(db, owner, pseudonym)
        self._database.scrub()
        return pseudonym

    def is_foreign(self, owner: str, id: str) -> bool:
        """Return whether there is a conversation that is somebody else's."""
        theirs = select(conversations.c.id).where(conversations.c.id == id, conversations.c.owner != owner)
        with self._database.read(EVERYONE) as db:
            return db.execute(theirs).first() is not None

    def record(self, actor: str, event: str, about: str = "", detail: str = "") -> None:
        """Add to the log, which nothing is ever taken out of."""
        said = {"actor": actor, "event": event, "about": about[:MAX_DETAIL], "detail": detail[:MAX_DETAIL]}
        with self._database.write(EVERYONE) as db:
            db.execute(insert(audit).values(said))

    def events(self, limit: int = MAX_EVENTS) -> list[Event]:
        """Return the log, the latest first."""
        columns = (audit.c.created_at, audit.c.actor, audit.c.event, audit.c.about, audit.c.detail)
        with self._database.read(EVERYONE) as db:
            return [Event(*row) for row in db.execute(select(*columns).order_by(audit.c.id.desc()).limit(limit))]


def _known(row: RowMapping) -> Known:
    return Known(**{**row, "groups": tuple((row["groups"] or "").split("\n")[1:-1])})


def _rename(db: Connection, owner: str, pseudonym: str) -> None:
    """Put a pseudonym where somebody was named in what stays: ledger, sums and log."""
    for table in (usage, usage_sums):
        db.execute(update(table).where(table.c.owner == owner).values(owner=pseudonym))
    for column in (audit.c.actor, audit.c.about):
        db.execute(update(audit).where(column == owner).values({column.name: pseudonym}))
