"""Titles made from prompts, and typed ones."""

from __future__ import annotations

import pytest

from lib.store.chats.titles import tidy, title


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("What is the capital of France?", "What is the capital of France?"),
        ("\n\n  \nsecond line first\nthird", "second line first"),
        ("a   b\t\tc", "a b c"),
        ("# Hello **big** `world`", "Hello big world"),
        ("> - quoted *item*", "quoted item"),
        ("[a link](https://example.org) and ![a picture](x.png)", "a link and a picture"),
        ("```python\nprint(1)\n```", "print(1)"),
        ("2 * 3 * 4 = snake_case", "2 * 3 * 4 = snake_case"),
        ("~~gone~~ and __Kept__ and _so on_", "gone and Kept and so on"),
        ("**bold with *more* in it** and ***both***", "bold with more in it and both"),
        ("Why is `__init__.py` empty, and __name__ not?", "Why is __init__.py empty, and __name__ not?"),
        ("def f(*args, **kwargs) and _private alone", "def f(*args, **kwargs) and _private alone"),
        ("SELECT * FROM t*, 2*3*4", "SELECT * FROM t*, 2*3*4"),
        ("\u8bf7**\u6ce8\u610f**\u5440", "\u8bf7\u6ce8\u610f\u5440"),
        ("---\nafter the rule", "after the rule"),
        ("bell\a and \x1b[31mred", "bell and [31mred"),
        ("turned \u202earound\u202c", "turned around"),
        ("nul\0 and half \ud83d", "nul\ufffd and half \ufffd"),
        ("joined \ud83d\ude00", "joined \U0001f600"),
        ("", "New chat"),
        (" \n\t ", "New chat"),
        ("```\n```", "New chat"),
        ("***", "New chat"),
    ],
)
def test_first_line(prompt: str, expected: str) -> None:
    """The title is the first line that says something, without marks."""
    assert expected == title(prompt)


def test_cut_at_word() -> None:
    """A long title ends at a word near 60 characters, and says that it was cut."""
    assert (
        title("one two three four five six seven eight nine ten eleven, twelve thirteen")
        == "one two three four five six seven eight nine ten eleven…"
    )


def test_cut_inside_word() -> None:
    """A word longer than a title is cut where the title ends."""
    assert title("x" * 100) == "x" * 59 + "…"


def test_exact_length() -> None:
    """A title of exactly 60 characters stays whole."""
    assert title("x" * 60) == "x" * 60


def test_huge_prompt() -> None:
    """A prompt of a megabyte has a title like any other."""
    assert title("word " * 250_000)[:9] == "word word"


def test_tidy() -> None:
    """A typed title keeps its marks, but is one line without control characters."""
    assert tidy("  my *own*\n title\x07 ") == "my *own* title"


def test_tidy_empty() -> None:
    """A typed title of nothing but spaces becomes the title of an empty chat."""
    assert tidy(" \n ") == "New chat"


def test_tidy_long() -> None:
    """A typed title has at most 200 characters."""
    assert tidy("x" * 500) == "x" * 200
