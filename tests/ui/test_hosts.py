"""Who is answered, by Host and Origin."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.types import Message, Scope
from starlette.websockets import WebSocket

from lib.ui import hosts
from lib.ui.hosts import ExpectedHosts


async def echo(request: Request) -> PlainTextResponse:
    """Answer with the Host that arrived."""
    return PlainTextResponse(request.headers["host"])


async def socket(websocket: WebSocket) -> None:
    """Accept, and send the Host that arrived."""
    await websocket.accept()
    await websocket.send_text(websocket.headers["host"])
    await websocket.close()


@pytest.fixture
def client() -> TestClient:
    """An app that answers to chat.example.org and all below example.net."""
    names = hosts.names({"ALLOWED_HOSTS": "chat.example.org, *.example.net"}, "Box")
    routes = [Route("/", echo, methods=["GET", "PUT", "POST"]), WebSocketRoute("/socket", socket)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(ExpectedHosts, names=names)]))


EXPECTED = [
    "localhost",
    "LocalHost:8501",
    "localhost.:8501",
    "127.0.0.1:1",
    "10.1.2.3",
    "[::1]:8501",
    "[FE80::1]",
    "chat.example.org",
    "CHAT.EXAMPLE.ORG.:443",
    "a.example.net:8080",
    "a.b.example.net",
    "box:8501",
]
UNEXPECTED = [
    "",
    ":8501",
    "evil.example",
    "evil.example:8501",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.1",
    "0x7f000001",
    "2130706433",
    "example.net",
    "evilexample.net",
    "evil.example/@localhost",
    "user@localhost",
    "localhost:8501:8501",
    "localhost:port",
    "localhost evil.example",
    "localhost, evil.example",
    "[::1",
    "::1",
    "[evil.example]",
    "[fe80::1%25eth0]",
    "*.example.net",
    "locälhost",
]


@pytest.mark.parametrize("host", EXPECTED)
def test_expected(client: TestClient, host: str) -> None:
    """Addresses, localhost and the names that were given are answered, with any port and in any case."""
    assert client.get("/", headers={"host": host}).text == host


@pytest.mark.parametrize("host", UNEXPECTED)
def test_unexpected(client: TestClient, host: str) -> None:
    """Every other name gets 400 and a sentence that says what to set, and repeats nothing."""
    answer = client.get("/", headers={"host": host.encode()})

    assert (answer.status_code, answer.text) == (400, hosts.UNEXPECTED)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501"])
def test_unexpected_socket(client: TestClient, host: str) -> None:
    """A websocket of another name is not opened, whatever its Origin."""
    with (
        pytest.raises(WebSocketDenialResponse) as denied,
        client.websocket_connect("/socket", headers={"host": host, "origin": f"http://{host}"}),
    ):
        pass

    assert denied.value.status_code == 400


OWN = [
    ("localhost:8501", "http://localhost:8501"),
    ("LOCALHOST:8501", "http://localhost:8501"),
    ("127.0.0.1:8501", "https://127.0.0.1:8501"),
    ("[::1]:8501", "http://[::1]:8501"),
    ("chat.example.org", "https://chat.example.org"),
    ("chat.example.org", "http://chat.example.org"),
    ("chat.example.org:443", "https://chat.example.org"),
    ("chat.example.org:80", "http://chat.example.org"),
    ("chat.example.org:8443", "https://chat.example.org:8443"),
]
FOREIGN = [
    ("127.0.0.1:8501", "http://127.0.0.1:9"),
    ("127.0.0.1:8501", "http://localhost:8501"),
    ("localhost:8501", "http://localhost:9"),
    ("localhost:8501", "http://localhost"),
    ("localhost", "http://localhost:9"),
    ("localhost", "http://localhost:443"),
    ("localhost:443", "http://localhost"),
    ("localhost:443", "http://localhost:80"),
    ("localhost:80", "http://localhost:443"),
    ("localhost:80", "https://localhost"),
    ("localhost:8501", "http://evil.example:8501"),
    ("localhost:8501", "null"),
    ("localhost:8501", ""),
    ("localhost:8501", "file://"),
    ("localhost:8501", "localhost:8501"),
    ("localhost:8501", "chrome-extension://localhost:8501"),
    ("localhost:8501", "http://localhost:8501/"),
    ("localhost:8501", "http://evil.example@localhost:8501"),
    ("chat.example.org", "https://other.example.org"),
    ("chat.example.org", "https://chat.example.org.evil.example"),
]


@pytest.mark.parametrize(("host", "origin"), OWN)
def test_own_page(client: TestClient, host: str, origin: str) -> None:
    """A page of the host that is asked gets through; what follows sees Host as the page's address has it."""
    with client.websocket_connect("/socket", headers={"host": host, "origin": origin}) as opened:
        assert opened.receive_text() == origin.partition("://")[2]

    assert client.put("/", headers={"host": host, "origin": origin}).status_code == 200


@pytest.mark.parametrize(("host", "origin"), FOREIGN)
def test_foreign_page(client: TestClient, host: str, origin: str) -> None:
    """A page of any other address gets 403, whatever it asks."""
    headers = {"host": host, "origin": origin}
    with pytest.raises(WebSocketDenialResponse) as denied, client.websocket_connect("/socket", headers=headers):
        pass

    assert denied.value.status_code == 403
    for method in ("GET", "PUT", "POST"):
        answer = client.request(method, "/", headers=headers)
        assert (answer.status_code, answer.text) == (403, hosts.FOREIGN)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_without_origin(client: TestClient, site: str) -> None:
    """What a page of another address loads without an Origin, as it does pictures, gets 403; its links lead here."""
    said = {"host": "localhost:8501", "sec-fetch-site": site}

    assert client.get("/", headers={**said, "sec-fetch-mode": "no-cors"}).status_code == 403
    assert client.get("/", headers=said).status_code == 403
    assert client.get("/", headers={**said, "sec-fetch-mode": "navigate"}).status_code == 200


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_own_resources(client: TestClient, site: str) -> None:
    """What the page itself loads, and what a person types, is answered."""
    headers = {"host": "localhost:8501", "sec-fetch-site": site, "sec-fetch-mode": "no-cors"}

    assert client.get("/", headers=headers).status_code == 200


def test_forwarded(client: TestClient) -> None:
    """What a request says of itself in X-Forwarded-Host changes nothing."""
    forwarded = {"x-forwarded-host": "localhost", "forwarded": "host=localhost"}

    assert client.get("/", headers={"host": "evil.example", **forwarded}).status_code == 400


async def judge(headers: list[tuple[bytes, bytes]]) -> int:
    """Return the status of a request with these headers and no others."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def app(scope: Scope, receive: object, send: object) -> None:
        await PlainTextResponse("")(scope, receive, send)

    await ExpectedHosts(app)({"type": "http", "headers": headers}, receive, send)
    return int(sent[0]["status"])


def judged(headers: list[tuple[bytes, bytes]]) -> int:
    """Return what is answered, found out in a thread of its own: a browser's loop may run in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(judge(headers))).result()


LOCAL, EVIL = (b"host", b"localhost"), (b"host", b"evil.example")


@pytest.mark.parametrize("headers", [[], [LOCAL, LOCAL], [LOCAL, EVIL], [EVIL, LOCAL]])
def test_one_host(headers: list[tuple[bytes, bytes]]) -> None:
    """Without a Host, as in HTTP/1.0, and with several of them there is nothing to expect."""
    assert judged(headers) == 400
    assert judged([LOCAL]) == 200


def test_one_origin() -> None:
    """Of several Origins none is believed."""
    origins = [(b"origin", b"http://localhost"), (b"origin", b"http://evil.example")]

    assert judged([LOCAL, *origins]) == 403
    assert judged([LOCAL, origins[0], origins[0]]) == 403


def test_every_name() -> None:
    """With a star every name is answered, but pages of other addresses are not."""
    app = Starlette(routes=[Route("/", echo)], middleware=[Middleware(ExpectedHosts, names=["*"])])
    client = TestClient(app)

    assert client.get("/", headers={"host": "any.example"}).status_code == 200
    assert client.get("/", headers={"host": "any.example", "origin": "http://evil.example"}).status_code == 403


def test_wrong_setting() -> None:
    """A setting that cannot work allows nothing; the page, opened by address, says what is wrong with it."""
    assert hosts.names({"ALLOWED_HOSTS": "https://chat.example.org"}) == ()


def test_start() -> None:
    """Start-up and shutdown pass."""
    with TestClient(Starlette(middleware=[Middleware(ExpectedHosts)]), "http://localhost") as client:
        assert client.get("/nowhere").status_code == 404
