"""Prompts at the input box: a menu of them and of presets, `/name` in the box, and what one leaves open is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import streamlit as st

from lib.chats import variables
from lib.errors import ChatError
from lib.store import PRESET, PROMPT, Entry
from lib.ui import mine, navigation, problems
from lib.ui.chat import presets
from lib.ui.markdown import plain
from lib.ui.menu import menu

KEY, SEARCH = "prompts", "search-prompts"  # of the menu, and of what searches in it
CHOSEN = "prompt-chosen"  # of the field in which prompts.js says which it is
OPEN = "prompt-open"  # the prompt whose variables are asked for
WANTED = "prompt-wanted"  # the one that is to be used on the page that opens
FEW = 12  # prompts that are offered as buttons; more are searched
SIGN = "/"
ABOUT = "Prompts that you keep are offered here, and in the box when you type / first."
Insert = Callable[[str], None]  # puts a text into the input box, in the run that follows


def draw(insert: Insert) -> None:
    """Draw the menu of prompts and presets; what is in it is looked up once it is open."""
    with menu("Prompts and presets", KEY, icon=":material/bookmarks:") as is_open, problems.shown():
        if is_open:
            _menu(insert)


def _menu(insert: Insert) -> None:
    kept, sets = mine.library().all(PROMPT), mine.library().all(PRESET)
    st.caption("**Prompts**" if kept else ABOUT)
    _prompts(kept, insert)
    if sets:
        st.caption("**Presets**: a new chat with")
        presets.draw(sets, KEY)
    label = "Change them" if kept or sets else "Write one"
    st.page_link(navigation.library(), label=label, icon=":material/edit_note:", query_params={})


def _prompts(kept: Sequence[Entry], insert: Insert) -> None:
    if len(kept) > FEW:
        _search(kept, insert)
        return
    for entry in kept:
        st.button(plain(entry.name, 60), key=f"use-{entry.id}", type="tertiary", on_click=use, args=(entry.id, insert))


def _search(kept: Sequence[Entry], insert: Insert) -> None:
    names = {entry.name: entry.id for entry in kept}
    about: dict[str, Any] = {
        "index": None,
        "placeholder": f"Search {len(kept)} prompts",
        "label_visibility": "collapsed",
    }
    st.selectbox("Prompts", list(names), key="search-prompts", on_change=_pick, args=(names, insert), **about)


def _pick(ids: Mapping[str, int | None], insert: Insert) -> None:
    if name := st.session_state[SEARCH]:
        use(ids[name], insert)


def offer(insert: Insert) -> None:
    """Tell the browser which prompts `/` offers, and take its choice; nobody sees this. Nothing where there is none."""
    with suppress(ChatError):
        if kept := mine.library().all(PROMPT):
            with st.container(key="prompt-names"):
                st.text(json.dumps([[entry.id, entry.name] for entry in kept], ensure_ascii=False))
                st.text_input("Prompt", key=CHOSEN, live=True, on_change=_take, args=(insert,))


def _take(insert: Insert) -> None:
    """Use what the browser chose: its number, and behind that what makes the same one a choice again."""
    id = st.session_state[CHOSEN].split(" ")[0]
    if id.isdecimal():
        use(int(id[:18]), insert)


def use(id: int | None, insert: Insert) -> None:
    """Insert a prompt; if it leaves something open, that is asked for first."""
    st.session_state[KEY] = False
    entry = mine.library().get(id or 0)
    if entry is None:
        st.toast("This prompt has been deleted.")
    elif variables.names(entry.text):
        st.session_state[OPEN] = entry
    else:
        insert(entry.text)


def typed(text: str, insert: Insert) -> bool:
    """Use the prompt that was sent by its name, as `/name`; return whether there is one."""
    with suppress(ChatError):
        entry = mine.library().find(PROMPT, text[len(SIGN) :]) if text.startswith(SIGN) else None
        if entry:
            use(entry.id, insert)
            return True
    return False


def arrive(insert: Insert) -> None:
    """Use the prompt that was chosen on another page."""
    if id := st.session_state.pop(WANTED, None):
        with suppress(ChatError):
            use(id, insert)


def ask(insert: Insert) -> None:
    """Draw the dialog that asks for what a prompt leaves open, if one is to be used."""
    if entry := st.session_state.get(OPEN):
        st.dialog(plain(entry.name, 60), on_dismiss=_dismiss)(_ask)(entry, insert)


def _ask(entry: Entry, insert: Insert) -> None:
    with st.form("prompt-form", border=False):
        for number, name in enumerate(variables.names(entry.text)):
            st.text_area(plain(name, 60), key=_field(number), height=72)
        if st.form_submit_button("Insert", type="primary", on_click=_fill, args=(entry, insert)):
            st.rerun()


def _field(number: int) -> str:
    return f"variable-{number}"


def _fill(entry: Entry, insert: Insert) -> None:
    _dismiss()
    names = variables.names(entry.text)
    insert(variables.filled(entry.text, {name: st.session_state[_field(number)] for number, name in enumerate(names)}))


def _dismiss() -> None:
    st.session_state[OPEN] = None
