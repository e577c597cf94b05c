"""The pages there are."""

from __future__ import annotations

import streamlit as st


def chat() -> st.Page:
    """Return the chat page. Links take the page itself: a path is looked up, and not found in a fragment's rerun."""
    return st.Page("chat.py", title="Chat", default=True)
