"""Images in the text of an answer, taken out of it wherever it is cut into pieces."""

from __future__ import annotations

import pytest

from lib.api.inline import Inline

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def read(text: str, size: int) -> tuple[str, list[str]]:
    """Return the text without images, and these, of a text that comes in pieces."""
    found: list[str] = []
    inline = Inline(found.append)
    said = "".join(inline.feed(text[start : start + size]) for start in range(0, len(text), size))
    return said + inline.flush(), found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize(
    ("text", "said", "found"),
    [
        (f"Here: ![a cat]({PIXEL}) and more", "Here:  and more", [PIXEL]),
        (f"![]({PIXEL})![b](<{PIXEL}>)\nEnd!", "\nEnd!", [PIXEL, PIXEL]),
        (f"\n{PIXEL}\nA cat.", "\nA cat.", [PIXEL]),
        (f"![a]({PIXEL}", "", [PIXEL]),
        (f"Use `{PIXEL}` in CSS", f"Use `{PIXEL}` in CSS", []),
        (f"<img src='{PIXEL}'>", f"<img src='{PIXEL}'>", []),
        ("![a](https://a.b/c.png) ![b](data:text/html;base64,aaaa)", None, []),
        ("Hello! d", None, []),
        ("data:image", None, []),
        ("data: none", None, []),
        ("dear", None, []),
        ("![open", None, []),
        ("![a](data:image/svg+xml;utf8,<svg/>)", None, []),
    ],
)
def test_told_apart(size: int, text: str, said: str | None, found: list[str]) -> None:
    """Images of markdown, and one that an answer begins with, are taken out; all other text stays as it is."""
    assert read(text, size) == (text if said is None else said, found)


def test_nothing_waits() -> None:
    """Words are not held back."""
    inline = Inline(lambda _: None)

    assert inline.feed("Some words, done") == "Some words, done"
    assert inline.feed("; an arr[1] (and d") == "; an arr[1] (and d"
