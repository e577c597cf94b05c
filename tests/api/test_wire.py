"""Bytes to events: framings, line ends, pieces."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.api.wire import Decoder, Event, is_spoilt
from tests.api.answers import cut
from tests.dialects import cases

# Pieces of every framing, to be put together at random.
SHARDS = (
    "data: ", '{"a":1}', "\n\n", "\r", "\r\n", "data:[DONE]", "[DONE]", "event: error\n", 'error: {"b":2}\n', ": c\n",
    "{", "}", "[", "]", '"', "\\", '\\\\"', ",", " ", "text", "\u2028", "\x85", "é🙂", "<html>", "id: 1\n", "{\n",
)  # fmt: skip


def decode(*blocks: bytes) -> list[Event]:
    """Return the events in `blocks`, text that came in several put together."""
    decoder, events = Decoder(), []
    for block in blocks:
        events += decoder.feed(block)
    return join([*events, *decoder.close()])


def join(events: list[Event]) -> list[Event]:
    """Return `events` with neighbouring texts made one: where text is cut is the network's affair."""
    joined: list[Event] = []
    for event in events:
        if event.kind == "text" and joined and joined[-1].kind == "text":
            event = Event("text", joined.pop().value + event.value)  # noqa: PLW2901  # it grows
        joined.append(event)
    return joined


def documents(*blocks: bytes) -> list[object]:
    return [event.value for event in decode(*blocks) if event.kind == "json"]


def text(body: bytes) -> str:
    return "".join(event.value for event in decode(body) if event.kind == "text")


@given(st.sampled_from(cases()), st.data())
def test_any_cuts(case, data):
    """A case means the same wherever its bytes are cut."""
    places = data.draw(st.lists(st.integers(0, len(case.body)), max_size=8).map(sorted))
    ends = [*places, len(case.body)]
    blocks = [case.body[start:end] for start, end in zip([0, *places], ends, strict=True)]

    assert decode(case.body) == decode(*blocks)


@given(st.lists(st.sampled_from(SHARDS), max_size=12).map("".join), st.integers(1, 5))
def test_any_body(body, size):
    """Nonsense is not taken as something else because it came in small pieces."""
    assert decode(body.encode()) == decode(*cut(body.encode(), size))


@given(st.binary(max_size=60), st.integers(1, 3))
def test_any_bytes(body, size):
    """No bytes at all make the decoder fail."""
    assert decode(body) == decode(*cut(body, size))


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9)), min_size=1, max_size=4), st.integers(1, 9))
def test_json_documents(values, size):
    """Documents glued together are told apart, whatever is in their strings."""
    body = "".join(json.dumps(value, ensure_ascii=False) for value in values).encode("utf-8", "replace")

    assert len(documents(*cut(body, size))) == len(values)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_line_ends(end):
    """Lines end in LF, CR or CRLF."""
    body = f'data: {{"a":1}}{end}{end}data: {{"a":2}}{end}{end}'.encode()

    assert documents(*cut(body, 1)) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_other_line_ends(sign):
    """Signs that only Python takes for line ends are part of the text."""
    value = {"a": f"x{sign}y"}
    body = f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()

    expected = [value] if sign.isprintable() or sign > "\x1f" else []
    assert documents(body) == expected or sign < " "


def test_before_blank_line():
    """A document in one line is there before the blank line after it."""
    assert Decoder().feed(b'data: {"a":1}\n') == [Event("json", {"a": 1})]


def test_last_line_unended():
    """The last line needs no end."""
    assert documents(b'data: {"a":1}') == [{"a": 1}]


def test_comments():
    """Comments, ids and retries say nothing."""
    assert documents(b': ping\n\nid: 1\nretry: 9\ndata: {"a":1}\n\n: ping\n\n') == [{"a": 1}]


def test_unknown_field():
    """A field that is not in the standard says nothing."""
    assert documents(b'data: {"a":1}\n\nfoo: {"b":2}\n\n') == [{"a": 1}]


def test_data_twice():
    """A gateway in front of another may say `data:` twice."""
    assert decode(b'data: data: {"a":1}\n\ndata: data: [DONE]\n\n') == [Event("json", {"a": 1}), Event("done")]


def test_empty_data():
    """Empty data says nothing."""
    assert decode(b"data:\n\ndata: \n\n") == []


def test_several_lines():
    """Lines of data that only together make a document are joined."""
    assert documents(b'data: {\ndata: "a":\ndata: 1}\n\n') == [{"a": 1}]


def test_line_by_line():
    """Lines of data that are no document together are read one by one."""
    assert documents(b'data: {"a":\ndata: {"b":2}\n\n') == [{"b": 2}]


def test_trailing_junk():
    """A document with something after it in its line is no document."""
    assert decode(b'data: {"a":1} x\n\n') == [Event("broken", False, '{"a":1} x')]


def test_done():
    """Nothing after [DONE] is read, in its own block or a later one."""
    body = b'data: [DONE]\n\ndata: {"a":1}\n\n'

    assert decode(body, body) == decode(*cut(body, 1)) == [Event("done")]


def test_done_after_lines():
    """[DONE] ends an event that no blank line ended."""
    assert decode(b'data: {\ndata: "a":1}\ndata: [DONE]\n') == [Event("json", {"a": 1}), Event("done")]


def test_done_bare():
    """JSON lines may end in a bare [DONE]."""
    assert [event.kind for event in decode(b'{"a":1}\n[DONE]\n')] == ["json", "done"]


def test_done_after_json():
    """A document may be followed by an event."""
    assert [event.kind for event in decode(b'{"a":1}\n\ndata: [DONE]\n\n')] == ["json", "done"]


def test_error_event():
    """What an event called error says is an error, an object or not."""
    assert documents(b'event: error\ndata: {"a":1}\n\nevent: error\ndata: oh no\n\n') == [
        {"error": {"a": 1}},
        {"error": "oh no"},
    ]


def test_error_line():
    """A field called error is an error, JSON or not."""
    assert documents(b': hi\nerror: {"a":1}\nerror: oh no\n') == [{"error": {"a": 1}}, {"error": "oh no"}]


def test_event_name_ends():
    """The name of an event is forgotten at its end."""
    assert documents(b'event: error\n\ndata: {"a":1}\n\n') == [{"a": 1}]


def test_bare_json_between():
    """Pretty-printed JSON between events is a document."""
    assert documents(b'data: {"a":1}\n\n{\n  "b":\n  2}\n\n') == [{"a": 1}, {"b": 2}]


def test_text_in_events():
    """Events may hold plain text, raw or as JSON strings."""
    assert text(b'data: Hel\n\ndata: lo\n\ndata: "\\u00e9"\n\n') == "Hel\nlo".replace("\n", "") + "é"


def test_noise_between_documents():
    """Text in an event after documents is noise."""
    assert decode(b'data: {"a":1}\n\ndata: ping\n\n') == [Event("json", {"a": 1})]


def test_broken_event():
    """Data that begins like JSON and is none is broken."""
    assert decode(b"data: {oops\n\n") == [Event("broken", False, "{oops")]


def test_event_cut_off():
    """Data that the end of the stream cuts off is told from data that is broken."""
    assert decode(b'data: {"a"') == [Event("broken", True, '{"a"')]


def test_json_pretty():
    """A pretty-printed document is one document, found at its last bracket."""
    decoder = Decoder()
    events = [event for block in cut(b'{\n "a": [1, {"b": "}"}]\n}', 1) for event in decoder.feed(block)]

    assert [event.value for event in events] == [{"a": [1, {"b": "}"}]}]


def test_json_lines_arrive():
    """A JSON line is there as soon as its last bracket is."""
    assert len(Decoder().feed(b'{"a":1}\n{"a":2}\n{"a"')) == 2


def test_json_array():
    """The objects in an array are documents, each there at its last bracket."""
    decoder = Decoder()

    assert [event.value for event in decoder.feed(b'[{"a":1},\n {"a":2}')] == [{"a": 1}, {"a": 2}]
    assert decoder.feed(b"]") == [Event("close", None, "]")]


def test_json_list():
    """An array of anything else is one document."""
    assert documents(b'["a", "b"]') == [["a", "b"]]


def test_json_escapes():
    """A backslash at the end of a piece still escapes what comes in the next."""
    body = json.dumps({"a": 'q"\\'}).encode()

    assert documents(*cut(body, 1)) == [{"a": 'q"\\'}]


def test_json_cut_off():
    """A document that the end of the body cuts off is told from one that is broken."""
    assert decode(b'{"a": "\\') == [Event("broken", True, '{"a": "\\')]


def test_json_broken():
    """Brackets that match around what is no JSON are broken."""
    assert decode(b'{"a": 1, }') == [Event("broken", False, '{"a": 1, }')]


def test_json_too_deep():
    """A document nested too deeply is broken, and does not exhaust the stack."""
    deep = b"[" * 100_000 + b"]" * 100_000

    assert [event.kind for event in decode(deep)] == ["broken"]
    assert [event.kind for event in decode(b'data: {"a":' + deep + b"}\n\n")] == ["broken"]


@pytest.mark.parametrize(
    "body", ["{city} is", "[Note: this]", "(a)", "I think", "datum", "error: none", "<b>x</b>", "d"]
)
def test_plain(body):
    """Whatever begins like no framing is text, all of it."""
    assert text(body.encode()) == text(f" \n{body}".encode()).lstrip() == body


def test_plain_after_list():
    """Text that begins with a list is text after it."""
    assert [event.raw or event.value for event in decode(b"[1] says so")] == ["[1]", " says so"]


@pytest.mark.parametrize("size", [1, 1_000])
def test_lists_one_after_the_other(size):
    """Lists that follow one another are read as one that stands alone, whatever comes after them."""
    body = b'[1] [2]\n{"a": 3}["b"] [DONE] [4]'

    assert [event.raw for event in decode(*cut(body, size))] == ["[1]", " [2]", '\n{"a": 3}', '["b"]', ""]
    assert [event.raw or event.value for event in decode(*cut(b"[1][Note]", size))] == ["[1]", "[Note]"]


def test_plain_arrives():
    """Text is passed on at once."""
    decoder = Decoder()
    decoder.feed(b"Hello")

    assert decoder.feed(b" you") == [Event("text", " you")]


def test_plain_blank():
    """A body of blanks is nothing."""
    assert decode(b" \r\n") == decode(b"") == []


def test_bom():
    """One byte order mark is dropped, cut up or not."""
    assert documents(*cut(b'\xef\xbb\xbf{"a":1}', 1)) == [{"a": 1}]


def test_utf8():
    """Bytes that are no UTF-8 are replaced, at the end of the body too."""
    assert decode(b"ok \xf0\x9f", b"\x99 end \xf0") == [Event("text", "ok � end �")]


@pytest.mark.parametrize("body", ["<title> A &amp;\n b </title>", "<h1>A & b</h1>", "<H1 class=x>A & b"])
def test_page(body):
    """Of a web page the title is kept, or the heading."""
    assert decode(*cut(f"\n<!DOCTYPE html>{body}".encode(), 1)) == [Event("page", "A & b")]


def test_page_with_a_long_title():
    """Of a title without end the beginning is kept, be it a number that no library would read."""
    assert decode(b"<html><title>a &#" + b"9" * 5_000 + b";</title>")[0].kind == "page"
    assert decode(b"<html><title>" + b"x" * 5_000) == [Event("page", "x" * 1_000)]


def test_page_without_title():
    """A page without a title is a page."""
    assert decode(b"<html>" + b"x" * 100_000) == [Event("page", "")]


@pytest.mark.parametrize("text", [' {"a": 1} and more', "[1]", "text", ""])
def test_not_spoilt(text):
    """A document, with or without text after it, is not spoilt JSON; nor is text that begins in another way."""
    assert not is_spoilt(text)


@pytest.mark.parametrize("text", ["\n{oops", "[oops", '{"a": 1', "[" * 100_000])
def test_spoilt(text):
    """What begins like JSON and not with a document is."""
    assert is_spoilt(text)


@pytest.mark.parametrize("head", [b"", b"data: ", b"["])
def test_linear(head):
    """A document of 4 MB in small pieces takes a moment, not minutes."""
    body = head + b'{"a":"' + b"x\\n" * 1_300_000 + b'"}'
    start = time.process_time()

    assert len(decode(*cut(body, 500))) == 1
    assert time.process_time() - start < 5
