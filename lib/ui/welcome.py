"""The empty state: what this place is for, and a first step."""

from __future__ import annotations

import streamlit as st

from lib import runtime
from lib.config import LOCAL_MODEL, Endpoint
from lib.ui import composer
from lib.ui.markdown import plain
from lib.ui.view import View

STARTERS = (
    "What is the capital of France?",
    "Explain in three sentences how a rainbow forms.",
    "Write a short thank-you note to a colleague who helped me.",
)

SMALL = (
    "Answers come from SmolLM2 135M, a very small model that runs on this machine. "
    "It is here for trying things out, and it makes mistakes."
)


def draw(view: View) -> None:
    """Greet, say which model answers, and offer starter prompts."""
    endpoint = runtime.current().endpoint
    with st.container(key="welcome"):
        st.title("What would you like to know?", anchor=False)
        if endpoint:
            st.caption(_origin(endpoint))
        for number, prompt in enumerate(STARTERS):
            key, args = f"starter-{number}", (view, prompt)
            st.button(prompt, key=key, disabled=endpoint is None, on_click=composer.send, args=args)


def _origin(endpoint: Endpoint) -> str:
    if endpoint.provider == "local" and endpoint.model == LOCAL_MODEL:
        return SMALL
    return f"Answers come from {plain(endpoint.model or 'the default model')} at {plain(endpoint.name)}."
