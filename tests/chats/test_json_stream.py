"""JSON in pieces: what comes out is what json makes of it, bounded in size and depth, wherever the windows end."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.chats import json_stream
from lib.chats.json_stream import MAX_LEVELS, BrokenError, JsonStream, TooLargeError, number

TEXTS = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(
    ['"', "\\", "[", "}", "\\u0041", "é😀"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


class Dribble(io.BytesIO):
    """A file that gives a few bytes at a time, as no one would; so windows end everywhere."""

    def read(self, size: int | None = -1) -> bytes:
        """Read three bytes."""
        return super().read(min(3, size) if size and size > 0 else size)


def stream(text: str | bytes, **bounds: int) -> JsonStream:
    return JsonStream(io.BytesIO(text.encode("utf-8") if isinstance(text, str) else text), **bounds)


def listed(text: str | bytes, **bounds: int) -> list[Any]:
    found = stream(text, **bounds)
    return [found.value() for _ in found.items()]


@given(values=st.lists(VALUES, max_size=5), window=st.sampled_from([0, 10, 1000]))
def test_same_as_json(values: list[Any], window: int) -> None:
    """Values come out as they are written, by the decoder, piece by piece, and passed over, wherever windows end."""
    text = json.dumps(values, indent=1)
    slow = JsonStream(Dribble(text.encode()), window)
    skipping = JsonStream(Dribble(text.encode()), window)

    assert [slow.value() for _ in slow.items()] == json.loads(text)
    assert [skipping.pass_over() for _ in skipping.items()] == [None] * len(values)
    assert slow.peek() == skipping.peek() == ""


@given(value=st.dictionaries(TEXTS, VALUES, max_size=5))
def test_names(value: dict[str, Any]) -> None:
    """The names of an object come one by one, each before its value."""
    text = json.dumps(value)
    found = JsonStream(Dribble(text.encode()))

    assert {name: found.value() for name in found.names()} == json.loads(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings(encoding: str) -> None:
    """A document is read in each encoding that JSON may have."""
    assert listed('["é😀", 1]'.encode(encoding)) == ["é😀", 1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1}",
        '["a',
        '["\\',
        "[tru]",
        "[01x]",
        "[[1,]]",
        '[{"a" 1}]',
        '[{"a":1,}]',
        "[1 2]",
        "[1]]"[:1],
        "[{1:2}]",
    ],
)
@pytest.mark.parametrize("window", [0, 1000])
def test_broken(text: str, window: int) -> None:
    """What is no JSON, or ends in the middle of it, is said so."""
    with pytest.raises(BrokenError, match=r"It is not JSON|It ends in the middle|The file is empty"):
        listed(text, window=window)


@pytest.mark.parametrize("text", ["{", '{"a"', '{"a" 1}', '{"a":1', "{1:1}", '{"a":1 "b":2}', '{"a":"b'])
def test_broken_names(text: str) -> None:
    """An object that is none is said so, whether its values are read or not."""
    for read in (JsonStream.value, JsonStream.pass_over):
        found = stream(text)
        with pytest.raises(BrokenError):
            [read(found) for _ in found.names()]


@pytest.mark.parametrize("text", ['["a', "[[1}x", "[", '[{"a":"'])
def test_broken_passed_over(text: str) -> None:
    """The end of a file in what is passed over is the end."""
    with pytest.raises(BrokenError):
        stream(text).pass_over()


def test_not_text() -> None:
    """Bytes that are no text are said so."""
    with pytest.raises(BrokenError, match="not text"):
        listed(b'["\xff\xff"]')


def test_absurd_numbers() -> None:
    """Numbers that no count or moment can be are unknown."""
    assert listed(f"[NaN, Infinity, -Infinity, {'9' * 5000}, -{'9' * 5000}, 1e999, 1.5, -3]") == [None] * 6 + [1.5, -3]
    assert listed(f"[NaN, {'9' * 5000}, 7]", window=0) == [None, None, 7]
    assert number("1e2") == 100


def test_words_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number of megabytes is none."""
    with pytest.raises(BrokenError):
        listed("[" + "1" * (json_stream.MAX_WORD + 2_000_000) + "]", window=0)


def test_deep() -> None:
    """What is deeper than the stack is read; what is deeper than the bound is not, and what comes after it is."""
    deep = listed("[" + "[" * 20_000 + "]" * 20_000 + ", 1]")
    found = stream("[" + '[{"a":' * MAX_LEVELS + "1" + "}]" * MAX_LEVELS + ", 1]")
    items = found.items()
    next(items)

    assert deep[1] == 1
    with pytest.raises(TooLargeError, match="nested more than"):
        found.value()
    assert [found.value() for _ in items] == [1]


@pytest.mark.parametrize(
    "value",
    [
        '"' + "a" * 3000 + '"',
        '"' + "é" * 700 + '"',
        '"' + "é" * 605 + '"',
        '"é\\"' + "a" * 6000 + '"',
        "[" + "[]," * 300 + "1]",
        '[{"a": "' + "b" * 9000 + '"}]',
        '["' + "é" * 500 + '","' + "é" * 500 + '"]',
        "[1,[[2]],[" + "[]," * 300 + '"]"]]',
    ],
)
@pytest.mark.parametrize("window", [0, 100_000])
def test_large(value: str, window: int) -> None:
    """What would take more memory than it may is passed over, and what comes after it is read."""
    found = JsonStream(Dribble(f"[{value}, 1]".encode()), window, 2500 if window == 0 else 2)
    results = []
    for _ in found.items():
        try:
            results.append(found.value())
        except TooLargeError as error:
            results.append(str(error)[:7])

    assert results[0] == "It take"
    assert results[1:] in ([1], ["It take"])


def test_objects_share_their_room() -> None:
    """The values of one object have room for one value together."""
    found = stream(json.dumps({str(number): "a" * 100 for number in range(100)}), weight=100_000)

    with pytest.raises(TooLargeError):
        [found.value() for _ in found.names()]
