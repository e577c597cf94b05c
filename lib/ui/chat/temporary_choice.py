"""The way into a temporary chat, above the input box; in one, what it is and the way out."""

from __future__ import annotations

import streamlit as st

from lib.ui import navigation, temporary
from lib.ui.chat.view import View

ABOUT = "Not listed and not searched; gone when you close it, or after an hour."


def draw(view: View) -> None:
    """Draw whether the chat that is about to begin is temporary."""
    if view.purpose == "chat" and view.conversation_id is None:
        _draw_choice(view)


def tell(view: View) -> None:
    """Say in a temporary chat what it is, and offer the way out; in a place that is always there (see the composer)."""
    with st.container(key="temporary-place"):
        if view.purpose == "chat" and view.temporary and view.conversation_id is not None:
            temporary.note(view.conversation_id)
            st.set_page_config(page_title=navigation.title(of="Temporary chat"))
            with st.container(key="temporary-open", horizontal=True, vertical_alignment="center", gap="small"):
                st.caption(f"Temporary. {ABOUT}", width="content")
                st.button("Close it", key="close-temporary", type="tertiary", on_click=st.query_params.clear)


def _draw_choice(view: View) -> None:
    icon, key = ":material/timer:", "temporary-on" if view.temporary else "temporary-off"
    label, args = "Temporary: on" if view.temporary else "Temporary", (view,)
    with st.container(key=key, width="content"):
        st.button(label, key="temporary", type="tertiary", icon=icon, on_click=_flip, args=args)
    if view.temporary:
        with st.container(key="temporary-about", width="content"):
            st.caption("Gone when closed; not listed, not searched.", width="content")


def _flip(view: View) -> None:
    view.temporary = not view.temporary
