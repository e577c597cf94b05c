"""What pictures are scaled to and what they cost, by the vendors' own examples."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.images.tokens import RULES, STANDARD, Patches, estimate, fit, rule

SIZES = st.tuples(st.integers(1, 32_768), st.integers(1, 32_768))
MODELS = [
    "",
    "gpt-4o",
    "gpt-4.1-mini",
    "gpt-5.5",
    "claude-sonnet-4-5",
    "claude-opus-5",
    "gemini-2.5-pro",
    "gemini-3-pro",
]


@pytest.mark.parametrize(
    ("size", "detail", "model", "tokens"),
    [
        ((1024, 1024), "high", "gpt-4o", 765),
        ((2048, 4096), "high", "gpt-4o", 1105),
        ((4096, 8192), "low", "gpt-4o", 85),
        ((512, 512), "auto", "", 255),
        ((1024, 1024), "high", "gpt-4o-mini-2024-07-18", 25_501),
        ((1024, 1024), "high", "openai/gpt-5-chat-latest", 630),
        ((1024, 1024), "high", "o3", 675),
        ((1024, 1024), "high", "gpt-4.1-mini", 1659),
        ((1024, 1024), "high", "o4-mini", 1762),
        ((1024, 1024), "high", "gpt-5.6-luna", 1229),
        ((1000, 1000), "high", "claude-sonnet-4-5", 1296),
        ((1092, 1092), "high", "claude-3-5-sonnet-20241022", 1521),
        ((3840, 2160), "high", "claude-sonnet-4-20250514", 1560),
        ((3840, 2160), "high", "anthropic/claude-opus-4.7", 4784),
        ((1920, 1080), "high", "claude-opus-5", 2691),
        ((384, 384), "high", "gemini-2.0-flash", 258),
        ((960, 540), "high", "models/gemini-2.5-flash", 1548),
        ((4032, 3024), "high", "gemini-3-pro", 1120),
        ((280, 280), "high", "Qwen/Qwen2.5-VL-7B-Instruct", 100),
        ((320, 320), "high", "qwen3-vl:8b", 100),
        ((2048, 2048), "high", "pixtral-12b", 4096),
    ],
)
def test_published(size, detail, model, tokens):
    """The estimate is what the vendor's documentation gives as an example, or follows from its rule."""
    assert estimate(size, detail, model) == tokens


@pytest.mark.parametrize(
    ("size", "detail", "model", "sent"),
    [
        ((4000, 3000), "low", "", (512, 384)),
        ((4000, 3000), "high", "", (1024, 768)),
        ((4000, 3000), "auto", "", (1024, 768)),
        ((8000, 1000), "high", "", (2048, 256)),
        ((300, 200), "high", "", (300, 200)),
        ((40_000, 2), "high", "", (2048, 1)),
        ((1075, 1520), "high", "claude-sonnet-4-5", (924, 1307)),
        ((3840, 2160), "high", "claude-sonnet-4-5", (1456, 819)),
        ((3840, 2160), "high", "claude-opus-5", (2576, 1449)),
        ((4032, 3024), "high", "claude-opus-5", (2212, 1659)),
        ((4000, 3000), "high", "gemini-2.5-pro", (2048, 1536)),
    ],
)
def test_fit(size, detail, model, sent):
    """A picture is sent with the pixels that the model makes use of, and never enlarged."""
    assert fit(size, detail, model) == sent


@pytest.mark.parametrize("model", ["gpt-4o", "my-own", "photo1", "not-claude", "", "gpt-4"])
def test_unknown(model):
    """A name that looks like nobody's, or only ends like one, has OpenAI's first rule."""
    assert rule(model) == rule("gpt-4o")


FAMILIES = ("gpt-5", "O3", "x/o4-mini", "codex-mini", "computer-use-preview", "claude-2", "gemini-1", "qwen-vl")


@pytest.mark.parametrize("model", [*FAMILIES, "qwen2-vl", "Pixtral-12B"])
def test_families(model):
    """A name has a rule of its own where any of the patterns is found in it, and none where none is."""
    found = any(re.search(rf"(?<![\w-])({pattern})", model, re.IGNORECASE) for pattern, _ in RULES)
    assert (rule(model) is not STANDARD) == found


@given(SIZES, st.sampled_from(["low", "high", "auto"]), st.sampled_from(MODELS))
def test_any(size, detail, model):
    """Whatever the size, what is sent is no larger, is left as it is when sent again, and costs the same."""
    sent = fit(size, detail, model)

    assert 1 <= sent[0] <= size[0]
    assert 1 <= sent[1] <= size[1]
    assert estimate(sent, detail, model) == estimate(size, detail, model) > 0


@given(SIZES, st.sampled_from([seen for _, seen in RULES if isinstance(seen, Patches)]))
def test_within_budget(size, seen):
    """Patches never cost more than the budget."""
    assert seen.count(seen.fit(size), "high") <= seen.budget * seen.rate + 1
