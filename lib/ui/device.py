"""The name of a device, by which it has one vote in a room: random, in a cookie that no script reads."""

from __future__ import annotations

import re
import secrets

import streamlit as st

COOKIE = "parley_device"
SECONDS = 7 * 24 * 3600  # that it lasts
NAME = re.compile(r"[0-9a-f]{32}")
KEPT = "device"


def new() -> str:
    """Return a name that no device has."""
    return secrets.token_hex(16)


def is_name(text: str) -> bool:
    """Whether this can be the name of a device."""
    return NAME.fullmatch(text) is not None


def name() -> str:
    """Return the name of the device whose page this is; one that keeps no cookies has one until it loads the page."""
    kept = str(st.context.cookies.get(COOKIE, ""))
    return kept if is_name(kept) else str(st.session_state.setdefault(KEPT, new()))
