"""What can be done with the open conversation: see what it used, rename it, delete it."""

from __future__ import annotations

import streamlit as st

from lib import generations
from lib.generations import batches
from lib.store import Figures
from lib.ui import mine, navigation, problems
from lib.ui.chat.view import View
from lib.ui.numbers import count, money, percent
from lib.ui.streamlit_internals import fresh

TITLE = "rename"


def draw(view: View) -> None:
    """Draw the menu. It is always on the page; the stylesheet shows it while a conversation is open."""
    # In a fresh place, because Streamlit would leave the menu open after use.
    icon, tip = ":material/more_horiz:", "Usage, rename or delete"
    with fresh("actions"), st.container(key="actions"), st.popover("", type="tertiary", icon=icon, help=tip):
        st.text_input("Rename", key=TITLE, placeholder="New title", max_chars=200, on_change=rename, args=(view,))
        asked = st.button("Usage", key="conversation-usage", icon=":material/bar_chart:")
        st.button("Delete", key="delete", icon=":material/delete:", on_click=delete, args=(view,))
    if asked and view.conversation_id:
        show_usage(view.conversation_id)


@st.dialog("Usage of this conversation", on_dismiss="rerun")
def show_usage(conversation_id: str) -> None:
    """Show what the calls of a conversation come to, and the way to them."""
    with problems.shown():
        st.markdown(summary(mine.usage().conversation(conversation_id)))
        st.page_link(navigation.usage(), label="Its calls", query_params={"conversation": conversation_id})


def summary(figures: Figures) -> str:
    """Return calls, tokens, coverage and cost, a line each, as markdown."""
    about = "~" if figures.coverage is not None and figures.coverage < 1 else ""
    tokens = (figures.prompt_tokens, figures.completion_tokens, figures.total_tokens)
    prompt, completion, total = (count(number, about) for number in tokens)
    costs = [f"{money(figures.cost(currency))} {currency}" for currency, _ in figures.costs]
    unpriced = [f"{count(figures.unpriced)} calls unpriced"] if figures.unpriced else []
    lines = [
        f"{count(figures.calls)} calls that have ended",
        f"{total} tokens: {prompt} of prompts, {completion} of answers",
        f"{percent(figures.coverage)} of the tokens reported" + (", the rest estimated (~)" if about else ""),
        " · ".join([*costs, *unpriced]),
    ]
    return "  \n".join(line for line in lines if line)


def rename(view: View) -> None:
    """Give the open conversation the title that was typed."""
    title = st.session_state[TITLE].strip()
    st.session_state[TITLE] = ""
    if title and view.conversation_id:
        mine.chats().rename(view.conversation_id, title)


def delete(view: View) -> None:
    """Delete the open conversation; the sidebar offers to undo it."""
    chats = mine.chats()
    conversation = chats.get(view.conversation_id) if view.conversation_id else None
    if conversation is None:
        return
    if running := generations.find(chats.scope, conversation.id) or batches.find(chats, conversation.id):
        running.stop()
    chats.delete(conversation.id)
    st.session_state["deleted"] = conversation
    st.query_params.clear()
