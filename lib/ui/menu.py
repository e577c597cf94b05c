"""A menu of which what is in it is looked up, and drawn, once it is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from lib.ui.streamlit_internals import bare


@contextmanager
def menu(label: str, key: str, **about: Any) -> Iterator[bool]:
    """Draw a menu, and yield whether it is open, and so to be filled; `about` is of its button.

    It is emptied when it is closed. What stood in it would be there as long as that run takes, which may follow an
    answer, and be seen when it is opened again: but a click on what the run before has not drawn does nothing.
    """
    with (
        st.popover(label, key=key, type="tertiary", on_change="rerun", **about) as popover,
        st.container(key=f"in-{key}") if popover.open else bare(),  # of two kinds: see `emptied`
    ):
        yield bool(popover.open)
