"""ChatClient over loopback: what is sent, when it is sent again, how it ends."""

from __future__ import annotations

import gzip
import json
import threading
import time
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote

import pytest
import requests

from lib.api import ChatClient, Limits, route
from lib.api.route import HASTY
from lib.config import Endpoint
from lib.crowd import Crowd
from lib.errors import AnswerError, EndpointError, RequestError
from lib.messages import Delta, Image, Message, Usage
from tests.api.scripted import (
    OK,
    SSE,
    Scripted,
    answer,
    drip,
    event,
    flood,
    hang,
    line,
    paced,
    patience,
    reply,
    stream,
    trickle,
)

KEY = "sk-test/secret+key=1"
HI = [{"role": "user", "content": "hi"}]
DONE = b"data: [DONE]\n\n"
FINISH = event("", finish_reason="stop")
BUSY = reply(b'{"error":"busy"}', "503 Service Unavailable")


def client(server: Scripted | str, **options) -> ChatClient:
    """Return a client that waits for nothing between attempts."""
    provider, headers = options.pop("provider", "openai"), options.pop("headers", {})
    url = server if isinstance(server, str) else server.url
    endpoint = Endpoint("t", url, options.pop("key", KEY), provider, "m", headers)
    return ChatClient(endpoint, **{"sleep": lambda _: None, **options})


def failure(server: Scripted | str, **options) -> EndpointError:
    """Return the error that a call ends with."""
    with client(server, **options) as chat, pytest.raises(EndpointError) as caught:
        chat.complete(HI)
    return caught.value


def test_stream():
    """A stream yields deltas and then has the completion."""
    with Scripted(stream(event("a"), event("b"), FINISH, DONE)) as server, client(server).stream(HI) as answer:
        assert list(answer) == [Delta("a"), Delta("b")]

    assert (answer.completion.text, answer.completion.finish_reason, answer.deltas) == ("ab", "stop", 2)
    assert answer.http_status == 200
    assert answer.headers["content-type"] == "text/event-stream"


def test_elapsed():
    """How long a stream has taken is known while it runs, and stands still at its end."""
    with Scripted(stream(event("a"), event("b"), FINISH, DONE)) as server, client(server).stream(HI) as answer:
        assert answer.elapsed_ms is None
        running = [answer.elapsed_ms for _ in answer]

    assert 0 < running[0] <= running[1] <= answer.elapsed_ms == answer.duration_ms


def test_stream_held_back():
    """What was held back, because it might have been a tag, comes at the end."""
    with Scripted(stream(event("<thi"))) as server, client(server).stream(HI) as answer:
        assert list(answer) == [Delta("<thi")]

    assert not answer.closed


def test_stop_plain_text():
    """Plain text that was stopped is incomplete, though plain text has no end but the end."""
    with Scripted(hang(OK, b"\r\nHello")) as server, client(server).stream(HI) as answer:
        for _ in answer:
            answer.close()

    assert (answer.completion.text, answer.completion.incomplete, answer.closed) == ("Hello", True, True)


def test_stream_midway():
    """The completion can be asked for while the answer is coming."""
    with Scripted(stream(event("a"), event("b"), DONE)) as server, client(server).stream(HI) as answer:
        next(iter(answer))
        assert (answer.completion.text, answer.completion.incomplete) == ("a", True)


def test_sent_when_iterated():
    """Nothing is sent until the stream is iterated."""
    with Scripted(stream(DONE)) as server:
        with client(server).stream(HI) as answer:
            pass
        assert (list(answer), server.peers, answer.http_status, dict(answer.headers)) == ([], [], None, {})


def test_complete():
    """An answer can be had without streaming."""
    with Scripted(reply(answer("hello", usage={"prompt_tokens": 1, "completion_tokens": 2}))) as server:
        with client(server) as chat:
            completion = chat.complete(HI)
        assert (completion.text, completion.usage) == ("hello", Usage(1, 2, 3))
        assert server.bodies == [{"model": "m", "messages": HI}]


def test_body():
    """The request has the messages as the wire wants them, and what was given of the parameters."""
    messages = [Message("user", "look", (Image(b"x", "image/png", "low"),)), HI[0]]
    with Scripted(stream(DONE)) as server:
        with client(server).stream(messages, "other", temperature=0.2, seed=None) as answer:
            list(answer)
        assert server.bodies == [answer.request]
        assert answer.request == {
            "model": "other",
            "messages": [messages[0].wire(), HI[0]],
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 0.2,
        }


def test_body_nextgpt():
    """NEXTgpt gets `stream` as text, under its own path."""
    with Scripted(stream(DONE)) as server:
        with client(server, provider="nextgpt").stream(HI) as answer:
            list(answer)
        assert server.bodies[0]["stream"] == "True"
        assert server.heads[0].startswith("POST /v1/api/v1/chat/completions?debug=False ")


def test_body_surrogates():
    """Half a sign in a prompt does not keep the rest of it from being sent."""
    with Scripted(reply(answer())) as server:
        client(server).complete([{"role": "user", "content": "a\ud83d ü"}])
        assert server.bodies[0]["messages"][0]["content"] == "a? ü"


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_body_impossible(value):
    """A parameter that JSON has no word for is an error before anything is sent."""
    with Scripted(reply(answer())) as server, client(server) as chat:
        with pytest.raises(RequestError, match="cannot be written as JSON") as caught:
            chat.complete(HI, seed=value)
        assert (caught.value.kind, server.peers) == ("bad_request", [])


def test_key():
    """The key goes into the Authorization header, whatever .netrc says."""
    with Scripted(reply(answer())) as server:
        client(server).complete(HI)
        assert f"\r\nAuthorization: Bearer {KEY}" in server.heads[0]


def test_key_missing(tmp_path, monkeypatch):
    """Without a key there is no Authorization header, not even one from .netrc."""
    (tmp_path / "netrc").write_text("default login a password b")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Scripted(reply(answer())) as server:
        client(server, key="", session=requests.Session()).complete(HI)
        assert "authorization" not in server.heads[0].lower()


def test_headers():
    """Headers of an endpoint go with every request, in place of ours and of the key."""
    headers = {"Authorization": "Basic x", "user-agent": "me"}
    with Scripted(reply(answer())) as server:
        client(server, headers=headers).complete(HI)
        assert "Authorization: Basic x" in server.heads[0]
        assert server.heads[0].lower().count("user-agent: ") == 1


def test_cookies():
    """A cookie that an endpoint sets is not sent back to it."""
    with Scripted(reply(answer(), "200 OK", "Set-Cookie: a=b")) as server, client(server) as chat:
        chat.complete(HI)
        chat.complete(HI)
        assert "cookie" not in server.heads[1].lower()


def test_proxy_loopback(monkeypatch):
    """A proxy of the environment is not asked for what is on this machine."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Scripted(reply(answer("direct"))) as server:
        assert client(server).complete(HI).text == "direct"


def test_proxy(monkeypatch):
    """A proxy of the environment is asked for what is elsewhere, over a connection that can be cut."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with Scripted(hang(SSE, event("by proxy"))) as server:
        monkeypatch.setenv("HTTP_PROXY", f"http://{server.host}")
        monkeypatch.setenv("http_proxy", f"http://{server.host}")
        with client("http://example.invalid/v1").stream(HI) as answer:
            for _ in answer:
                answer.close()
        assert server.heads[0].startswith("POST http://example.invalid/v1/chat/completions ")


def test_connection_kept():
    """A connection is used for the next call."""
    body = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer()), answer())

    def twice(peer):
        peer.send(body)
        peer.sock.recv(65_536)
        peer.send(body)

    with Scripted(twice) as server, client(server) as chat:
        assert [chat.complete(HI).text, chat.complete(HI).text, len(server.peers)] == ["hi", "hi", 1]


def test_connection_local():
    """The embedded server is asked to close each connection."""
    with Scripted(reply(answer())) as server:
        client(server, provider="local").complete(HI)
        assert "Connection: close" in server.heads[0]


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed(name, pack):
    """A compressed stream is read, though none was asked for."""
    body = pack(event("a" * 5000) + DONE)
    with Scripted(reply(body, "200 OK", f"Content-Encoding: {name}")) as server:
        assert client(server).complete(HI).text == "a" * 5000


def test_compressed_badly():
    """Compression that cannot be undone is a protocol error."""
    with Scripted(reply(b"nonsense", "200 OK", "Content-Encoding: gzip")) as server:
        assert failure(server).kind == "protocol"


@pytest.mark.parametrize("head", [SSE, OK + b"Transfer-Encoding: chunked\r\n\r\n"])
def test_at_once(head):
    """A delta is there before anything comes after it."""
    body = event("a") if head == SSE else b"%x\r\n%s\r\n" % (len(event("a")), event("a"))
    with Scripted(hang(head, body)) as server, client(server).stream(HI) as answer:
        assert next(iter(answer)) == Delta("a")


def test_close_on_exit():
    """Leaving the `with` statement closes the connection."""
    closed = []
    with Scripted(lambda peer: (peer.send(SSE, event()), closed.append(peer.gone()))) as server:
        with client(server).stream(HI) as answer:
            next(iter(answer))
        server._threads[-1].join(3)

    assert closed == [True]


@pytest.mark.parametrize("sent", [(), (OK,), (SSE,), (SSE, event("a")), (OK + b"Transfer-Encoding: chunked\r\n\r\n",)])
def test_close_from_outside(sent):
    """Closing from another thread ends the iteration quietly and at once, before the headers too."""
    with Scripted(hang(*sent)) as server, client(server).stream(HI) as answer:
        threading.Timer(0.2, answer.close).start()
        start = time.monotonic()
        list(answer)

    assert time.monotonic() - start < 1
    assert answer.closed
    assert answer.completion.incomplete
    assert answer.error is None


def test_close_reused_connection():
    """A connection that an earlier call had opened is closed from outside as well."""

    def first_then_hang(peer):
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer()), answer()))
        peer.wait()

    with Scripted(first_then_hang) as server, client(server) as chat:
        chat.complete(HI)
        with chat.stream(HI) as second:
            threading.Timer(0.1, second.close).start()
            assert list(second) == []
        assert len(server.peers) == 1


def test_close_while_pausing():
    """Closing ends the wait between two attempts."""
    headers = "Retry-After: 20"
    with Scripted(reply(b"{}", "429 Too Many Requests", headers)) as server:
        with client(server, sleep=None).stream(HI) as answer:
            threading.Timer(0.1, answer.close).start()
            assert list(answer) == []
        assert len(server.peers) == 1


@pytest.fixture
def readers(monkeypatch):
    """Who reads answers: nobody yet, and nobody has ended lately."""
    readers = Crowd(route.READS_PER_SECOND)
    monkeypatch.setattr(route, "READ", readers)
    return readers


@pytest.mark.usefixtures("readers")
def test_breath():
    """With a breath between reads, what comes meanwhile is read at once."""
    pieces = [event(str(number)) for number in range(100)]
    with (
        Scripted(paced(0.001, SSE, *pieces, DONE)) as server,
        client(server, record=True, limits=Limits(breath=0.05)).stream(HI) as answer,
    ):
        assert [delta.text for delta in answer] == [str(number) for number in range(100)]
        assert len(answer.recording.chunks) + answer.recording.skipped < 100


def test_breath_at_the_end(readers):
    """Where another answer has ended lately, this one is likely to end: its last words wait for no breath."""
    with readers.one_more():
        pass
    pieces = [event(str(number)) for number in range(HASTY + 2)]
    with (
        Scripted(paced(0.01, SSE, *pieces, DONE)) as server,
        client(server, limits=Limits(breath=20)).stream(HI) as answer,
    ):
        start = time.monotonic()
        assert len(list(answer)) == HASTY + 2
    assert time.monotonic() - start < 10


def test_breath_of_many(readers):
    """Of many some answer always ends: theirs are read in turn all the same."""
    readers.size += route.READS_PER_SECOND // 20
    with readers.one_more():
        pass
    pieces = [event(str(number)) for number in range(100)]
    with (
        Scripted(paced(0.001, SSE, *pieces, DONE)) as server,
        client(server, record=True, limits=Limits(breath=0.01)).stream(HI) as answer,
    ):
        list(answer)
    assert len(answer.recording.chunks) + answer.recording.skipped < 100


@pytest.mark.usefixtures("readers")
def test_close_while_breathing():
    """Closing ends a breath."""
    pieces = [event(str(number)) for number in range(HASTY + 2)]
    with (
        Scripted(paced(0.01, SSE, *pieces, DONE)) as server,
        client(server, limits=Limits(breath=20)).stream(HI) as answer,
    ):
        threading.Timer(1, answer.close).start()
        start = time.monotonic()
        list(answer)
    assert time.monotonic() - start < 10


def test_close_while_iterated_elsewhere():
    """Leaving the `with` statement ends an iteration in another thread."""
    with Scripted(hang(SSE)) as server:
        with client(server).stream(HI) as answer:
            reader = threading.Thread(target=list, args=(answer,))
            reader.start()
            time.sleep(0.1)
        reader.join(1)
        assert not reader.is_alive()


@pytest.mark.parametrize("script", [hang(), hang(SSE, event("a")), drip, flood, patience])
def test_deadline(script):
    """A call ends at its deadline, however much or little the endpoint sends."""
    with Scripted(script) as server, client(server, limits=Limits(deadline=0.3)).stream(HI) as answer:
        start = time.monotonic()
        with pytest.raises(RequestError, match=r"not complete after 0.3 s") as caught:
            list(answer)

    assert time.monotonic() - start < 1.5
    assert caught.value.kind == "timeout"
    assert (answer.closed, answer.error) == (False, caught.value)


def test_deadline_by_the_byte():
    """An endpoint that sends a byte now and then, so that it is never silent, ends at the deadline all the same."""
    with (
        Scripted(trickle) as server,
        client(server, limits=Limits(read=0.2, deadline=0.5)).stream(HI) as answer,
        pytest.raises(RequestError, match=r"not complete after 0.5 s") as caught,
    ):
        list(answer)

    assert (caught.value.kind, answer.completion.text, answer.completion.incomplete) == ("timeout", "a", True)


def test_deadline_while_pausing():
    """The deadline ends the wait between two attempts."""
    with Scripted(BUSY) as server:
        error = failure(server, sleep=None, limits=Limits(deadline=0.1), jitter=lambda: 0)

    assert error.kind == "timeout"


def test_size():
    """A body ends at its limit, and what came is kept."""
    with (
        Scripted(flood) as server,
        client(server, limits=Limits(size=300_000)).stream(HI) as answer,
        pytest.raises(RequestError, match="longer than 300,000 bytes") as caught,
    ):
        list(answer)

    assert (caught.value.kind, "shorter answer" in caught.value.hint) == ("truncated", True)
    assert answer.completion.text.startswith("hihi")


@pytest.mark.parametrize(
    ("head", "text"),
    [
        (SSE + event("a") + b'data: {"choices":[{"delta":{"content":"', "a"),
        (SSE + event("a") + b": ", "a"),
        (OK + b'\r\n{"choices":[{"delta":{"content":"a"}}]}\n{"choices":[{"delta":{"content":"', "a"),
        (OK + b'\r\n{"choices":[{"message":{"content":"', ""),
        (OK + b"\r\n<html>", ""),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n" + event("a"), "a"),
    ],
)
def test_size_of_a_line(head, text):
    """A line without an end ends at the limit; what came before it is kept, and it is not read over and over."""
    began = time.process_time()
    with (
        Scripted(line(head)) as server,
        client(server, limits=Limits(size=20_000_000)).stream(HI) as answer,
        pytest.raises(RequestError, match="longer than 20,000,000 bytes") as caught,
    ):
        list(answer)

    assert (caught.value.kind, answer.completion.text) == ("truncated", text)
    assert time.process_time() - began < 5


def test_size_of_plain_text():
    """Plain text without an end is kept up to the limit."""
    with (
        Scripted(line(OK + b"\r\nHello ")) as server,
        client(server, limits=Limits(size=300_000)).stream(HI) as answer,
        pytest.raises(RequestError, match="longer than 300,000 bytes"),
    ):
        list(answer)

    assert answer.completion.text.startswith("Hello xxx")


def test_size_of_a_bomb():
    """What is compressed is measured as it is read, not as it is sent."""
    bomb = reply(gzip.compress(event("a") + b": " + b"x" * 1_000_000), "200 OK", "Content-Encoding: gzip")
    with (
        Scripted(bomb) as server,
        client(server, limits=Limits(size=300_000)).stream(HI) as answer,
        pytest.raises(RequestError, match="longer than 300,000 bytes"),
    ):
        list(answer)

    assert answer.completion.text == "a"


def test_broken_json():
    """Text that is announced as JSON, looks like it and is none is a broken answer; what came is kept."""
    broken = reply(b"{oops", "200 OK", "Content-Type: application/json; charset=utf-8")
    with Scripted(broken) as server, client(server).stream(HI) as answer, pytest.raises(AnswerError) as caught:
        list(answer)

    assert (caught.value.kind, answer.completion.text) == ("protocol", "{oops")


@pytest.mark.parametrize(("body", "content_type"), [(b"{oops", "text/plain"), (b"oops", "application/json")])
def test_text(body, content_type):
    """Text that does not look like JSON, or is not announced as such, is the answer."""
    with Scripted(reply(body, "200 OK", f"Content-Type: {content_type}")) as server:
        assert client(server).complete(HI).text == body.decode()


def test_silence():
    """An endpoint that says nothing between two bytes is given up."""
    with (
        Scripted(hang(SSE, event("a"))) as server,
        client(server, limits=Limits(read=0.1)).stream(HI) as answer,
        pytest.raises(RequestError, match=r"sent nothing for 0.1 s") as caught,
    ):
        list(answer)

    assert (caught.value.kind, answer.completion.text) == ("timeout", "a")


def test_silence_after_finish():
    """Silence after the finish reason takes nothing away."""
    with (
        Scripted(hang(SSE, event("a"), FINISH)) as server,
        client(server, limits=Limits(read=0.1)).stream(HI) as answer,
    ):
        assert list(answer) == [Delta("a")]

    assert (answer.completion.incomplete, answer.error) == (False, None)


def test_drop():
    """A connection that breaks off in mid-answer is an error, and is not asked again."""
    with Scripted(lambda peer: peer.send(OK, b"Transfer-Encoding: chunked\r\n\r\n40\r\n")) as server:
        error = failure(server)
        assert len(server.peers) == 1

    assert error.kind == "connection"
    assert server.host in str(error)


def test_no_answer():
    """A request that was sent and not answered is not sent again."""
    with Scripted(lambda _: None) as server:
        assert failure(server).kind == "connection"
        assert len(server.peers) == 1


def test_refused():
    """A refused connection is tried three times, then says where nothing answers."""
    with Scripted(lambda _: None) as server:
        pass
    waits = []
    with (
        client(server, sleep=waits.append, jitter=lambda: 0).stream(HI) as answer,
        pytest.raises(RequestError) as caught,
    ):
        list(answer)

    assert str(caught.value) == f"Nothing answers at {server.host}: the connection was refused."
    assert (waits, len(answer.attempts)) == ([0.5, 1], 2)


def test_unknown_host():
    """A host that no name server knows is told as such."""
    error = failure("http://nowhere.invalid/v1", session=plain_session())

    assert str(error) == "The host nowhere.invalid is not known."
    assert "host name" in error.hint


def plain_session() -> requests.Session:
    """A session that no proxy of the environment stands in the way of."""
    session = requests.Session()
    session.trust_env = False
    return session


def test_tls():
    """A server that does not speak TLS is told as such."""
    with Scripted(reply(b"", "400 Bad Request")) as server:
        error = failure(f"https://{server.host}/v1")

    assert str(error).startswith(f"No secure connection to {server.host} could be made (")
    assert "https://" in error.hint


def test_bad_header():
    """A header that cannot be sent is an error before anything is sent."""
    error = failure("http://127.0.0.1:9/v1", headers={"X-A": "line\nbreak"})

    assert (error.kind, "could not be put together" in str(error)) == ("bad_request", True)


def test_busy():
    """A 503 is tried again at most twice; the attempts are kept."""
    with Scripted(BUSY, BUSY, stream(event("a"), DONE)) as server, client(server).stream(HI) as answer:
        assert list(answer) == [Delta("a")]

    first = answer.attempts[0]
    assert [attempt.error.kind for attempt in answer.attempts] == ["overloaded"] * 2
    assert (first.error.status, first.duration_ms > 0) == (503, True)
    assert datetime.now(UTC) - first.started_at < timedelta(seconds=30)


def test_bytes():
    """Each attempt has the sizes of its bodies: of what was sent, and of what was read of the answer."""
    body = event("a") + DONE
    with Scripted(BUSY, stream(body)) as server, client(server).stream(HI) as answer:
        list(answer)
        length = int(server.peers[-1].head.lower().partition("content-length: ")[2].partition("\r")[0])

    [first] = answer.attempts
    assert (first.request_bytes, first.response_bytes) == (length, len(b'{"error":"busy"}'))
    assert (answer.request_bytes, answer.response_bytes) == (length, len(body))


def test_busy_for_good():
    """After three refusals the last one is the error."""
    with Scripted(BUSY) as server:
        assert (failure(server).status, len(server.peers)) == (503, 3)


@pytest.mark.parametrize(
    ("value", "wait"), [("7", 7), ("0", 0), (format_datetime(datetime(2015, 10, 21, tzinfo=UTC)), 0)]
)
def test_retry_after(value, wait):
    """Retry-After says how long to wait."""
    waits = []
    with Scripted(reply(b"{}", "429 Too Many Requests", f"Retry-After: {value}"), reply(answer())) as server:
        client(server, sleep=waits.append, jitter=lambda: 0).complete(HI)

    assert waits == [wait]


def test_pause():
    """While it waits to be sent again, a stream tells why and until when; before and after there is nothing to tell."""
    told = []
    with Scripted(reply(b"{}", "429 Too Many Requests", "Retry-After: 7"), reply(answer())) as server:
        stream = client(server, sleep=lambda _: told.append(stream.pause), jitter=lambda: 0).stream(HI)
        assert stream.pause is None
        list(stream)
    (pause,) = told

    assert (pause.error.status, pause.error.kind) == (429, "rate_limit")
    assert 5 < pause.until - time.monotonic() <= 7
    assert stream.pause is None


def test_retry_after_long():
    """A wait of more than 30 s is left to the person."""
    with Scripted(reply(b"{}", "429 Too Many Requests", "Retry-After: 31")) as server:
        assert (failure(server).retry_after, len(server.peers)) == (31, 1)


def test_jitter():
    """Waits are a little longer than asked for, so that not everyone comes back at once."""
    waits = []
    with Scripted(BUSY, reply(answer())) as server:
        client(server, sleep=waits.append, jitter=lambda: 1).complete(HI)

    assert waits == [0.625]


@pytest.mark.parametrize(
    "status", ["400 Bad Request", "401 Unauthorized", "500 Internal Server Error", "502 Bad Gateway"]
)
def test_not_again(status):
    """Other refusals are not tried again."""
    with Scripted(reply(b'{"error":"no"}', status)) as server:
        failure(server)
        assert len(server.peers) == 1


def test_quota():
    """A 429 that means an empty account is not tried again."""
    body = b'{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}'
    with Scripted(reply(body, "429 Too Many Requests")) as server:
        assert (failure(server).kind, len(server.peers)) == ("payment", 1)


def test_refused_for_good():
    """A parameter that is refused under both of its names is an error after both."""
    bodies = (b'{"error":"Unsupported parameter: \'%s\'"}' % name for name in (b"max_tokens", b"max_completion_tokens"))
    first, second = (reply(body, "400 Bad Request") for body in bodies)
    with Scripted(first, second, first) as server, client(server) as chat:
        with pytest.raises(AnswerError, match="max_tokens"):
            chat.complete(HI, max_tokens=5)
        assert [set(body) - {"model", "messages"} for body in server.bodies] == [
            {"max_tokens"},
            {"max_completion_tokens"},
            {"max_tokens"},
        ]


def test_redirect():
    """A redirect is not followed; of where it points to, the host is told."""
    with Scripted(reply(b"", "302 Found", "Location: https://u:pw@elsewhere.example/login?token=abc")) as server:
        error = failure(server)

    assert str(error) == "The endpoint redirects to elsewhere.example (302), and redirects are not followed."


@pytest.mark.parametrize("header", ["X: y", "Location: /login?token=abc", "Location: http://[bad"])
def test_redirect_nowhere(header):
    """A redirect that names no host names none."""
    with Scripted(reply(b"", "302 Found", header)) as server:
        assert str(failure(server)) == "The endpoint redirects (302), and redirects are not followed."


@pytest.mark.parametrize(
    "echo", [KEY, f"Bearer {KEY}", KEY.upper(), "sk-test%2Fsecret%2Bkey%3D1", "c2stdGVzdC9zZWNyZXQra2V5PTE"]
)
def test_key_echoed(echo):
    """A key that an endpoint sends back is not in the error, in none of its forms."""
    body = b'{"error":{"message":"Incorrect key %s!","param":"%s"}}' % (echo.encode(), echo.encode())
    with Scripted(reply(body, "401 Unauthorized")) as server:
        error = failure(server)

    assert str(error).removesuffix("!").endswith("[redacted]")
    assert echo not in repr(error) + str(error.param)


def test_key_echoed_in_stream():
    """Nor is it in an error in mid-stream."""
    with Scripted(stream(b'data: {"error":"bad %s"}\n\n' % KEY.encode())) as server:
        assert KEY not in str(failure(server))


def test_key_short():
    """A key of one letter is not cut out of words."""
    with Scripted(reply(b'{"error":"k is no key"}', "401 Unauthorized")) as server:
        assert str(failure(server, key="k")).endswith("[redacted] is no key")


def test_key_none():
    """Without a key there is nothing to cut out."""
    with Scripted(reply(b'{"error":"a key, please"}', "401 Unauthorized")) as server:
        assert str(failure(server, key="")).endswith("a key, please")


def test_header_echoed():
    """A header that holds a key is as secret as the key."""
    with Scripted(reply(b'{"error":"secret-in-header"}', "401 Unauthorized")) as server:
        assert "secret" not in str(failure(server, headers={"api-key": "secret-in-header"}))


SECRET = "s3cr3t-0123456789"


@pytest.mark.parametrize("options", [{"headers": {"X-Password": SECRET}}, {"query": f"?api-key={SECRET}&v=1"}])
def test_settings_echoed(options):
    """Whatever else was configured as a header or in the query is in no error, no answer and no recording."""
    refused = reply(b'{"error":"no access with %s"}' % SECRET.encode(), "401 Unauthorized")
    echoed = stream(event(SECRET[:5]), event(f"{SECRET[5:]} it was"), event("", finish_reason="stop"))
    headers = options.get("headers", {})
    with Scripted(refused, echoed) as server:
        endpoint = Endpoint("t", server.url + options.get("query", ""), "", model="m", headers=headers)
        asking = ChatClient(endpoint, record=True)
        with asking.stream(HI) as first, pytest.raises(AnswerError) as raised:
            list(first)
        with asking.stream(HI) as second:
            said = "".join(delta.text for delta in second)

    assert str(raised.value).endswith("no access with [redacted]")
    assert said == second.completion.text == "[redacted] it was"
    assert SECRET in server.heads[0]
    for kept in (first.recording, second.recording):
        assert SECRET not in repr(kept)
        assert SECRET[5:] not in repr(kept)
    assert second.recording.chunks[0][1].startswith("The endpoint repeated a secret")


def test_stopped_held_back():
    """What was held back because it might become a secret is not lost when the answer is stopped."""
    with Scripted(hang(SSE, event("tokens"))) as server, client(server, key="secret-0123").stream(HI) as answer:
        said = [next(iter(answer))]
        answer.close()
        said += list(answer)

    assert "".join(delta.text for delta in said) == answer.completion.text == "tokens"


def test_broken_off_held_back():
    """Nor when it breaks off."""
    head = OK + b"Content-Type: text/event-stream\r\nContent-Length: 999\r\n\r\n"
    said = []
    with (
        Scripted(lambda peer: peer.send(head, event("tokens"))) as server,
        client(server, key="secret-0123").stream(HI) as answer,
        pytest.raises(EndpointError),
    ):
        said.extend(answer)

    assert "".join(delta.text for delta in said) == answer.completion.text == "tokens"


def test_no_cause():
    """What requests says, which quotes the URL and its query, is not part of the error."""
    error = failure("http://127.0.0.1:9/v1?token=abc")

    assert "abc" not in str(error)
    assert error.__suppress_context__


@pytest.mark.parametrize(
    ("body", "end"),
    [
        (b"", "503 Service Unavailable without an explanation."),
        (b"<html><title>Down</title>", ": Down"),
        (b"try later", ": try later"),
        (b'{"error": {', ': {"error": {'),
        (b"x" * 400_000, "x…"),
    ],
)
def test_error_bodies(body, end):
    """Whatever the body of an error is, it says what it can."""
    with Scripted(reply(body, "503 Service Unavailable")) as server:
        assert str(failure(server)).endswith(end)


def test_error_body_cut_off():
    """An error whose body breaks off is still that error."""
    with Scripted(lambda peer: peer.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 99\r\n\r\nWho")) as server:
        error = failure(server)

    assert (error.kind, str(error)) == ("auth", "The endpoint answered 401 Unauthorized: Who")


def test_models_key():
    """The list of models is asked for with the key."""
    with Scripted(reply(b'{"data":["a"]}')) as server:
        assert client(server).models() == ["a"]
        assert server.heads[0].startswith("GET /v1/models ")
        assert KEY in server.heads[0]


@pytest.mark.parametrize("body", [b"", b"1", b"<html>", b'"a"', b'{"error":"no"}', b"[1"])
def test_models_unknown(body):
    """What is no list of models is an error."""
    with Scripted(reply(body)) as server, client(server) as chat, pytest.raises(AnswerError) as caught:
        chat.models()

    assert caught.value.kind in ("protocol", "upstream")


@pytest.mark.parametrize("body", [b'{"a":1}', b"{}", b"[1,{}]", b'{"data":[{"id":7},null]}', b'{"models":{}}'])
def test_models_nameless(body):
    """A list without a name in it is an empty list."""
    with Scripted(reply(body)) as server:
        assert client(server).models() == []


def test_models_secret():
    """A name that has the key in it, in any form, is left out."""
    listed = ["a", KEY, f"model-{KEY.upper()}-2", quote(KEY, safe=""), "sk-"]
    with Scripted(reply(json.dumps(listed).encode())) as server:
        assert client(server).models() == ["a", "sk-"]


def test_models_objects():
    """Objects in an array are read like a list, each name once."""
    with Scripted(reply(b'[{"id":"a"},{"name":"b"},{"id":"a"}]')) as server:
        assert client(server).models() == ["a", "b"]


def test_threads():
    """A client answers in several threads at once."""
    with Scripted(stream(event("a"), DONE)) as server, client(server) as chat:
        texts = []
        threads = [threading.Thread(target=lambda: texts.append(chat.complete(HI).text)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert texts == ["a"] * 8
