"""Titles, file names and errors where Streamlit takes markdown for a label: one line that shows as written."""

from __future__ import annotations

import re

from lib.text import repair
from lib.ui.markdown.safety import JOINER, harden

MAX_LABEL = 2_000  # characters of a label
# Controls, line ends, and the marks that turn the direction of what follows.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
ACTIVE = re.compile(
    r"""
  (?=[!:w@<>=~\\`*_\[\]$|&{-]|^) (?:
    (?P<arrow>  (?<!\S)(?:<->|->|<-|--|>=|<=|~=)(?!\S) )
  | (?P<join>   !(?=\[) | :(?=//) | www(?=\.) | @(?=[\w-]) | :(?=100:|1234:) | :(?!\d+:)(?=[\w+-]{1,60}:) )
  | (?P<number> ^\d{1,9}(?=[.)]) )
  | (?P<mark>   [\\`*_\[\]<>$~|&{] | ^[-+=#] | ^:(?=:) )
  )
    """,
    re.VERBOSE | re.IGNORECASE,
)


def plain(text: str, limit: int = MAX_LABEL) -> str:
    """Return a title, a file name or an error for labels, captions and toasts: one line that shows as written.

    A text of more than `limit` characters is cut to it and ends in an ellipsis. The result is markdown: where Streamlit
    takes plain text (selectbox options, placeholders) its backslashes would show.
    """
    read = text[: 4 * limit]  # the rest is not even looked at
    line = " ".join(word for word in UNPRINTABLE.sub(" ", repair(read)).split(" ") if word)
    if len(line) > limit or len(read) < len(text):
        line = line[: limit - 1].rstrip() + "…"
    return harden(ACTIVE.sub(_mute, line))


def _mute(match: re.Match[str]) -> str:
    if match["mark"]:
        return "\\" + match[0]
    if match["number"]:
        return match[0] + "\\"
    return match[0] + JOINER if match["join"] else JOINER.join(f"\\{sign}" for sign in match[0])
