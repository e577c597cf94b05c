"""An answer in blocks: whole, or cut while it grows at the same places."""

from __future__ import annotations

from dataclasses import dataclass

from lib.text import PairJoiner, repair
from lib.ui.markdown.dress import dress
from lib.ui.markdown.lines import FENCE, ITEM, Kind, Scanner
from lib.ui.markdown.references import DEFINITION, NOTE, References
from lib.ui.markdown.safety import harden

SHORT = 400  # characters of prose before a cut at a good place: what is sent again on every update
SHARE = 40  # ... and a fortieth of what is before it: blocks are long where there are many, for each costs the browser
LONG = 2_000  # ... at any blank line, or before an item of a list
LIMIT = 8_000  # ... at any line end but in a table
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
    splitter = Splitter()
    drawn = [*splitter.feed(text), *splitter.close()]
    for number, block in splitter.revised.items():
        drawn[number] = block
    return drawn


def safe(text: str) -> str:
    """Return markdown that fetches nothing, for `st.markdown`. Nothing is lost, and HTML shows as written."""
    return harden(dress(repair(text, line_ends=True), References()))


class Splitter:
    """Cut a growing answer into blocks: `feed` returns those that are finished, `tail` is the rest.

    Where it is cut depends on the text alone, not on how it came, so that it is drawn the same later. Prose ends where
    a paragraph does, so that little is sent again while an answer streams; code is never cut. At the end, `revised` has
    the finished blocks that look otherwise in the light of what came behind them, each by its number.
    """

    def __init__(self, *, short: int = SHORT, long: int = LONG, limit: int = LIMIT) -> None:
        self.revised: dict[int, Block] = {}
        self._short, self._long, self._limit = short, long, limit
        self._scanner = Scanner()
        self._known = References()
        self._language: str | None = None
        self._lines: list[str] = []
        self._size = 0
        self._before = 0  # characters in finished blocks
        self._line: list[str] = []  # increments of the line that is not complete
        self._pairs = PairJoiner(line_ends=True)
        self._in_note = False  # what is indented goes on with a footnote
        self._defined = False  # the last line was a definition
        self._finished = 0
        self._waiting: dict[
            int, tuple[str, Block]
        ] = {}  # finished blocks that may refer to something, as they were written
        self._tail: Block | None = None
        self._grown = False  # since the tail was looked at

    def feed(self, text: str) -> list[Block]:
        """Take the next increment, cut anywhere, and return the blocks it finishes."""
        text, self._grown = self._pairs.feed(text), True
        if "\n" not in text:
            self._line.append(text)
            return []
        *lines, rest = ("".join(self._line) + text).split("\n")
        self._line = [rest]
        return [block for line in lines for block in self._read(line)]

    @property
    def tail(self) -> Block | None:
        """The unfinished block as it is now, safe to draw; None when there is nothing to show.

        All of it is read anew after it has grown, so the longer it is, the less often one should look.
        """
        if self._grown:
            line = "".join(self._line)
            lines = (
                self._lines
                if self._unclear(line)
                else [*self._lines, line if self._language is not None else self._dedented(line)]
            )
            self._tail, self._grown = self._block(lines, growing=True), False
        return self._tail

    def close(self) -> list[Block]:
        """Return what is left at the end of the answer, and find out what is `revised`."""
        line = "".join(self._line) + self._pairs.flush()
        self._line, self._grown = [], True
        done = [*(self._read(line) if line else []), *self._take()]
        self.revised = {
            number: block for number, (text, drawn) in self._waiting.items() if (block := self._safe(text)) != drawn
        }
        return done

    def _unclear(self, line: str) -> bool:
        """Say whether the incomplete line may turn into a fence, and is better not shown yet."""
        if self._language is None:
            return bool(FENCE.match(line)) or not line.strip(" `~")
        return not line.strip(" " + self._scanner.fences[-1][0])

    def _read(self, line: str) -> list[Block]:
        if not self._scanner.fences:
            resolved = self._resolved(self._dedented(line))
            if resolved is None:
                return []
            line = resolved
        ends = self._size > self._room(line)
        kind = self._scanner.read(line)
        if kind in (Kind.OPEN, Kind.CLOSE):
            done = self._take()
            self._language = self._scanner.language if kind is Kind.OPEN else None
            return done
        done = self._take() if ends else []
        if kind is Kind.PROSE:
            self._known.ask(line)
        self._lines.append(line)
        self._size += len(line) + 1
        return done

    def _dedented(self, line: str) -> str:
        """Return a line of prose, the indented ones of a footnote as if they stood alone."""
        if self._in_note and line.startswith(("    ", "\t")):
            return line.removeprefix("\t").removeprefix("    ")
        return line

    def _resolved(self, line: str) -> str | None:
        """Take note of what a line defines; return None if that is all it is for.

        The address of a label that nothing has referred to is better shown than lost.
        """
        if note := NOTE.match(line):
            self._known.note(note["label"])
        self._in_note = bool(note) or (self._in_note and not (line.strip() and self._scanner.last is Kind.BLANK))
        found = DEFINITION.fullmatch(line) if self._begins_anew() else None
        self._defined = found is not None
        if found and self._known.link(found):
            return None
        return line.replace("[", "\\[", 1) if found else line

    def _begins_anew(self) -> bool:
        above = self._lines[-1] if self._lines else ""
        return self._defined or self._scanner.last in (Kind.BLANK, Kind.CLOSE) or above.startswith("#")

    def _room(self, line: str) -> int:
        """Return how long the block may be without being cut before this line."""
        if self._language is not None or self._scanner.fences or self._scanner.formula or not line.strip():
            return NEVER
        short = max(self._short, self._before // SHARE)
        item = ITEM.match(line)
        if self._scanner.last is Kind.BLANK and not (line[0].isspace() or (item and self._scanner.listed)):
            return short
        if item or self._scanner.last is Kind.BLANK:
            return max(self._long, short)
        return NEVER if line.startswith("|") else self._limit

    def _take(self) -> list[Block]:
        lines, block = self._lines, self._block(self._lines)
        self._before += self._size
        self._lines, self._size = [], 0
        if block is None:
            return []
        if block.language is None and "[" in block.text:
            self._waiting[self._finished] = "\n".join(lines).strip("\n"), block
        self._finished += 1
        return [block]

    def _block(self, lines: list[str], *, growing: bool = False) -> Block | None:
        text = "\n".join(lines)
        if not text.strip():
            return None
        if self._language is not None:
            return Block(text, self._language)
        block = self._safe(text.strip("\n"), growing=growing)
        return block if block.text.strip() else None

    def _safe(self, text: str, *, growing: bool = False) -> Block:
        return Block(harden(dress(text, self._known, growing=growing)))
