"""Errors as a person reads them: what happened in one sentence, what to do in another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from lib.errors import ChatError
from lib.ui.markdown import plain


@contextmanager
def shown() -> Iterator[None]:
    """Show an error raised within, in its place; the rest of the page goes on."""
    try:
        yield
    except ChatError as error:
        show(error)


def show(error: ChatError) -> None:
    """Show one error."""
    st.error(sentences(error), icon=":material/error:")


def sentences(error: ChatError) -> str:
    """Return what happened and what to do, fit for markdown."""
    return f"{plain(str(error))}  \n{plain(error.hint)}"
