"""Who may not come in any more: known to this process, and looked up again every few seconds."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from lib.accounts.identity import Person
from lib.store import Known, Store

FRESH_SECONDS = 5.0
LEAVING_SECONDS = 5.0  # that a page has, after a sign-out, to go where the provider ends its own login

_barred: dict[str, Known] = {}
_looked: list[object] = [None, float("-inf")]  # in which store, and when
_lock = threading.Lock()


def is_in(person: Person, store: Store) -> bool:
    """Return whether somebody may be here: not switched off, and signed in since they last signed out."""
    if _looked[0] is not store or time.monotonic() - float(str(_looked[1])) > FRESH_SECONDS:
        look(store)
    return is_known_in(person)


def is_known_in(person: Person) -> bool:
    """Return the same by what was known last: it asks no database."""
    found = _barred.get(person.owner)
    if found is None:
        return True
    is_out = person.since is not None and found.out_at is not None and person.since <= found.out_at
    return found.off_at is None and not is_out


def may_stay(person: Person) -> bool:
    """Return whether their pages may stay open: the one where they sign out leaves by itself."""
    found = _barred.get(person.owner)
    if found is None or is_known_in(person):
        return True
    is_leaving = found.out_at is not None and (datetime.now(UTC) - found.out_at).total_seconds() < LEAVING_SECONDS
    return found.off_at is None and is_leaving


def is_off(person: Person) -> bool:
    """Return whether somebody was switched off, by what was known last."""
    found = _barred.get(person.owner)
    return found is not None and found.off_at is not None


def look(store: Store) -> None:
    """Look it up. Raises StoreError; what was known stays then."""
    found = store.people.barred()
    with _lock:
        _barred.clear()
        _barred.update(found)
        _looked[:] = [store, time.monotonic()]
