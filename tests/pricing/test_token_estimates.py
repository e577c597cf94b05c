"""Estimates of tokens, without a network."""

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.messages import Message
from lib.pricing import token_estimates


def no_encoding():
    return None


@pytest.mark.parametrize(("text", "count"), [("", 0), ("hello world", 2), ("The capital of France is Paris.", 7)])
def test_count(text, count):
    """Text is counted as cl100k_base does."""
    assert token_estimates.estimate(text) == count


@pytest.mark.parametrize(("text", "count"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("日本", 2), ("😀", 1)])
def test_bytes(text, count):
    """Without an encoding, four bytes of UTF-8 are a token, rounded up."""
    assert token_estimates.estimate(text, no_encoding) == count


def test_loaded():
    """Who cannot wait for the encoding gets it once somebody else has loaded it."""
    token_estimates.encoding.cache_clear()
    assert token_estimates.loaded() is None
    assert token_estimates.encoding() is token_estimates.loaded()


def test_unknown_encoding():
    """An encoding that is not there is None, not an error."""
    assert token_estimates.encoding("no_such_encoding") is None


def test_not_installed(monkeypatch):
    """Where tiktoken is not installed there is no encoding."""
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    assert token_estimates.encoding("asked_for_without_tiktoken") is None


def test_long():
    """Text of more than a million characters is not counted but measured."""
    assert token_estimates.estimate("ab" * 600_000) == 300_000


@pytest.mark.parametrize("piece", ["a", " ", "\n", ".", "1", "é", "한", "😀"])
def test_repeats(piece):
    """What is slow for byte pair encoding is still counted, within the time of a test."""
    assert 0 < token_estimates.estimate(piece * 200_000) <= 600_000


@given(st.text(st.characters(codec=None), max_size=200))
def test_any(text):
    """Any text has an estimate, lone surrogates included, and not more tokens than bytes."""
    size = len(text.encode("utf-8", "surrogatepass"))
    assert 0 <= token_estimates.estimate(text) <= size
    assert 0 <= token_estimates.estimate(text, no_encoding) <= size


def test_special():
    """The names of special tokens are plain text."""
    assert token_estimates.estimate("<|endoftext|>") > 1


def test_messages():
    """A message costs four tokens more than its text, the answer's beginning three."""
    assert token_estimates.estimate_messages([Message("system", ""), Message("user", "hello world")]) == 3 + 4 + 4 + 2


def test_lazy():
    """Importing the module does not import tiktoken."""
    code = "import sys, lib.pricing.token_estimates; sys.exit('tiktoken' in sys.modules)"
    assert os.spawnl(os.P_WAIT, sys.executable, sys.executable, "-c", code) == 0
