"""Presets: a chat begins with the model, system prompt and parameters of one; what is set is kept as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from lib.errors import ChatError
from lib.model_choice import ModelChoice
from lib.store import PRESET, Entry
from lib.store.library import MAX_NAME
from lib.ui import mine, problems
from lib.ui.chat import answerer, view
from lib.ui.chat.answerer import Answerer
from lib.ui.endpoints import session
from lib.ui.markdown import plain


def draw(kept: Sequence[Entry], menu: str) -> None:
    """Draw a button for each preset; it closes the menu of that key."""
    for entry in kept:
        key, label = f"start-{entry.id}", plain(entry.name, 60)
        st.button(label, key=key, type="tertiary", on_click=_pick, args=(entry, menu))


def _pick(entry: Entry, menu: str) -> None:
    st.session_state[menu] = False
    start(entry)


def start(entry: Entry) -> None:
    """Begin a new chat with what a preset says, on the chat page."""
    choice = usable(entry.choice)
    view.begin(choice, entry)
    is_its_own = (choice.endpoint, choice.model) == (entry.choice.endpoint, entry.choice.model)
    other = "" if is_its_own else f" {plain(choice.model or choice.endpoint, 40)} answers: its own model is not here."
    st.toast(f"“{plain(entry.name, 40)}” is set for this chat.{other}")


def usable(choice: ModelChoice) -> ModelChoice:
    """Return a choice as it can be asked here: where there is no such endpoint, another one with its parameters."""
    if session.find(choice.endpoint):
        return choice
    found = answerer.find(view.View(None, choice=st.session_state.get(session.CHOICE)))
    return replace(found.choice if found else choice, parameters=choice.parameters, session_id=None)


def draw_save(who: Answerer, place: str) -> None:
    """Draw the field by whose name what is set now is kept; `place` tells it from others on the page."""
    key, hint = f"preset-name-{place}", "Its name, then Enter"
    st.text_input("Save as a preset", key=key, max_chars=MAX_NAME, placeholder=hint, on_change=_save, args=(who, key))


def _save(who: Answerer, key: str) -> None:
    name = st.session_state[key].strip()
    st.session_state[key] = ""
    if not name:
        return
    try:
        mine.library().keep(Entry(PRESET, name, choice=replace(who.choice, session_id=None)))
    except ChatError as error:
        st.toast(problems.sentences(error))
    else:
        st.toast(f"“{plain(name, 40)}” is kept: the menu of prompts and presets starts a chat with it.")
