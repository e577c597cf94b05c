"""nginx as it is configured in deploy/, before three replicas on one PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.config import ROOT
from tests.browser.app import App, free_port
from tests.endpoint import FakeEndpoint
from tests.postgres import running
from tests.store.helpers import execute
from tests.waiting import until
from tests.web import CERTIFICATE, KEY

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
MARKED_SECONDS = 30  # as promised
HANDSHAKE = (
    "GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: https://127.0.0.1:{port}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {cookie}\r\n\r\n"
)

pytestmark = [pytest.mark.skipif(NGINX is None, reason="nginx is not on this machine"), pytest.mark.timeout(240)]


class Proxy:
    """nginx, configured by deploy/nginx.conf but for addresses and places."""

    def __init__(self, folder: Path, replicas: list[int]) -> None:
        self.port = free_port()
        self.file = folder / "nginx.conf"
        for name, text in (("tls.crt", CERTIFICATE), ("tls.key", KEY)):
            (folder / name).write_text(text)
        servers = " ".join(f"server 127.0.0.1:{port} max_fails=1 fail_timeout=5s;" for port in replicas)
        text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        for here, there in (
            ("server app:8501 max_fails=1 fail_timeout=5s;", servers),
            ("listen 8080;", f"listen 127.0.0.1:{free_port()};"),
            ("listen 8443 ssl;", f"listen 127.0.0.1:{self.port} ssl; add_header X-Replica $upstream_addr;"),
            ("/etc/nginx/tls/", f"{folder}/"),
            ("/tmp/nginx", f"{folder}/nginx"),
        ):
            assert here in text
            text = text.replace(here, there)
        self.file.write_text(text)
        self._process: subprocess.Popen[bytes] | None = None

    def test(self) -> None:
        """Have nginx read its configuration."""
        done = subprocess.run([NGINX, "-t", "-c", self.file], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Run it."""
        self._process = subprocess.Popen([NGINX, "-c", self.file, "-g", "daemon off;"])
        until(self._listens)

    def stop(self) -> None:
        """End it."""
        if self._process:
            self._process.terminate()
            self._process.wait(10)

    def get(self, path: str = "", cookie: str = "") -> tuple[int, str, str]:
        """Return the status of an answer, the replica that gave it, and the cookie that came with it."""
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}/{path}", headers={"Cookie": cookie})
        try:
            with urllib.request.urlopen(request, timeout=20, context=blind()) as answer:
                headers, status = answer.headers, answer.status
        except urllib.error.HTTPError as error:
            headers, status = error.headers, error.code
        # Where one failed and another answered both are told, the last one answered.
        replica = (headers["X-Replica"] or "").rpartition(", ")[2]
        return status, replica, (headers["Set-Cookie"] or "").partition(";")[0]

    def upgrade(self, cookie: str) -> str:
        """Return the first line that answers who asks for a page's socket."""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=20) as plain,
            blind().wrap_socket(plain) as secured,
        ):
            secured.sendall(HANDSHAKE.format(port=self.port, cookie=cookie).encode())
            return secured.recv(4096).decode("latin-1").splitlines()[0]

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def blind() -> ssl.SSLContext:
    """Return what a client believes that takes any certificate for good."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def test_configuration(tmp_path: Path) -> None:
    """The file is taken."""
    Proxy(tmp_path, [free_port()]).test()


@pytest.fixture
def replicas(tmp_path: Path) -> Iterator[tuple[str, dict[str, App]]]:
    """A database and three replicas on it by their addresses, each of which is writing an answer."""
    endpoint = FakeEndpoint()
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    with running() as server:
        url, apps = server.url(server.create()), {}
        environ = {"DATABASE_URL": url, "API_BASE_URL": endpoint.url, "API_MODEL": "m", "ROWS": "0"}
        environ |= {"QUESTION": "n6000 r20", "PYTHONPATH": path}
        for number in range(3):
            folder = tmp_path / str(number)
            folder.mkdir()
            app = App(folder, script="tests/browser/batch_app.py", **environ).start()
            apps[f"127.0.0.1:{app.port}"] = app
        until(lambda: len(endpoint.asked) == 3, 60)
        yield url, apps
        for app in apps.values():
            app.kill()
    endpoint.stop()


def states(url: str) -> list[str]:
    """Return the states of all answers."""
    return sorted(row.state for row in execute(url, "SELECT state FROM messages WHERE role = 'assistant'"))


def test_three_replicas(replicas: tuple[str, dict[str, App]], tmp_path: Path) -> None:
    """A browser stays with its replica; killed, its answer is interrupted with its text, and all go on with another."""
    url, apps = replicas
    proxy = Proxy(tmp_path, [app.port for app in apps.values()])
    proxy.start()
    try:
        status, replica, cookie = proxy.get()
        assert (status, cookie.partition("=")[0]) == (200, "parley_route")
        assert {proxy.get(cookie=cookie)[1] for _ in range(8)} == {replica}
        assert len({proxy.get()[1] for _ in range(40)}) == 3
        assert proxy.upgrade(cookie) == "HTTP/1.1 101 Switching Protocols"
        assert [proxy.get(path)[0] for path in ("readyz", "metrics", "healthz")] == [404, 404, 200]
        until(lambda: execute(url, "SELECT count(*) AS n FROM messages WHERE text LIKE 'w0 %'")[0].n == 3, 30)

        apps[replica].kill()
        status, other, _ = proxy.get(cookie=cookie)
        assert status == 200
        assert other != replica
        assert proxy.upgrade(cookie) == "HTTP/1.1 101 Switching Protocols"
        until(lambda: states(url) == ["interrupted", "streaming", "streaming"], MARKED_SECONDS)
        [cut] = execute(url, "SELECT text FROM messages WHERE state = 'interrupted'")
        assert cut.text.startswith("w0 w1")
    finally:
        proxy.stop()
