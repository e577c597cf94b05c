"""Menus that are filled once they are open."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from lib.ui.menu import menu

    with menu("Things", "things") as is_open:
        if is_open:
            st.caption("One")


def test_closed() -> None:
    """A menu that is closed has nothing in it."""
    assert not AppTest.from_function(_page).run().caption


def test_open() -> None:
    """An open one is filled."""
    app = AppTest.from_function(_page)
    app.session_state["things"] = True

    assert [each.value for each in app.run().caption] == ["One"]
