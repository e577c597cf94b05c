"""What pages are tested on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lib import runtime
from lib.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store that is this process's own."""
    store = Store.open(f"sqlite:///{tmp_path / 'parley.db'}")
    yield store
    runtime.use(None)
