"""What the stylesheet must not do, for a page changes with each word of an answer that streams."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lib.ui import theme

STYLES = re.sub(r"/\*.*?\*/", "", (theme.STATIC / "styles.css").read_text(encoding="utf-8"), flags=re.DOTALL)
# What may be asked for what is in it: small, and apart from the answers.
SMALL = {
    '[data-testid="stStatusWidget"]',
    '[data-testid="stSidebarUserContent"]',
    '[data-testid="stPopoverBody"]',
    ".stColumn:first-child",
    '[data-testid="stChatMessageContent"][aria-label$="user"]',
}


def test_nothing_looks_at_the_whole_page() -> None:
    """A :has() stands on small things only, for it is matched anew at each change in what it asks."""
    asked = re.findall(r"([^\s{};,>+~(]*):has\(", STYLES)

    assert asked
    assert set(asked) <= SMALL


def _rules() -> Iterator[str]:
    """Yield the selector of each rule, with those of the rules around it."""
    around: list[str] = []
    for selector, sign in re.findall(r"([^{};]*)([{};])", STYLES):
        if sign == "{":
            around.append(selector.strip())
            yield " ".join(around)
        elif sign == "}":
            around.pop()


def test_change_of_a_class_is_cheap() -> None:
    """Below a [class*=…] no rule is for any element: at each change of a class all below that would be matched anew."""
    below = [rule for rule in _rules() if "[class*=" in rule]

    assert below
    assert [rule for rule in below if re.search(r"(^|[\s>])(\*|:(first|last)-child)$", rule)] == []


def test_compositor_moves_alone() -> None:
    """Only opacity and transform are animated, and nothing has a transition: the main thread is the answer's."""
    frames = re.findall(r"@keyframes [\w-]+ \{((?:[^{}]+\{[^{}]*\})+)\s*\}", STYLES)
    moved = {name for frame in frames for name in re.findall(r"([\w-]+)\s*:", frame)}

    assert len(frames) == STYLES.count("@keyframes") > 0
    assert moved <= {"opacity", "transform"}
    assert "transition" not in STYLES


def test_motion_can_be_refused() -> None:
    """Whoever asks for less motion gets none: each rule that animates has its counterpart."""
    animated = set(re.findall(r"([^\s{};][^{};]*?)\s*\{[^{}]*animation: parley", STYLES))
    refused = set(re.findall(r"body ([^{}]*?)\s*\{ animation: none; \}", STYLES))

    assert animated == refused != set()


def test_name_and_typeface_are_light() -> None:
    """The name and the letters of the first page weigh less than 20 kB, and have their licence beside them."""
    sizes = [(theme.STATIC / name).stat().st_size for name in ("newsreader-basic.woff2", "wordmark.svg")]

    assert sum(sizes) < 20_000
    assert "SIL OPEN FONT LICENSE" in (theme.STATIC / "newsreader-LICENSE.txt").read_text(encoding="utf-8")
