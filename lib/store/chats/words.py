"""Words as a search compares them, in any script: folded, cut into pieces for an index, and marked where they stand.

A piece is what stands at one place of a word, five characters or what is left of it. So a word of one to five
characters is found by the beginnings of pieces, a longer one by several whole ones, wherever in a word it stands.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from lib.store.chats import markup

LENGTH = 5  # characters of a piece
MAX_QUERY = 400  # characters of a query that are read
MAX_TERMS = 10  # words of a query
MAX_TERM = 100  # characters of a word of a query that are looked for
MAX_PART = 50_000  # characters of a text that stand in one row of an index: PostgreSQL takes a megabyte of them
MAX_INDEXED = 1_000_000  # characters of a text that stand in an index
STEP = 1_000  # characters that are counted at once
BEFORE, AROUND = 40, 160  # characters before what was found, and of all that is shown of a text


class _Folds(dict[int, str]):
    """What becomes of each character, found out once."""

    def __missing__(self, code: int) -> str:
        """Find it out."""
        self[code] = folded = _folded(chr(code))
        return folded


def _folded(character: str) -> str:
    if character.isspace():
        return " "
    wide = unicodedata.normalize("NFKC", character).casefold()
    if wide < "\u0530":  # Latin, Greek and Cyrillic letters are found without their accents
        wide = "".join(each for each in unicodedata.normalize("NFD", wide) if not "\u0300" <= each <= "\u036f")
    return wide.replace(" ", "")


_FOLDS = _Folds()
# What is neither a letter nor a digit, as characters that mean nothing: no index takes them for its own signs.
_SIGNS = {code: 0xE000 + code for code in range(128) if not chr(code).isalnum() and not chr(code).isspace()}


def fold(text: str) -> str:
    """Return a text as it is compared: in small letters, without accents, wide and narrow forms alike."""
    return text.lower() if text.isascii() else text.translate(_FOLDS)


def terms(query: str) -> tuple[str, ...]:
    """Return the words of a query, folded: each is to be found as it is, whatever signs it has."""
    found = (term[:MAX_TERM] for term in fold(query[:MAX_QUERY]).split())
    return tuple(dict.fromkeys(found))[:MAX_TERMS]


def holds(text: str, wanted: Sequence[str]) -> bool:
    """Return whether every word stands in a text, or in a word of it."""
    folded = fold(text)
    return all(term in folded for term in wanted)


def parts(text: str) -> Iterator[set[str]]:
    """Give the pieces of a text, a set for each part of it; parts overlap by the longest word of a query."""
    folded = fold(text[:MAX_INDEXED])
    for begin in range(0, max(1, len(folded)), MAX_PART):
        yield _pieces(folded[begin : begin + MAX_PART + MAX_TERM])


def _pieces(folded: str) -> set[str]:
    words = set(folded.translate(_SIGNS).split())
    return {word[place : place + LENGTH] for word in words for place in range(len(word))}


def wanted(term: str) -> list[tuple[str, bool]]:
    """Return the pieces that a text must have in which a word stands; whether each is the mere beginning of one."""
    signs = term.translate(_SIGNS)
    last = len(signs) - LENGTH
    if last < 0:
        return [(signs, True)]
    return [(signs[place : place + LENGTH], False) for place in sorted({*range(0, last, LENGTH), last})]


def excerpt(text: str, wanted: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """Return what stands around the first word that is found, in one line, cut where words begin and end.

    It comes without marks of markdown, unless a word that was looked for stands in them.
    """
    found = min(_first(text, term) for term in wanted)
    begin = max(0, found - BEFORE)
    if begin and not text[begin - 1].isspace():
        begin += _to_word(text[begin:found])
    shown = _in_a_line(text[begin : begin + 2 * AROUND], wanted)
    cut = shown[:AROUND].rsplit(" ", 1)[0] if len(shown) > AROUND and " " in shown[:AROUND] else shown[:AROUND]
    before, after = "… " if begin else "", " …" if len(cut) < len(shown) or begin + 2 * AROUND < len(text) else ""
    return ((before, False), *marked(cut, wanted), (after, False))


def _to_word(text: str) -> int:
    """Return where the next word begins, the beginning where there is no other."""
    return next((place for place, sign in enumerate(text) if sign.isspace()), -1) + 1


def _in_a_line(text: str, wanted: Sequence[str]) -> str:
    shown, written = markup.flat(text), " ".join(text.split())
    before, after = fold(written), fold(shown)
    return shown if all(term in after for term in wanted if term in before) else written


def _first(text: str, term: str) -> int:
    """Return where in a text a word stands first; its end where it does not."""
    place = fold(text).find(term)
    if place < 0:
        return len(text)
    begin = 0
    while (length := len(fold(text[begin : begin + STEP]))) <= place:
        begin, place = begin + STEP, place - length
    return begin + bisect_right(_ends(text[begin : begin + STEP]), place)


def _ends(text: str) -> Sequence[int]:
    """Return where in the folded text each character ends."""
    if text.isascii():
        return range(1, len(text) + 1)
    return list(accumulate(len(_FOLDS[ord(character)]) for character in text))


def marked(text: str, wanted: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Give a short text in pieces, and whether each is a word that was looked for."""
    ends, last = _ends(text), 0
    for begin, end in _places(fold(text), wanted):
        first = max(last, bisect_right(ends, begin))
        behind = max(bisect_left(ends, end) + 1, bisect_right(ends, end))  # with the accents that follow
        yield text[last:first], False
        yield text[first:behind], True
        last = max(last, behind)
    yield text[last:], False


def _places(folded: str, wanted: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Give where words stand, one after the other and none within another."""
    place = 0
    while found := [(at, -len(term)) for term in wanted if (at := folded.find(term, place)) >= 0]:
        at, length = min(found)
        place = at - length
        yield at, place
