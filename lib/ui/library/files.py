"""The library as a file: all of it out, and what is new in."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from lib.errors import ChatError
from lib.store import KINDS, Library
from lib.ui import mine, problems, uploads
from lib.ui.numbers import many

TIMES, TOLD = "library-times", "library-told"  # uploaders that there were, and what became of the last file
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
    st.caption("A library that Parley exported. What is here already stays as it is.")
    key = f"library-file-{st.session_state.get(TIMES, 0)}"
    about: dict[str, Any] = {"type": "json", "max_upload_size": uploads.PICTURE, "label_visibility": "collapsed"}
    st.file_uploader("File", key=key, on_change=_take_in, args=(key,), **about)
    told: ChatError | str | None = st.session_state.pop(TOLD, None)
    if isinstance(told, ChatError):
        problems.show(told)
    elif told:
        st.caption(told)


def _take_in(key: str) -> None:
    from lib.chats import library

    file = st.session_state[key]
    if file is None:
        return
    try:
        entries = library.read(file.getvalue())
        st.session_state[TOLD] = _said(len(entries), mine.library().take_in(entries))
    except ChatError as error:
        st.session_state[TOLD] = error
    uploads.forget([file])
    st.session_state[TIMES] = st.session_state.get(TIMES, 0) + 1


def _said(found: int, new: int) -> str:
    known = f" {many(found - new, 'entry', 'entries')} {'was' if found - new == 1 else 'were'} here already."
    return f"{many(new, 'entry', 'entries')} came in.{known if found > new else ''}"
