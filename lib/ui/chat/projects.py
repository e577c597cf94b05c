"""Projects in the sidebar and in the menu of a conversation: which there are, what is in one, a new chat in it."""

from __future__ import annotations

import streamlit as st

from lib.store import PROJECT, Conversation, Entry
from lib.ui import mine, navigation
from lib.ui.chat import presets, view
from lib.ui.chat.view import View
from lib.ui.markdown import plain

OPEN = "project-open"  # the one whose conversations are listed
SHOWN = 30  # conversations of a project that are listed; the others are found


def draw(page: View) -> None:
    """Draw the projects, and the conversations of the open one; nothing while there is none.

    In a browser session that has just begun that is the one of what is on the page.
    """
    kept = mine.library().all(PROJECT)
    if not kept:
        return
    if OPEN not in st.session_state:
        st.session_state[OPEN] = _of(page)
    with st.container(key="projects"):
        st.caption("Projects")
        for entry in kept:
            is_open = st.session_state.get(OPEN) == entry.id
            icon, key = f":material/folder{'_open' if is_open else ''}:", f"project-{entry.id}"
            st.button(plain(entry.name, 60), key=key, type="tertiary", icon=icon, on_click=_flip, args=(entry,))
            if is_open:
                _draw_open(entry)


def _of(page: View) -> int | None:
    """Return the project of what is on a page."""
    if page.project:
        return page.project.id
    conversation = mine.chats().get(page.conversation_id) if page.conversation_id else None
    return conversation.project_id if conversation else None


def _draw_open(entry: Entry) -> None:
    with st.container(key=f"in-project-{entry.id}"):
        if st.button("New chat in it", key=f"begin-{entry.id}", type="tertiary", icon=":material/edit_square:"):
            start(entry)
        for conversation in mine.chats().recent(SHOWN, project=entry.id):
            label, page = plain(conversation.title, 60), navigation.begun_on(conversation.purpose)
            st.page_link(page, label=label, query_params=navigation.address(conversation), width="stretch")


def _flip(entry: Entry) -> None:
    st.session_state[OPEN] = None if st.session_state.get(OPEN) == entry.id else entry.id


def start(entry: Entry) -> None:
    """Begin a chat in a project, with its model and system prompt; the page is left for that of chats."""
    st.session_state[OPEN] = entry.id
    view.begin(presets.usable(entry.choice), entry)
    st.switch_page(navigation.chat(), query_params=view.address(entry))


def draw_choice(conversation: Conversation) -> None:
    """Draw, in the menu of a conversation, which project it is in; nothing while there is none."""
    names = {entry.id or 0: entry.name for entry in mine.library().all(PROJECT)}
    if names:
        key, ids, inside = f"project-of-{conversation.id}", [0, *names], conversation.project_id or 0
        index, args = ids.index(inside) if inside in names else 0, (conversation.id, key)
        st.selectbox("Project", ids, index, lambda each: names.get(each, "None"), key, on_change=_move, args=args)


def _move(id: str, key: str) -> None:
    mine.chats().move(id, st.session_state[key] or None)
