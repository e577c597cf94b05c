"""The line that can be cut, and what failures mean."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import psutil
import pytest
import requests
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, ProtocolError, ProxyError

from lib.net.transport import Connection, Limits, Line, dial, explain, is_loopback, session_for, using
from tests.waiting import until


def because(error: Exception, cause: BaseException) -> Exception:
    """Return `error` raised from `cause`."""
    error.__cause__ = cause
    return error


def certificate() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL] certificate verify failed")
    error.verify_message = "certificate has expired"
    return error


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (socket.gaierror(-2, "?"), "connection", "The host h:1 is not known."),
        (certificate(), "connection", "(certificate verify failed: certificate has expired)"),
        (ssl.SSLError(1, "odd"), "connection", "No secure connection to h:1 could be made (no reason given)."),
        (requests.exceptions.SSLError("x"), "connection", "could be made (no reason given)."),
        (ProxyError("x", OSError()), "connection", "The proxy on the way to h:1"),
        (ConnectTimeoutError("x"), "timeout", "h:1 did not accept a connection within 5 s."),
        (TimeoutError(), "timeout", "h:1 sent nothing for 60 s."),
        (requests.exceptions.InvalidURL("x"), "bad_request", "The request to h:1 could not be put together."),
        (ConnectionResetError("secret"), "connection", "The connection to h:1 broke off."),
        (ConnectionResetError(104, "secret"), "connection", f"The connection to h:1 broke off ({os.strerror(104)})."),
        (ProtocolError("x", ConnectionRefusedError()), "connection", "Nothing answers at h:1"),
    ],
)
def test_explain(error, kind, words):
    """A failure is explained by what lies behind it, never by its own text."""
    explained = explain(because(requests.ConnectionError(f"http://h:1/?k=secret: {error}"), error), "h:1", Limits())

    assert explained.kind == kind
    assert words in str(explained)
    assert "secret" not in str(explained)


def test_explain_hint():
    """Where a connection broke off, there was one: the advice is not to check the base URL."""
    assert "still running" in explain(ConnectionResetError(), "h", Limits()).hint


def test_explain_circle():
    """Causes that go round in a circle are read once."""
    error = OSError()
    error.__cause__ = because(ValueError(), error)

    assert explain(error, "h", Limits()).kind == "connection"


def test_cut_before():
    """A line that was cut before it had a connection cuts it as soon as it comes."""
    ours, theirs = socket.socketpair()
    with ours, theirs, Line(9) as line:
        line.cut()
        line.hold(ours)
        assert theirs.recv(1) == b""


def test_cut_resets():
    """A line that is cut is reset: the endpoint hears of it at once, however full its buffers are."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    with theirs:
        with ours, Line(9) as line:
            line.hold(ours)
            line.cut()
        with pytest.raises(ConnectionError):
            theirs.send(b"x")


def test_cut_after():
    """A line whose connection is gone can be cut."""
    ours, theirs = socket.socketpair()
    with Line(9) as line:
        line.hold(ours)
        ours.close()
        theirs.close()
        line.cut()
    line.cut()
    assert line.ended.is_set()


Machine = tuple[str, int]


@pytest.fixture
def crowded() -> Iterator[Machine]:
    """A machine that is there and accepts nothing: who connects waits."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        stack.enter_context(socket.create_connection(listener.getsockname()))
        yield listener.getsockname()


def connecting() -> list[Any]:
    """Return the connections that this process is making."""
    return [found for found in psutil.Process().net_connections("tcp") if found.status == psutil.CONN_SYN_SENT]


def cut_while(line: Line, waiting: Callable[[], object], work: Callable[[], object]) -> tuple[float, OSError]:
    """Cut a line as soon as `work` is `waiting`; return how long after that it raised, and what."""
    raised: list[tuple[float, OSError]] = []

    def run() -> None:
        try:
            work()
        except OSError as error:
            raised.append((time.monotonic(), error))

    thread = threading.Thread(target=run)
    thread.start()
    until(waiting)
    begun = time.monotonic()
    line.cut()
    thread.join(20)
    [(ended, error)] = raised
    return ended - begun, error


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="ends at once on Linux only")
def test_cut_while_connecting(crowded: Machine) -> None:
    """A connection that is being made is given up at once, and nothing is left of it."""
    with Line(30) as line, using(line):
        seconds, error = cut_while(line, connecting, partial(dial, line, *crowded, 20))

    assert seconds < 1
    assert isinstance(error, OSError)
    assert connecting() == []


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="as above")
def test_cut_request_while_connecting(crowded: Machine) -> None:
    """So is a request that has no connection yet."""
    line = Line(30)

    def ask() -> None:
        with line, using(line):
            session_for(crowded[0]).get("http://{}:{}/".format(*crowded), timeout=(20, 20))

    seconds, error = cut_while(line, connecting, ask)

    assert seconds < 1
    assert isinstance(error, requests.ConnectionError)


def test_cut_while_a_name_is_looked_up() -> None:
    """Nobody waits for a name that is looked up once the line is cut; what comes of it later is forgotten."""
    asked, gate = threading.Event(), threading.Event()

    def look_up(*_: object, **__: object) -> list[Any]:
        asked.set()
        gate.wait(20)
        return []

    with Line(30) as line:
        seconds, error = cut_while(line, asked.is_set, lambda: dial(line, "h", 1, 20, look_up=look_up))
        gate.set()

    assert seconds < 1
    assert isinstance(error, ConnectionAbortedError)


def test_cut_before_it_connects() -> None:
    """A line that is cut makes no connection, and looks nothing up."""
    with Line(30) as line:
        line.cut()
        with pytest.raises(ConnectionAbortedError):
            dial(line, "127.0.0.1", 1, 20, look_up=pytest.fail)


def test_cut_between(crowded: Machine) -> None:
    """Nor does one that is cut when the name is found."""
    with Line(30) as line:

        def look_up(*_: object, **__: object) -> list[Any]:
            line.ended.set()
            return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", crowded)]

        with pytest.raises(ConnectionAbortedError):
            dial(line, "h", 1, 20, look_up=look_up)


def test_name_takes_too_long() -> None:
    """A name that is not found in time is as good as unknown."""
    gate = threading.Event()
    with Line(30) as line, pytest.raises(socket.gaierror):
        dial(line, "h", 1, 0.05, look_up=lambda *_, **__: gate.wait(20))
    gate.set()


def test_unknown_name() -> None:
    """A connection to a name that nobody knows says so."""
    with Line(30) as line, using(line), pytest.raises(NameResolutionError):
        Connection("nowhere.invalid", 80, timeout=5).connect()


def test_machine_takes_too_long(crowded: Machine) -> None:
    """A machine that does not accept in time is told as such."""
    with Line(30) as line, using(line), pytest.raises(requests.ConnectTimeout):
        session_for(crowded[0]).get("http://{}:{}/".format(*crowded), timeout=(0.05, 20))


def test_next_address() -> None:
    """Of several addresses the first that takes the connection has it."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        machines = [sock.getsockname() for sock in (closed, listener)]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", machine) for machine in machines]
        with Line(30) as line, dial(line, "h", 1, 20, look_up=lambda *_, **__: found) as sock:
            assert sock.getpeername() == machines[1]


def test_no_address() -> None:
    """A name that stands for no machine leads nowhere."""
    with Line(30) as line, pytest.raises(OSError, match="no address"):
        dial(line, "h", 1, 20, look_up=lambda *_, **__: [])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost", "LOCALHOST.", "a.localhost"])
def test_loopback(host):
    """These names are this machine."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "localhost.example", "", "::2"])
def test_not_loopback(host):
    """These are not."""
    assert not is_loopback(host)
