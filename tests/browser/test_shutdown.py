"""The app ends at once, whatever is being asked: nothing waits for an endpoint that says nothing."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lib.store import LOCAL, Store
from lib.ui.streamlit_internals import STATIC
from tests.browser.app import ROOT, App
from tests.endpoint import FakeEndpoint
from tests.store.helpers import calls
from tests.waiting import until

SILENT = "d600000"  # ten minutes before the first word
DRIPPING = "n10000 r2"  # a word now and then, for an hour and a half


@pytest.fixture
def app(request: pytest.FixtureRequest, tmp_path: Path, endpoint: FakeEndpoint) -> Iterator[App]:
    """An app that asks as soon as it runs."""
    environ = {"API_BASE_URL": endpoint.url, "API_MODEL": "gpt-4o", "QUESTION": request.param}
    endpoint.asked.clear()
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    app = App(tmp_path, script="tests/browser/batch_app.py", PYTHONPATH=path, **environ).start()
    yield app
    app.kill()


@pytest.mark.parametrize(
    ("app", "sign"),
    [(SILENT, signal.SIGTERM), (SILENT, signal.SIGINT), (DRIPPING, signal.SIGINT)],
    indirect=["app"],
)
def test_batch_of_a_hundred(app: App, endpoint: FakeEndpoint, sign: signal.Signals) -> None:
    """With an answer and a batch of 100 on their way, the process is gone within 3 s of a sign, all rows closed."""
    until(lambda: len(endpoint.asked) == 4)

    begun = time.monotonic()
    app.stop(sign)
    took = time.monotonic() - begun

    assert took < 3
    assert ends(app) == (["interrupted"] * 4, ["interrupted"])
    until(lambda: all(asked.closed_at for asked in endpoint.asked))


def test_who_does_not_read(tmp_path: Path) -> None:
    """A browser that takes nothing of what it asked for does not hold up the end, nor what is saved then."""
    app = App(tmp_path, API_BASE_URL="http://127.0.0.1:9/v1").start()
    largest = max(STATIC.rglob("*.*"), key=lambda file: file.stat().st_size).relative_to(STATIC)
    with socket.create_connection(("127.0.0.1", app.port)) as deaf:
        deaf.sendall(f"GET /{largest} HTTP/1.1\r\nHost: 127.0.0.1:{app.port}\r\n\r\n".encode() * 5)
        assert deaf.recv(1)

        begun = time.monotonic()
        app.stop()

    assert time.monotonic() - begun < 10
    with closing(sqlite3.connect(app.database)) as database:
        assert database.execute("SELECT count(*) FROM processes").fetchone() == (0,)


def ends(app: App) -> tuple[list[str], list[str]]:
    """Return how the calls in the ledger ended, and the answers."""
    with closing(Store.open(f"sqlite:///{app.database}")) as store:
        chats = store.chats(LOCAL)
        answers = [message.state for message in chats.path(chats.recent()[0].id) if message.role == "assistant"]
        return [call.status for call in calls(store)], answers
