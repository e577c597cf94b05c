"""The library page: what is kept, a section for each kind."""

from __future__ import annotations

import streamlit as st

from lib.ui.library import files, shelf
from lib.ui.library.choices import Presets
from lib.ui.library.projects import Projects
from lib.ui.library.prompts import Prompts


def draw() -> None:
    """Draw what is kept, and what was deleted last, to be undone."""
    with st.container(key="library"):
        st.title("Library", anchor=False)
        shelf.draw_undo()
        Prompts().draw()
        Presets().draw()
        Projects().draw()
        files.draw()
