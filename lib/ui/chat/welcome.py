"""The title page of a conversation that has not begun: a greeting, who answers, and three first steps."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lib.config import LOCAL_MODEL
from lib.store import Entry
from lib.ui import navigation
from lib.ui.chat import nextgpt_form
from lib.ui.chat.answerer import Answerer
from lib.ui.markdown import plain

COMPARE = """\
Compare these two texts: what is the same, what is different, and what matters most of that.

First:

Second:
"""
TABLE = "Turn these notes into a table with a header, one row for each thing they speak of:\n\n"
STARTERS = (
    ("Compare two texts", ":material/difference:", COMPARE),
    ("Notes to a table", ":material/table_view:", TABLE),
)
READ = "Read a picture"


def draw(who: Answerer | None, fill: Callable[[str], None], project: Entry | None = None) -> None:
    """Greet, say who answers, and offer first steps; `fill` puts a prompt into the input box, to be gone on with.

    A form that is to be filled in before the first prompt has the place of the steps, and the box stays below it.
    """
    has_form = bool(nextgpt_form.wanted(who))
    with st.container(key="welcome" if has_form else "greeting"):
        st.title("What would you like to know?", anchor=False)
        with st.container(horizontal=True, vertical_alignment="center"):
            _origin(who)
        if project:
            st.caption(f"In the project “{plain(project.name, 60)}”")
    if not has_form:
        with st.container(key="starters"):
            _starters(fill, disabled=who is None)


def _starters(fill: Callable[[str], None], *, disabled: bool) -> None:
    st.page_link(navigation.image_analysis(), label=READ, icon=":material/image:", query_params={})
    for number, (label, icon, prompt) in enumerate(STARTERS):
        st.button(label, key=f"starter-{number}", icon=icon, disabled=disabled, on_click=fill, args=(prompt,))


def _origin(who: Answerer | None) -> None:
    """Say who answers, and lead to where that is changed; a newcomer to a demonstration as well."""
    is_embedded = who is not None and who.endpoint.provider == "local" and who.model == LOCAL_MODEL
    if who is None:
        st.caption("No model answers yet ·")
    elif is_embedded:
        st.caption("SmolLM2 on this machine, very small: it makes mistakes · nothing leaves it ·")
    else:
        st.caption(f"{plain(who.model or 'The default model', 40)} at {plain(who.endpoint.name, 30)} answers ·")
    st.page_link(navigation.endpoints(), label="add your own model", query_params={})
    if is_embedded:
        st.page_link(navigation.demo(), label="see a demo", query_params={})
