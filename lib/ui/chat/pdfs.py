"""The ways a PDF goes: as text, as it is where a model was seen to read that, or as the pictures its pages are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from lib.documents import kinds, pdf, reading
from lib.documents.document import Document
from lib.errors import DocumentError
from lib.images import tokens as image_tokens
from lib.messages import Image, WholeFile
from lib.pricing import token_estimates
from lib.text import as_name
from lib.ui.chat.answerer import Answerer
from lib.ui.markdown import plain

AS = "files-as"  # how PDFs of this browser session go, by the ids of their uploads
TEXT, WHOLE, PAGES = "text", "whole", "pages"
LABELS = {TEXT: "As text", WHOLE: "As a PDF", PAGES: "As pictures"}
NO_TEXT = "(There is no text in it: its pages are pictures.)"
UNPROVED = (
    "Its text is sent. A PDF can go as it is to a model that was seen to read one: the page Endpoints has a check for"
    " that. Scanned pages can go as pictures; other pages cannot be drawn here."
)


def way(id: str) -> str:
    """Return how an upload goes: as text, unless another way was chosen."""
    chosen: dict[str, str] = st.session_state.get(AS, {})
    return chosen.get(id, TEXT)


def ways(found: Document, who: Answerer | None) -> list[str]:
    """Return how a PDF can go to who answers; without one, because several are asked, not as it is."""
    is_read, is_seen = who is not None and who.reads_pdfs, not (who and who.blindness)
    return [TEXT, *([WHOLE] if is_read else []), *([PAGES] if found.scans and is_seen else [])]


def choose(id: str, name: str, offered: Sequence[str], weigh: Callable[[str], str]) -> None:
    """Draw the choice, with what each way comes to; a way that is not offered any more is not gone."""
    if way(id) not in offered:
        st.session_state[AS][id] = TEXT
    if len(offered) > 1:
        key = f"file-as-{id}"
        st.radio(
            f"How {plain(name)} is sent",
            offered,
            offered.index(way(id)),
            key=key,
            horizontal=True,
            label_visibility="collapsed",
            format_func=lambda each: f"{LABELS[each]} · {weigh(each)}",
            on_change=_note,
            args=(id, key),
        )


def _note(id: str, key: str) -> None:
    st.session_state.setdefault(AS, {})[id] = st.session_state[key]


def tokens(found: Document, way: str, model: str) -> int:
    """Return about how many tokens a PDF is that goes this way."""
    if way == PAGES:
        return sum(image_tokens.estimate(size, model=model) for size in found.scans)
    return token_estimates.estimate(found.text) + (found.pages * token_estimates.PAGE if way == WHOLE else 0)


def note(found: Document, way: str) -> str:
    """Return what is to be said of a PDF that goes this way."""
    if way == WHOLE:
        return ""
    if way == PAGES:
        cut = f"The first {len(found.scans)} of {found.pages:,} pages. " if found.pages > len(found.scans) else ""
        return f"{cut}Of each page the picture that was scanned."
    return found.note


def as_it_is(found: Document, data: bytes) -> Document:
    """Return a PDF that goes as it is; its text stays with the prompt, to be found and for who does not read PDFs."""
    file = WholeFile(data, kinds.PDF_TYPE, as_name(found.name), found.pages)
    return replace(found, text=found.text or NO_TEXT, problem=None, whole=file)


def pictures(name: str, data: bytes, model: str) -> tuple[Image, ...]:
    """Return the scanned pages of a PDF as they are sent to `model`. Raises DocumentError, ImageError."""
    from lib.images.normalise import normalise  # the decoders are loaded for who has pictures

    made = [normalise(each, model=model).image() for each in reading.pictures(data)]
    if not made:
        raise DocumentError(pdf.NO_SCANS, hint="Send it as text.")
    return tuple(replace(each, note=f"{as_name(name)}, page {number}") for number, each in enumerate(made, 1))
