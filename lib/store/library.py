"""The door to what one person keeps to use it again: prompts, presets and projects, each by its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, select, update

from lib.errors import StoreError
from lib.model_choice import PLAIN, ModelChoice, Parameters
from lib.store.chats import titles
from lib.store.columns import now
from lib.store.engine import Database
from lib.store.schema import library
from lib.store.scope import Scope
from lib.store.values import Entry, asked
from lib.text import repair

PROMPT, PRESET, PROJECT = KINDS = ("prompt", "preset", "project")
MAX_NAME = 60  # characters
MAX_TEXT = 100_000  # characters of a prompt
MAX_ENTRIES = 1_000  # of one kind


class Library:
    """What one person keeps. Names of one kind are different, whatever their case.

    What belongs to someone else is not there. Every method raises StoreError when the database fails.
    """

    def __init__(self, database: Database, scope: Scope) -> None:
        self._database = database
        self._scope = scope

    def all(self, kind: str) -> list[Entry]:
        """Return the entries of a kind by their names."""
        with self._database.read() as db:
            return _all(db, self._scope, kind)

    def get(self, id: int) -> Entry | None:
        """Return an entry; None if there is none or it is deleted."""
        with self._database.read() as db:
            row = db.execute(_entries(self._scope).where(library.c.id == id)).first()
            return _entry(row) if row else None

    def find(self, kind: str, name: str) -> Entry | None:
        """Return the entry that is called so, in capitals or not."""
        return next((each for each in self.all(kind) if _same(each.name, tidy(name))), None)

    def keep(self, entry: Entry) -> int:
        """Keep an entry, a new one or what one has become; return its id.

        Raises StoreError for one without a name or with that of another, too long a text, and one too many.
        """
        with self._database.write() as db:
            return _keep(db, self._scope, entry)

    def take_in(self, entries: Sequence[Entry]) -> int:
        """Keep what is new of entries from elsewhere, all of it or nothing; return how many are.

        What is here already as it is there is left out; where only the name is the same, the new one gets a number.
        """
        with self._database.write() as db:
            here = _here(db, self._scope)
            return sum(_take(db, self._scope, entry, here[entry.kind]) for entry in entries)

    def look(self, entries: Sequence[Entry]) -> list[str]:
        """Return the name that `take_in` would give each of some entries, "" where it is here already."""
        with self._database.read() as db:
            here = _here(db, self._scope)
            return [_place(entry, here[entry.kind]) for entry in entries]

    def remove(self, id: int) -> None:
        """Delete an entry; `put_back` brings it back, upkeep removes it for good."""
        self._mark(id, now())

    def put_back(self, id: int) -> None:
        """Bring a deleted entry back."""
        self._mark(id, None)

    def _mark(self, id: int, since: datetime | None) -> None:
        with self._database.write() as db:
            db.execute(update(library).where(_mine(self._scope, id)).values(deleted_at=since))


def tidy(name: str) -> str:
    """Return a name in one line of at most MAX_NAME characters, "" for none."""
    return titles.tidy(name)[:MAX_NAME].rstrip() if name.strip() else ""


def _entries(scope: Scope) -> Select[Any]:
    return select(library).where(scope.owns(library), library.c.deleted_at.is_(None))


def _all(db: Connection, scope: Scope, kind: str) -> list[Entry]:
    found = [_entry(row) for row in db.execute(_entries(scope).where(library.c.kind == kind))]
    return sorted(found, key=lambda entry: (entry.name.casefold(), entry.name))


def _entry(row: Any) -> Entry:
    choice = ModelChoice(row.endpoint, row.model, Parameters.load(row.params))
    return Entry(row.kind, row.name, row.text, choice, row.id)


def _mine(scope: Scope, id: int) -> ColumnElement[bool]:
    return and_(library.c.id == id, scope.owns(library))


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _keep(db: Connection, scope: Scope, entry: Entry) -> int:
    values = _values(entry)
    others = [each for each in _all(db, scope, entry.kind) if each.id != entry.id]
    if any(_same(each.name, values["name"]) for each in others):
        raise StoreError(f"There is a {entry.kind} called “{values['name']}” already.", hint="Choose another name.")
    if entry.id is not None:
        db.execute(update(library).where(_mine(scope, entry.id)).values(values))
        return entry.id
    return _add(db, scope, entry.kind, values)


def _values(entry: Entry) -> dict[str, Any]:
    """Return the columns of an entry. Raises StoreError."""
    name, text = tidy(entry.name), repair(entry.text, line_ends=True)
    if not name:
        raise StoreError(f"The {entry.kind} has no name.", hint="Type one.")
    if entry.kind == PROMPT and not text.strip():
        raise StoreError("The prompt has no text.", hint="Type one.")
    if len(text) > MAX_TEXT:
        raise StoreError(
            f"The prompt is longer than {MAX_TEXT:,} characters.", hint="Shorten it, or attach it as a file."
        )
    return {"name": name, "text": text, **asked(replace(entry.choice, parameters=_lasting(entry.choice.parameters)))}


def _lasting(parameters: Parameters) -> Parameters:
    """Return parameters without what is of one conversation."""
    return replace(parameters, skip=PLAIN.skip, skip_mark=PLAIN.skip_mark, summary=PLAIN.summary)


def _add(db: Connection, scope: Scope, kind: str, values: dict[str, Any]) -> int:
    mine = and_(scope.owns(library), library.c.kind == kind, library.c.deleted_at.is_(None))
    if db.execute(select(func.count()).select_from(library).where(mine)).scalar_one() >= MAX_ENTRIES:
        raise StoreError(f"There are {MAX_ENTRIES:,} {kind}s already.", hint="Delete some first.")
    added: Any = db.execute(insert(library).values(owner=scope.owner, kind=kind, **values)).inserted_primary_key
    return int(added[0])


def _here(db: Connection, scope: Scope) -> dict[str, list[dict[str, Any]]]:
    """Return the columns of what is here of each kind."""
    return {kind: [_values(entry) for entry in _all(db, scope, kind)] for kind in KINDS}


def _take(db: Connection, scope: Scope, entry: Entry, here: list[dict[str, Any]]) -> bool:
    """Keep one from elsewhere unless it is among what is here; return whether it was not."""
    name = _place(entry, here)
    if name:
        _add(db, scope, entry.kind, {**_values(entry), "name": name})
    return bool(name)


def _place(entry: Entry, here: list[dict[str, Any]]) -> str:
    """Return the name that one from elsewhere gets among what is here, and put it there; "" if it is there already."""
    values = _values(entry)
    if values in here:
        return ""
    name = _free(values["name"], [each["name"] for each in here])
    here.append({**values, "name": name})
    return name


def _free(name: str, here: Sequence[str]) -> str:
    """Return the name, with a number behind it if it is taken."""
    taken, number, free = {each.casefold() for each in here}, 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{name[: MAX_NAME - 6]} {number}"
    return free


def project(db: Connection, scope: Scope, name: str) -> int:
    """Return the project that is called so, a new one if there is none. Raises StoreError for one too many."""
    found = next((each.id for each in _all(db, scope, PROJECT) if _same(each.name, tidy(name))), None)
    return found or _add(db, scope, PROJECT, _values(Entry(PROJECT, name)))


def purge(db: Connection, older_than: datetime) -> None:
    """Remove what anyone deleted before `older_than`."""
    db.execute(delete(library).where(library.c.deleted_at < older_than))
