"""The name of a device: random, given with the page of a room, and kept."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from lib.ui import device, server

APP = Starlette(routes=server.ROUTES, middleware=server.MIDDLEWARE)


@pytest.mark.parametrize(("address", "secure"), [("http://localhost", False), ("https://localhost", True)])
def test_given(address: str, secure: bool) -> None:
    """Who opens the link of a room gets a name that scripts do not see, and keeps it; other pages give none."""
    client = TestClient(APP, address)
    assert "set-cookie" not in client.get("/").headers
    given = client.get("/?vote=x").headers["set-cookie"]

    assert device.is_name(client.cookies[device.COOKIE])
    assert "HttpOnly" in given
    assert "SameSite=strict" in given
    assert ("Secure" in given) == secure
    assert "set-cookie" not in client.get("/?vote=y").headers


@pytest.mark.parametrize("name", ["", "x" * 32, "0" * 31, "0" * 33])
def test_foreign(name: str) -> None:
    """What is no name is replaced."""
    client = TestClient(APP, "http://localhost", cookies={device.COOKIE: name})

    assert "set-cookie" in client.get("/?vote=x").headers
