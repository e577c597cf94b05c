"""What stands under an answer about pictures: what its prompt was to cost and did, and its table or JSON as a file."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lib.files import answers
from lib.store import StoredMessage
from lib.ui import mine
from lib.ui.images import expected
from lib.ui.numbers import count


def draw(message: StoredMessage) -> None:
    """Draw it."""
    if message.state != "completed":
        return
    with st.container(key=f"results-{message.id}", horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_cost(message))
        text = message.text[: answers.MAX_CHARACTERS]
        if answers.rows(text):
            _download(message, "csv", lambda: answers.table(text) or b"", "text/csv")
        if answers.value(text):
            _download(message, "json", lambda: answers.document(text) or "", "application/json")


def _download(message: StoredMessage, kind: str, content: Callable[[], bytes | str], mime: str) -> None:
    """Draw a button; the file is made when it is asked for."""
    name, key = f"answer-{message.id}.{kind}", f"{kind}-{message.id}"
    label, icon = f"Download {kind.upper()}", ":material/download:"
    st.download_button(label, content, name, mime, key=key, type="tertiary", icon=icon, on_click="ignore")


def _cost(message: StoredMessage) -> str:
    reported = message.usage.prompt_tokens if message.usage and message.source == "reported" else None
    came = f"{count(reported)} reported" if reported is not None else "none reported"
    return f"Prompt: {count(_expected(message), '~')} tokens expected, {came}"


def _expected(message: StoredMessage) -> int | None:
    """Return what the prompt was about to cost; the conversation is only read for an answer that is new."""
    known = expected.of(message.conversation_id)
    if message not in known:
        known.count(mine.chats().path(message.conversation_id))
    return known.get(message)
