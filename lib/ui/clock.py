"""The viewer's time, which is not the server's."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def zone() -> tzinfo | None:
    """Return the viewer's time zone, None (the server's) if the browser names none that is known."""
    try:
        return ZoneInfo(st.context.timezone or "")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def local(moment: datetime) -> datetime:
    """Return `moment` in the viewer's time zone."""
    return moment.astimezone(zone())
