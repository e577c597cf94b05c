"""What generations are tested on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lib import generations
from lib.generations import batches
from lib.store import Store


@pytest.fixture
def store(store: Store) -> Iterator[Store]:
    """A store that closes when what a test has left running is ended."""
    yield store
    batches.stop_all()
    generations.stop_all()
