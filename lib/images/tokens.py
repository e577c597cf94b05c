"""What a picture is scaled to, and about how many prompt tokens it is: the published rules of the vendors, as data.

A row is found by the model's name; names that look like nobody's have OpenAI's first rule, which is what most
compatible servers follow. Estimates are for showing with a "~". Sizes are (width, height) in pixels.

Sources: https://platform.openai.com/docs/guides/images-vision (tiles, patches and their multipliers),
https://platform.claude.com/docs/en/build-with-claude/vision, https://ai.google.dev/gemini-api/docs/tokens and
/media-resolution, https://github.com/QwenLM/Qwen3-VL, https://mistralai.github.io/mistral-common/usage/images
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Protocol

Size = tuple[int, int]
LOW = 512  # the box of detail "low", for every vendor: those that have no such switch then see less, too


class Rule(Protocol):
    """How one family of models sees."""

    def fit(self, size: Size) -> Size:
        """Return what is left of `size` after the vendor's own downscaling; never larger."""

    def count(self, size: Size, detail: str) -> int:
        """Return the tokens of a picture that fits."""


def shrink(size: Size, box: int, short: int | None = None) -> Size:
    """Return `size` scaled down, if need be, into a square of `box` and to a shorter side of `short`."""
    width, height = size
    scale = min(1.0, box / max(size), (short or box) / min(size))
    return max(1, round(width * scale)), max(1, round(height * scale))


def cover(size: Size, side: int) -> int:
    """Return how many squares of `side` it takes to cover `size`."""
    width, height = size
    return math.ceil(width / side) * math.ceil(height / side)


@dataclass(frozen=True)
class Tiles:
    """OpenAI's first rule: `base` tokens, and `each` for every square of 512 pixels; detail "low" is only the base."""

    base: int
    each: int

    def fit(self, size: Size) -> Size:
        """Scale into 2048 pixels each way, then the shorter side to 768."""
        return shrink(size, 2048, 768)

    def count(self, size: Size, detail: str) -> int:
        """Count the squares of 512 pixels."""
        return self.base if detail == "low" else self.base + self.each * cover(size, 512)


@dataclass(frozen=True)
class Patches:
    """`rate` tokens for every square of `side` pixels, at most `budget` of them; the longer side at most `box`."""

    side: int
    box: int
    budget: int
    rate: float = 1.0

    def fit(self, size: Size) -> Size:
        """Scale into the box, and to the longest side at which the budget covers it."""
        size = shrink(size, self.box)
        sides = range(1, max(size) + 1)
        return shrink(size, bisect_right(sides, self.budget, key=lambda side: cover(shrink(size, side), self.side)))

    def count(self, size: Size, detail: str) -> int:
        """Count the squares."""
        return math.ceil(cover(size, self.side) * self.rate)


@dataclass(frozen=True)
class Crops:
    """Gemini 1 and 2: 258 tokens for a small picture, else for every crop; a crop is 256 to 768 pixels wide."""

    def fit(self, size: Size) -> Size:
        """Scale into 2048 pixels each way; it takes 3072, which is twice the bytes for hardly more to see."""
        return shrink(size, 2048)

    def count(self, size: Size, detail: str) -> int:
        """Count the crops."""
        if max(size) <= 384:
            return 258
        return 258 * cover(size, min(768, max(256, int(min(size) / 1.5))))


@dataclass(frozen=True)
class Flat:
    """Gemini 3: as many tokens whatever the size, unless told otherwise by a parameter of its own."""

    tokens: int

    def fit(self, size: Size) -> Size:
        """Scale into 2048 pixels each way: the vendor says no more than what it costs."""
        return shrink(size, 2048)

    def count(self, size: Size, detail: str) -> int:
        """Return the one figure."""
        return self.tokens


STANDARD = Tiles(85, 170)
# In order: the first pattern found in a model's name, at the start of a word, decides.
RULES: tuple[tuple[str, Rule], ...] = (
    (r"gpt-4o-mini", Tiles(2833, 5667)),
    (r"gpt-(4\.1|5)-mini", Patches(32, 2048, 6144, 1.62)),
    (r"gpt-(4\.1|5)-nano", Patches(32, 2048, 6144, 2.46)),
    (r"o4-mini|codex-mini", Patches(32, 2048, 6144, 1.72)),
    (r"gpt-(5\.[2-9]|[6-9])", Patches(32, 2048, 2500, 1.2)),
    (r"gpt-5", Tiles(70, 140)),
    (r"o[13]\b", Tiles(75, 150)),
    (r"computer-use", Tiles(65, 129)),
    (r"claude-[a-z]+-(4[.-][7-9]|[5-9])", Patches(28, 2576, 4784)),
    (r"claude", Patches(28, 1568, 1568)),
    (r"gemini-[12]", Crops()),
    (r"gemini", Flat(1120)),
    (r"qwen-?2(\.5)?-?vl", Patches(28, 2048, 16_384)),
    (r"qwen-?3-?vl", Patches(32, 2048, 16_384)),
    (r"pixtral-12b", Patches(16, 1024, 4096)),
)
# Whether there is any of them: most of a name does not even begin like one.
_ANY = re.compile(rf"(?=[cgopq])(?<![\w-])(?:{'|'.join(pattern for pattern, _ in RULES)})", re.IGNORECASE)


def rule(model: str) -> Rule:
    """Return how `model` sees, as far as its name tells."""
    if not _ANY.search(model):
        return STANDARD
    found = (seen for pattern, seen in RULES if re.search(rf"(?<![\w-])({pattern})", model, re.IGNORECASE))
    return next(found, STANDARD)


def fit(size: Size, detail: str = "auto", model: str = "") -> Size:
    """Return what a picture of `size` is sent as: more pixels than that, the model would not see.

    `detail` "low" is a box of 512 pixels; "auto" is taken as "high".
    """
    return rule(model).fit(shrink(size, LOW) if detail == "low" else size)


def estimate(size: Size, detail: str = "auto", model: str = "") -> int:
    """Return about how many prompt tokens a picture of `size` is, sent or not yet scaled."""
    return rule(model).count(fit(size, detail, model), detail)
