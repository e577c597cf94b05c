"""The app ends at once, whatever is being asked: nothing waits for an endpoint that says nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lib.store import LOCAL, Store
from lib.ui.streamlit_internals import STATIC
from tests.browser.app import KEY, ROOT, App
from tests.endpoint import FakeEndpoint
from tests.store.helpers import calls
from tests.waiting import until

SILENT = "d600000"  # ten minutes before the first word
DRIPPING = "n10000 r2"  # a word now and then, for an hour and a half


@pytest.fixture
def app(request: pytest.FixtureRequest, tmp_path: Path, endpoint: FakeEndpoint) -> Iterator[App]:
    """An app that asks as soon as it runs."""
    endpoint.asked.clear()
    app = asking(tmp_path, endpoint, request.param)
    yield app
    app.kill()


def asking(folder: Path, endpoint: FakeEndpoint, question: str, **environ: str) -> App:
    """Start an app that asks a question."""
    environ = {"API_BASE_URL": endpoint.url, "API_KEY": KEY, "API_MODEL": "gpt-4o", "QUESTION": question, **environ}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return App(folder, script="tests/browser/batch_app.py", PYTHONPATH=path, **environ).start()


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


def get(app: App, path: str, token: str = "") -> tuple[int, str]:
    """Return the status and the text of an answer."""
    request = urllib.request.Request(f"{app.url}{path}", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.timeout(120)
def test_draining(tmp_path: Path, endpoint: FakeEndpoint) -> None:
    """Told to end, it takes nobody new and lets its answer come to its end; metrics and each line of the log say so."""
    question, token = "n5 r0 held draining", "a-token-of-metrics"
    environ = {"ROWS": "0", "DRAIN_SECONDS": "100", "METRICS_TOKEN": token, "LOG_FORMAT": "json"}
    app = asking(tmp_path, endpoint, question, **environ)
    try:
        until(lambda: any(asked.prompt == question for asked in endpoint.asked))
        assert get(app, "readyz") == (200, '{"status":"ok"}')
        assert get(app, "metrics")[0] == 401
        assert "\nparley_running_answers 1.0\n" in get(app, "metrics", token)[1]

        app.tell(signal.SIGTERM)
        until(lambda: get(app, "readyz")[0] == 503)
        assert get(app, "healthz")[0] == 200
        assert "\nparley_draining 1.0\n" in get(app, "metrics", token)[1]
        endpoint.let_go(question)
        until(app.ended, 30)
    finally:
        app.kill()

    assert ends(app) == (["completed"], ["completed"])
    lines = [json.loads(line) for line in app.log.read_text().splitlines() if line.startswith("{")]
    told = {line["message"]: line for line in lines if line["logger"] == "parley"}
    assert told["A call begins."]["call"] == told["A call has ended."]["call"]
    assert told["A call has ended."]["status"] == "completed"
    assert not [line for line in app.log.read_text().splitlines() if " INFO " in line or " WARNING " in line]
    assert KEY not in app.log.read_text()


def ends(app: App) -> tuple[list[str], list[str]]:
    """Return how the calls in the ledger ended, and the answers."""
    with closing(Store.open(f"sqlite:///{app.database}")) as store:
        chats = store.chats(LOCAL)
        answers = [message.state for message in chats.path(chats.recent()[0].id) if message.role == "assistant"]
        return [call.status for call in calls(store)], answers
