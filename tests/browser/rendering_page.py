"""A page of all cases of docs/rendering.md, each as the chat draws it."""

from __future__ import annotations

import streamlit as st

from lib.ui.chat.stream import draw_block
from lib.ui.markdown import blocks, typed
from tests.ui.markdown.cases import KINDS

for place, kind in enumerate(KINDS):
    for number, case in enumerate(kind.cases):
        who = "user" if kind.own else "assistant"
        with st.container(key=f"case-{place}-{number}"), st.chat_message(who):
            for block in typed(case.written) if kind.own else blocks(case.written):
                draw_block(block)
st.text("All drawn")
