"""Stores whose doors do what a test wants."""

from __future__ import annotations

from typing import Any

from lib.store import Chats, Scope, Store


class OwnDoors(Store):
    """A store whose conversations are behind a `door` of a test's own, which knows it as `store`."""

    door: type[Chats]

    def chats(self, scope: Scope) -> Chats:
        """Return the test's door."""
        door: Any = self.door(self._database, self.lease, scope)
        door.store = self
        return door
