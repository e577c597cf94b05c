"""What is written into the log of who did what. A log that cannot be written holds nobody up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from lib import generations, runtime
from lib.accounts.identity import Person
from lib.errors import ChatError
from lib.ui import background, mine, standing

log = logging.getLogger("parley")

SIGNED_IN, SIGNED_OUT = "signed in", "signed out"


def record(event: str, about: str = "", detail: str = "") -> None:
    """Write down what the person whose page this is did. Raises StoreError: what cannot be logged is not done."""
    runtime.current().store.people.record(mine.scope().owner, event, about, detail)


def came(person: Person) -> None:
    """Write down, beside what goes on, that somebody signed in."""
    background.begin(partial(_quietly, partial(_came, person)))


def missed(id: str) -> None:
    """Write down, beside what goes on, that a conversation was asked for that is somebody else's."""
    if (who := mine.person()) is not None:
        background.begin(partial(_quietly, partial(_missed, who.owner, id)))


def look() -> Callable[[Person], bool]:
    """Find out who may have pages open, and stop what runs for those who were switched off."""
    store = runtime.current().store
    standing.look(store)
    for known in store.people.barred().values():
        if known.off_at:
            generations.stop_of(known.owner)
    return standing.may_stay


def _came(person: Person) -> None:
    people = runtime.current().store.people
    people.note(person.owner, name=person.name, email=person.email, role=person.role, groups=person.groups)
    people.record(person.owner, SIGNED_IN, detail=person.role)


def _missed(owner: str, id: str) -> None:
    people = runtime.current().store.people
    if people.is_foreign(owner, id):
        people.record(owner, "asked for what is another's", id)


def _quietly(work: Callable[[], None]) -> None:
    try:
        work()
    except ChatError as error:
        log.warning("The log of who did what could not be written: %s", error)
