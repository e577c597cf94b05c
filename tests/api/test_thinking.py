"""Reasoning inside the text, and text about the tags of reasoning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.api.thinking import MAX_HELD, TAGS, Think
from tests.api.thinking_cases import REASONED, SAID

SENTENCES = st.lists(st.sampled_from(("The user asks.", "So: 1 < 2.", "Hm…", "好的，用户。", "a\nb")), min_size=1).map(
    " ".join
)
ANSWERS = st.sampled_from(("", "Blue.", "**Blue**", "1. Blue", "蓝色", "(Blue)", "<think>no</think>", "`a`", '"Blue"'))


def told(*pieces: str) -> tuple[str, str]:
    """Return the text and the reasoning in what came in pieces."""
    think = Think()
    parts = [*(think.feed(piece) for piece in pieces), think.flush()]
    assert think.flush() == ("", "")
    return "".join(text for text, _ in parts), "".join(thought for _, thought in parts)


@pytest.mark.parametrize(("written", "text", "reasoning"), REASONED)
def test_reasoning(written, text, reasoning):
    """A tag that opens an answer opens reasoning, in whatever pieces it comes."""
    assert told(written) == (text, reasoning)
    assert told(*written) == (text, reasoning)


@pytest.mark.parametrize("written", SAID)
def test_about_tags(written):
    """A sentence about the tags, and what is no tag, stays as it is, in whatever pieces it comes."""
    assert told(written) == (written, "")
    assert told(*written) == (written, "")


@given(st.sampled_from(sorted(TAGS)), SENTENCES, ANSWERS, st.sampled_from(("", "\n", "\n\n")), st.integers(1, 9))
def test_any_reasoning(tag, thought, answer, gap, size):
    """Sentences between the tags of any vendor are reasoning, and what follows is the answer."""
    whole = f"{tag}{thought}{TAGS[tag]}{gap}{answer}"
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]

    assert told(*pieces) == (answer, thought)


@given(st.text(alphabet="<>/think [THINK]\n.,◁▷|a", max_size=40), st.integers(1, 5))
def test_any_text(text, size):
    """No sign of a text is in neither, or in both; pieces change nothing."""
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    said, thought = told(*pieces)

    assert told(text) == (said, thought)
    assert len(said) + len(thought) <= len(text)
    assert thought in text
    assert text.endswith(said)
    assert (
        thought
        or said == text
        or not said.strip()
        or any(text.lstrip().lower().startswith(tag.lower()) for tag in TAGS)
    )


def test_held():
    """A first line is held back for a while and no longer."""
    think = Think()
    assert think.feed("<think>The user ") == ("", "")
    assert think.feed("x" * MAX_HELD) == ("", "The user " + "x" * MAX_HELD)


def test_flushed():
    """What was held back is returned once."""
    think = Think()
    think.feed("<th")

    assert (think.flush(), think.flush()) == (("<th", ""), ("", ""))
