"""The empty state: what this place is for, and a first step."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lib.config import LOCAL_MODEL, Endpoint
from lib.ui.chat import nextgpt_form
from lib.ui.chat.answerer import Answerer
from lib.ui.markdown import plain

STARTERS = (
    "What is the capital of France?",
    "Explain in three sentences how a rainbow forms.",
    "Write a short thank-you note to a colleague who helped me.",
)

SMALL = (
    "Answers come from SmolLM2 135M, a very small model that runs on this machine. "
    "It is here for trying things out, and it makes mistakes."
)


def draw(who: Answerer | None, ask: Callable[[str], None]) -> None:
    """Greet, say which model answers, and offer starter prompts; `ask` is what a click on one calls."""
    with st.container(key="welcome"):
        st.title("What would you like to know?", anchor=False)
        if who:
            st.caption(_origin(who.endpoint, who.model))
        if not nextgpt_form.wanted(who):
            _starters(ask, disabled=who is None)


def _starters(ask: Callable[[str], None], *, disabled: bool) -> None:
    for number, prompt in enumerate(STARTERS):
        st.button(prompt, key=f"starter-{number}", disabled=disabled, on_click=ask, args=(prompt,))


def _origin(endpoint: Endpoint, model: str) -> str:
    if endpoint.provider == "local" and model == LOCAL_MODEL:
        return SMALL
    return f"Answers come from {plain(model or 'the default model')} at {plain(endpoint.name)}."
