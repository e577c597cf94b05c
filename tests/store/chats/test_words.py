"""Words as they are compared: every piece of every script is found where it stands, and nowhere else."""

from __future__ import annotations

import random

import pytest

from lib.store.chats import markup, words

ALPHABET = "aAbß éİﬁ東京がｶﾞ안녕%_'\"(–\u0301\u00a0\n🙂\ue025"


def found(text: str, query: str) -> bool:
    """Whether the pieces that a query wants are among those of one part of a text, as an index decides it."""
    wanted = [piece for term in words.terms(query) for piece in words.wanted(term)]
    return any(all(_has(part, *piece) for piece in wanted) for part in words.parts(text))


def _has(part: set[str], piece: str, begins: bool) -> bool:
    return any(each.startswith(piece) for each in part) if begins else piece in part


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Die Donaudampfschifffahrtsgesellschaft", "schifffahrt"),
        ("Die Donaudampfschifffahrtsgesellschaft", "FAHRTS"),
        ("私は東京に住んでいます", "東京"),
        ("私は東京に住んでいます", "に"),
        ("ＦＵＬＬ　ｗｉｄｔｈ", "full width"),
        ("Straße", "STRASSE"),
        ("Un café crème", "cafe creme"),
        ("cafe\u0301", "café"),
        ("ΟΔΟΣ", "οδος"),
        ("Привет, мир", "привет"),
        ("100 % sure", "%"),
        ("snake_case", "_"),
        ("' OR 1=1 --", "' OR 1=1 --"),
        ('a " NEAR( b', '" NEAR('),
        ("x" * 60_000 + " needle", "needle"),
        ("a" * 49_990 + "over-the-border", "over-the-border"),
    ],
)
def test_found(text: str, query: str) -> None:
    """What stands in a text is found by any part of it, in any script, and signs are signs."""
    assert words.holds(text, words.terms(query))
    assert found(text, query)


@pytest.mark.parametrize(
    ("text", "query"),
    [("per cent", "%"), ("camelCase", "_"), ("anything at all", "' OR 1=1 --"), ("near", '" NEAR('), ("ab cd", "bc")],
)
def test_not_found(text: str, query: str) -> None:
    """No sign stands for anything else, and no word reaches into the next."""
    assert not words.holds(text, words.terms(query))
    assert not found(text, query)


@pytest.mark.parametrize("query", ["", "  \n", "\u0301"])
def test_no_words(query: str) -> None:
    """A query without words has none."""
    assert words.terms(query) == ()


def test_bounds() -> None:
    """A query is read as far as it makes sense."""
    assert words.terms("a " * 10_000) == ("a",)
    assert len(words.terms(" ".join(map(str, range(100))))) == words.MAX_TERMS
    assert len(words.terms("x" * 10_000)[0]) == words.MAX_TERM


@pytest.mark.parametrize("seed", range(20))
def test_an_index_misses_nothing(seed: int) -> None:
    """Whatever stands in a text, the index has it; marks are where it stands, and the pieces are the whole text."""
    draw = random.Random(seed)
    for _ in range(50):
        text = "".join(draw.choices(ALPHABET, k=draw.randrange(1, 60)))
        begin = draw.randrange(len(text))
        query = text[begin : begin + draw.randrange(1, 14)]
        wanted = words.terms(query)
        assert found(text, query) or not wanted
        pieces = list(words.marked(text, wanted))
        assert "".join(piece for piece, _ in pieces) == text
        assert not wanted or any(is_marked for _, is_marked in pieces)


def test_marks_do_not_overlap() -> None:
    """Of words that stand in one another each place is marked once."""
    pieces = list(words.marked("abcde abc", ("abc", "bcd", "abcd")))

    assert pieces == [("", False), ("abcd", True), ("e ", False), ("abc", True), ("", False)]


def test_marks_of_what_becomes_longer() -> None:
    """A character that becomes two is marked whole, and so are accents that follow a letter."""
    assert list(words.marked("Maß e\u0301.", ("mas", "e")))[1] == ("Maß", True)
    assert ("e\u0301", True) in list(words.marked("Maß e\u0301.", ("mas", "e")))


def test_excerpt() -> None:
    """An excerpt is one line around the first word, with a sign where something was left out."""
    pieces = words.excerpt("so it begins " * 300 + "here is the needle\n\nin the hay " + "and on " * 300, ("needle",))
    text = "".join(piece for piece, _ in pieces)

    assert ("needle", True) in pieces
    assert text.startswith("… ")
    assert text.endswith(" …")
    assert len(text) < 2 * words.AROUND
    assert "needle in the hay" in text


def test_excerpt_of_a_short_text() -> None:
    """A short text is shown whole; the words that are found elsewhere in it do not matter."""
    assert words.excerpt("a ß b", ("ss", "b")) == (
        ("", False),
        ("a ", False),
        ("ß", True),
        (" ", False),
        ("b", True),
        ("", False),
        ("", False),
    )


def test_excerpt_after_what_becomes_longer() -> None:
    """Where a word stands is told in characters of the text, however many others became longer before it."""
    pieces = words.excerpt("ß" * 5_000 + " needle", ("needle",))

    assert ("needle", True) in pieces


def test_excerpt_of_one_long_word() -> None:
    """A text without spaces is cut where the room ends."""
    assert len("".join(piece for piece, _ in words.excerpt("漢" * 1_000, ("漢",)))) == words.AROUND + 2


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("## The **tide**\n\n- it *pulls*\n- `twice` a day", "tide", "The tide it pulls twice a day"),
        ("so:\n\n```python\ntide = 1\n```\n", "tide", "so: tide = 1"),
        ("```python\ntide = 1\n```", "python", "```python tide = 1 ```"),
        ("See [the tide](https://tide.example/x).", "tide", "See the tide."),
        ("See [the sea](https://tide.example/x).", "tide", "See [the sea](https://tide.example/x)."),
        ("| place | height |\n|---|--:|\n| Brest | tide |", "tide", "place · height Brest · tide"),
        ("f(*tide, **more) and 2 ** 3", "tide", "f(*tide, **more) and 2 ** 3"),
        ("a **tide**", "** tide", "a **tide**"),
    ],
)
def test_excerpt_without_marks(text: str, query: str, shown: str) -> None:
    """An excerpt has no marks of markdown, but where a word that is looked for stands in them."""
    pieces = words.excerpt(text, words.terms(query))

    assert "".join(piece for piece, _ in pieces) == shown
    assert any(is_found for _, is_found in pieces)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("half a word** and **all**", "half a word and all"),
        ("label](https://x.example) on", "label on"),
        ("---|---", ""),
    ],
)
def test_cut_marks(text: str, shown: str) -> None:
    """What is left of marks where a text was cut goes as well."""
    assert markup.flat(text) == shown
