"""Prompts in the library."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from lib.store import PROMPT, Entry
from lib.store.library import MAX_TEXT
from lib.ui import navigation
from lib.ui.chat.prompts import WANTED
from lib.ui.library.shelf import Shelf

TEXT = "field-text"
OPEN = "What stands in two braces, as in {{language}}, is asked for each time."


class Prompts(Shelf):
    """What is inserted into the input box."""

    kind = PROMPT
    title = "Prompts"
    about = "What you ask again and again. In the chat, type / and the first letters of a name."

    def summary(self, entry: Entry) -> str:
        """Return how it begins."""
        return " ".join(entry.text[:400].split())

    def use(self, entry: Entry) -> None:
        """Insert it on the chat page."""
        st.session_state[WANTED] = entry.id
        st.switch_page(navigation.chat())

    def fill(self, entry: Entry) -> None:
        """Have the field say its text."""
        st.session_state[TEXT] = entry.text

    def fields(self) -> None:
        """Draw the field of the text."""
        st.text_area("Text", key=TEXT, height=200, max_chars=MAX_TEXT)
        st.caption(OPEN)

    def read(self, entry: Entry, name: str) -> Entry:
        """Return it with the text that was typed."""
        return replace(entry, name=name, text=st.session_state[TEXT])
