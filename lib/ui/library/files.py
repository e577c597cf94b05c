"""The library as a file: all of it out, and what is new in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import streamlit as st

from lib.errors import ChatError
from lib.store import KINDS, Entry, Library
from lib.store.library import tidy
from lib.ui import mine, problems, uploads
from lib.ui.markdown import plain
from lib.ui.numbers import many

TIMES, TOLD = "library-times", "library-told"  # uploaders that there were, and what became of the last file
FOUND = "library-found"  # what is in a file that was read, and is not kept yet
FEW = 12  # names that are told
NAME = "parley-library.json"


def draw() -> None:
    """Draw both ways."""
    with st.container(key="shelf-files"):
        st.header("As a file", anchor=False)
        data, icon = partial(_written, mine.library()), ":material/download:"
        st.download_button("Export", data, NAME, "application/json", key="export-library", icon=icon, on_click="ignore")
        with st.expander("Import"):
            _draw_import()


def _written(kept: Library) -> bytes:
    from lib.chats import library

    return library.written(entry for kind in KINDS for entry in kept.all(kind)).encode()


def _draw_import() -> None:
    st.caption("A library that Parley exported. What it makes is shown before it is made; what is here stays as it is.")
    key = f"library-file-{st.session_state.get(TIMES, 0)}"
    about: dict[str, Any] = {"type": "json", "max_upload_size": uploads.PICTURE, "label_visibility": "collapsed"}
    st.file_uploader("File", key=key, on_change=_look, args=(key,), **about)
    told: ChatError | str | None = st.session_state.pop(TOLD, None)
    if isinstance(told, ChatError):
        problems.show(told)
    elif told:
        st.caption(told)
    if found := st.session_state.get(FOUND):
        with problems.shown():
            _preview(found, mine.library().look(found))


def _look(key: str) -> None:
    """Read a file; nothing of it is kept yet."""
    from lib.chats import library

    file = st.session_state[key]
    if file is None:
        return
    try:
        found = library.read(file.getvalue())
        mine.library().look(found)
        st.session_state[FOUND], st.session_state[TOLD] = found, "" if found else "There is nothing in this library."
    except ChatError as error:
        st.session_state[FOUND], st.session_state[TOLD] = None, error
    uploads.forget([file])
    st.session_state[TIMES] = st.session_state.get(TIMES, 0) + 1


def _preview(found: Sequence[Entry], names: Sequence[str]) -> None:
    """Draw what would be made of a file, what is left out and why, and the way to have it made, or not."""
    pairs = list(zip(found, names, strict=True))
    new, known = [pair for pair in pairs if pair[1]], [entry for entry, name in pairs if not name]
    with st.container(key="library-preview"):
        st.markdown("\n".join(_lines(new, known)))
        with st.container(horizontal=True, gap="small"):
            label = f"Import {many(len(new), 'entry', 'entries')}"
            st.button(label, key="library-go", type="primary", disabled=not new, on_click=_take_in, args=(found,))
            st.button("Cancel", key="library-leave", type="tertiary", on_click=_leave)


def _lines(new: Sequence[tuple[Entry, str]], known: Sequence[Entry]) -> Iterator[str]:
    for kind in KINDS:
        made = [_named(entry, name) for entry, name in new if entry.kind == kind]
        if made:
            yield f"- **{many(len(made), kind)}** {_some(made)}"
    if known:
        yield f"- **Left out, because here already** {_some([plain(entry.name, 60) for entry in known])}"


def _named(entry: Entry, name: str) -> str:
    shown = plain(name, 60)
    return shown if name == tidy(entry.name) else f"{shown} (another {plain(entry.name, 60)} is here)"


def _some(names: Sequence[str]) -> str:
    more = f" and {many(len(names) - FEW, 'other')}" if len(names) > FEW else ""
    return ", ".join(names[:FEW]) + more


def _take_in(found: Sequence[Entry]) -> None:
    _leave()
    try:
        st.session_state[TOLD] = _said(len(found), mine.library().take_in(found))
    except ChatError as error:
        st.session_state[TOLD] = error


def _leave() -> None:
    st.session_state[FOUND] = None


def _said(found: int, new: int) -> str:
    known = f" {many(found - new, 'entry', 'entries')} {'was' if found - new == 1 else 'were'} here already."
    return f"{many(new, 'entry', 'entries')} came in.{known if found > new else ''}"
