"""Text without the marks of markdown, for where one line of it is shown: a title, what a search found."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^\s*(```|~~~)")
_LINK = re.compile(r"!?\[([^\[\]]*+)\]\([^)\[]*+\)")
# Half of a link, where a text was cut: its label before, or its address after.
_HALVES = re.compile(r"^([^\[\]()]*+)\]\([^)\s]*+\)|!?\[([^\[\]]*+)\]\([^)\s]*+$")
_BLOCK = re.compile(r"^(?:#{1,6}\s+|>\s*|[-*+]\s+(?:\[[ xX]\]\s+)?)+")
# Marks in pairs: `*args` and `2 * 3` are no emphasis, nor is a name such as `__init__`, as in lib/ui/markdown/dress.py.
_EMPHASIS = re.compile(
    r"""(?<![A-Za-z0-9_*])(?P<star>\*{1,3})(?![\s*])(?P<starred>[^*]++)(?<!\s)(?P=star)(?![A-Za-z0-9_*])
      | (?<!\w)(?!__[a-z][a-z0-9]*__)(?P<line>_{1,3})(?![\s_])(?P<lined>[^_]++)(?<!\s)(?P=line)(?!\w)
      | ~~(?P<struck>[^~]++)~~""",
    re.VERBOSE,
)
_LONE = re.compile(r"(?<=[\w.,:;!?)])\*{2,3}(?![\w*])")  # what it closes was cut off
_MARKS = re.compile(r"`|^[#>*_~\-=+\s]+$")
_ROW, _RULE = re.compile(r"^\s*\|(.*)\|\s*$"), re.compile(r"^[\s|:-]+$")
# Control characters, and those that turn the direction of text or cannot be seen.
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def bare(line: str) -> str:
    """Return a line without its marks; "" for one that has nothing else."""
    if _FENCE.match(line):
        return ""
    words = _BLOCK.sub("", _LINK.sub(r"\1", visible(line)))
    return visible(_MARKS.sub("", _unmarked(_unmarked(words))))


def flat(text: str) -> str:
    """Return a piece of a text, cut anywhere, as one line without marks; cells of a table stand beside each other."""
    return " ".join(filter(None, (_LONE.sub("", bare(_cells(line))) for line in text.splitlines())))


def visible(text: str) -> str:
    """Return a text in one line, without what cannot be seen."""
    return " ".join(_HIDDEN.sub("", " ".join(text.split())).split())


def _cells(line: str) -> str:
    if "|" in line and _RULE.match(line):
        return ""
    row = _ROW.match(line)
    return " · ".join(cell.strip() for cell in row[1].split("|")) if row else _HALVES.sub(_label, line)


def _label(half: re.Match[str]) -> str:
    return half[1] or half[2] or ""


def _unmarked(words: str) -> str:
    """Return words without the marks of emphasis, but those around others."""
    return _EMPHASIS.sub(lambda found: found["starred"] or found["lined"] or found["struck"], words)
