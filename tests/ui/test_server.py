"""The server around the pages, without a browser."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.config import Settings
from lib.errors import StoreError
from lib.runtime import Runtime
from lib.store import Store
from lib.store.processes import Lease
from lib.ui import server, theme
from lib.ui.nowhere import Nowhere
from tests.waiting import until


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store that is this process's own."""
    store = Store.open(f"sqlite:///{tmp_path / 'parley.db'}", lease=partial(Lease, beat=0.05))
    store.lease.hold()
    runtime.use(Runtime(Settings(), store))
    yield store
    runtime.use(None)


@pytest.fixture
def client() -> TestClient:
    """What the server serves beside Streamlit's own routes."""
    return TestClient(Starlette(routes=server.ROUTES, middleware=server.MIDDLEWARE), "http://localhost")


@pytest.mark.usefixtures("store")
def test_loaded_for_good() -> None:
    """What the start has loaded is not looked through again by any collection."""
    server._open()
    kept = gc.get_freeze_count()
    gc.unfreeze()

    assert kept > 50_000


@pytest.mark.usefixtures("store")
def test_not_opened(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """What keeps Parley from being opened at its start is in the log, and the end closes what others opened."""
    monkeypatch.setattr(server, "FIRST_PAGE", ("nothing_of_that_name",))
    server._close(server.background.begin(server._open))

    assert "nothing_of_that_name" in caplog.text
    assert runtime._current is None


@pytest.mark.usefixtures("store")
def test_healthy(client: TestClient) -> None:
    """While the store answers, /healthz answers 200 with JSON."""
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_unhealthy(client: TestClient, store: Store) -> None:
    """When the store does not answer, /healthz says which kind of fault it is."""
    with store._database.write() as database:
        database.exec_driver_sql("DROP TABLE conversations")

    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()["kind"]) == (503, "store")


@pytest.mark.usefixtures("store")
def test_ready(client: TestClient) -> None:
    """New people are taken until the process is about to end; then /readyz says so, and /healthz is still well."""
    assert client.get("/readyz").status_code == 200

    runtime.drain()

    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_metrics_are_off(client: TestClient) -> None:
    """Without a token there are no metrics."""
    assert client.get("/metrics").status_code == 404


def test_deleted(client: TestClient, store: Store, tmp_path: Path) -> None:
    """When the database was deleted it says so, though what is open of it can still be read."""
    (tmp_path / "parley.db").unlink()

    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json()["error"].endswith("was deleted or replaced while Parley was running.")


def test_takes_nothing(client: TestClient, store: Store) -> None:
    """When the row of this process cannot be written any more it says why: the disk is full, or read-only."""
    with store._database.write() as database:
        database.exec_driver_sql(
            "CREATE TRIGGER full BEFORE UPDATE ON processes BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    until(lambda: client.get("/healthz").status_code == 503)

    assert client.get("/healthz").json()["error"].startswith("The disk is full")


@pytest.mark.parametrize("path", ["/", "/image_analysis", "/compare", "/usage", "/endpoints"])
def test_index_is_ours(client: TestClient, path: str) -> None:
    """Whatever page is opened first has our title, stylesheet and script, and loads Streamlit's own."""
    page = client.get(path).text

    assert "<title>Parley</title>" in page
    assert './parley/styles.css"' in page
    assert f"./parley/scripts.js?v={theme.VERSION}" in page
    assert re.search(r'src="\./static/js/index\.\w+\.js"', page)


def test_policy_allows_the_inline_script(client: TestClient) -> None:
    """The policy has the hash of each inline script of the installed index page, and no unsafe-inline for scripts."""
    policy = client.get("/").headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))

    assert scripts.count("'sha256-") == theme.index().count("<script>")
    assert "unsafe-inline" not in scripts


def test_scripts(client: TestClient) -> None:
    """All our scripts come as one, without what ties them to files, and are kept: another version is elsewhere."""
    answer = client.get("/parley/scripts.js")

    assert answer.headers["Cache-Control"] == "max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.text == theme.SCRIPT
    assert not re.search(r"^(import|export) ", answer.text, re.MULTILINE)
    assert {theme.SHARED, *theme.SCRIPTS} == {file.stem for file in theme.STATIC.glob("*.js")}


@pytest.mark.parametrize("file", ["styles.css", "focus.js", "icon.png"])
def test_files(client: TestClient, file: str) -> None:
    """Our own files are served."""
    assert client.get(f"/parley/{file}").status_code == 200


def test_no_other_files(client: TestClient) -> None:
    """No path leads out of the folder of served files."""
    assert client.get("/parley/..%2f..%2ftheme.py").status_code == 404


def test_icon(client: TestClient) -> None:
    """The page icon is ours."""
    assert client.get("/favicon.png").content == (theme.STATIC / "icon.png").read_bytes()


@pytest.mark.parametrize("path", ["/chat", "/nowhere", "/a/b", "/usage/more", "/chat.py", "/parley.toml", "//usage"])
def test_nowhere(client: TestClient, path: str) -> None:
    """An address that is nothing's leads to a page of our own, with the way home and our policy."""
    answer = client.get(f"http://localhost{path}")

    assert answer.status_code == 404
    assert '<a href="/">' in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_nowhere_below_a_base_path() -> None:
    """Behind a base path the way home leads there, and nothing is outside of it."""
    served = [Route("/tools/usage", server.icon), Route("/elsewhere", server.icon)]
    client = TestClient(Starlette(routes=served, middleware=[Middleware(Nowhere, base="/tools/")]), "http://localhost")

    assert '<a href="/tools/">' in client.get("/tools/nowhere").text
    assert [client.get(path).status_code for path in ("/tools/usage", "/tools/usage/", "/elsewhere")] == [200, 200, 404]


def test_base_path() -> None:
    """Behind a base path everything is found below it."""
    paths = [getattr(route, "path", "") for route in server.routes("/tools/parley/")]

    assert paths[0] == "/tools/parley/"
    assert all(path.startswith("/tools/parley/") for path in paths)
    assert {"/tools/parley/endpoints", "/tools/parley/healthz"} < set(paths)


def _page() -> None:
    """Tell of an error; the script of a page of its own."""
    import streamlit as st

    from lib.ui import server

    server.on_script_error(st.session_state["error"])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StoreError("The disk is full."), "The disk is full."),
        (KeyError("secret"), "Something went wrong on this page"),
    ],
)
def test_error_on_a_page(error: Exception, said: str) -> None:
    """An error that is meant for people is shown as it is; of any other only an id, for the log has the rest."""
    page = AppTest.from_function(_page)
    page.session_state["error"] = error
    page.run()

    assert said in page.error[0].value
    assert "secret" not in page.error[0].value


def _nested() -> None:
    """Fail in a fragment of a fragment; the script of a page of its own."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    from lib.errors import StoreError
    from lib.ui import server

    @st.fragment
    def inner() -> None:
        raise StoreError("The disk is full.")

    @st.fragment
    def outer() -> None:
        inner()

    context = get_script_run_ctx()
    assert context
    context.on_script_error = server.on_script_error
    outer()


def test_error_in_a_fragment_of_a_fragment() -> None:
    """It is shown once."""
    assert len(AppTest.from_function(_nested).run().error) == 1
