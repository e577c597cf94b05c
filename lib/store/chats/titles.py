"""Titles of conversations, made from the first prompt without asking a model."""

from __future__ import annotations

import re

from lib.text import repair

UNTITLED = "New chat"
LENGTH = 60
MAX_CHARACTERS = 200  # of a title that a person types
LOOKED_AT = 4_000  # characters of a prompt; a title is in the first lines or nowhere

_FENCE = re.compile(r"^\s*(```|~~~)")
_LINK = re.compile(r"!?\[([^\[\]]*+)\]\([^)\[]*+\)")
_BLOCK = re.compile(r"^(?:#{1,6}\s+|>\s*|[-*+]\s+)+")
# Marks in pairs: `*args` and `2 * 3` are no emphasis, nor is a name such as `__init__`, as in lib/ui/markdown/dress.py.
_EMPHASIS = re.compile(
    r"""(?<![A-Za-z0-9_*])(?P<star>\*{1,3})(?![\s*])(?P<starred>[^*]++)(?<!\s)(?P=star)(?![A-Za-z0-9_*])
      | (?<!\w)(?!__[a-z][a-z0-9]*__)(?P<line>_{1,3})(?![\s_])(?P<lined>[^_]++)(?<!\s)(?P=line)(?!\w)
      | ~~(?P<struck>[^~]++)~~""",
    re.VERBOSE,
)
_MARKS = re.compile(r"`|^[#>*_~\-=+\s]+$")
# Control characters, and those that turn the direction of text or cannot be seen.
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def title(prompt: str) -> str:
    """Return the first line that says something, without markdown marks, cut at a word."""
    lines = repair(prompt.strip()[:LOOKED_AT]).splitlines()
    return next((_cut(plain) for line in lines if (plain := _plain(line))), UNTITLED)


def tidy(text: str) -> str:
    """Return a title that a person typed, in one line of at most 200 characters."""
    return _visible(repair(text[:LOOKED_AT]))[:MAX_CHARACTERS].rstrip() or UNTITLED


def _plain(line: str) -> str:
    if _FENCE.match(line):
        return ""
    words = _BLOCK.sub("", _LINK.sub(r"\1", _visible(line)))
    return _visible(_MARKS.sub("", _unmarked(_unmarked(words))))


def _unmarked(words: str) -> str:
    """Return words without the marks of emphasis, but those around others."""
    return _EMPHASIS.sub(lambda found: found["starred"] or found["lined"] or found["struck"], words)


def _visible(text: str) -> str:
    return " ".join(_HIDDEN.sub("", " ".join(text.split())).split())


def _cut(text: str) -> str:
    if len(text) <= LENGTH:
        return text
    space = text.rfind(" ", LENGTH // 2, LENGTH)
    return text[: space if space > 0 else LENGTH - 1].rstrip(" ,;:.-") + "…"
