"""What is said of what comes beside the text of an answer."""

from __future__ import annotations

from dataclasses import replace

from streamlit.testing.v1 import AppTest

from lib.messages import Extras, Source
from lib.ui.chat.extras import notes
from lib.ui.markdown import plain
from tests.ui.chat.test_footer import ANSWER


def drawn(extras: Extras) -> list[str]:
    """Return the texts that are drawn for what came."""

    def page(message) -> None:
        from lib.ui.chat import extras

        extras.draw(message)

    found = AppTest.from_function(page, args=(replace(ANSWER, extras=extras),)).run()
    assert not found.exception
    return [text.value for text in found.markdown]


def test_nothing() -> None:
    """Most answers have nothing beside their text."""
    assert drawn(Extras()) == []


def test_notes() -> None:
    """What is not shown is counted, and what could not be read is told."""
    assert notes(Extras(media=("image", "image", "audio", "odd"), unread=("x",))) == [
        "With this answer came 2 pictures, 1 piece of sound, 1 file, which Parley does not show.",
        "A piece of this answer could not be read; its details have what came.",
    ]
    assert notes(Extras(notes=("A picture *of* it",))) == [plain("A picture *of* it")]
    assert notes(Extras(unread=("x", "y")))[0].startswith("2 pieces of this answer")


def test_sources() -> None:
    """Sources are a numbered list; those on the web are links, and none of their signs mean anything."""
    title, url = "A [b](c) *d* :red[e] ![f](g)", "https://example.com/$a$/<b>?c=:material/home:&d=[e]`f`"
    [text] = drawn(Extras((Source(title, url), Source("p. 9"), Source(url, url))))
    address = "https://example.com/%24a%24/%3Cb%3E?c=%3Amaterial/home:&d=%5Be%5D%60f%60"

    assert text.splitlines()[2:] == [f"1. [{plain(title)}](<{address}>)", "2. p. 9", f"3. <{address}>"]


def test_many_sources() -> None:
    """Of many sources the list is folded away."""
    many = Extras(tuple(Source(f"S{number}", f"https://example.com/{number}") for number in range(30)))

    assert "30. [S29](<https://example.com/29>)" in drawn(many)[0]
