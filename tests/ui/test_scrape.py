"""GET /metrics."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from lib import generations, metrics, runtime
from lib.config import Settings
from lib.net import redaction
from lib.runtime import Runtime
from lib.store import Store
from lib.ui import scrape
from lib.ui.scrape import Scrape

TOKEN = "correct horse battery"


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Iterator[Store]:
    """A store that is this process's own; what is counted ends with it."""
    store = Store.open(f"sqlite:///{tmp_path / 'parley.db'}")
    runtime.use(Runtime(Settings(), store))
    yield store
    runtime.use(None)
    metrics.end()


def client(scrape: Scrape) -> TestClient:
    return TestClient(Starlette(routes=[Route("/metrics", scrape.answer)]))


def test_token() -> None:
    """Who has the token reads all counts; nobody else does, and nobody where there is none."""
    ask = partial(client(Scrape(TOKEN)).get, "/metrics")

    assert "parley_store_up 1.0" in ask(headers={"Authorization": f"Bearer {TOKEN}"}).text
    for wrong in ("", "Bearer ", "Bearer correct", f"Bearer {TOKEN}x", "Bearer ünïcode".encode()):
        assert ask(headers={"Authorization": wrong}).status_code == 401
    assert ask().status_code == 401
    assert client(Scrape("")).get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_now(store: Store) -> None:
    """What runs and waits here is told, and whether the database answers; while it does not, the rest still is."""
    store.lease.hold()
    now = scrape.of_this_process()
    assert (now["running_answers"], now["waiting_prompts"], now["replicas"], now["store_up"]) == (0, 0, 1, 1)
    assert now["open_sessions"] == 0

    with store._database.write() as db:
        db.exec_driver_sql("DROP TABLE queued_prompts")
    generations.drain(0)

    assert scrape.of_this_process() == {
        "running_answers": 0,
        "running_calls": 0,
        "draining": 1,
        "open_sessions": 0,
        "store_up": 0,
    }


def test_hangs() -> None:
    """A database that hangs is told after so long."""
    hanging = Scrape(TOKEN, gauges=lambda: __import__("time").sleep(0.2) or {}, patience=0.01)

    assert client(hanging).get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 503


def test_key_is_masked() -> None:
    """A key that somebody typed for a model is not told."""
    redaction.hide("sk-typed-into-the-wrong-box")
    metrics.start().ended(metrics.Ended("work", "sk-typed-into-the-wrong-box", "failed", {}))

    said = client(Scrape(TOKEN)).get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text

    assert 'model="•••"' in said
