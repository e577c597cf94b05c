"""The empty state: what this place is for, and a first step."""

from __future__ import annotations

import streamlit as st

from lib.config import LOCAL_MODEL, Endpoint
from lib.ui.chat import composer, model_menu, nextgpt_form
from lib.ui.chat.view import View
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


def draw(view: View) -> None:
    """Greet, say which model answers, and offer starter prompts."""
    endpoint, choice = model_menu.endpoint(view), model_menu.current(view)
    with st.container(key="welcome"):
        st.title("What would you like to know?", anchor=False)
        if endpoint and choice:
            st.caption(_origin(endpoint, choice.model))
        if not nextgpt_form.wanted(view):
            _starters(view, disabled=endpoint is None)


def _starters(view: View, *, disabled: bool) -> None:
    for number, prompt in enumerate(STARTERS):
        key, args = f"starter-{number}", (view, prompt)
        st.button(prompt, key=key, disabled=disabled, on_click=composer.send, args=args)


def _origin(endpoint: Endpoint, model: str) -> str:
    if endpoint.provider == "local" and model == LOCAL_MODEL:
        return SMALL
    return f"Answers come from {plain(model or 'the default model')} at {plain(endpoint.name)}."
