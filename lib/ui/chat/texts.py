"""The text of a message: what a page draws at once, the rest part by part, the whole as a file."""

from __future__ import annotations

import streamlit as st

from lib.store import StoredMessage
from lib.ui import mine, parts
from lib.ui.chat import stream
from lib.ui.markdown import blocks, typed
from lib.ui.numbers import count
from lib.ui.parts import Place

NAMES = {"text": "text", "reasoning": "reasoning"}  # of the fields, in the names of files


def draw(message: StoredMessage, field: str = "text") -> None:
    """Draw a text of a message, `text` or `reasoning`."""
    _part(_text(message, field), Place(), message.role)
    rest(message, field)


def rest(message: StoredMessage, field: str = "text") -> None:
    """Draw the way to what of a text is not drawn, where there is more."""
    text = _text(message, field)
    if second := parts.following(text, Place()):
        st.fragment(_rest, key=f"rest-{field}-{message.id}")(message.id, field, second, len(text))


def _rest(id: int, field: str, then: Place | None, length: int) -> None:
    """Draw the part that was asked for below the first, and the way to others; `then` is where the second begins."""
    # The first part and those that were asked for; the text is read again, for a page would keep megabytes of it.
    places: list[Place] = st.session_state.setdefault(f"places-{field}-{id}", [Place()])
    here = places[-1]
    if len(places) > 1:
        message = mine.chats().message(id)
        text = _text(message, field)
        _part(text, here, message.role if message else "")
        then = parts.following(text, here)
    with st.container(key=f"parts-{field}-{id}", horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"Characters {count(here.begin + 1)} to {count(then.begin if then else length)} of {count(length)}")
        if len(places) > 2:
            st.button("Back", key=f"back-{field}-{id}", type="tertiary", on_click=_back, args=(places,))
        if then:
            st.button("Go on", key=f"go-on-{field}-{id}", type="tertiary", on_click=places.append, args=(then,))
        _download(id, field)


def _back(places: list[Place]) -> None:
    places.pop()


def _download(id: int, field: str) -> None:
    chats = mine.chats()  # not in the thread that makes the file, which is Streamlit's
    label, name = "Download all", f"{NAMES[field]}-{id}.md"
    st.download_button(
        label,
        lambda: _text(chats.message(id), field).encode("utf-8", "replace"),
        name,
        "text/markdown",
        key=f"whole-{field}-{id}",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
    )


def _text(message: StoredMessage | None, field: str) -> str:
    """Return a text of a message; of a prompt what was typed, for its files are shown by their names."""
    return (message.typed if field == "text" else message.reasoning) if message else ""


def _part(text: str, place: Place, role: str) -> None:
    """Draw a part: of one's own words as they were typed, of a model's as it means them."""
    for block in (typed if role == "user" else blocks)(parts.part(text, place)):
        stream.draw_block(block)
