"""The other way to serve it: `uvicorn streamlit_app:app`."""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Iterator

import pytest

from tests.browser.app import KEY, App


class Uvicorn(App):
    """The app, served by uvicorn with its own log."""

    @property
    def command(self) -> list[str]:
        """What serves it."""
        return [sys.executable, "-m", "uvicorn", "streamlit_app:app", "--port", str(self.port)]


@pytest.fixture
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app with a key to hide."""
    app = Uvicorn(tmp_path_factory.mktemp("uvicorn"), API_BASE_URL="http://127.0.0.1:9", API_KEY=KEY).start()
    yield app
    app.stop()


def test_access_log(app: App) -> None:
    """Each request has its line, with the key masked, and no line is a traceback."""
    for path in ("healthz", "", f"?q={KEY}", "parley/styles.css"):
        urllib.request.urlopen(app.url + path).close()
    app.stop()
    log = app.log.read_text()

    assert '"GET /healthz HTTP/1.1" 200 OK' in log
    assert '"GET /?q=••• HTTP/1.1" 200 OK' in log
    assert '"GET /parley/styles.css HTTP/1.1" 200 OK' in log
    assert "Traceback" not in log
    assert KEY not in log
