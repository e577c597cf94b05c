"""Secrets in what an endpoint says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.api.masking import Mask

KEY = "sk-Test/0123+456789"
FORMS = (KEY, KEY.upper(), "sk-Test%2F0123%2B456789", "sk-Test\\/0123+456789", "c2stVGVzdC8wMTIzKzQ1Njc4OQ")


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    """A secret is masked as it is, in either case, in a URL, in JSON and in Base64, whole or in pieces."""
    mask = Mask([KEY])
    screen = mask.screen()
    pieces = [screen.feed(sign) for sign in f"a {form}. "]

    assert mask.hide(f"a {form}.") == "a [redacted]."
    assert "".join([*pieces, screen.flush()]) == "a [redacted]. "
    assert screen.masked


def test_short() -> None:
    """A short secret is masked where it stands alone, and an answer may have it."""
    mask = Mask(["fast"])

    assert mask.hide("fast, faster") == "[redacted], faster"
    assert mask.screen().feed("fast") == "fast"
    assert mask.screen().whole("fast") == "fast"


@pytest.mark.parametrize("form", ["SECRET-0123-Link", "ſecret-0123-lin\u212a", "secret-0123-lınk", "secret-0123-lİnk"])
def test_case(form: str) -> None:
    """Whatever letter counts as another one's other case does so here."""
    assert Mask(["secret-0123-link"]).hide(f"né {form}.") == "né [redacted]."


def test_none() -> None:
    """Without secrets every text stays as it is."""
    assert Mask().hide(KEY) == Mask().screen().feed(KEY) == Mask().screen().whole(KEY) == KEY


def test_cut_off() -> None:
    """A text that ends within a secret has nothing of it, but for a beginning that many words have."""
    screen = Mask([KEY]).screen()

    assert (screen.feed(f"a {KEY[:13]}"), screen.flush()) == ("a ", "[redacted]")
    assert (screen.feed(f"a {KEY[:5]}"), screen.flush()) == ("a ", KEY[:5])


def test_repeated() -> None:
    """A secret that ends as it begins is masked at once, and what follows is not taken for another."""
    screen = Mask(["abcdabcd"]).screen()

    assert screen.feed("xabcdabcd") + screen.feed("abcx") == "x[redacted]abcx"


def test_the_longer_one() -> None:
    """Of two secrets of which one begins like the other the longer one is masked whole."""
    screen = Mask(["secret-0123", "secret-0123-and-more"]).screen()

    assert screen.feed("secret-0123") + screen.feed("-and-more.") == "[redacted]."
    assert screen.feed("secret-0123") + screen.feed(" ") == "[redacted] "


@given(st.lists(st.sampled_from(["s", "sk-Te", KEY, KEY[3:], "İ", "a ", "\n"]), max_size=12), st.integers(1, 9))
def test_any_cut(words: list[str], size: int) -> None:
    """However a text is cut, it becomes the same as in one piece; without a secret it stays as it is."""
    text, screen = "".join(words) + ".", Mask([KEY]).screen()
    pieces = [screen.feed(text[place : place + size]) for place in range(0, len(text), size)]

    assert "".join(pieces) + screen.flush() == text.replace(KEY, "[redacted]")
