"""Where others reach Parley and nobody is asked who they are, it does not start."""

from __future__ import annotations

import logging
from ipaddress import ip_network

import pytest
import uvicorn

from lib.config.accounts import Accounts
from lib.ui.accounts import start

LOGIN = Accounts(providers=("default",))
PROXY = Accounts(headers={"id": "X-User"}, proxies=(ip_network("10.0.0.7"),))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_own(host: str) -> None:
    """On this machine alone Parley asks nobody."""
    assert start.refusal(Accounts(), host, has_login=False, believed=set()) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "chat.example.org"])
def test_open(host: str) -> None:
    """Elsewhere it does not start, and says what to set; with a login, or where that is wanted, it does."""
    refusal = start.refusal(Accounts(), host, has_login=False, believed=set())

    assert "ALLOW_ANYONE=yes" in str(refusal)
    assert start.refusal(Accounts(anyone=True), host, has_login=False, believed=set()) is None
    assert start.refusal(LOGIN, host, has_login=True, believed=set()) is None
    assert start.refusal(PROXY, host, has_login=False, believed={"X-User"}) is None


@pytest.mark.parametrize(
    ("accounts", "has_login", "believed"),
    [(Accounts(), True, set()), (Accounts(), False, {"X-Mail"}), (LOGIN, False, set()), (LOGIN, True, {"X-User"})],
)
def test_elsewhere(accounts: Accounts, has_login: bool, believed: set[str]) -> None:
    """A login that only Streamlit knows of, or only Parley, is none."""
    refusal = start.refusal(accounts, "127.0.0.1", has_login=has_login, believed=believed)

    assert "[auth] into .streamlit/secrets.toml" in str(refusal)


@pytest.mark.parametrize(("host", "ends"), [("0.0.0.0", [3]), ("127.0.0.1", [])])
def test_check(host: str, ends: list[int], caplog: pytest.LogCaptureFixture) -> None:
    """A server that may not start says why in one line, and ends."""
    server, ended = uvicorn.Server(uvicorn.Config("app", host=host)), []
    with server.capture_signals(), caplog.at_level(logging.CRITICAL, "parley"):
        start.check(Accounts(), ended.append)
        start.check(start.LOCKED, ended.append)

    assert ended == ends
    assert len(caplog.records) == len(ends)


def test_no_server() -> None:
    """Where no server of ours takes the sign to end, nothing is refused."""
    start.check(Accounts(), lambda _: pytest.fail("It ended."))
