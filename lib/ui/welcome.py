"""The empty state: what this place is for, and a first step."""

from __future__ import annotations

import streamlit as st

from lib import runtime
from lib.local_model import LocalModel
from lib.ui import composer
from lib.ui.markdown import plain
from lib.ui.view import View

STARTERS = (
    "What is the capital of France?",
    "Explain in three sentences how a rainbow forms.",
    "Write a short thank-you note to a colleague who helped me.",
)


def draw(view: View) -> None:
    """Greet, say which model answers, and offer starter prompts."""
    endpoint, local = runtime.current().endpoint, runtime.current().local
    with st.container(key="welcome"):
        st.title("What would you like to know?", anchor=False)
        if local:
            _local(local)
        elif endpoint:
            st.caption(f"Answers come from {plain(endpoint.model or 'the default model')} at {plain(endpoint.name)}.")
        for number, prompt in enumerate(STARTERS):
            key, args = f"starter-{number}", (view, prompt)
            st.button(prompt, key=key, disabled=endpoint is None, on_click=composer.send, args=args)


def _local(local: LocalModel) -> None:
    if local.state == "ready":
        st.caption(
            "Answers come from SmolLM2 135M, a very small model that runs on this machine. "
            "It is here for trying things out, and it makes mistakes."
        )
    elif local.state == "failed":
        st.error(local.detail)
    else:
        _starting(local)


@st.fragment(run_every=0.5)
def _starting(local: LocalModel) -> None:
    if local.state in ("ready", "failed"):
        st.rerun()
    st.caption(local.detail or "The model is starting …")
