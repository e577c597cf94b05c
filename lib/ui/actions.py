"""What can be done with the open conversation: rename it, delete it."""

from __future__ import annotations

import streamlit as st

from lib import generations, runtime
from lib.ui.view import View, fresh

TITLE = "rename"


def draw(view: View) -> None:
    """Draw the menu. It is always on the page; the stylesheet shows it while a conversation is open."""
    # In a fresh place, because Streamlit would leave the menu open after use.
    icon, tip = ":material/more_horiz:", "Rename or delete this conversation"
    with fresh("actions"), st.container(key="actions"), st.popover("", type="tertiary", icon=icon, help=tip):
        st.text_input("Rename", key=TITLE, placeholder="New title", max_chars=200, on_change=rename, args=(view,))
        st.button("Delete", key="delete", icon=":material/delete:", on_click=delete, args=(view,))


def rename(view: View) -> None:
    """Give the open conversation the title that was typed."""
    title = st.session_state[TITLE].strip()
    st.session_state[TITLE] = ""
    if title and view.conversation_id:
        runtime.current().store.rename(view.conversation_id, title)


def delete(view: View) -> None:
    """Delete the open conversation; the sidebar offers to undo it."""
    store = runtime.current().store
    conversation = store.conversation(view.conversation_id) if view.conversation_id else None
    if conversation is None:
        return
    if generation := generations.find(conversation.id):
        generation.stop()
    store.delete(conversation.id)
    st.session_state["deleted"] = conversation
    st.query_params.clear()
