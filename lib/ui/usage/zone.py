"""Whose days the usage page is about: the viewer's own, once the calls are added up by them."""

from __future__ import annotations

import streamlit as st

from lib.ui import mine
from lib.ui.numbers import percent
from lib.ui.usage import filters

PATIENCE = 2.0  # seconds in which 200,000 calls are added up: so long it is waited for
AGAIN = 2.0  # seconds between two looks


def draw() -> str | None:
    """Return the time zone whose days can be shown, the viewer's own or UTC; None while there is none."""
    own = filters.zone()
    if _made(own, PATIENCE) == 1:
        return own
    if _made(filters.UTC) == 1:
        _wait(own, f"; until then days are those of {filters.UTC}")
        return filters.UTC
    _wait(own, "")
    return None


def _made(zone: str, patience: float = 0.0) -> float:
    return mine.usage().prepare(zone, patience)


@st.fragment(run_every=AGAIN)
def _wait(zone: str, meanwhile: str) -> None:
    made = _made(zone)
    if made == 1:
        st.rerun()
    st.progress(made, f"All calls are being added up by the days of {zone}, once: {percent(made)}{meanwhile}.")
