"""The line that can be cut, and what failures mean."""

from __future__ import annotations

import os
import socket
import ssl

import pytest
import requests
from urllib3.exceptions import ConnectTimeoutError, ProtocolError, ProxyError

from lib.net.transport import Limits, Line, explain, is_loopback


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


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost", "LOCALHOST.", "a.localhost"])
def test_loopback(host):
    """These names are this machine."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "localhost.example", "", "::2"])
def test_not_loopback(host):
    """These are not."""
    assert not is_loopback(host)
