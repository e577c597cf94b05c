"""What takes files in."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from lib.chats.imports import Importer, Report
from lib.store import LOCAL, Chats, Store


@pytest.fixture
def chats(store: Store) -> Chats:
    """The door to the local person's conversations."""
    return store.chats(LOCAL)


@pytest.fixture
def take(chats: Chats) -> Callable[..., Report]:
    """What takes in the bytes of a file."""

    def taken(data: bytes, name: str = "export.json", **options: object) -> Report:
        return Importer(chats, **options).take(io.BytesIO(data), name)

    return taken
