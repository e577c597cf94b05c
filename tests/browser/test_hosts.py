"""A page of another name or another port gets nothing of the running app, whichever way it asks."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from playwright.sync_api import Browser

from tests.browser.app import App
from tests.served import Asked, Handler, Served

SOCKET = "/_stcore/stream"
UPLOAD = "/_stcore/upload_file/session/file"
PATHS = [
    "/",
    "/usage",
    "/healthz",
    "/_stcore/health",
    "/parley/styles.css",
    "/static/x",
    "/media/x.png",
    UPLOAD,
    SOCKET,
]
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app behind a proxy: it answers to chat.example.org as well."""
    app = App(
        tmp_path_factory.mktemp("named"), ALLOWED_HOSTS="chat.example.org", API_BASE_URL="http://127.0.0.1:9"
    ).start()
    yield app
    app.stop()


class Page(Served):
    """Another program's page."""

    def answer(self, asked: Asked, reply: Handler) -> None:
        """Answer with an empty page."""
        reply.begin("text/html")
        reply.wfile.write(b"<body>")


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Page]:
    """Another program of this machine."""
    page = Page()
    yield page
    page.stop()


def status(app: App, path: str, headers: dict[str, str], method: str = "GET") -> tuple[int, str]:
    """Return the status and the first words of the answer."""
    connection = HTTPConnection("127.0.0.1", app.port, timeout=15)
    connection.putrequest(method, path, skip_host=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    said = "" if answer.status == 101 else answer.read(200).decode()
    connection.close()
    return answer.status, said


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_foreign_name(named: App, path: str, method: str) -> None:
    """A name that is not expected gets 400 and what to set, for everything there is."""
    code, said = status(named, path, {"Host": f"evil.example:{named.port}"}, method)

    assert code == 400
    assert "ALLOWED_HOSTS" in said


def test_foreign_socket(named: App) -> None:
    """A page whose name has been led to this machine gets no websocket."""
    for host in ("evil.example", f"evil.example:{named.port}"):
        assert status(named, SOCKET, {**UPGRADE, "Host": host, "Origin": f"http://{host}"})[0] == 400


@pytest.mark.parametrize("origin", ["http://127.0.0.1:9", "http://localhost:9", "http://127.0.0.1", "null"])
def test_other_program(named: App, origin: str) -> None:
    """A page that another program of this machine serves gets no websocket, and changes nothing."""
    host = {"Host": f"127.0.0.1:{named.port}", "Origin": origin}

    assert status(named, SOCKET, {**UPGRADE, **host})[0] == 403
    for method in ("PUT", "DELETE"):
        code, said = status(named, UPLOAD, host, method)
        assert (code, said[:40]) == (403, "This request came from a page of another")


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:{port}", "http://127.0.0.1:{port}"),
        ("localhost:{port}", "http://localhost:{port}"),
        ("LOCALHOST:{port}", "http://localhost:{port}"),
        ("[::1]:{port}", "http://[::1]:{port}"),
        ("10.1.2.3:{port}", "http://10.1.2.3:{port}"),
        ("chat.example.org", "https://chat.example.org"),
        ("chat.example.org:443", "https://chat.example.org"),
        ("Chat.Example.org:8443", "https://chat.example.org:8443"),
    ],
)
def test_own_page(named: App, host: str, origin: str) -> None:
    """A page of an address that is expected gets the page and its websocket, behind a TLS proxy as well."""
    host, origin = host.format(port=named.port), origin.format(port=named.port)

    assert status(named, "/", {"Host": host})[0] == 200
    assert status(named, SOCKET, {**UPGRADE, "Host": host, "Origin": origin})[0] == 101


def test_no_page(named: App) -> None:
    """A program that is no browser says no Origin, and is answered."""
    assert status(named, SOCKET, {**UPGRADE, "Host": f"127.0.0.1:{named.port}"})[0] == 101


# Asks for everything in every way a page has, and says which of them got something.
THIEF = """
async ([paths, socket]) => {
  const got = (element, name) => new Promise((done) => {
    element.onload = () => done([name]);
    element.onerror = () => done([]);
    document.body.append(element);
  });
  const asked = paths.flatMap((path) => [
    ...["cors", "no-cors"].map((mode) => fetch(path, { mode }).then(() => [mode, path].join(" "), () => [])),
    got(Object.assign(new Image(), { src: path }), `picture ${path}`),
    got(Object.assign(document.createElement("script"), { src: path }), `script ${path}`),
  ]);
  const opened = new Promise((done) => {
    const stream = new WebSocket(socket);
    stream.onopen = () => done(["socket"]);
    stream.onerror = () => done([]);
  });
  return (await Promise.all([...asked, opened])).flat();
}
"""
LOADED = ["healthz", "_stcore/health", "parley/focus.js", "favicon.png"]


@pytest.mark.browser
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_page_of_another_port(named: App, elsewhere: Page, browser: Browser, name: str) -> None:
    """In Chromium a page of another port of this machine gets nothing, by no way; Parley's own page gets it all."""
    base = f"http://{name}:{named.port}/"
    asked = [[base + path for path in LOADED], f"ws://{name}:{named.port}{SOCKET}"]
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(elsewhere.root.replace("127.0.0.1", name))
        assert page.evaluate(THIEF, asked) == []

        page.goto(base + "healthz")
        assert {"cors " + base + path for path in LOADED} | {"socket"} <= set(page.evaluate(THIEF, asked))


@pytest.mark.parametrize(
    "request_", [b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: x\r\n\r\n"]
)
def test_one_host(named: App, request_: bytes) -> None:
    """Without a Host, and with two, there is no answer."""
    with socket.create_connection(("127.0.0.1", named.port), timeout=15) as raw:
        raw.sendall(request_)
        assert raw.recv(100).split()[1] == b"400"
