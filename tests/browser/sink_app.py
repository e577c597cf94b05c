"""A page of hostile text, drawn in the way that `?way=` names. SINK is the host and port that must hear nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).parents[2]))

from lib.ui.markdown import Block, Splitter, blocks, plain, safe, typed
from lib.ui.streamlit_internals import draw_growing
from tests.browser import payloads

SAMPLE = Path(__file__).with_name("sample.md")


def whole(text: str) -> None:
    """Draw an answer as a finished one is drawn."""
    for block in blocks(text):
        draw(block)


def own(text: str) -> None:
    """Draw a prompt."""
    for block in typed(text):
        draw(block)


def prose(text: str) -> None:
    """Draw everything as prose, fences too, and in a quote and a cell besides."""
    st.markdown(safe(text))
    st.info(safe(text))
    st.table({"cell": [safe(text)]})


def draw(block: Block) -> None:
    """Draw a block where it belongs."""
    if block.language is not None:
        st.code(block.text, language=block.language or None)
    else:
        st.markdown(block.text)


def stream(size: int) -> Callable[[str], None]:
    """Return a way that draws a growing answer, `size` characters at a time."""

    def grow(text: str) -> None:
        splitter, place = Splitter(), st.empty()
        for start in range(0, len(text), size):
            for block in splitter.feed(text[start : start + size]):
                place = finish(place, block)
            if splitter.tail:
                place.empty()
                redraw(place, splitter.tail)
        for block in splitter.close():
            place = finish(place, block)

    return grow


def finish(place: st.delta_generator.DeltaGenerator, block: Block) -> st.delta_generator.DeltaGenerator:
    """Draw a finished block; return the place of the next one."""
    with place:
        draw(block)
    return st.empty()


def redraw(place: st.delta_generator.DeltaGenerator, block: Block) -> None:
    """Draw an unfinished block, prose with what repairs unfinished markdown."""
    if block.language is None:
        draw_growing(block.text, place)
    else:
        place.code(block.text, language=block.language or None)


def label(text: str) -> None:
    """Draw a title, in most places that take one."""
    name = plain(text)
    st.caption(name, help=name)
    st.button(name, key=str(st.session_state["number"]), help=name)
    st.error(name)
    st.expander(name)
    st.table({name: [name]})


def toast(text: str) -> None:
    """Draw short messages."""
    st.toast(plain(text, 200))


def code(text: str) -> None:
    """Draw everything as code, in the language that charts are written in."""
    st.code(text.encode("utf-16", "replace").decode("utf-16"), language="mermaid")


WAYS: dict[str, Callable[[str], None]] = {
    "whole": whole,
    "own": own,
    "prose": prose,
    "stream1": stream(1),
    "stream3": stream(3),
    "label": label,
    "toast": toast,
    "code": code,
    "bare": lambda text: st.markdown(text.encode("utf-16", "replace").decode("utf-16")),
}

way = st.query_params.get("way", "")
if way == "sample":
    whole(SAMPLE.read_text())
else:
    only = st.query_params.get("only", "")
    for number, payload in enumerate(payloads.aimed(os.environ["SINK"], way)):
        if only == str(number) or (not only and number in payloads.drawn(way)):
            st.session_state["number"] = number
            WAYS[way](payload)
st.text("All drawn")
