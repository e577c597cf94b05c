"""What came beside the text of an answer: its sources as a list of links, and a note of what is not shown."""

from __future__ import annotations

from collections import Counter
from urllib.parse import quote

import streamlit as st

from lib.messages import Extras, Source
from lib.store import StoredMessage
from lib.ui.markdown import plain

FEW = 8  # sources that are shown; more are folded away
TITLE = 160  # characters of a title
SAFE = "%/:?#@!&'()*+,;=~-._"  # signs of an address that mean nothing in markdown
WORDS = {
    "image": ("picture", "pictures"),
    "audio": ("piece of sound", "pieces of sound"),
    "video": ("video", "videos"),
    "file": ("file", "files"),
}


def draw(message: StoredMessage) -> None:
    """Draw what an answer has beside its text, if anything."""
    for note in notes(message.extras):
        st.markdown(f":small[:gray[{note}]]")
    if found := message.extras.sources:
        with st.container(key=f"sources-{message.id}", gap=None):
            place = st.expander(f"{len(found)} sources") if len(found) > FEW else st.container(gap=None)
            place.markdown("\n".join([":small[:gray[Sources]]", "", *map(_item, range(1, len(found) + 1), found)]))


def notes(extras: Extras) -> list[str]:
    """Return what is to be said of what is not shown, or could not be read."""
    said = [plain(note) for note in extras.notes]
    if extras.media:
        what = ", ".join(_number(kind, count) for kind, count in Counter(extras.media).items())
        said.append(f"With this answer came {what}, which Parley does not show.")
    if extras.unread:
        pieces = "A piece" if len(extras.unread) == 1 else f"{len(extras.unread)} pieces"
        said.append(f"{pieces} of this answer could not be read; its details have what came.")
    return said


def _number(kind: str, count: int) -> str:
    one, many = WORDS.get(kind, WORDS["file"])
    return f"1 {one}" if count == 1 else f"{count} {many}"


def _item(number: int, source: Source) -> str:
    if source.title == source.url:
        return f"{number}. <{_address(source.url)}>"
    title = plain(source.title, TITLE)
    return f"{number}. [{title}](<{_address(source.url)}>)" if source.url else f"{number}. {title}"


def _address(url: str) -> str:
    """Return an address in which no sign means anything in markdown, or to Streamlit."""
    return quote(url, SAFE).replace(":material", "%3Amaterial").replace(":streamlit", "%3Astreamlit")
