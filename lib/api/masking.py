"""The secrets of an endpoint, masked in what it says: whole texts, and an answer that comes in pieces.

An endpoint may echo a key, as some do in errors, in any form and anywhere. In errors and in details all secrets are
masked. In an answer only those are that nobody writes by chance: a header may say "fast", and so may a model.
"""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Iterable, Iterator
from urllib.parse import quote

HIDDEN = "[redacted]"
SHORT = 8  # a secret shorter than this is only masked where it stands alone, and never in an answer
BEGINNING = 3  # characters of a secret that are looked for in each piece of an answer
PART = 12  # characters of a secret that are masked where an answer ends within it
DOTS = "ıİ"  # where case does not count they are an i, and do not fold to one
LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)  # leaves every letter where it is


class Mask:
    """What to mask, in either case, and as it is, in a URL, in JSON or in Base64."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True)
        self._long = [form.translate(LOWER) for form in forms if len(form) >= SHORT]
        self._folded = [form.casefold() for form in forms]
        words = [re.escape(form) if len(form) >= SHORT else rf"\b{re.escape(form)}\b" for form in forms]
        self._all = _any(words)
        self.long = _any(re.escape(form) for form in self._long)
        # Both cases are spelled out: this is looked for in every piece of an answer, and case takes most of the time.
        begun = "|".join(dict.fromkeys(_beginning(form) for form in self._long))
        self.begun = re.compile(begun) if begun else None

    def hide(self, text: str) -> str:
        """Return `text` with every secret masked."""
        return self._all.sub(HIDDEN, text) if self._all and self._may_be_in(text) else text

    def _may_be_in(self, text: str) -> bool:
        """Return whether a secret may be in `text`; in nearly every one none is, which this finds much sooner."""
        folded = text.casefold()
        return any(form in folded for form in self._folded) or any(sign in text for sign in DOTS)

    def is_in(self, text: str) -> bool:
        """Whether `text` has a secret that nobody writes by chance."""
        return bool(self.long and self.long.search(text))

    def screen(self) -> Screen:
        """Return what masks a text that comes in pieces."""
        return Screen(self)

    def open(self, text: str) -> int:
        """Return where at the end of `text` a secret begins that may go on; its length where none does."""
        skipped = max(0, len(text) - max(map(len, self._long)))
        end = text[skipped:].translate(LOWER)
        places = (place for place in range(len(end)) if self._goes_on(end[place:]))
        return skipped + next(places, len(end))

    def _goes_on(self, end: str) -> bool:
        return any(form.startswith(end) and form != end for form in self._long)


class Screen:
    """Masks secrets in a text that comes in pieces, cut anywhere: what may be part of one is held back."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._held = ""
        self.masked = False  # something was

    def feed(self, text: str) -> str:
        """Return `text` masked; what may be the beginning of a secret is kept for the next."""
        begun = self._mask.begun
        if begun is None or not (self._held or begun.search(text)):
            return text
        text, self._held = self._held + text, ""
        end = self._mask.open(text)
        for match in self._mask.long.finditer(text):  # type: ignore[union-attr]  # is there where `begun` is
            end = match.end() if match.start() < end < match.end() else end
        self._held = text[end:]
        return self._hide(text[:end])

    def flush(self) -> str:
        """Return what was kept."""
        held, self._held = self._held, ""
        return HIDDEN if len(held) >= PART else self._hide(held)

    def whole(self, text: str) -> str:
        """Return a text of its own masked."""
        return self._hide(text)

    def _hide(self, text: str) -> str:
        if not (text and self._mask.long):
            return text
        hidden = self._mask.long.sub(HIDDEN, text)
        self.masked = self.masked or hidden != text
        return hidden


def _forms(secret: str) -> Iterator[str]:
    yield from (secret, quote(secret, safe=""), secret.replace("/", "\\/"), _base64(secret), _base64(f":{secret}"))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode().rstrip("=")


def _beginning(form: str) -> str:
    """Return a pattern of the beginning of a secret, as much of it as comes before the end of a text."""
    pattern = ""
    for sign in reversed(form[:BEGINNING]):
        either = f"[{sign}{sign.upper()}]" if sign.isascii() and sign.isalpha() else re.escape(sign)
        pattern = either + (rf"(?:\Z|{pattern})" if pattern else "")
    return pattern


def _any(patterns: Iterable[str]) -> re.Pattern[str] | None:
    both = "|".join(patterns)
    return re.compile(both, re.IGNORECASE) if both else None
