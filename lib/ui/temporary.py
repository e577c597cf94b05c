"""Temporary chats: neither listed nor found, and gone once they are closed, or an hour after the last prompt.

One is closed by who goes to another conversation, or closes the browser's tab. Its calls stay in the ledger.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from lib import generations, runtime
from lib.errors import ChatError
from lib.store import Scope
from lib.ui import mine, streamlit_internals

log = logging.getLogger("parley")

_sessions: dict[tuple[Scope, str], set[str]] = {}  # browser sessions that have one open
_lock = threading.Lock()


def note(id: str) -> None:
    """Note that this browser session has a temporary chat open."""
    if session := streamlit_internals.session():
        with _lock:
            _sessions.setdefault((mine.scope(), id), set()).add(session)


def leave(id: str) -> None:
    """Close a temporary chat of this person, now."""
    _close(mine.scope(), id)


def _close(scope: Scope, id: str) -> None:
    """Remove it; where the database fails, its hour does."""
    if running := generations.find(scope, id):
        running.stop()
    try:
        runtime.current().store.chats(scope).close(id)
    except ChatError as error:
        log.warning("A temporary chat could not be closed yet: %s", error)
    with _lock:
        _sessions.pop((scope, id), None)


def close_left(is_kept: Callable[[str], bool] = streamlit_internals.is_kept) -> None:
    """Close those whose browser sessions are all gone for good."""
    with _lock:
        left = [place for place, sessions in _sessions.items() if not any(map(is_kept, sessions))]
    for scope, id in left:
        _close(scope, id)
