"""What the table of vendors and the settings of an endpoint make of a request."""

from __future__ import annotations

import json

import pytest

from lib.api import ChatClient
from lib.config import Endpoint
from lib.errors import AnswerError
from lib.messages import Image, Message, Usage
from tests.api.scripted import Scripted, answer, event, reply, stream
from tests.fake_nextgpt import FakeNextgpt
from tests.fake_webraft import FakeWebraft

KEY = "sk-test-0123456789"
HI = [{"role": "user", "content": "hi"}]
LOOK = [Message("user", "look", (Image(b"\0", "image/png", "low"),))]


@pytest.fixture
def nextgpt():
    """A NEXTgpt, and a client for it."""
    server = FakeNextgpt()
    with ChatClient(Endpoint("n", server.url, server.key, "nextgpt", "GPT3")) as client:
        yield server, client
    server.stop()


@pytest.fixture
def webraft():
    """A WebraftAI."""
    server = FakeWebraft()
    yield server
    server.stop()


def streamed(client: ChatClient, messages=HI, **options):
    """Return the completion of a streamed answer."""
    with client.stream(messages, **options) as stream:
        list(stream)
    return stream.completion


def sent(body: bytes = answer(), **options) -> tuple[str, dict]:
    """Return the head and the body of a request to an endpoint of these settings."""
    with Scripted(reply(body)) as server:
        ChatClient(Endpoint("t", server.url, KEY, model="m", **options)).complete(HI)
        return server.heads[0], server.bodies[0]


def test_key_header():
    """A header of its own has the key alone."""
    head, _ = sent(key_header="api-key")
    assert f"\r\napi-key: {KEY}" in head
    assert "Authorization" not in head


def test_params():
    """The endpoint's own parameters are sent; others, and None, come before them."""
    with Scripted(reply(answer())) as server:
        client = ChatClient(Endpoint("t", server.url, model="m", params={"seed": 1, "top_p": 0.5, "stop": "x"}))
        client.complete(HI, seed=2, stop=None)
        assert server.bodies == [{"model": "m", "messages": HI, "seed": 2, "top_p": 0.5}]


def test_stream_options():
    """The endpoint's own parameters come before the wish for usage."""
    with Scripted(stream(event(finish_reason="stop"))) as server:
        client = ChatClient(Endpoint("t", server.url, params={"stream_options": {"x": 1}}))
        streamed(client)
        assert server.bodies[0]["stream_options"] == {"x": 1}


def test_debug_elsewhere():
    """An endpoint without the switch is not bothered with it."""
    with Scripted(stream(event(finish_reason="stop"))) as server:
        streamed(ChatClient(Endpoint("t", server.url)), debug=True)
        assert "debug" not in server.heads[0] + json.dumps(server.bodies)


@pytest.mark.parametrize("framing", ["sse", "text"])
def test_nextgpt_stream(nextgpt, framing):
    """NEXTgpt streams, in either framing, once asked with a text."""
    server, client = nextgpt
    server.framing = framing
    assert streamed(client, LOOK).text == "NEXTgpt heard: look [image, low]"
    assert len(server.asked) == 1


def test_nextgpt_whole(nextgpt):
    """NEXTgpt answers whole, without debug messages unless they are asked for."""
    server, client = nextgpt
    completion = client.complete(HI)
    assert (completion.text, completion.debug) == ("NEXTgpt heard: hi", ())
    assert server.asked[0].query == {"debug": "False"}


def test_nextgpt_debug(nextgpt):
    """Debug messages are asked for in the URL and kept with the answer, streamed and not."""
    server, client = nextgpt
    said = [{"step": "usecase", "name": "GPT3"}, {"step": "prompt", "characters": 2}]
    assert streamed(client, debug=True).debug == (said,)
    assert client.complete(HI, debug=True).debug == (said,)
    assert {asked.query["debug"] for asked in server.asked} == {"True"}
    assert [asked.body.get("debug") for asked in server.asked] == [None, None]


def test_debug_bounded():
    """Of debug messages no more than some are kept, without empty ones, the key, or half signs."""
    chunk = {"choices": [], "debug": "", "Debug_log": [{"k\ud83d": f"key {KEY}"}, 3, None]}
    with Scripted(stream(b"data: %s\n\n" % json.dumps(chunk).encode() * 300, event(finish_reason="stop"))) as server:
        completion = streamed(ChatClient(Endpoint("t", server.url, KEY)))
    assert completion.debug == ([{"k\ufffd": "key [redacted]"}, 3, None],) * 200


def test_debug_deep():
    """Debug messages that are nested without end do no harm."""
    chunk = b'data: {"choices":[],"debug":%s%s}\n\n' % (b"[" * 500, b"]" * 500)
    with Scripted(stream(chunk, event("hi", finish_reason="stop"))) as server:
        completion = streamed(ChatClient(Endpoint("t", server.url)))
    assert (completion.text, len(completion.debug)) == ("hi", 1)


def test_webraft(webraft):
    """WebraftAI streams JSON lines, and its counts are understood."""
    client = ChatClient(Endpoint("w", webraft.url, webraft.key, "webraft", "gpt-4o-mini"))
    completion = streamed(client, LOOK)
    assert completion.text == "WebraftAI heard: look [image, low]"
    assert completion.usage == Usage(7, 5, 12, 1, None, 2, 3)
    assert client.models() == ["gpt-4o-mini", "gpt-3.5-turbo"]


@pytest.mark.parametrize("mild", [False, True])
@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [({"key": "other"}, "auth", "Wrong Api key"), ({"quota": 0}, "payment", "Insufficient Credits")],
)
def test_webraft_errors(webraft, mild, settings, kind, words):
    """A wrong key and an empty account are told from each other, with their status and without."""
    client = ChatClient(Endpoint("w", webraft.free_url, webraft.key, "webraft", "gpt-4o-mini"))
    vars(webraft).update(settings, mild=mild)
    with pytest.raises(AnswerError, match=words) as caught:
        streamed(client)
    assert caught.value.kind == kind
