"""Projects in the library."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from lib.chats.exports import file_name
from lib.store import PROJECT, Chats, Entry
from lib.ui import mine
from lib.ui.chat import exports, projects
from lib.ui.library.choices import Choices
from lib.ui.markdown import plain

MAX_EXPORTED = 10_000  # conversations of a project


class Projects(Choices):
    """What conversations are kept together in."""

    kind = PROJECT
    title = "Projects"
    about = "Conversations that belong together. New ones in a project begin with its model and system prompt."
    use_label = "New chat"

    def use(self, entry: Entry) -> None:
        """Begin a chat in it."""
        projects.start(entry)

    def beside(self, entry: Entry) -> None:
        """Draw the ways to have its conversations as a file."""
        tip, icon = f"Export “{plain(entry.name, 40)}”", ":material/download:"
        with st.popover("Export", key=f"export-entry-{entry.id}", type="tertiary", icon=icon, help=tip):
            for form, label in exports.LABELS.items():
                _button(entry, form, label)


def _button(entry: Entry, form: str, label: str) -> None:
    data, name = partial(exported, mine.chats(), entry, form), file_name(entry.name, form)
    about: dict[str, Any] = {"type": "tertiary", "help": exports.ABOUT[form], "on_click": "ignore"}
    st.download_button(label, data, name, exports.MIME[form], key=f"project-as-{form}-{entry.id}", **about)


def exported(chats: Chats, entry: Entry, form: str) -> bytes:
    """Return the conversations of a project as a file."""
    return exports.made(chats, [each.id for each in chats.recent(MAX_EXPORTED, project=entry.id)], form)
