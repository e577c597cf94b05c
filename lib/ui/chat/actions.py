"""What can be done with the open conversation: rename, tag, pin, archive, see its usage, share, export, delete it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from lib import generations
from lib.generations import batches
from lib.store import Conversation, Figures
from lib.store.chats.titles import MAX_CHARACTERS
from lib.ui import mine, navigation, problems
from lib.ui.chat import exports, projects, sharing, summing_up
from lib.ui.chat.view import View
from lib.ui.menu import menu
from lib.ui.numbers import count, many, money, percent

TITLE, MENU, ASKED = "rename", "conversation-menu", "conversation-usage-asked"


def draw(view: View) -> None:
    """Draw the menu. It is always on the page; the stylesheet shows it while a conversation is open."""
    with (
        st.container(key="actions"),
        menu("Conversation", MENU, icon=":material/more_horiz:") as is_open,
        problems.shown(),
    ):
        # Drawn once it is open: a conversation that has just begun has a title by then.
        conversation = mine.chats().get(view.conversation_id) if is_open and view.conversation_id else None
        if conversation:
            _menu(view, conversation)
    if st.session_state.pop(ASKED, False) and view.conversation_id:
        show_usage(view.conversation_id)
    sharing.draw(view)
    summing_up.draw(view)


def _menu(view: View, conversation: Conversation) -> None:
    st.session_state[TITLE] = conversation.title
    st.text_input("Rename", key=TITLE, max_chars=MAX_CHARACTERS, on_change=rename, args=(view,))
    chats, key = mine.chats(), f"tags-{conversation.id}"
    given, known = chats.tags(conversation.id), chats.tags()
    about: dict[str, Any] = {"accept_new_options": True, "placeholder": "Words of your own", "on_change": _tag}
    st.multiselect("Tags", known, given, key=key, args=(conversation.id, key), **about)
    projects.draw_choice(conversation)
    pinned, archived = conversation.pinned_at is not None, conversation.archived_at is not None
    flip = (mine.chats().pin, conversation.id, not pinned), (mine.chats().archive, conversation.id, not archived)
    quiet: dict[str, Any] = {"type": "tertiary", "width": "stretch"}
    st.button("Unpin" if pinned else "Pin", key="pin", icon=":material/keep:", on_click=_set, args=flip[0], **quiet)
    label, icon = ("Unarchive", "unarchive") if archived else ("Archive", "archive")
    st.button(label, key="archive", icon=f":material/{icon}:", on_click=_set, args=flip[1], **quiet)
    st.button("Usage", key="conversation-usage", icon=":material/bar_chart:", on_click=_ask_usage, **quiet)
    if conversation.purpose not in navigation.NAMES:  # those are made of several
        st.button("Share", key="share", icon=":material/link:", on_click=_ask_share, **quiet)
    if conversation.purpose != "batch":
        label, icon = "Make a demo", ":material/slideshow:"
        st.page_link(navigation.demo(), label=label, icon=icon, query_params={"from": conversation.id}, width="stretch")
    exports.draw(conversation)
    st.button("Delete", key="delete", icon=":material/delete:", on_click=delete, args=(view,), **quiet)


def _tag(id: str, key: str) -> None:
    mine.chats().tag(id, st.session_state[key])


def _set(change: Callable[..., None], id: str, on: bool) -> None:
    change(id, on=on)
    _close()


def _ask_usage() -> None:
    _close()
    st.session_state[ASKED] = True


def _ask_share() -> None:
    _close()
    sharing.ask()


def _close() -> None:
    st.session_state[MENU] = False


@st.dialog("Usage of this conversation", on_dismiss="rerun")
def show_usage(conversation_id: str) -> None:
    """Show what the calls of a conversation come to, and the way to them."""
    with problems.shown():
        st.markdown(summary(mine.usage().conversation(conversation_id)))
        st.page_link(navigation.usage(), label="Its calls", query_params={"conversation": conversation_id})


def summary(figures: Figures) -> str:
    """Return calls, tokens, coverage and cost, a line each, as markdown."""
    about = "~" if figures.coverage is not None and figures.coverage < 1 else ""
    prompt, completion = (count(number, about) for number in (figures.prompt_tokens, figures.completion_tokens))
    costs = [f"{money(figures.cost(currency))} {currency}" for currency, _ in figures.costs]
    unpriced = [f"{many(figures.unpriced, 'call')} unpriced"] if figures.unpriced else []
    lines = [
        f"{many(figures.calls, 'call')} that {'has' if figures.calls == 1 else 'have'} ended",
        f"{many(figures.total_tokens, 'token', about=about)}: {prompt} of prompts, {completion} of answers",
        f"{percent(figures.coverage)} of the tokens reported" + (", the rest estimated (~)" if about else ""),
        " · ".join([*costs, *unpriced]),
    ]
    return "  \n".join(line for line in lines if line)


def rename(view: View) -> None:
    """Give the open conversation the title that was typed."""
    title = st.session_state[TITLE].strip()
    _close()
    if title and view.conversation_id:
        mine.chats().rename(view.conversation_id, title)


def delete(view: View) -> None:
    """Delete the open conversation; the sidebar offers to undo it."""
    chats = mine.chats()
    conversation = chats.get(view.conversation_id) if view.conversation_id else None
    _close()
    if conversation is None:
        return
    if running := generations.follow(chats, conversation.id) or batches.find(chats, conversation.id):
        running.stop()
    for part in chats.parts(conversation.id):
        if lane := generations.follow(chats, part.conversation.id):
            lane.stop()
    chats.delete(conversation.id)
    st.session_state["deleted"] = conversation
    st.query_params.clear()
