r"""What makes model text look right: what a model means, in the markdown that the page knows.

HTML and directives show literally, `\( \)` becomes math, a price stays a price, a relative link, which would lead into
this app, stays text. docs/rendering.md lists the choices. Nothing depends on this reading: `safety.harden` comes last.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import ClassVar

from lib.ui.markdown import formulas, references
from lib.ui.markdown.lines import VERBATIM, Scanner, begins, is_row, kept_ends
from lib.ui.markdown.references import References
from lib.ui.markdown.safety import JOINER, SCHEMES, TARGET

# A formula ends with its paragraph, but for one between lines of their own. Such lengths bound the work on text made to
# be slow.
BODY = rf"(?:{formulas.SIGN}|\n(?![ \t>]*\n))"
WIDE = rf"(?:{formulas.SIGN}|\n)"
# What closes a sentence or a bracket where addresses are not set off by spaces.
CLOSING = (
    "\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff1f\uff01\u2026\u300d\u300f\uff09\u300b\u3009\u3011\u3015\uff3d\uff5d\uff61\uff63"
    "\u201c\u201d\u2019\u00bb\u203a"
    "\u300c\u300e\uff08\u300a\u3008\u3010"  # and what opens one
    "\u0e2f\u0e5a\u0e5b\u060c\u061b\u061f\u06d4\u0964\u0965\u17d4\u17d5\u104a\u104b\u0589\u1362\u0f0d\u05be\u05c3"
)
# The signs come first that all of these begin with: most of a text has none of them.
TOKENS = r"""
  (?=[<hw`\\$:\[\]*_~\n-]|^[ \t>]) (?:
    (?P<url>       <SCHEMES[^\s<>]*> | (?:https?://|www\.)[^\s<>`)\]CLOSING]+ )
  | (?P<code>      (?<!`)(?P<ticks>`++)(?:[^\n]|\n(?![ \t]*\n)){1,2000}?(?:(?<!`)(?P=ticks)(?!`)END) )
  | ^(?P<alone>    [ \t>]*)(?:\\\[|\$\$)[ \t]*\n(?P<wide>WIDE{1,4000}?)\n[ \t>]*(?:\\\]|\$\$)[ \t]*$
  | ^(?P<lead>     [ \t>]*)(?:\\\[|\$\$(?!\$))(?P<display>BODY{1,4000}?)(?:\\\]|\$\$)[ \t]*$
  | \\\[(?P<bracket> BODY{1,2000}?)\\\]
  | \\\((?P<paren> BODY{1,500}?)\\\)
  | \$\$(?<!\$\$\$)(?!\$)(?P<double> BODY{1,2000}?)\$\$(?!\$)
  | \$(?<!\$\$)(?!\$)(?P<single> BODY{1,500}?)\$(?!\$)
  | (?P<br>        <br[ \t]*/?> )
  | (?P<fold>      </?details(?:[ \t]+open)?> )
  | <summary>(?P<summary>[^\n]{1,300}?)</summary>
  | (?P<html>      \\?<(?=[A-Za-z/!?])(?!(?<=\]\(<)SCHEMES) )
  | ^(?P<indent>   [ ]{0,3})\[\^(?P<note>[^\s\[\]\\]{1,100})\]:[ \t]*
  | (?P<footnote>  \[\^[^\s\[\]\\]{1,100}\]: )
  | \[\^(?P<noted> [^\s\[\]\\]{1,100})\]
  | \[(?!\^)(?=(?P<short>LABEL)\](?:\[\])?(?![\[(:]))
  | \]\[(?!\^)(?P<full> LABEL)\]
  | (?P<target>    \](?=[(:])(?!TARGET<?(?:SCHEMES|\#|GROWS)) )
  | (?P<bracketed> \] )
  | (?P<escape>    \\[!-/:-@\[-`{-~] )
  | (?P<dollar>    \$ )
  | (?P<leaf>      (?<!\S)::+(?=\w) )
  | (?P<directive> (?<!:):(?=[\w-]{1,60}[\[{]) )
  | (?P<emoji>     (?<!\w):(?=(?:[+-]1|\d{0,4}[A-Za-z][\w+-]{0,60}):(?!\w))
                 | :(?=(?:[a-z]{1,2}|100|1234|streamlit|material_\w{1,60}):) )
  | (?P<stars>     \*+|~~(?<!~~~)(?!~) )(?P<letter>[^\W_])?
  | (?P<dash>      (?<=[^\s|][ ])(?:--|~=)(?=[ ][^\s|]) )
  | (?P<tilde>     ~(?<!~~)(?!~) )
  | (?P<dunder>    (?<!\w)__(?=[a-z][a-z0-9]{0,40}(?:_[a-z0-9]{1,40}){0,8}__(?!\w))(?P<name>\w+?)__(?!_) )
  | (?P<end>       \n )
  )
"""


def _tokens(end: str, grows: str) -> re.Pattern[str]:
    words = {"BODY": BODY, "WIDE": WIDE, "SCHEMES": SCHEMES, "TARGET": TARGET, "LABEL": references.LABEL}
    words |= {"CLOSING": CLOSING, "END": end, "GROWS": grows}
    return re.compile(re.sub("|".join(words), lambda match: words[match[0]], TOKENS), re.VERBOSE | re.MULTILINE)


INLINE = _tokens("", "(?!)")
# While text grows, a code span is one before its end has come, and what may still get one of the schemes is a link: no
# escapes that vanish a moment later.
BEGUN = "|".join(word[:size] for word in ("https", "mailto", "tel") for size in range(len(word) + 1))
GROWING = _tokens(r"|\Z", rf"(?i:{BEGUN})\Z")
PRODUCT = re.compile(r"[A-Za-z0-9)\]]\*[A-Za-z0-9(]", re.ASCII)
POWER = re.compile(r"[A-Za-z0-9)\]]\*\*\d|\d\*\*[A-Za-z0-9]", re.ASCII)
TAG = re.compile(r"</?[A-Za-z]{1,20}>")
MARK = re.compile(r"([!-/:-@\[-`{-~])")
MAX_BEGINNING = 100  # characters of a line that say whether it is blank or a heading: each `<br>` in it asks again
FIXED = {
    "fold": "",
    "html": "&lt;",  # a backslash would do, but Streamlit hides an unfinished tag while it streams
    "dollar": r"\$",
    "directive": r"\:",
    "emoji": f":{JOINER}",
    "target": f"]{JOINER}",
    "tilde": r"\~",
}


def dress(text: str, known: References, *, growing: bool = False) -> str:
    """Return markdown that the page shows as it is meant."""
    tokens = GROWING if growing else INLINE
    return "\n".join(
        part if verbatim else Dresser(part, tokens, known, in_table=row).dressed()
        for verbatim, row, part in _regions(text)
    )


def _regions(text: str) -> Iterator[tuple[bool, bool, str]]:
    """Yield runs of lines, each with whether it is code, in which escapes would show, and whether rows of a table."""
    scanner = Scanner()

    def kind(line: str) -> tuple[bool, bool]:
        verbatim = scanner.read(line) in VERBATIM
        return verbatim, not verbatim and is_row(line)

    for (verbatim, row), lines in groupby(text.split("\n"), kind):
        yield verbatim, row, "\n".join(lines)


class Dresser:
    """Rewrites a run of lines that are not code, sign by sign from its beginning."""

    def __init__(self, text: str, tokens: re.Pattern[str], known: References, *, in_table: bool) -> None:
        self._text = text
        self._tokens = tokens
        self._known = known
        self._in_table = in_table
        self._kept = set() if in_table else set(_kept(text))
        self._out: list[str] = []
        self._next = 0
        self._line = 0  # where the line begins that is being read
        self._open: set[str] = set()  # the marks of emphasis that are open in this paragraph
        self._closing: dict[int, str] = {}  # what closes a link, by the place of its bracket

    def dressed(self) -> str:
        """Return the text rewritten."""
        while match := self._tokens.search(self._text, self._next):
            self._out.append(self._text[self._next : match.start()])
            self._next = match.end()
            kind = match.lastgroup or ""
            self._out.append(self.WRITERS[kind](self, match) if kind in self.WRITERS else FIXED.get(kind, match[0]))
        return "".join(self._out) + self._text[self._next :]

    def _back(self, match: re.Match[str], size: int, shown: str) -> str:
        """Return what is shown for the first signs of a match, and read on behind them."""
        self._next = match.start() + size
        return shown

    # --- formulas

    def _wide(self, match: re.Match[str]) -> str:
        return self._lines(match, match["alone"], match["wide"])

    def _display(self, match: re.Match[str]) -> str:
        return self._lines(match, match["lead"], match["display"])

    def _lines(self, match: re.Match[str], lead: str, body: str) -> str:
        if not formulas.holds(body):
            opener = match[0][len(lead) :][:2]
            return self._back(match, len(lead) + 2, lead + opener.replace("$", r"\$"))
        # Only between lines of their own do the page's dollars mean display style.
        lines = (line.strip(f" \t{'>' if '>' in lead else ''}") for line in body.split("\n"))
        rows = "\n".join(f"{lead}{line}" for line in lines if line)
        return f"{lead}$$\n{rows}\n{lead}$$"

    def _bracket(self, match: re.Match[str]) -> str:
        return self._inline(match, "$$") if formulas.holds(match["bracket"]) else self._back(match, 2, match[0][:2])

    def _paren(self, match: re.Match[str]) -> str:
        return self._inline(match, "$") if formulas.holds(match["paren"]) else self._back(match, 2, match[0][:2])

    def _double(self, match: re.Match[str]) -> str:
        return self._inline(match, "$$") if formulas.holds(match["double"]) else self._back(match, 2, r"\$\$")

    def _single(self, match: re.Match[str]) -> str:
        body, start, end = match["single"], match.start(), match.end()
        if formulas.is_formula(self._text[start - 1 : start], body, self._text[end : end + 2]):
            return self._inline(match, "$")
        return self._back(match, 1, r"\$")

    def _inline(self, match: re.Match[str], dollars: str) -> str:
        # The page overlooks formulas that begin with a space, go over a line end or stand before a digit, and one
        # dollar would end at an escaped one.
        body = " ".join(match[match.lastgroup or 0].split())
        if self._in_table:
            body = body.replace(r"\|", r"\Vert ").replace("|", r"\vert ").strip()
        if r"\$" in body or self._text[match.end() : match.end() + 1].isdigit():
            return f"$$ {body} $$"
        return f"{dollars}{body}{dollars}"

    # --- links

    def _url(self, match: re.Match[str]) -> str:
        url, start = match[0], match.start()
        if url[0] == "<" or self._text[match.end() : match.end() + 1] not in CLOSING or match.end() == len(self._text):
            return url
        if self._text[max(0, start - 2) : start] in ("](", "(<", ": "):
            return url
        address = url.rstrip(".,:;!?*_~'\"")
        shown = f"<{address}>" if address[0] in "hH" else f"[{MARK.sub(_escaped, address)}](<http://{address}>)"
        return self._back(match, len(address), shown)

    def _note(self, match: re.Match[str]) -> str:
        return f"{match['indent']}{references.mark(match['note'])} "

    def _noted(self, match: re.Match[str]) -> str:
        return references.mark(match["noted"]) if self._known.is_note(match["noted"]) else match[0]

    def _short(self, match: re.Match[str]) -> str:
        if target := self._known.target(match["short"]):
            self._closing[match.end() + len(match["short"])] = target
        return match[0]

    def _bracketed(self, match: re.Match[str]) -> str:
        target = self._closing.get(match.start())
        if target and self._text.startswith("[]", match.end()):
            self._next += 2
        return target or match[0]

    def _full(self, match: re.Match[str]) -> str:
        return self._known.target(match["full"]) or self._back(match, 1, "]")

    # --- HTML that has a counterpart, lines

    def _br(self, match: re.Match[str]) -> str:
        if self._in_table:
            return "&#10;"
        begun = min(match.start(), self._line + MAX_BEGINNING)
        before, after = self._text[self._line : begun], self._text[match.end() : match.end() + 1]
        if after in ("", "\n") or not before.strip() or before.lstrip().startswith("#"):
            return "  " if before.strip() else ""
        self._next += len(after) - len(after.lstrip())
        return "  \n"

    def _summary(self, match: re.Match[str]) -> str:
        words = MARK.sub(_escaped, TAG.sub("", match["summary"]).strip())
        goes_on = self._text[match.end() : match.end() + 1] not in ("", "\n")
        return f"**{words}**" + ("  \n" if goes_on else "")

    def _end(self, match: re.Match[str]) -> str:
        self._line = match.end()
        after = self._text[self._line : self._text.find("\n", self._line) + 1 or None]
        if begins(after):
            self._open.clear()
        return "  \n" if match.start() in self._kept else "\n"

    # --- signs

    def _leaf(self, match: re.Match[str]) -> str:
        return match[0].replace(":", r"\:")

    def _dunder(self, match: re.Match[str]) -> str:
        return match[0].replace("_", r"\_")

    def _dash(self, match: re.Match[str]) -> str:
        return JOINER.join(match[0])

    def _stars(self, match: re.Match[str]) -> str:
        run, start = match["stars"], match.start()
        self._next = end = match.end("stars")
        before, after = self._text[max(0, start - 1) : start], self._text[end : end + 1]
        if run in self._open and before.strip():
            self._open.discard(run)
            return self._close(match, before)
        around = before + run + after
        if PRODUCT.fullmatch(around) or POWER.fullmatch(around):
            return run.replace("*", r"\*")
        if after.strip():
            self._open.add(run)
            self._lead_in(before, after)
        return run

    def _close(self, match: re.Match[str], before: str) -> str:
        # A mark closes nothing between punctuation and a letter: the letter becomes an entity, which begins with
        # punctuation, and shows the same.
        run, letter = match["stars"], match["letter"]
        if not letter or not _is_punctuation(before):
            return run
        if self._tokens.match(self._text, match.end("stars")):
            return JOINER + run  # an address begins there
        self._next = match.end("letter")
        return f"{run}&#{ord(letter)};"

    def _lead_in(self, before: str, after: str) -> None:
        # Nor does one open anything between a letter and punctuation; where words have spaces, it is not meant to.
        if before > "\u02ff" and before.isalnum() and _is_punctuation(after) and self._out[-1].endswith(before):
            self._out[-1] = f"{self._out[-1][:-1]}&#{ord(before)};"

    WRITERS: ClassVar[dict[str, Callable[[Dresser, re.Match[str]], str]]] = {
        "wide": _wide,
        "display": _display,
        "bracket": _bracket,
        "paren": _paren,
        "double": _double,
        "single": _single,
        "url": _url,
        "note": _note,
        "noted": _noted,
        "short": _short,
        "bracketed": _bracketed,
        "full": _full,
        "br": _br,
        "summary": _summary,
        "end": _end,
        "leaf": _leaf,
        "dunder": _dunder,
        "dash": _dash,
        "stars": _stars,
        "letter": _stars,
    }


def _kept(text: str) -> Iterator[int]:
    """Give the places of the line ends that are shown as such."""
    place, lines = 0, text.split("\n")
    for number, kept in enumerate(kept_ends(lines)):
        place += len(lines[number])
        after = lines[number + 1] if number + 1 < len(lines) else ""
        if (
            (kept or references.NOTE.match(after))
            and not lines[number].endswith(("  ", "\\"))
            and lines[number].strip()
        ):
            yield place
        place += 1


def _is_punctuation(sign: str) -> bool:
    return sign != "" and unicodedata.category(sign)[0] in "PS"


def _escaped(match: re.Match[str]) -> str:
    return "\\" + match[0]
