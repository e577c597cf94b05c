"""What is kept of a call for looking at, and what is not."""

from __future__ import annotations

import contextlib

import pytest

from lib.api import ChatClient
from lib.api.client import ECHOED
from lib.api.recording import HEAD, LONG, PIECE, ROOM, TAIL, Recorder
from lib.config import Endpoint
from lib.errors import EndpointError
from lib.messages import Image, Message
from tests.api.scripted import OK, Scripted, event, reply, stream

KEY = "sk-test-0123456789"
HI = [{"role": "user", "content": "hi"}]


def recorded(*scripts, prompt="hi", **options):
    """Return the recording of one streamed call."""
    with Scripted(*scripts) as server:
        endpoint = Endpoint("t", server.url, options.pop("key", KEY), model="m", **options)
        client = ChatClient(endpoint, record=True, sleep=lambda _: None)
        with client.stream([{"role": "user", "content": prompt}]) as answer:
            with contextlib.suppress(EndpointError):
                list(answer)
            return answer.recording


def taken(*blocks: bytes, redact=str):
    """Return the recording of some blocks."""
    recorder = Recorder(redact, clock=iter(range(1_000_000)).__next__)
    recorder.sent("http://h", {}, {})
    assert list(recorder.watch(iter(blocks))) == list(blocks)
    return recorder.recording


def test_off():
    """Unless asked for, nothing is recorded."""
    with Scripted(stream(event())) as server, ChatClient(Endpoint("t", server.url)).stream(HI) as answer:
        list(answer)
    assert answer.recording is None


def test_nothing_sent():
    """Before anything is sent there is nothing to show."""
    with ChatClient(Endpoint("t", "http://127.0.0.1:9"), record=True).stream(HI) as answer:
        assert answer.recording is None


def test_call():
    """A call is recorded with what was sent, what came, and when; the key is a placeholder."""
    found = recorded(stream(event("a"), b"data: [DONE]\n\n"))
    assert found.url.endswith("/v1/chat/completions")
    assert found.request_headers["Authorization"] == "Bearer $API_KEY"
    assert found.request_headers["Content-Length"]
    assert found.request_body["messages"] == HI
    assert (found.response_status, found.response_headers["Content-Type"]) == (200, "text/event-stream")
    assert "".join(text for _, text in found.chunks) == (event("a") + b"data: [DONE]\n\n").decode()
    assert 0 < found.timings["head"] <= found.timings["first"] <= found.timings["last"]
    assert KEY not in repr(found)


def test_key_header():
    """A key in a header of its own is a placeholder too, and so is every other secret."""
    found = recorded(stream(event()), key_header="X-Api-Key", headers={"X-Auth": "other-secret", "X-Team": "a"})
    shown = {name: found.request_headers[name] for name in ("X-Api-Key", "X-Auth", "X-Team")}
    assert shown == {"X-Api-Key": "$API_KEY", "X-Auth": "[redacted]", "X-Team": "a"}


def test_keyless():
    """Without a key there is no header for it."""
    assert "Authorization" not in recorded(stream(event()), key="").request_headers


def test_error():
    """An answer that is an error is recorded, with the key that it repeats taken out."""
    found = recorded(
        reply(f'{{"error":"bad key {KEY}"}}'.encode(), "401 Unauthorized", f"X-Key: {KEY}", "Set-Cookie: s=1")
    )
    assert found.response_status == 401
    assert found.chunks[0][1] == '{"error":"bad key [redacted]"}'
    assert (found.response_headers["X-Key"], found.response_headers["Set-Cookie"]) == ("[redacted]", "[redacted]")


def test_no_answer():
    """A call that was not answered is recorded as far as it went."""
    found = recorded(lambda _: None)
    assert (found.response_status, found.chunks, found.timings) == (None, (), {})
    assert found.request_headers["Authorization"] == "Bearer $API_KEY"


def test_again():
    """A call that is sent again is recorded anew."""
    busy = reply(b'{"error":"busy"}', "503 Service Unavailable")
    found = recorded(busy, stream(event("a")))
    assert (found.response_status, "busy" in found.chunks[0][1]) == (200, False)


def test_request_long():
    """Of an image in a prompt only the beginning is kept."""
    found = recorded(stream(event()), prompt="x" * LONG + "y")
    assert found.request_body["messages"][0]["content"].endswith(f"… ({LONG + 1:,} characters)")


def test_image_is_not_searched():
    """Of an image the head is searched for secrets, not the megabytes that are cut off."""
    searched = []
    recorder = Recorder(lambda text: searched.append(len(text)) or text)
    recorder.sent(
        "http://h", {}, {"messages": [Message("user", "look", (Image(bytes(5_000_000), "image/png"),)).wire()]}
    )

    assert recorder.recording.request_body["messages"][0]["content"][1]["image_url"]["url"].endswith("characters)")
    assert max(searched) == LONG


def test_long_request_with_a_key():
    """A key at the beginning of a long text is taken out, wherever it lies there."""
    for at in (0, 190, 210, LONG - 4):
        prompt = "x" * at + KEY + "y" * LONG
        assert KEY[:9] not in str(recorded(stream(event()), prompt=prompt).request_body)


def test_split_key():
    """A key that lies across two chunks of an answer is in neither: the chunks are not shown."""

    def split(peer):
        peer.send(OK, b"\r\n", KEY[:9].encode())
        peer.released.wait(0.1)
        peer.send(KEY[9:].encode())

    found = recorded(split)
    assert found.chunks == ((0.0, ECHOED),)


def test_split_key_in_error():
    """A key that lies across two chunks of an error is taken out, and the rest is there."""

    def split(peer):
        peer.send(b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\nno ", KEY[:9].encode())
        peer.released.wait(0.1)
        peer.send(KEY[9:].encode())

    found = recorded(split)
    assert "".join(text for _, text in found.chunks) == "no [redacted]"


def test_bounded_count():
    """Of many chunks the first and the last are kept, and how many there were between."""
    found = taken(*(b"%d" % number for number in range(1_000)))
    texts = [text for _, text in found.chunks]
    assert len(texts) == HEAD + TAIL
    assert (texts[HEAD - 1], texts[HEAD], texts[-1]) == (str(HEAD - 1), str(1_000 - TAIL), "999")
    assert found.skipped == 1_000 - HEAD - TAIL


@pytest.mark.parametrize("block", [b"x" * 65_536, "ü".encode() * 9_000, b"\xff" * 20_000])
def test_bounded_size(block):
    """Of large chunks no more is kept than there is room for."""
    found = taken(*[block] * 500)
    assert sum(len(text.encode()) for _, text in found.chunks) <= 2 * ROOM
    assert all(len(text) <= PIECE + 1 for _, text in found.chunks)
    assert found.skipped > 0


def test_split_letter():
    """A letter that lies across two chunks comes out whole."""
    assert [text for _, text in taken(b"a\xc3", b"\xbc").chunks] == ["a", "ü"]


def test_timings():
    """Times are in milliseconds since the call was sent."""
    assert taken(b"a", b"b", b"c").timings == {"first": 1_000, "last": 3_000}
