"""Reasoning inside the text, as models write it that have no field for it, told from text about the tags."""

from __future__ import annotations

import re

MAX_BLANKS = 1_000  # characters before a tag; after more of them none is expected
MAX_HELD = 400  # characters of a first line that are held back until it is clear what it is
# The tags of vendors: DeepSeek and Qwen, Gemini, Claude, others, Seed-OSS; Mistral; Kimi; OpenThinker; Cohere.
NAMES = ("think", "thinking", "thought", "thoughts", "reasoning", "reason", "seed:think")
TAGS = {
    **{f"<{name}>": f"</{name}>" for name in NAMES},
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|START_THINKING|>": "<|END_THINKING|>",
}
LONGEST = max(map(len, TAGS))
# A sentence about a tag goes on with these: "<think>, <thought> and", "<think> is the tag", "<think>-Tags".
ABOUT = re.compile(
    r"[,;:)\]’”」』、，；：）]|'s\b|-(?=\w)|[ \t]*(?:标签|标记|標籤|タグ|태그|тег)|[ \t]+[—–]|[ \t]+(?:"
    r"is|are|was|were|and|or|marks|means|opens|begins|starts|(?i:tags?|elements?|blocks?)"
    r"|ist|sind|und|oder|est|sont|et|ou|es|son|y|o|è|sono|e)(?=\W)"
)
DOTS = " \t.…"  # a tag of which only this stands inside is shown, not used
# A sentence goes on after a tag in it. After reasoning, the answer begins.
GOES_ON = re.compile(r"[,;:)\]’”!?」』、，；：）。！？]|\.(?=\s)|'s\b")
MAY_GO_ON = re.compile(r"[ \t]+[^\W\d_A-Z]")
ENDED = re.compile(r"[.!?…。！？:]\s*$")


class Think:
    """Tells reasoning in a <think> element from the text after it. Only at the very start: later it is text.

    A tag with a line of its own opens reasoning. In one line with other words it may be what a sentence is about: then
    the line is held back until its end, or the end of the element and what follows that, tells.
    """

    def __init__(self) -> None:
        self.over = False
        self._phase = self._before
        self._held = ""
        self._tag = self._end_tag = ""
        self._close = re.compile("")

    def feed(self, text: str) -> tuple[str, str]:
        """Return the text and the reasoning in `text`; what may be part of a tag is held back."""
        text, self._held = self._held + text, ""
        return self._phase(text)

    def flush(self) -> tuple[str, str]:
        """Return what was held back."""
        held, self._held = self._held, ""
        if self._phase == self._opened:
            self._end("")
            return self._unclear(held)
        return ("", held) if self._phase == self._inside else (held, "")

    def skip(self) -> None:
        """Reasoning came in a field of its own: tags in the text are text."""
        if self._phase == self._before and not self._held:
            self._end("")

    def _before(self, text: str) -> tuple[str, str]:
        start = text.lstrip()
        head = start[:LONGEST]
        tag = next((tag for tag in TAGS if _begins(head, tag)), "")
        if tag:
            self._phase = self._opened
            self._tag, self._end_tag = text[: len(text) - len(start) + len(tag)], TAGS[tag]
            self._close = re.compile(re.escape(self._end_tag), re.IGNORECASE)
            return self._opened(start[len(tag) :])
        if any(_begins(tag, head) for tag in TAGS) and len(text) <= MAX_BLANKS:
            self._held = text
            return "", ""
        return self._end(text)

    def _opened(self, text: str) -> tuple[str, str]:
        """Decide whether a tag opens reasoning, or a sentence about it."""
        line, end, _ = text.partition("\n")
        is_text = self._is_about(line)
        if is_text is None and not end and len(line) <= MAX_HELD:
            self._held = text
            return "", ""
        if is_text:
            return self._end(self._tag + text)
        self._phase = self._inside
        return self._inside(text)

    def _is_about(self, line: str) -> bool | None:
        """Whether the line after a tag is about it; None while that is open."""
        if ABOUT.match(line):
            return True
        found = self._close.search(line)
        if not found or not line[found.end() :].strip():
            return None
        inside, rest = line[: found.start()], line[found.end() :]
        if not inside.strip(DOTS):
            return bool(GOES_ON.match(rest) or MAY_GO_ON.match(rest))
        return bool(GOES_ON.match(rest)) and not ENDED.search(inside)

    def _unclear(self, held: str) -> tuple[str, str]:
        """Return what a first line is that nothing follows: with nothing between its tags, these are the answer."""
        inside = self._close.split(held, maxsplit=1)[0]
        return ("", inside) if inside.strip(DOTS) else (self._tag + held, "")

    def _inside(self, text: str) -> tuple[str, str]:
        if found := self._close.search(text):
            self._phase = self._after
            return self._after(text[found.end() :])[0], text[: found.start()]
        keep = self._begun(text)
        self._held = text[len(text) - keep :]
        return "", text[: len(text) - keep]

    def _begun(self, text: str) -> int:
        """Return how many characters at the end of `text` may be the beginning of the closing tag."""
        sizes = range(min(len(self._end_tag) - 1, len(text)), 0, -1)
        return next((size for size in sizes if _begins(self._end_tag, text[-size:])), 0)

    def _after(self, text: str) -> tuple[str, str]:
        """Drop the blank lines between the reasoning and the text."""
        text = text.lstrip("\r\n")
        return self._end(text) if text else ("", "")

    def _end(self, text: str) -> tuple[str, str]:
        self.over = True
        self._phase = self._end
        return text, ""


def _begins(text: str, start: str) -> bool:
    """Whether `text` begins with `start`; of tags with a mere name, in upper or lower case."""
    is_name = start[:1] == "<" and start[1:2] != "|"
    return text.startswith(start) or (is_name and text.lower().startswith(start.lower()))
