"""Text that lives outside its block: footnotes and the addresses of reference links.

The page draws an answer as many documents, so what one defines the others do not know. Here the definitions of a whole
answer are gathered, and each reference is drawn with what it refers to.
"""

from __future__ import annotations

import re

from lib.ui.markdown.safety import SCHEMES

LABEL = r"[^\[\]\\\n]{1,200}"
NOTE = re.compile(r" {0,3}\[\^(?P<label>[^\s\[\]\\]{1,100})\]:")
DEFINITION = re.compile(
    rf"""[ ]{{0,3}}\[(?!\^)(?P<label>{LABEL})\]:[ \t]*+
    <?(?P<address>(?:{SCHEMES}|\#)[^\s<>]{{1,2000}}+)>?
    (?:[ \t]++(?:"(?P<title>[^"\\<>&]{{0,300}})"|'[^']{{0,300}}'|\([^()]{{0,300}}\)))?[ \t]*+""",
    re.VERBOSE,
)
CODE = re.compile(r"(?<!`)(`++)[^`]++\1(?!`)")
USE = re.compile(rf"\[({LABEL})\](?![(:])")


class References:
    """What the labels of an answer stand for, as far as it has come; `asked` are those that it has used."""

    def __init__(self) -> None:
        self._links: dict[str, str] = {}
        self._notes: set[str] = set()
        self._asked: set[str] = set()

    def note(self, label: str) -> None:
        """Take the label of a footnote."""
        self._notes.add(key(label))

    def link(self, match: re.Match[str]) -> bool:
        """Take a DEFINITION; return whether it was asked for. The first one of a label holds."""
        title = f' "{match["title"]}"' if match["title"] else ""
        self._links.setdefault(key(match["label"]), f"](<{match['address']}>{title})")
        return key(match["label"]) in self._asked

    def ask(self, line: str) -> None:
        """Take note of what a line of prose may refer to; what stands in code refers to nothing."""
        if "[" in line:
            self._asked.update(key(label) for label in USE.findall(CODE.sub("", line)))

    def target(self, label: str) -> str | None:
        """Return what closes a link to what a label stands for, if that is known."""
        return self._links.get(key(label))

    def is_note(self, label: str) -> bool:
        """Say whether a label is that of a footnote."""
        return key(label) in self._notes


def key(label: str) -> str:
    """Return a label as labels are compared: without regard to case and spaces."""
    return " ".join(label.split()).casefold()


def mark(label: str) -> str:
    """Return the small sign that stands where a footnote is referred to, and before its text."""
    return f":small[\\[{re.sub(r'[!-/:-@[-`{-~]', _escape, label)}\\]]{{}}"


def _escape(match: re.Match[str]) -> str:
    return "\\" + match[0]
