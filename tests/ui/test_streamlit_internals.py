"""What Parley rests on in Streamlit, and Streamlit promises nobody, is as lib.ui.streamlit_internals takes it."""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import streamlit as st
import uvicorn
from starlette.datastructures import Headers
from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import BackendOperationResponse, ForwardMsg
from streamlit.runtime import app_session, runtime_util, websocket_session_manager
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.fragment import MemoryFragmentStorage, _FragmentLifetime
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests, ScriptRequestType
from streamlit.runtime.session_manager import SessionClientDisconnectedError, SessionInfo
from streamlit.runtime.state import SessionState
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette import starlette_routes, starlette_server_config, starlette_websocket

from lib.config import ROOT
from lib.ui import streamlit_internals, theme
from lib.ui.streamlit_internals import (
    FLUSH,
    HELD,
    KEPT_SECONDS,
    MEDIA,
    STATIC,
    STEADY,
    TITLE,
    TOGETHER,
    UNSURE,
    UPLOAD,
    OwnFiles,
    OwnSession,
    bound_the_end,
)

INTERNALS = ROOT / "lib" / "ui" / "streamlit_internals.py"
# What else of Streamlit may be imported: the type of a container, and the errors that its documentation names.
ALLOWED = {"streamlit", "streamlit.delta_generator.DeltaGenerator", "streamlit.errors.StreamlitAPIException"}
PRIVATE = ("__file__", "__version__", "_", "runtime", "web", "config", "proto", "delta_generator", "elements")
LIGHT = """
import sys
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("pages/main.py", default_timeout=30).run()
print(page.title[0].value, [name for name in ("numpy", "PIL", "pandas", "pyarrow") if name in sys.modules])
"""


def sources() -> Iterator[Path]:
    """Every module that may import Streamlit, but for the one place."""
    yield from (
        path for folder in ("lib", "pages") for path in sorted((ROOT / folder).rglob("*.py")) if path != INTERNALS
    )
    yield ROOT / "streamlit_app.py"


def imported(tree: ast.AST) -> Iterator[str]:
    """Every name that a module imports, in full."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def touched(tree: ast.AST) -> Iterator[str]:
    """Every attribute of `st` that a module uses."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "st":
            yield node.attr


@pytest.mark.parametrize("path", [*sources()], ids=lambda path: str(path.relative_to(ROOT)))
def test_one_place(path: Path) -> None:
    """Nothing else in lib and pages touches what Streamlit keeps private."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {name for name in imported(tree) if name.split(".")[0] == "streamlit"} - ALLOWED
    names |= {f"st.{name}" for name in touched(tree) if name.startswith("_") or name in PRIVATE}

    assert names == set(), f"{path.name} touches {names}: that belongs into lib/ui/streamlit_internals.py."


def test_minor_version() -> None:
    """The requirement allows no minor version but the one that these tests have seen."""
    [asked] = re.findall(r"^streamlit>=(\d+\.\d+),<(\d+\.\d+) ", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    major, minor = st.__version__.split(".")[:2]

    assert asked == (f"{major}.{minor}", f"{major}.{int(minor) + 1}"), "requirements.txt asks for another Streamlit."


def test_index() -> None:
    """The index page has its title where our head goes in."""
    page = (STATIC / "index.html").read_text(encoding="utf-8")

    assert page.count(TITLE) == 1, f"Streamlit's index.html no longer has {TITLE} once: see streamlit_internals.index."
    assert theme.index() == page.replace(TITLE, theme.HEAD)


@pytest.mark.parametrize("page", ["<head></head>", TITLE + TITLE])
def test_index_without_a_title(page: str) -> None:
    """An index page without the title, or with two, is refused in a sentence."""
    with pytest.raises(RuntimeError, match=r"no longer has <title>Streamlit</title> once in its index.html"):
        streamlit_internals.index("", page)


@pytest.fixture(scope="module")
def frontend() -> str:
    """All scripts of Streamlit's frontend."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((STATIC / "static" / "js").glob("*.js")))


def names() -> list[str]:
    """Every name of Streamlit's by which our stylesheet and scripts find parts of the page."""
    files = [
        path.read_text(encoding="utf-8") for path in sorted(theme.STATIC.iterdir()) if path.suffix in (".css", ".js")
    ]
    ids = re.findall(r"data-testid=\"?([\w-]+)", "".join(files))
    classes = re.findall(r"\.(st[A-Z]\w+)", "".join(files))
    return sorted({*ids, *classes, "st-key-"})


@pytest.mark.parametrize("name", names())
def test_names_on_the_page(name: str, frontend: str) -> None:
    """The frontend still makes each name, whole or out of a kind such as `stBaseButton-${kind}`."""
    made = name in frontend or f"{name.rpartition('-')[0]}-${{" in frontend

    assert made, f"Streamlit's frontend no longer has {name}: see what lib/ui/static finds by it."


@pytest.mark.parametrize("label", ["Chat message from ${", "Download as CSV"])
def test_labels_on_the_page(label: str, frontend: str) -> None:
    """The frontend still has each label that the stylesheet goes by."""
    assert label in frontend, f"Streamlit's frontend no longer says {label!r}: see lib/ui/static/styles.css."


@pytest.mark.parametrize(
    "word",
    ["data-test-connection-state", "data-test-script-state", "`CONNECTED`", "`notRunning`", "window.__streamlit"],
)
def test_states_on_the_page(word: str, frontend: str) -> None:
    """The frontend still tells in what state it is, and takes settings, as gone.js and drafts.js need it."""
    assert word in frontend, f"Streamlit's frontend no longer has {word}: see lib/ui/static/gone.js."
    assert "blockErrorDialogs" in frontend


@pytest.mark.parametrize("name", ["stActiveTheme-${window.location.pathname}", "stSidebarCollapsed-${"])
def test_memory_of_the_browser(name: str, frontend: str) -> None:
    """The frontend still keeps the theme by path, and the sidebar by address: memory.js goes by these names."""
    assert name in frontend


def test_roots() -> None:
    """Every route and file of Streamlit's own begins with one of ROOTS."""
    named = [value for name, value in vars(starlette_routes).items() if "ROUTE_" in name and isinstance(value, str)]
    files = [path.name for path in STATIC.iterdir() if path.name != "favicon.png"]

    assert {path.strip("/").partition("/")[0] for path in (*named, *files)} <= set(streamlit_internals.ROOTS)
    for name in ("auth", "oauth2callback"):
        assert name in streamlit_internals.ROOTS


def test_upload_store() -> None:
    """The upload store keeps a session's files in a dict, each with its bytes."""
    store = MemoryUploadedFileManager("/")
    store.add_file("session", UploadedFileRec("file", "a.png", "image/png", b"1234"))
    [file] = store.file_storage["session"].values()

    assert file.data == b"1234", "Streamlit's upload store no longer keeps bytes: see streamlit_internals.held."


def test_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions that nobody can come back to are given up, with their files; those that somebody can are kept."""
    now, files, sessions = [0.0], MemoryUploadedFileManager("/"), manager()
    sessions._session_storage._cache._timer = lambda: now[0]  # type: ignore[attr-defined]
    monkeypatch.setattr(
        runtime, "get_instance", lambda: SimpleNamespace(_session_mgr=sessions, uploaded_file_mgr=files)
    )
    states = [SessionState(), SessionState()]
    for number, at in enumerate((0.0, 100.0)):
        now[0], states[number]["tray"] = at, "full"
        session = SimpleNamespace(id=f"s{number}", shutdown=lambda: None, session_state=states[number])
        sessions._session_storage.save(SessionInfo(None, session, 0))  # type: ignore[arg-type]
        files.add_file(f"s{number}", UploadedFileRec("file", "a.png", "image/png", b"1234"))
    assert streamlit_internals.held_in_all() == 8
    now[0] = KEPT_SECONDS + 1
    streamlit_internals.release()

    assert (streamlit_internals.held("s0"), streamlit_internals.held_in_all()) == (0, 4)
    assert [info.session.id for info in sessions.list_sessions()] == ["s1"]
    assert ["tray" in state for state in states] == [False, True]
    assert {"shutdown", "session_state"} <= set(dir(AppSession))


def manager() -> WebsocketSessionManager:
    """What keeps sessions, as a Runtime has it."""
    return WebsocketSessionManager(MemorySessionStorage(), MemoryUploadedFileManager("/"), ScriptCache(), None)  # type: ignore[arg-type]


def test_upload_path() -> None:
    """Files are put to the path that the limit of uploads looks at."""
    found = UPLOAD.search(f"/base/{starlette_routes.BASE_ROUTE_UPLOAD_FILE}/session/file")

    assert found, "Streamlit's uploads no longer go to /_stcore/upload_file/: see streamlit_internals.UPLOAD."
    assert found[1] == "session"


def test_upload_is_forgotten() -> None:
    """What a run forgets is no longer in the store, and a run knows its session."""

    def script() -> None:
        import streamlit as st
        from streamlit.proto.Common_pb2 import FileURLs
        from streamlit.runtime.scriptrunner import get_script_run_ctx
        from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

        from lib.ui import streamlit_internals

        context = get_script_run_ctx()
        assert context is not None
        record, store = UploadedFileRec("file", "a.png", "image/png", b"1234"), context.uploaded_file_mgr
        store.add_file(context.session_id, record)  # type: ignore[attr-defined]
        before = len(store.get_files(context.session_id, ["file"]))
        assert streamlit_internals.uploaded() == {"file": ("a.png", b"1234")}
        assert streamlit_internals.uploaded({"file"}) == {}
        streamlit_internals.forget("no upload")
        streamlit_internals.forget(UploadedFile(record, FileURLs()))
        after = len(store.get_files(context.session_id, ["file"]))
        st.text(f"{before} {after} {streamlit_internals.session() == context.session_id}")
        assert len(streamlit_internals.page()) == 12
        assert streamlit_internals.page() not in context.session_id

    app = AppTest.from_function(script).run()

    assert [text.value for text in app.text] == ["1 0 True"], (
        "Streamlit's run no longer frees a file by remove_file: see streamlit_internals.forget."
    )


def test_outside_of_a_run() -> None:
    """Without a run there is no session, and nothing to forget."""
    streamlit_internals.forget(object())

    assert streamlit_internals.session() is None
    assert streamlit_internals.page() == ""
    assert streamlit_internals.sessions() == 0


def test_logo() -> None:
    """What is sent for the wordmark is what st.logo would send; nothing is outside of runs."""

    def page() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from lib.ui import streamlit_internals, theme

        sent = []
        context = get_script_run_ctx()
        context.enqueue = sent.append
        try:
            streamlit_internals.logo(theme.WORDMARK)
            st.logo(theme.WORDMARK.decode(), size="large")
        finally:
            del context.enqueue
        st.text([message.logo.SerializeToString() for message in sent])

    ours, theirs = ast.literal_eval(AppTest.from_function(page).run().text[0].value)
    streamlit_internals.logo(theme.WORDMARK)

    assert ours == theirs, "st.logo sends something else now: see streamlit_internals.logo."


def test_light_page(tmp_path: Path) -> None:
    """The first page loads neither numpy nor Pillow nor pandas: 80 MB, and a second until there is an input box."""
    settings = {"DATABASE_URL": f"sqlite:///{tmp_path}/parley.db", "API_BASE_URL": "http://127.0.0.1:9/v1"}
    environ = {**os.environ, **settings, "API_MODEL": "m", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", LIGHT], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )

    assert done.stdout.split("\n")[-2] == "What would you like to know? []"


def test_scripts() -> None:
    """What draws the first page's elements is found with all that it imports, and nothing that comes anyway."""
    index = (STATIC / "index.html").read_text(encoding="utf-8")
    for element in theme.EARLY:
        found = streamlit_internals.scripts(element)
        assert found[0].startswith(f"./static/js/{element}."), "Streamlit no longer has a script for each element."
        assert all((STATIC / address).is_file() and address not in index for address in found)
    assert any("/TextField." in address for address in streamlit_internals.scripts("TextInput"))
    assert streamlit_internals.scripts("Nothing") == []


def test_growing_text() -> None:
    """What a growing text leaves open is closed by the page, as it is of a stream."""

    def _page() -> None:
        import streamlit as st

        from lib.ui.streamlit_internals import draw_growing

        draw_growing("so **bo", st.empty())

    [text] = AppTest.from_function(_page).run().markdown
    assert (text.value, text.proto.unterminated_parsing) == ("so **bo", True), (
        "Streamlit's markdown no longer takes what is not finished: see streamlit_internals.draw_growing."
    )


@pytest.mark.parametrize(("given", "then"), [(None, 2), (30, 30)])
def test_bound_the_end(given: int | None, then: int) -> None:
    """The server that takes the sign to end waits only so long for its connections, unless it was told how long."""
    server = uvicorn.Server(uvicorn.Config("app", timeout_graceful_shutdown=given))
    with server.capture_signals():
        bound_the_end(2)

    assert server.config.timeout_graceful_shutdown == then, (
        "uvicorn's server no longer takes the sign to end itself: see streamlit_internals.bound_the_end."
    )


def test_end_of_others() -> None:
    """Where no server takes the sign, nothing happens."""
    bound_the_end(2)


def test_flush() -> None:
    """What is drawn is on its way well before we go on."""
    assert 2 * runtime_util.MESSAGE_FLUSH_INTERVAL_SECS < FLUSH < STEADY, (
        "Streamlit's loop no longer sends every 5 ms: see FLUSH and STEADY in streamlit_internals."
    )


def test_rerun_throws_away() -> None:
    """A rerun throws away what the run before drew and the browser does not have yet."""
    queue, message = ForwardMsgQueue(), ForwardMsg()
    message.delta.new_element.markdown.body = "drawn"
    queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True)

    assert queue.flush() == [], "Streamlit's reruns no longer throw away what is not sent: see STEADY."


def test_yield_to_clicks() -> None:
    """Any look at the session ends a run that is no longer wanted."""
    looks: list[bool] = []
    with pytest.raises(KeyError):
        SafeSessionState(SessionState(), lambda: looks.append(True))["view"]

    assert looks, "Streamlit's session state no longer yields: see streamlit_internals.yield_to_clicks."


def test_click_in_a_fragment() -> None:
    """A click in one fragment, and a wish that another be drawn again, end a run, and both are drawn in this order."""
    requests = ScriptRequests()
    requests.request_rerun(RerunData(fragment_id="clicked"))
    assert requests._state is ScriptRequestType.RERUN
    assert requests.on_scriptrunner_yield() is None, "A click in a fragment ends a run: yield_to_clicks is simpler now."

    requests.request_rerun(RerunData(fragment_id_queue=["drawn"], is_fragment_scoped_rerun=True))

    request = requests.on_scriptrunner_yield()
    assert request
    assert request.rerun_data.fragment_id_queue == ["clicked", "drawn"], "See streamlit_internals.yield_to_clicks."


def test_fragment_that_stays() -> None:
    """A fragment outlives a run of the one that drew it: see streamlit_internals.fragment."""
    storage = MemoryFragmentStorage()
    storage.register("box", lambda: None)
    storage.register("slot", lambda: None, parent_fragment_id="box", lifetime=_FragmentLifetime.FULL_APP_SCOPED)
    storage.clear_stale_descendants("box", frozenset())

    assert storage.contains("slot")


def test_origin() -> None:
    """A websocket is opened where Origin and Host are alike to the letter, and no question goes out to the internet."""
    assert starlette_websocket._is_origin_allowed("https://chat.example.org", "chat.example.org"), (
        "Streamlit's websocket no longer takes an Origin that equals Host: see lib.ui.hosts."
    )


class Browser:
    """What is on a page by Streamlit's rule: a container takes on what is in the one of its kind in its place."""

    def __init__(self) -> None:
        self.session = queueing(0)
        self._parts: dict[tuple[int, ...], str] = {}  # kinds of containers and texts of elements, by their paths

    def run(self, app: AppTest, of: int, *, lost: bool = False, sent: bool = False) -> str:
        """Run an app; return the digits on the page, which gets nothing of what is `lost`, `sent` or not."""
        drawn: list[ForwardMsg] = []
        app.session_state["of"] = of
        ForwardMsgQueue.on_before_enqueue_msg(drawn.append)
        app.run()
        ForwardMsgQueue.on_before_enqueue_msg(None)
        for each in drawn:
            self.session._browser_queue.enqueue(each)
        if lost and not sent:
            self.session._browser_queue.clear(retain_lifecycle_msgs=True)  # as the beginning of the next run does
        for each in self._flushed():
            if each.HasField("delta") and not lost:
                self._take(tuple(each.metadata.delta_path), each.delta)
        return "".join(text for text in self._parts.values() if text.isdigit())

    def _flushed(self) -> list[ForwardMsg]:
        with sending() as sent:
            sent.extend(self.session.flush_browser_queue())
        return sent

    def _take(self, path: tuple[int, ...], delta: Delta) -> None:
        kind = delta.add_block.WhichOneof("type") or delta.new_element.text.body
        if not delta.HasField("add_block") or self._parts.get(path) != kind:
            self._parts = {at: each for at, each in self._parts.items() if at[: len(path)] != path}
        self._parts[path] = kind


def two_parts() -> None:
    """A page of two parts, each with the digit that it is of, or with nothing if that is negative."""
    import streamlit as st

    from lib.ui.streamlit_internals import emptied, fresh

    of = st.session_state["of"]
    for part in (fresh("part", abs(of)), emptied()):
        with part:
            if of > 0:
                st.text(f"{of}")


@pytest.mark.parametrize("lost", list(product((False, True), repeat=3)), ids=str)
def test_fresh(lost: tuple[bool, bool, bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of a page keeps what it has until it is of something else, whichever runs between were never sent."""
    app, browser = AppTest.from_function(two_parts), Browser()
    monkeypatch.setattr(streamlit_internals, "_own", lambda: browser.session)
    assert browser.run(app, 1) == "11"
    for of, is_lost in zip((2, 1, 3), lost, strict=True):
        browser.run(app, of, lost=is_lost)

    assert browser.run(app, -3) == ("" if lost[-1] else "3")


def gone(browser: Browser, after: float, patch: pytest.MonkeyPatch) -> None:
    """Find out that the socket of a browser is dead, so many seconds after all was sent."""
    patch.setattr(AppSession, "disconnect_file_watchers", lambda _: None)  # there are none
    now = time.monotonic() + after
    patch.setattr(streamlit_internals, "time", SimpleNamespace(monotonic=lambda: now))
    browser.session.disconnect_file_watchers()


def test_what_a_dead_socket_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent just before a socket was found to be dead need not have come."""
    app, browser = AppTest.from_function(two_parts), Browser()
    monkeypatch.setattr(streamlit_internals, "_own", lambda: browser.session)
    browser.run(app, 1)
    browser.run(app, 2, lost=True, sent=True)
    gone(browser, 0, monkeypatch)

    assert browser.run(app, -2) == ""


def test_what_a_socket_was_sent_before_it_died(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent long before a socket was found to be dead is on the page, and stays."""
    app, browser = AppTest.from_function(two_parts), Browser()
    monkeypatch.setattr(streamlit_internals, "_own", lambda: browser.session)
    browser.run(app, 1)
    gone(browser, UNSURE + 1, monkeypatch)

    assert browser.run(app, -1) == "1"


def test_dead_socket() -> None:
    """Streamlit tells a session that its socket is gone by having it watch its files no more."""
    assert "session.disconnect_file_watchers()" in inspect.getsource(WebsocketSessionManager.disconnect_session)


def test_containers(frontend: str) -> None:
    """A container on the page takes on what is in the one of its kind in its place, and no other's."""
    rule = re.search(r"addBlock\((\w,){5}\w\)\{.{150,400}?\}", frontend)
    assert ".deltaBlock.type===" in (rule[0] if rule else ""), (
        "Streamlit's page no longer goes by the kinds of containers: see lib.ui.streamlit_internals.emptied."
    )


def test_bare(frontend: str) -> None:
    """A bare container is one of which the page shows nothing but what is in it."""
    assert ".deltaBlock.transparent)return" in frontend, (
        "Streamlit's page no longer has containers that are none on it: lib.ui.streamlit_internals.bare can return "
        "st.container() instead, and each word of an answer then costs the browser more."
    )


def test_claims_of() -> None:
    """What is known of who opened a session is kept with it; of one that there is not, nothing is."""
    session = SimpleNamespace(session=SimpleNamespace(_user_info={"sub": "ann"}))
    there = {"one": session}
    kept = runtime.Runtime._instance
    runtime.Runtime._instance = SimpleNamespace(_session_mgr=SimpleNamespace(get_session_info=there.get))  # type: ignore[assignment]
    try:
        assert streamlit_internals.claims_of("one") == {"sub": "ann"}
        assert streamlit_internals.claims_of("two") is None
    finally:
        runtime.Runtime._instance = kept
    assert "self._user_info = user_info" in inspect.getsource(AppSession)
    assert streamlit_internals.claims() == {}


@contextmanager
def at_work(manager: MediaFileManager) -> Iterator[None]:
    """Have a manager be that of the server."""
    kept = runtime.Runtime._instance
    runtime.Runtime._instance = SimpleNamespace(media_file_mgr=manager)  # type: ignore[assignment]
    try:
        yield
    finally:
        runtime.Runtime._instance = kept


def test_showing() -> None:
    """The media files on pages are known by the sessions that show them."""
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    manager._files_by_session_and_coord["one"]["there"] = "abc"
    with at_work(manager):
        assert streamlit_internals.showing("abc") == {"one"}
        assert streamlit_internals.showing("abd") == set()


def test_own_files() -> None:
    """The file of a button is made for the session that has the button, which is shown it; for another it is not."""
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    file = manager.add_deferred(lambda: b"x,y", "text/csv", "here", "table.csv")
    broken = manager.add_deferred(dict, "text/csv", "there", "table.csv")  # type: ignore[arg-type]
    handler = OwnFiles(lambda: manager)

    def asked(file: str, session: str) -> BackendOperationResponse:
        request = BackendOperationRequest(request_id="7", deferred_file={"file_id": file})
        with ThreadPoolExecutor(1) as threads:
            return threads.submit(asyncio.run, handler.handle(request, session)).result()

    [owner] = manager._files_by_session_and_coord
    before = dict(manager._files_by_session_and_coord[owner])
    refused, failed = asked(file, "another"), asked(broken, owner)
    assert (refused.request_id, refused.error_msg, bool(failed.error_msg)) == ("7", "Not found", True)
    assert manager._files_by_session_and_coord == {owner: before}
    name = MEDIA.search(asked(file, owner).deferred_file.url)[1]  # type: ignore[index]
    for _ in range(3):  # runs of others
        manager.remove_orphaned_files()
    with at_work(manager):
        assert streamlit_internals.showing(name) == {owner}
    assert manager._storage.get_file(name)  # type: ignore[attr-defined]
    assert app_session.DeferredFileHandler in (OwnFiles, OwnFiles.__base__)
    assert "DeferredFileHandler(lambda" in inspect.getsource(AppSession)


@pytest.mark.parametrize("is_auto", [True, False])
def test_pressed_once(monkeypatch: pytest.MonkeyPatch, *, is_auto: bool) -> None:
    """What a person sent is not taken from the message of a part that draws itself anew, only from the browser's."""
    taken: list[ClientState] = []
    monkeypatch.setattr(AppSession, "request_rerun", lambda _, state: taken.append(state))
    monkeypatch.delattr(AppSession, "__del__")  # this one has nothing to give back
    state = ClientState(is_auto_rerun=is_auto)
    state.widget_states.widgets.add(id="prompt").chat_input_value.data = "Hello"
    state.widget_states.widgets.add(id="retry", trigger_value=True)
    state.widget_states.widgets.add(id="model", string_value="large")

    object.__new__(OwnSession).request_rerun(state)

    ids = [each.id for each in taken[0].widget_states.widgets]
    assert ids == (["model"] if is_auto else ["prompt", "retry", "model"])


def test_sent_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """That a part of the page begins is sent with its end, or a moment later; a whole page begins at once."""
    monkeypatch.delattr(AppSession, "__del__")  # this one has nothing to give back
    woken: list[float] = []
    session = object.__new__(OwnSession)
    session.id, session._browser_queue, session._message_enqueued_callback = "s", ForwardMsgQueue(), lambda: None
    session._event_loop = Mock(call_later=lambda seconds, _: woken.append(seconds))

    def sent(kind: str, *parts: str) -> int:
        message = ForwardMsg()
        getattr(message, kind).SetInParent() if kind == "new_session" else setattr(message, kind, 0)
        message.metadata.run.fragment_ids.extend(parts)
        session._enqueue_forward_msg(message)
        return len(session.flush_browser_queue())

    assert [sent("new_session"), sent("new_session", "part")] == [1, 0]
    assert woken == [HELD]
    with sending() as before:
        assert (sent("script_finished"), len(before)) == (1, 1)


@contextmanager
def sending(limit: int = TOGETHER, *, active: bool = True) -> Iterator[list[ForwardMsg]]:
    """Yield what sessions send themselves; after `limit` messages, or unless `active`, the browser is gone."""
    sent: list[ForwardMsg] = []

    def send(_: object, message: ForwardMsg) -> None:
        if len(sent) == limit:
            raise SessionClientDisconnectedError
        sent.append(message)

    sessions = SimpleNamespace(get_active_session_info=lambda _: Mock() if active else None)
    own = SimpleNamespace(_session_mgr=sessions, _send_message=send)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streamlit_internals.runtime, "get_instance", lambda: own)
        yield sent


def queueing(count: int) -> OwnSession:
    """Return a session with so many messages that are to be sent."""
    session = object.__new__(OwnSession)
    session.id, session._state = "s", AppSessionState.SHUTDOWN_REQUESTED  # this one has nothing to give back
    session._browser_queue = ForwardMsgQueue()
    for number in range(count):
        session._browser_queue.enqueue(ForwardMsg(script_finished=number % 2))  # type: ignore[arg-type]
    return session


def test_sent_together() -> None:
    """Of several messages only the last one is left to Streamlit, which waits behind each."""
    session = queueing(4)

    with sending() as sent:
        left = session.flush_browser_queue()

    assert [each.script_finished for each in (*sent, *left)] == [0, 1, 0, 1]
    assert len(left) == 1


def test_too_many_together() -> None:
    """So many that they would overflow the socket's queue are left to Streamlit, in their order."""
    session = queueing(TOGETHER + 1)

    with sending() as sent:
        left = session.flush_browser_queue()

    assert (len(sent), len(left)) == (0, TOGETHER + 1)
    assert 2 * TOGETHER < starlette_server_config.WEBSOCKET_MAX_SEND_QUEUE_SIZE


def test_sent_to_nobody() -> None:
    """A browser that is gone is noticed by Streamlit itself, which ends its session."""
    session = queueing(4)

    with sending(limit=1):
        assert len(session.flush_browser_queue()) == 1


def test_gone_before_its_turn() -> None:
    """A session whose browser has gone since Streamlit began its round leaves all to Streamlit: nothing breaks off."""
    session = queueing(4)

    with sending(active=False) as sent:
        assert (len(session.flush_browser_queue()), sent) == (4, [])


def test_sends() -> None:
    """Streamlit's loop sends what a session returns, in the way that ours does, and yields behind each."""
    loop = inspect.getsource(runtime.Runtime._loop_coroutine)
    assert "flush_browser_queue()" in loop
    assert "self._send_message(active_session_info, msg)" in loop
    assert "except SessionClientDisconnectedError" in loop
    assert "await asyncio.sleep(0)" in loop, "Streamlit's loop no longer yields behind each: OwnSession need not send."


def test_sent_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has been drawn of a part is sent when that is asked for, in the loop of the server; and held."""
    monkeypatch.delattr(AppSession, "__del__")  # this one has nothing to give back
    session, woken = object.__new__(OwnSession), list[str]()
    session._browser_queue, session._message_enqueued_callback = ForwardMsgQueue(), lambda: woken.append("sends")
    session._event_loop = SimpleNamespace(  # type: ignore[assignment]
        call_later=lambda *_: None, call_soon_threadsafe=lambda then: then(), is_closed=lambda: False
    )
    begun = ForwardMsg()
    begun.new_session.SetInParent()
    begun.metadata.run.fragment_ids.append("part")
    session._enqueue_forward_msg(begun)
    own = SimpleNamespace(_session_mgr=SimpleNamespace(get_session_info=lambda _: SimpleNamespace(session=session)))
    monkeypatch.setattr(streamlit_internals.runtime, "exists", lambda: True)
    monkeypatch.setattr(streamlit_internals.runtime, "get_instance", lambda: own)
    monkeypatch.setattr(streamlit_internals, "get_script_run_ctx", lambda **_: SimpleNamespace(session_id="s"))
    held = len(session.flush_browser_queue())

    streamlit_internals.send_drawn()

    assert (held, len(session.flush_browser_queue())) == (0, 1)
    assert woken == ["sends"] * 2
    streamlit_internals.hold_drawn()
    session._enqueue_forward_msg(ForwardMsg())
    assert session.flush_browser_queue() == []
    streamlit_internals.send_drawn()
    assert len(session.flush_browser_queue()) == 1


def test_nothing_to_send() -> None:
    """Outside of runs nothing is held or sent."""
    streamlit_internals.hold_drawn()
    streamlit_internals.send_drawn()


def test_keep_sessions() -> None:
    """Sessions are made of the name that is replaced."""
    assert websocket_session_manager.AppSession in (OwnSession, AppSession)
    assert "AppSession(" in inspect.getsource(WebsocketSessionManager.connect_session)


def test_media_path() -> None:
    """A media file's address is the digest of its content and an ending."""
    assert MEDIA.search("/base/media/0a1b.png")[1] == "0a1b"  # type: ignore[index]
    assert MEDIA.search("/media/0a1b")[1] == "0a1b"  # type: ignore[index]
    assert MEDIA.search("/media/0a1b/c") is None


def test_believe() -> None:
    """Headers that are told to be claims come through as such, the first of each name."""
    streamlit_internals.believe({"X-User": "proxy_id"})
    try:
        assert streamlit_internals.believed() == {"X-User": "proxy_id"}
        assert starlette_websocket.gather_user_info(Headers({"x-user": "ann"})) == {"proxy_id": "ann"}
    finally:
        streamlit_internals.believe({})


def test_go() -> None:
    """Outside of a run nobody is led anywhere; nobody has a login that was not configured."""
    streamlit_internals.go("/auth/login")
    assert not streamlit_internals.has_login()
    assert streamlit_internals.serving() is None
