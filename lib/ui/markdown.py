r"""Model text made safe to render.

Streamlit's page fetches what an image in markdown points at, and what a mermaid chart points at. Of links it refuses
`javascript:` and `vbscript:` alone; here only SCHEMES and fragments stay links, and the rest shows as written. Code
goes to `st.code`, which only shows text, and prose passes two steps:

_dress    reads markdown well enough to look right: HTML and directives show literally, `\( \)` becomes math, a price
          stays a price, a relative link, which would lead into this app, stays text. Nothing depends on its reading.
_harden   breaks what could fetch or open anything, wherever it stands, without reading anything: it comes last, and
          it alone makes the text safe. Filters that parse were beaten, each by something the page reads otherwise.

What is broken gets a WORD JOINER. It is invisible in every context, code included, and unlike an entity it survives
being decoded and parsed a second time, as the text of a tooltip is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

from lib.text import PairJoiner, repair

JOINER = "\u2060"

SHORT = 400  # characters of prose before a cut at a good place: what is sent again on every update
LONG = 2_000  # ... at any blank line, or before an item of a list
LIMIT = 8_000  # ... at any line end but in a table
CODE_LIMIT = 4_000  # characters of code before a cut at a line end
NEVER = 1 << 62


@dataclass(frozen=True)
class Block:
    """One piece of an answer as the page draws it.

    `text` is safe markdown where `language` is None; else it is code for `st.code`, in a language or in none ("").
    """

    text: str
    language: str | None = None


def blocks(text: str) -> list[Block]:
    """Return a whole answer as blocks. A fence left open at the end is code too."""
    splitter = Splitter(short=NEVER, long=NEVER, limit=NEVER, code_limit=NEVER)
    return splitter.feed(text) + splitter.close()


def safe(text: str) -> str:
    """Return markdown that fetches nothing, for `st.markdown`. Nothing is lost, and HTML shows as written."""
    return _safe(repair(text, line_ends=True))


def plain(text: str, limit: int = 0) -> str:
    """Return a title, a file name or an error for labels, captions and toasts: one line that shows as written.

    A text of more than `limit` characters is cut to it and ends in an ellipsis; 0 means no limit. The result is
    markdown: where Streamlit takes plain text (selectbox options, placeholders) its backslashes would show.
    """
    line = " ".join(UNPRINTABLE.sub(" ", repair(text)).split())
    if limit and len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return _harden(ACTIVE.sub(_mute, line))


def _safe(text: str, *, growing: bool = False) -> str:
    return _harden(_dress(text, GROWING if growing else INLINE))


# --- what makes it safe ----------------------------------------------------------------------------------------------

# A run of fence characters and the word behind it. 40 characters settle what the word is, and bound the work.
FENCE_WORD = re.compile(r"([`~])(?<!\1\1)\1{2,}+(?=[ \t]*+([^ \t\n]{1,40}+))")
SCHEMES = "(?i:https?|mailto|tel):"
# What a link or a definition points at begins here, maybe on the next line of a quote.
TARGET = r"[(:][ \t\n>]*+"
# The places where a link gets its address, unless that plainly has one of the schemes, or none. A scheme is letters,
# digits and +.- before a colon; the page drops backslashes and controls, and decodes entities, so these count as it.
# No address is "x: y", as in `f[T](x: int)`; nor is what stands after the label of a footnote.
LINK = re.compile(
    rf"""
    \[(?<!\\\[)\^[^\s\[\]\\]{{1,100}}\]:
  | \](?={TARGET}(?!<?{SCHEMES})(?![A-Za-z0-9+.-]*+:[ \t]+[^\s"'()])
        (?:<[A-Za-z0-9+.\\\x00-\x20\x7f-]*+|[A-Za-z0-9+.\\\x00-\x08\x0b-\x1f\x7f-]*+)
        (?::|&[#A-Za-z0-9]{{1,40}};))
  | <(?!{SCHEMES}|(?:[A-Za-z0-9_]+::)+[A-Za-z0-9_]+[&*]*+>)
        (?=[A-Za-z][A-Za-z0-9+.-]{{1,31}}:[^\x00-\x20\x7f<>]*+>)
    """,
    re.VERBOSE,
)
# Nothing in such a word is decoded by the page, so it names the language that it seems to name.
LANGUAGE = re.compile(r"\w[\w+#.-]*", re.ASCII)


def _harden(text: str) -> str:
    text = text.replace("![", f"!{JOINER}[").replace(":help[", f":help{JOINER}[")
    text = text.replace(":material/", f":{JOINER}material/")  # the page rewrites this one even in code
    return LINK.sub(_unlink, FENCE_WORD.sub(_blunt, text))


def _unlink(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith("[") else match[0] + JOINER


def _blunt(match: re.Match[str]) -> str:
    # The first word alone names the language: the joiner becomes that word.
    return match[0] if _language(match[2]) else f"{match[0]}{JOINER} "


def _language(word: str) -> str:
    return word if LANGUAGE.fullmatch(word) and "mermaid" not in word.lower() else ""


# --- what makes it look right ----------------------------------------------------------------------------------------

# A formula ends with its paragraph. This and the lengths below bound the work on text made to be slow.
BODY = r"(?:[^$\n\\]|\\(?![\[(])|\n(?![ \t>]*\n))"
# The signs come first that all of these begin with: most of a text has none of them.
TOKENS = r"""
  (?=[<hw`\\$:\[\]]|^[ \t>]) (?:
    (?P<url>       <SCHEMES[^\s<>]*> | (?:https?://|www\.)[^\s<>`)\]]+ )
  | (?P<code>      (?<!`)(?P<ticks>`++)(?:[^\n]|\n(?![ \t]*\n)){1,2000}?(?:(?<!`)(?P=ticks)(?!`)END) )
  | ^(?P<lead>     [ \t>]*)(?:\\\[|\$\$)(?P<display>BODY{1,4000}?)(?:\\\]|\$\$)[ \t]*$
  | \\\[(?P<bracket> BODY{1,2000}?)\\\]
  | \\\((?P<paren> BODY{1,500}?)\\\)
  | (?P<double>    \$\$BODY{1,2000}?\$\$ )
  | (?P<single>    \$(?![\s$])[^$\n]{1,500}?(?<!\s)\$(?![0-9A-Za-z]) )
  | (?P<html>      \\?<(?=[A-Za-z/!?])(?!(?<=\]\(<)SCHEMES) )
  | (?P<footnote>  \[\^[^\s\[\]\\]{1,100}\]: )
  | (?P<target>    \](?=[(:])(?!TARGET<?(?:SCHEMES|\#|GROWS)) )
  | (?P<escape>    \\[!-/:-@\[-`{-~] )
  | (?P<dollar>    \$ )
  | (?P<leaf>      (?<!\S)::+(?=\w) )
  | (?P<directive> (?<!:):(?=[\w-]{1,60}[\[{]) )
  | (?P<emoji>     (?<!\w):(?=(?:[+-]1|\d{0,4}[A-Za-z][\w+-]{0,60}):(?!\w))
                 | :(?=(?:[a-z]{1,2}|100|1234|streamlit|material_\w{1,60}):) )
  )
"""


def _tokens(end: str, grows: str) -> re.Pattern[str]:
    words = {"BODY": BODY, "SCHEMES": SCHEMES, "TARGET": TARGET, "END": end, "GROWS": grows}
    return re.compile(re.sub("|".join(words), lambda match: words[match[0]], TOKENS), re.VERBOSE | re.MULTILINE)


INLINE = _tokens("", "(?!)")
# While text grows, a code span is one before its end has come, and what may still get one of the schemes is a link: no
# escapes that vanish a moment later.
BEGUN = "|".join(word[:size] for word in ("https", "mailto", "tel") for size in range(len(word) + 1))
GROWING = _tokens(r"|\Z", rf"(?i:{BEGUN})\Z")

FIXED = {
    "html": "&lt;",  # a backslash would do, but Streamlit hides an unfinished tag while it streams
    "dollar": r"\$",
    "directive": r"\:",
    "emoji": f":{JOINER}",
    "target": f"]{JOINER}",
}
DOLLARS = {"paren": "$", "bracket": "$$"}


def _dress(text: str, tokens: re.Pattern[str]) -> str:
    return "\n".join(part if verbatim else tokens.sub(_rewrite, part) for verbatim, part in _regions(text))


def _regions(text: str) -> Iterator[tuple[bool, str]]:
    """Yield runs of lines, each with whether it is code, in which escapes would show."""
    scanner = Scanner()
    for verbatim, lines in groupby(text.split("\n"), lambda line: scanner.read(line) in VERBATIM):
        yield verbatim, "\n".join(lines)


def _rewrite(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind in FIXED:
        return FIXED[kind]
    if kind in DOLLARS:
        return _formula(match[kind], DOLLARS[kind])
    if kind == "leaf":
        return match[0].replace(":", r"\:")
    return _display(match["lead"], match["display"]) if kind == "display" else match[0]


def _formula(body: str, dollars: str) -> str:
    # The page overlooks formulas that begin with a space or go over a line end.
    return dollars + " ".join(body.split()) + dollars


def _display(lead: str, body: str) -> str:
    # Only between lines of their own do the page's dollars mean display style.
    return f"{lead}$$\n{lead}{body.strip(f' {lead}' + chr(10))}\n{lead}$$"


# --- labels ----------------------------------------------------------------------------------------------------------

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


def _mute(match: re.Match[str]) -> str:
    if match["mark"]:
        return "\\" + match[0]
    if match["number"]:
        return match[0] + "\\"
    return match[0] + JOINER if match["join"] else JOINER.join(f"\\{sign}" for sign in match[0])


# --- lines and blocks ------------------------------------------------------------------------------------------------

Kind = Enum("Kind", "BLANK PROSE INDENTED NESTED OPEN INSIDE CLOSE")
VERBATIM = {Kind.INDENTED, Kind.NESTED, Kind.OPEN, Kind.INSIDE, Kind.CLOSE}
ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]+|$)")
FENCE = re.compile(
    r"(?P<lead>(?:[ \t>]|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))*+)(?P<run>`{3,}+(?!.*`)|~{3,}+)[ \t]*(?P<word>[^ \t]*)"
)


class Scanner:
    """Tell what each line of a text is, one after the other.

    A fence at the top level is OPEN, INSIDE, CLOSE; one in a list or a quote is NESTED. Between two lines, `last`
    is what the last one was, `fence` the open fence and `language` its language, `listed` how far the text of the
    last item of a list is indented while the list goes on.
    """

    def __init__(self) -> None:
        self.last = Kind.BLANK
        self.listed = 0
        self.fence = ""
        self.language = ""
        self._top = False

    def read(self, line: str) -> Kind:
        """Return what this line is."""
        if self.fence and not self._left(line):
            self.last = self._fenced(line)
        else:
            self.fence = ""
            self.last = self._open(line) or self._unfenced(line)
        return self.last

    def _left(self, line: str) -> bool:
        # What is not indented is outside the list, and so outside its fence.
        return not self._top and line[:1] not in ("", " ", "\t", ">")

    def _fenced(self, line: str) -> Kind:
        run = line.strip(" \t" if self._top else " \t>")
        ends = run.startswith(self.fence) and not run.strip(self.fence[0])
        if ends and not (self._top and line.startswith(("    ", "\t"))):
            self.fence = ""
            return Kind.CLOSE if self._top else Kind.NESTED
        return Kind.INSIDE if self._top else Kind.NESTED

    def _open(self, line: str) -> Kind | None:
        found = FENCE.match(line)
        if not found:
            return None
        lead = found["lead"]
        self.fence, self.language = found["run"], _language(found["word"])
        self._top = not lead.strip(" ") and len(lead) < (self.listed or 4)
        self.listed = 0 if self._top else self.listed
        return Kind.OPEN if self._top else Kind.NESTED

    def _unfenced(self, line: str) -> Kind:
        if not line.strip():
            return Kind.BLANK
        deep = line.startswith(("    ", "\t"))
        if deep and not self.listed and self.last in (Kind.BLANK, Kind.INDENTED):
            return Kind.INDENTED
        if item := ITEM.match(line):
            self.listed = min(item.end(), self.listed or item.end())
        elif self.last is Kind.BLANK and not line[0].isspace():
            self.listed = 0
        return Kind.PROSE


class Splitter:
    """Cut a growing answer into blocks: `feed` returns those that are finished for good, `tail` is the rest.

    Prose ends where a paragraph does, so that little is sent again while an answer streams; long code is cut as
    well. `blocks` draws the same text without the cuts.
    """

    def __init__(
        self, *, short: int = SHORT, long: int = LONG, limit: int = LIMIT, code_limit: int = CODE_LIMIT
    ) -> None:
        self._short, self._long, self._limit, self._code_limit = short, long, limit, code_limit
        self._scanner = Scanner()
        self._language: str | None = None
        self._lines: list[str] = []
        self._size = 0
        self._behind = 0  # characters of the increment from the line that is read on: none of them is sent twice
        self._line: list[str] = []  # increments of the line that is not complete
        self._pairs = PairJoiner(line_ends=True)
        self._tail: Block | None = None
        self._grown = False  # since the tail was looked at

    def feed(self, text: str) -> list[Block]:
        """Take the next increment, cut anywhere, and return the blocks it finishes."""
        text, self._grown = self._pairs.feed(text), True
        if "\n" not in text:
            self._line.append(text)
            return []
        whole = "".join(self._line) + text
        *lines, rest = whole.split("\n")
        self._line, self._behind = [rest], len(whole)
        return [block for line in lines for block in self._read(line)]

    @property
    def tail(self) -> Block | None:
        """The unfinished block as it is now, safe to draw; None when there is nothing to show.

        All of it is read anew after it has grown, so the longer it is, the less often one should look.
        """
        if self._grown:
            line = "".join(self._line)
            lines = self._lines if self._unclear(line) else [*self._lines, line]
            self._tail, self._grown = self._block(lines, growing=True), False
        return self._tail

    def close(self) -> list[Block]:
        """Return what is left at the end of the answer."""
        line = "".join(self._line) + self._pairs.flush()
        self._line, self._grown = [], True
        return [*(self._read(line) if line else []), *self._take()]

    def _unclear(self, line: str) -> bool:
        """Say whether the incomplete line may turn into a fence, and is better not shown yet."""
        if self._language is None:
            return bool(FENCE.match(line)) or not line.strip(" `~")
        return not line.strip(" " + self._scanner.fence[0])

    def _read(self, line: str) -> list[Block]:
        ends = self._size > self._room(line)
        self._behind -= len(line) + 1
        kind = self._scanner.read(line)
        if kind in (Kind.OPEN, Kind.CLOSE):
            done = self._take()
            self._language = self._scanner.language if kind is Kind.OPEN else None
            return done
        done = self._take() if ends else []
        self._lines.append(line)
        self._size += len(line) + 1
        return done

    def _room(self, line: str) -> int:
        """Return how long the block may be without being cut before this line."""
        if self._language is not None:
            return self._code_limit
        if self._scanner.fence or not line.strip():
            return NEVER
        item = ITEM.match(line)
        if self._scanner.last is Kind.BLANK:
            seldom = line[0].isspace() or (item and self._scanner.listed) or self._behind > self._long
            return self._long if seldom else self._short
        if item:
            return self._long
        return NEVER if line.startswith("|") else self._limit

    def _take(self) -> list[Block]:
        block = self._block(self._lines)
        self._lines, self._size = [], 0
        return [block] if block else []

    def _block(self, lines: list[str], *, growing: bool = False) -> Block | None:
        text = "\n".join(lines)
        if not text.strip():
            return None
        if self._language is not None:
            return Block(text, self._language)
        return Block(_safe(text.strip("\n"), growing=growing))
