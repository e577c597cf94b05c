"""The guard of the tests guards."""

import os
import socket

import pytest

from tests.conftest import loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "::1%lo"])
def test_loopback(host):
    """This machine is reached."""
    assert loopback(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "0.0.0.0", "example.org", "127.0.0.1.example.org", ""])
def test_elsewhere(host):
    """Every other one is not."""
    assert not loopback(host)


def test_connect():
    """A connection to another machine fails before a packet is sent."""
    with socket.socket() as probe, pytest.raises(RuntimeError, match=r"connects to 192\.0\.2\.1"):
        probe.connect(("192.0.2.1", 80))


def test_send():
    """So does a datagram."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe, pytest.raises(RuntimeError, match="stay on this machine"):
        probe.sendto(b"x", ("192.0.2.1", 53))


def test_unix(tmp_path):
    """A Unix socket connects."""
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))


def test_environment():
    """No variable of the person who runs the tests configures Parley."""
    assert not [name for name in os.environ if name.startswith(("API_", "STREAMLIT_"))]
