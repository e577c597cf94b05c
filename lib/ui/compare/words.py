"""The last answers of two lanes as one text: what only the one has, what only the other."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lib.compare.differences import Piece, differences
from lib.ui.compare.lane import LanePage
from lib.ui.markdown import plain
from lib.ui.menu import menu

MENU, LEFT, RIGHT = "compare-words", "compare_left", "compare_right"
COLOURS = {"left": "red", "right": "green"}


def draw(pages: Sequence[LanePage]) -> None:
    """Draw the menu; the texts are compared once it is open."""
    answered = [page for page in pages if page.part.answer and page.part.answer.text]
    if len(answered) < 2:
        return
    with menu("Differences", MENU, icon=":material/difference:") as is_open:
        if is_open:
            _compare(answered)


def _compare(pages: Sequence[LanePage]) -> None:
    left, right = pages[0], pages[1]
    if len(pages) > 2:
        names = {page.number: page for page in pages}
        with st.container(horizontal=True):
            left = names[st.selectbox("Only here: red", list(names), key=LEFT, format_func=_lane)]
            right = names[st.selectbox("Only here: green", list(names), index=1, key=RIGHT, format_func=_lane)]
    else:
        st.caption(f"Red stands only in {_lane(left.number).lower()}, green only in {_lane(right.number).lower()}.")
    texts = [page.part.answer.text if page.part.answer else "" for page in (left, right)]
    with st.container(key="words", height=420, border=False):
        st.markdown(" ".join(map(drawn, differences(*texts))) or "Both are empty.")


def _lane(number: int) -> str:
    return f"Lane {number}"


def drawn(piece: Piece) -> str:
    """Return a piece in the colour of its side, as markdown."""
    text = plain(piece.text.strip())
    return f":{COLOURS[piece.side]}-background[{text}]" if piece.side in COLOURS else text
