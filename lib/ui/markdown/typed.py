"""One's own words, shown as they were typed: nothing in them is markdown but addresses, and code in fences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lib.text import repair
from lib.ui.markdown.blocks import Block
from lib.ui.markdown.dress import CLOSING
from lib.ui.markdown.lines import Kind, Scanner
from lib.ui.markdown.safety import harden

# The page takes away the spaces around line ends, but not out of an element of its own, as this is one without a look.
# Nor do the arrows, emoji and icons that it looks for after all else reach over the edge of one.
ELEMENT = ":color[{}]{{}}"
# The signs come first that all of these begin with: most of a text has none of them.
TOKENS = re.compile(
    rf"""
    (?=[hw \t\n!#$&(-+./:<=>@\[-\]_`{{-~-]) (?:
    (?P<url>   (?:https?://|(?<![\w.])www\.)[^\s<>"`{CLOSING}]+ )
  | (?P<space> ^[ \t]++ | (?<![ \t])[ \t]++$ )
  | (?P<end>   \n )
  | (?P<sign>  (?<!\S)(?:[<~>-](?=[=>-])|<(?==))(?=\S{{1,2}}(?!\S)) | :(?=[\w+-]{{1,60}}:) )
  | (?P<mark>  [!#$&(-+./:<=>@\[-\]_`{{-~-] )
    )
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
MARK = re.compile(r"[!#$&(-+./:<=>@\[-\]_`{-~-]")


def typed(text: str) -> list[Block]:
    """Return a prompt as blocks. Prose is markdown of one line, for where its line ends are kept (`pre-wrap`)."""
    runs = _runs(repair(text, line_ends=True).split("\n"))
    return [_block(language, "\n".join(lines)) for language, lines in runs if any(map(str.strip, lines))]


def _runs(lines: Sequence[str]) -> Iterator[tuple[str | None, list[str]]]:
    """Yield runs of lines, those inside a fence with its language; a fence that does not end is none."""
    scanner = Scanner()
    prose: list[str] = []
    fenced: list[str] = []  # what may be code, from its fence on
    for line in lines:
        kind = scanner.read(line)
        if kind is Kind.CLOSE and any(map(str.strip, fenced[1:])):
            yield None, prose
            yield scanner.language, fenced[1:]
            prose, fenced = [], []
        elif kind is Kind.OPEN or (fenced and kind is not Kind.CLOSE):
            fenced.append(line)
        else:
            prose += [*fenced, line]
            fenced = []
    yield None, [*prose, *fenced]


def _block(language: str | None, text: str) -> Block:
    return Block(text, language) if language is not None else Block(harden(TOKENS.sub(_written, text.strip("\n"))))


def _written(match: re.Match[str]) -> str:
    kind, text = match.lastgroup, match[0]
    if kind == "end":
        return "&#10;"
    if kind == "space":
        return ELEMENT.format("".join(f"&#{ord(sign)};" for sign in text))
    if kind == "sign":
        return ELEMENT.format(f"\\{text}")
    return _link(text) if kind == "url" else f"\\{text}"


def _link(url: str) -> str:
    address = url.rstrip(".,:;!?*_~'")
    if address.endswith(")") and "(" not in address:
        address = address[:-1]
    rest = MARK.sub(_muted, url[len(address) :])
    if address[0] in "wW":
        return f"[{MARK.sub(_muted, address)}](<http://{address}>){rest}"
    return f"<{address}>{rest}"


def _muted(match: re.Match[str]) -> str:
    return f"\\{match[0]}"
