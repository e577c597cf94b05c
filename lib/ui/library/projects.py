"""Projects in the library."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from lib.chats.exports import file_name, json_of
from lib.store import PROJECT, Chats, Entry
from lib.ui import mine
from lib.ui.chat import projects
from lib.ui.library.choices import Choices

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
        """Draw the way to have its conversations as a file."""
        data, tip = partial(exported, mine.chats(), entry), f"Export “{entry.name}” as JSON"
        key, name, icon = f"export-entry-{entry.id}", file_name(entry.name, "json"), ":material/download:"
        about: dict[str, Any] = {"type": "tertiary", "icon": icon, "help": tip, "on_click": "ignore"}
        st.download_button("Export", data, name, "application/json", key=key, **about)


def exported(chats: Chats, entry: Entry) -> bytes:
    """Return the conversations of a project as JSON, which Parley can import again."""
    ids = [each.id for each in chats.recent(MAX_EXPORTED, project=entry.id)]
    return "".join(json_of(chats, ids)).encode("utf-8", "replace")
