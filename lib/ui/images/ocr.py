"""Text that OCR reads in pictures on this machine: begun by a click, shown above the talk, never as an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from lib import runtime
from lib.errors import ChatError
from lib.images.ocr import Ocr, Reading
from lib.ui import problems
from lib.ui.markdown import plain
from lib.ui.numbers import count, percent

HELP = "By OCR on this machine: nothing is sent, and no model looks at the picture."


@dataclass(frozen=True)
class Source:
    """A picture whose text can be read: what it is found by, what it is called, and where its bytes are."""

    key: str
    name: str
    load: Callable[[], bytes]


def draw(sources: Sequence[Source]) -> None:
    """Draw the way to read the text in these pictures, and what was read; nothing where OCR is not installed."""
    ocr = runtime.current().ocr
    if ocr is None or not sources:
        return
    found = [(source, ocr.find(source.key)) for source in sources]
    with st.container(key="ocr", gap="small"):
        if not all(reading for _, reading in found):
            _offer(ocr, sources)
        for source, reading in found:
            if reading and reading.state != "reading":
                _show(source, reading)
        if running := [source.key for source, reading in found if reading and reading.state == "reading"]:
            _await(ocr, running)


def _offer(ocr: Ocr, sources: Sequence[Source]) -> None:
    label = "Read the text in this picture" if len(sources) == 1 else "Read the text in these pictures"
    icon, args = ":material/document_scanner:", (ocr, sources)
    st.button(f"{label} (OCR)", key="read", type="tertiary", icon=icon, help=HELP, on_click=_begin, args=args)


def _begin(ocr: Ocr, sources: Sequence[Source]) -> None:
    try:
        for source in sources:
            ocr.begin(source.key, source.load())
    except ChatError as error:
        st.toast(problems.sentences(error))


@st.fragment(run_every=0.5)
def _await(ocr: Ocr, keys: Sequence[str]) -> None:
    """Say that pictures are being read; draw the page anew when one has been."""
    readings = [ocr.find(key) for key in keys]
    if any(reading is None or reading.state != "reading" for reading in readings):
        st.rerun()
    st.caption("Reading the text …")


def _show(source: Source, reading: Reading) -> None:
    if reading.error:
        st.error(f"**{plain(source.name, 60)}**  \n{problems.sentences(reading.error)}")
        return
    st.caption(f"{plain(source.name, 40)} · {_facts(reading)}")
    if reading.lines:
        st.code(reading.text, language=None, wrap_lines=True, height=None if len(reading.lines) < 12 else 260)


def _facts(reading: Reading) -> str:
    """Return what was read, and how sure that is."""
    if not reading.lines:
        return "OCR on this machine found no text"
    lines = "1 line" if len(reading.lines) == 1 else f"{count(len(reading.lines))} lines"
    doubts = f", least sure of line {', '.join(map(str, reading.doubtful[:5]))}" if reading.doubtful else ""
    return f"{lines} read by OCR on this machine, not by a model · {percent(reading.confidence)} confidence{doubts}"
