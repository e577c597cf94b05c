"""The door in front of Streamlit: who is believed, and what belongs to whom."""

from __future__ import annotations

import time
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from lib.accounts import identity
from lib.config.accounts import Accounts
from lib.ui import streamlit_internals
from lib.ui.accounts.door import Door, names
from lib.ui.streamlit_internals import USER_COOKIE

LOGIN = Accounts(providers=("default",), admins=frozenset({"it"}), redirect_uri="https://chat.example.org/x")
PROXY = Accounts(headers={"id": "X-User", "groups": "X-Groups"}, proxies=(ip_network("10.0.0.0/8"),))
SIGNED_IN = {"iss": "https://id.example.org", "is_logged_in": True, "signed_in": int(time.time() * 1000)}
ANN, BEN = {**SIGNED_IN, "sub": "ann"}, {**SIGNED_IN, "sub": "ben"}
SESSIONS: Mapping[str, dict[str, Any]] = {"of-ann": ANN, "of-ben": BEN, "of-nobody": {}}
SHOWN = {"abc": {"of-ann"}, "both": {"of-ann", "of-ben"}, "free": {"of-nobody", "gone"}}


def cookie(claims: Mapping[str, Any]) -> str:
    """Return the cookie that a browser sends after a login."""
    return f"{streamlit_internals.USER_COOKIE}={streamlit_internals.sign(claims)}"


async def headers(request: Request) -> Response:
    """Answer with the headers that came through."""
    return JSONResponse(dict(request.headers))


async def socket(websocket: WebSocket) -> None:
    """Send the headers that came through."""
    await websocket.accept()
    await websocket.send_json(dict(websocket.headers))
    await websocket.close()


async def there(_: Request) -> Response:
    """Answer that it is there."""
    return Response("there")


def behind(accounts: Accounts, *routes: Route, client: tuple[str, int] = ("10.0.0.7", 4000), base: str = "") -> Any:
    """Return what asks a server behind the door, from an address."""
    found = [
        *routes,
        Route("/", headers),
        WebSocketRoute("/_stcore/stream", socket),
        Route("/media/{file}", there),
        Route("/_stcore/upload_file/{session}/{file}", there, methods=["PUT", "DELETE"]),
    ]
    seams = {"claims_of": SESSIONS.get, "showing": lambda one: SHOWN.get(one, set()), "pause": 0.0}
    door = Middleware(Door, accounts=accounts, base=base, **seams)
    app = Starlette(routes=found, middleware=[door])
    return TestClient(app, "http://localhost", client=client, follow_redirects=False)


@pytest.mark.parametrize("client", [("10.1.2.3", 4000), ("127.0.0.1", 4000), ("203.0.113.9", 0), ("testclient", 1)])
def test_header(client: tuple[str, int]) -> None:
    """A header is believed from a proxy that is named, and from nobody else, by page and by socket."""
    asks = behind(PROXY, client=client)
    believed = client[0].startswith("10.")

    assert ("x-user" in asks.get("/", headers={"X-User": "ann"}).json()) is believed
    with asks.websocket_connect("/_stcore/stream", headers={"x-user": "ann"}) as one:
        assert ("x-user" in one.receive_json()) is believed


def test_header_through_this_machine() -> None:
    """A proxy on this machine that forwards an address, which uvicorn then has for its own, is itself still."""
    accounts = Accounts(headers={"id": "X-User"}, proxies=(ip_network("127.0.0.1"),))

    assert "x-user" in behind(accounts, client=("203.0.113.9", 0)).get("/", headers={"X-User": "ann"}).json()
    assert "x-user" not in behind(accounts, client=("203.0.113.9", 4000)).get("/", headers={"X-User": "ann"}).json()


def test_header_twice() -> None:
    """A header that stands there twice is one that somebody put before the proxy's: nobody is who it says."""
    said = [("X-User", "kim"), ("X-User", "ann"), ("X-Other", "o")]

    assert "x-user" not in behind(PROXY).get("/", headers=said).json()


def test_media() -> None:
    """A file is given to who has it on a page, and to no other; one that is not there is answered in the same words."""
    asks = behind(LOGIN)
    answers = {
        (file, who): asks.get(f"/media/{file}.png", headers={"cookie": cookie(claims)} if claims else {})
        for file in ("abc", "both", "free", "none")
        for who, claims in (("ann", ANN), ("ben", BEN), ("nobody", None))
    }

    assert {key for key, answer in answers.items() if answer.status_code == 200} == {
        ("abc", "ann"),
        ("both", "ann"),
        ("both", "ben"),
        ("free", "nobody"),
    }
    assert {(answer.status_code, answer.text) for answer in answers.values() if answer.status_code != 200} == {
        (404, "Not found")
    }


@pytest.mark.parametrize("base", ["", "static"])
def test_fonts(base: str) -> None:
    """What Streamlit's own page is made of is nobody's: fonts lie in a folder of the same name."""
    asks = behind(LOGIN, Route(f"{base and '/'}{base}/static/media/{{file}}", there), base=base)

    assert asks.get(f"{base and '/'}{base}/static/media/serif.woff2").text == "there"
    assert asks.get(f"{base and '/'}{base}/media/abc.png").text == "Not found"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_upload(method: str) -> None:
    """Files are put into, and taken from, one's own sessions only."""
    asks = behind(LOGIN)
    paths = [f"/_stcore/upload_file/{session}/1" for session in ("of-ann", "of-ben", "of-nobody", "none")]

    assert [asks.request(method, path, headers={"cookie": cookie(ANN)}).status_code for path in paths] == [
        200,
        404,
        404,
        404,
    ]
    assert [asks.request(method, path).status_code for path in paths] == [404, 404, 200, 404]


def test_media_behind_a_proxy() -> None:
    """Who a proxy says has what is on their pages."""
    sessions = {"one": {"proxy_id": "ann", "proxy_groups": None}}
    door = Middleware(Door, accounts=PROXY, claims_of=sessions.get, showing=lambda _: {"one"}, pause=0.0)
    app = Starlette(routes=[Route("/media/{file}", there)], middleware=[door])
    asks = TestClient(app, "http://localhost", client=("10.0.0.7", 4000))

    assert [asks.get("/media/f.png", headers={"X-User": name}).status_code for name in ("ann", "ben")] == [200, 404]
    assert names(PROXY) == {"X-User": "proxy_id", "X-Groups": "proxy_groups"}


@pytest.mark.parametrize(
    "value", ["", "x", "x.y.z", cookie(ANN)[len("_streamlit_user=") : -4], streamlit_internals.sign(ANN)[::-1]]
)
def test_forged(value: str) -> None:
    """A cookie that was not signed here is nobody's."""
    asks = behind(LOGIN)

    assert asks.get("/media/abc.png", headers={"cookie": f"_streamlit_user={value}"}).status_code == 404


def test_signed_but_no_claims() -> None:
    """A cookie of something else is nobody's."""
    signed = [create_signed_value(get_cookie_secret(), USER_COOKIE, text).decode() for text in ("[1]", "{", "1")]

    assert [streamlit_internals.signed_in({USER_COOKIE: value}) for value in signed] == [{}, {}, {}]


def test_off() -> None:
    """Without accounts everything passes."""
    asks = behind(Accounts())

    assert asks.get("/media/none.png").status_code == 200
    assert "x-user" in asks.get("/", headers={"X-User": "a"}).json()


def ended(claims: Mapping[str, Any] | None) -> Route:
    """Return the route where Streamlit ends a login."""

    async def callback(_: Request) -> Response:
        answer = RedirectResponse("/", 302)
        answer.delete_cookie("_streamlit_user_tokens", path="/")
        if claims is not None:
            answer.set_cookie("_streamlit_user", streamlit_internals.sign(claims), max_age=9, httponly=True)
            answer.set_cookie("_streamlit_user_tokens", "tokens", httponly=True)
        return answer

    return Route("/oauth2callback", callback)


def test_callback() -> None:
    """A login ends in one short cookie for the hours of a session, by https only, and where one wanted to go."""
    said = {**ANN, "groups": ["it", *map(str, range(10_000))]}
    asks = behind(LOGIN, ended({name: value for name, value in said.items() if name != "signed_in"}))
    answer = asks.get("/oauth2callback", headers={"cookie": "a=b; parley_next=%2F%3Fc%3D1"})
    given = [value for value in answer.headers.get_list("set-cookie") if "Max-Age=0" not in value]
    claims = streamlit_internals.signed_in({"_streamlit_user": given[0].partition(";")[0].partition("=")[2]})

    assert (answer.status_code, answer.headers["location"], len(given)) == (302, "/?c=1", 1)
    assert given[0].endswith("; HttpOnly; Max-Age=43200; Path=/; SameSite=lax; Secure")
    assert claims["parley_groups"] == ["it"]
    assert time.time() - claims[identity.SIGNED_IN] / 1000 < 60


@pytest.mark.parametrize("to", ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb"])
def test_callback_leads_nowhere_else(to: str) -> None:
    """A login leads to no other place than here."""
    answer = behind(LOGIN, ended(ANN)).get("/oauth2callback", headers={"cookie": f"parley_next={to!a}"})

    assert answer.headers["location"] == "/"


def test_login_that_fails() -> None:
    """Where a provider lets somebody not in, our own page says so."""
    asks = behind(LOGIN, ended(None), base="")

    answer = asks.get("/oauth2callback")
    assert (answer.status_code, answer.headers["location"]) == (302, "/?sign-in=failed")


@pytest.mark.parametrize("status", [302, 400, 500])
def test_login_that_does_not_begin(status: int) -> None:
    """A provider that is down leads to our own page as well; one that answers to its own, and here is remembered."""

    async def login(_: Request) -> Response:
        return Response("Authentication error", status, {"location": "https://id.example.org/?a=b"})

    answer = behind(LOGIN, Route("/p/auth/login", login), base="p").get("/p/auth/login?next=/p/usage%3Fa%3Db%26c")
    if status == 302:
        assert answer.headers["location"] == "https://id.example.org/?a=b"
        assert answer.headers["set-cookie"].startswith(
            "parley_next=%2Fp%2Fusage%3Fa%3Db%26c; HttpOnly; Max-Age=600; Path=/p/"
        )
    else:
        assert (answer.status_code, answer.headers["location"], answer.text) == (302, "/p/?sign-in=failed", "")


@pytest.mark.parametrize(("accounts", "proto", "secure"), [(PROXY, "https", True), (PROXY, "http", False)])
def test_secure(accounts: Accounts, proto: str, secure: bool) -> None:
    """Cookies go by https only where people come by it, which a named proxy says."""

    async def sets(_: Request) -> Response:
        answer = Response("")
        answer.set_cookie("one", "1")
        answer.set_cookie("two", "2", secure=True)
        return answer

    given = behind(accounts, Route("/sets", sets)).get("/sets", headers={"X-Forwarded-Proto": proto})

    assert ["; Secure" in value for value in given.headers.get_list("set-cookie")] == [secure, True]
