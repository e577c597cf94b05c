"""What pages are tested on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lib import runtime
from lib.store import Store
from tests.components import components  # noqa: F401  # a fixture of all tests here


@pytest.fixture
def store(store: Store) -> Iterator[Store]:
    """A store that is this process's own."""
    yield store
    runtime.use(None)
