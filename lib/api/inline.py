"""Images that a model writes into its text as data URLs, taken out of it while it comes: megabytes that nobody reads.

That is one in markdown, `![…](data:image/png;base64,…)`, anywhere, and a bare one with which an answer begins. Any
other data URL is text, as in code that a model was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable

URL = r"data:image/[\w.+-]{1,40}(?:;[\w=.-]{1,40}){0,3};base64,"
OPEN = re.compile(rf"!\[[^\[\]\n]{{0,300}}\]\(<?({URL})", re.ASCII)
BARE = re.compile(rf"\s{{0,20}}({URL})", re.ASCII)
BODY = re.compile(r"[A-Za-z0-9+/=_%-]*+")
# What may be the beginning of one of them, at the end of what has come.
HALF = re.compile(r"!(?:\[[^\[\]\n]{0,300}(?:\](?:\(<?(?:d[\w:/.+;=,-]{0,180})?)?)?)?\Z", re.ASCII)
HALF_BARE = re.compile(r"\s{0,20}(?:d[\w:/.+;=,-]{0,180})?\Z", re.ASCII)
SIGN = "data:image/"
MAX_HELD = 500  # characters at the end of what has come that are looked at


class Inline:
    """Tells images from the text around them; `take` is called with each data URL, whole or as far as it came."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._held = ""
        self._body: list[str] | None = None  # of an image that is coming
        self._closing = ""  # what may still close the last one
        self._begun = False  # text has come: from now on a bare URL is a part of it

    def feed(self, text: str) -> str:
        """Return the text in `text` without images; what may be the beginning of one is held back."""
        text, self._held, said = self._held + text, "", ""
        while text := self._closed(text):
            if self._body is None:
                more, text = self._text(text)
                said += more
            else:
                text = self._image(text, self._body)
        return said

    def flush(self) -> str:
        """Return what was held back."""
        if self._body is not None:
            self._end(self._body)
        held, self._held = self._held, ""
        return held

    def _text(self, text: str) -> tuple[str, str]:
        """Return the text before an image, and what comes from its data on."""
        found = OPEN.search(text) or (None if self._begun else BARE.match(text))
        if found:
            self._begun, self._body = True, [found[1]]
            self._closing = ">)" if found.re is OPEN else ""
            return text[: found.start()], text[found.end() :]
        begin = self._half(text)
        self._begun = self._begun or begin > 0
        self._held = text[begin:]
        return text[:begin], ""

    def _half(self, text: str) -> int:
        """Return where at the end of a text an image may begin."""
        start = max(0, len(text) - MAX_HELD)
        half = (None if self._begun else HALF_BARE.match(text)) or HALF.search(text, start)
        if half is None:
            return len(text)
        url = half[0].rpartition("(")[2].lstrip("<").lstrip()
        may = not url.startswith("d") or url.startswith(SIGN) or SIGN.startswith(url)
        return half.start() if may else len(text)

    def _image(self, text: str, body: list[str]) -> str:
        """Add to an image what of a text belongs to it, and return the rest."""
        end = BODY.match(text).end()  # type: ignore[union-attr]  # it matches nothing, too
        body.append(text[:end])
        rest = text[end:]
        if rest:
            self._end(body)
        return rest

    def _closed(self, text: str) -> str:
        """Return a text without what closes the image before it."""
        while text and self._closing and self._body is None:
            at = self._closing.find(text[0])
            text, self._closing = (text[1:], self._closing[at + 1 :]) if at >= 0 else (text, "")
        return text

    def _end(self, body: list[str]) -> None:
        self._body = None
        self._take("".join(body))
