"""The sidebar: New chat, then the conversations under Today, Yesterday, Earlier."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, tzinfo
from itertools import groupby
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from lib import runtime
from lib.store import Conversation
from lib.ui import navigation, problems
from lib.ui.markdown import plain
from lib.ui.view import View

SHOWN = 15
KEY = "conversations"


def draw(view: View) -> None:
    """Draw New chat, the conversations, and Undo after a deletion."""
    with st.sidebar:
        st.page_link(navigation.chat(), label="New chat", icon=":material/edit_square:", query_params={})
        _undo()
        st.fragment(_conversations, key=KEY)(view)
        _more()


def _conversations(view: View) -> None:
    with problems.shown():  # a fragment's error does not reach the page that declared it
        _list(view)


def _list(view: View) -> None:
    now = datetime.now(_zone())
    for day, conversations in groupby(_listed(), lambda each: day_of(each.updated_at, now)):
        st.caption(day)
        for conversation in conversations:
            _row(conversation, view)


def day_of(moment: datetime, now: datetime) -> str:
    """Return the heading that `moment` stands under, in the time zone of `now`."""
    days = (now.date() - moment.astimezone(now.tzinfo).date()).days
    return "Today" if days <= 0 else "Yesterday" if days == 1 else "Earlier"


def _zone() -> tzinfo | None:
    try:
        return ZoneInfo(st.context.timezone or "")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _listed() -> list[Conversation]:
    shown = st.session_state.setdefault("listed", SHOWN)
    return runtime.current().store.conversations(limit=shown)


def _more() -> None:
    if len(_listed()) >= st.session_state["listed"]:
        st.button("Show more", key="more", type="tertiary", on_click=_show_more)


def _show_more() -> None:
    st.session_state["listed"] += SHOWN


def _row(conversation: Conversation, view: View) -> None:
    key = "open-conversation" if conversation.id == view.conversation_id else None
    with st.container(key=key) if key else nullcontext():
        label = plain(conversation.title, 60)
        st.page_link(navigation.chat(), label=label, query_params={"c": conversation.id}, width="stretch")


def _undo() -> None:
    if deleted := st.session_state.get("deleted"):
        with st.container(key="undo", horizontal=True, vertical_alignment="center"):
            st.caption(f"Deleted “{plain(deleted.title, 24)}”")
            st.button("Undo", key="restore", type="tertiary", on_click=_restore, args=(deleted,))


def _restore(conversation: Conversation) -> None:
    runtime.current().store.restore(conversation.id)
    st.session_state.pop("deleted")
    st.query_params["c"] = conversation.id
