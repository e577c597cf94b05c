"""When conversations go for good, told before they do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from lib import dates, runtime
from lib.ui import clock, mine
from lib.ui.numbers import count, many

SOON = timedelta(days=7)


def note() -> None:
    """Say below the list how long conversations stay, and how many of them go soon."""
    if days := runtime.current().settings.conversation_days:
        soon = mine.chats().retiring(datetime.now(UTC) - timedelta(days=days) + SOON)
        within = f" Within a week: {count(soon)}." if soon else ""
        st.caption(f"Conversations go for good {many(days, 'day')} after the last prompt.{within}")


def tell(conversation_id: str | None) -> None:
    """Say in a conversation that goes soon when that is, and what keeps it."""
    days = runtime.current().settings.conversation_days
    conversation = mine.chats().get(conversation_id) if days and conversation_id else None
    if not (days and conversation) or conversation.expires_at:
        return
    ends = conversation.updated_at + timedelta(days=days)
    if ends - datetime.now(UTC) < SOON:
        day = dates.day(clock.local(ends).date())
        more = many(days, "day")
        st.caption(f"This conversation goes for good after {day}. Another prompt keeps it for {more} more.")
