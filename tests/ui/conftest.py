"""What parts of pages are tested on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st

from lib import runtime
from lib.store import Store
from tests.components import components  # noqa: F401  # a fixture of all tests here


@pytest.fixture
def session(store: Store) -> Iterator[Store]:
    """A session that has just begun, of a process that ends with the test; its store."""
    st.session_state.clear()
    yield store
    st.session_state.clear()
    runtime.use(None)
