"""The sidebar below the pages: New chat, conversations under Today, Yesterday, Earlier, and their way in and out."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime
from itertools import groupby

import streamlit as st

from lib import runtime
from lib.store import Conversation
from lib.ui import clock, mine, navigation, problems
from lib.ui.accounts import badge
from lib.ui.chat import exports, finder, imports, projects
from lib.ui.chat.view import View
from lib.ui.markdown import plain

SHOWN = 15
MORE = 100  # that each "Show more" adds
TICK = 2.0  # seconds between looks at what is being answered elsewhere
# What the link to a new conversation says, by purpose.
STARTS = {"image": "New pictures", "batch": "New pictures", "compare": "New comparison"}


def draw(view: View) -> None:
    """Draw New chat, Undo after a deletion, and the conversations; one that begins later has its place at the top."""
    view.newcomer = False
    with st.sidebar:
        page, label = navigation.begun_on(view.purpose), STARTS.get(view.purpose, "New chat")
        st.page_link(page, label=label, icon=":material/edit_square:", query_params={})
        _undo()
        finder.draw()
        with st.container(key="conversations"), problems.shown():
            projects.draw(view)
            view.row = st.container()
            busy = bool(_elsewhere(view))
            st.fragment(_list, run_every=TICK if busy else None)(view, busy)
        _stay()
        _in_and_out()
        with problems.shown():
            badge.draw()
    imports.draw()
    exports.draw_all()


def _stay() -> None:
    """Say how long conversations stay, where they do not for ever."""
    if runtime.current().settings.conversation_days:
        from lib.ui.chat import retention  # few have it

        with problems.shown():
            retention.note()


def draw_newcomer(view: View) -> None:
    """Draw the conversation that has begun since the page was drawn, or nothing, in the place that it has.

    So a first prompt sends one row, not the list. The slot of the first turn draws it, at each of its runs: Streamlit
    lets a fragment write elsewhere only where it always has.
    """
    if view.row is None:
        return
    with view.row, problems.shown():
        conversation = mine.chats().get(view.conversation_id) if view.newcomer and view.conversation_id else None
        if conversation and not view.temporary:
            _row(conversation, view)
        else:
            st.empty()


def _elsewhere(view: View) -> set[str]:
    """Return which conversations are being answered while another one, or none, is on the page."""
    return mine.chats().answering() - {view.conversation_id}


def _list(view: View, busy: bool) -> None:
    """Draw the conversations; those that are answered elsewhere say so until they are not."""
    view.hold()
    with problems.shown():
        answering = _elsewhere(view)
        if busy and not answering:
            st.rerun()  # the page draws this anew, without looking again
        now, shown = datetime.now(clock.zone()), st.session_state.setdefault("listed", SHOWN)
        listed = mine.chats().recent(limit=shown)
        first = mine.chats().pinned()
        _pinned(first, view, answering)
        kept = {each.id for each in first}
        rest = [each for each in _with_open(listed, view) if each.id not in kept]
        for day, conversations in groupby(rest, lambda each: day_of(each.updated_at, now)):
            st.caption(day)
            for conversation in conversations:
                _row(conversation, view, answers=conversation.id in answering)
        if len(listed) == shown:
            st.button("Show more", key="more", type="tertiary", on_click=_show_more)


def _pinned(found: list[Conversation], view: View, answering: set[str]) -> None:
    if found:
        st.caption("Pinned")
    for conversation in found:
        _row(conversation, view, answers=conversation.id in answering)


def _with_open(listed: list[Conversation], view: View) -> list[Conversation]:
    """Return what is listed with the open conversation, once: one that is older is last, a newcomer has its place."""
    if view.newcomer:
        return [each for each in listed if each.id != view.conversation_id]
    if not view.conversation_id or any(each.id == view.conversation_id for each in listed):
        return listed
    found = mine.chats().get(view.conversation_id)
    return [*listed, found] if found and not view.temporary else listed


def day_of(moment: datetime, now: datetime) -> str:
    """Return the heading that `moment` stands under, in the time zone of `now`."""
    days = (now.date() - moment.astimezone(now.tzinfo).date()).days
    return "Today" if days <= 0 else "Yesterday" if days == 1 else "Earlier"


def _show_more() -> None:
    st.session_state["listed"] += MORE


def _row(conversation: Conversation, view: View, *, answers: bool = False) -> None:
    is_open = conversation.id == view.conversation_id
    if is_open:
        st.set_page_config(page_title=navigation.title(of=conversation.title))
    key = "open-conversation" if is_open else ""
    key = f"answers-{conversation.id}" if answers else key
    with st.container(key=key) if key else nullcontext():
        label, page = plain(conversation.title, 60), navigation.begun_on(conversation.purpose)
        st.page_link(page, label=label, query_params=navigation.address(conversation), width="stretch")


def _in_and_out() -> None:
    """Draw the ways to bring conversations from elsewhere, and to take all of them along; and to the sheet of keys."""
    with st.container(key="in-and-out", horizontal=True, gap="small"):
        for label, icon, ask in (("Import", "upload", imports.ask), ("Export", "download", exports.ask)):
            st.button(label, key=f"{label.lower()}-all", type="tertiary", icon=f":material/{icon}:", on_click=ask)
        st.button("Keys", key="keys", type="tertiary", icon=":material/keyboard:")  # shortcuts.js shows the sheet


def _undo() -> None:
    if deleted := st.session_state.get("deleted"):
        with st.container(key="undo", horizontal=True, vertical_alignment="center"):
            st.caption(f"Deleted “{plain(deleted.title, 24)}”")
            st.button("Undo", key="restore", type="tertiary", on_click=_restore, args=(deleted,))
            icon = ":material/delete_forever:"
            st.button("Delete for good", key="erase", type="tertiary", icon=icon, on_click=_erase, args=(deleted,))


def _erase(conversation: Conversation) -> None:
    mine.chats().erase(conversation.id)
    st.session_state.pop("deleted")
    st.toast("Deleted for good: its text and pictures are gone from the database.")


def _restore(conversation: Conversation) -> None:
    mine.chats().restore(conversation.id)
    st.session_state.pop("deleted")
    if conversation.purpose != "lane":  # a lane comes back beside the others, on the page that is open
        st.query_params.from_dict(navigation.address(conversation))
