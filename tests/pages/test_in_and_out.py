"""Conversations in and out by the page: files are looked at before they come in, and each format goes out."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.chats.imports import Report
from lib.config import Endpoint, Settings
from lib.errors import ChatError, StoreError
from lib.model_choice import ModelChoice, Parameters
from lib.runtime import Runtime
from lib.store import LOCAL, Store
from lib.ui.chat import exports, imports
from lib.ui.jobs import Job
from tests.chats.exports import PNG, chatgpt, every_kind, octets, packed, said
from tests.store.helpers import begin, chat
from tests.waiting import until

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "main.py")
ENDPOINT = Endpoint("work", "http://127.0.0.1:9/v1", "sk-in-and-out-0123456789", model="m")
ONE = chatgpt({"a": (None, said("user", "1")), "b": ("a", said("assistant", "2"))})


def opened(store: Store, conversation: str = "") -> AppTest:
    """Open the chat page."""
    runtime.use(Runtime(Settings(endpoints=(ENDPOINT,)), store))
    page = AppTest.from_file(PAGE, default_timeout=20)
    if conversation:
        page.query_params["c"] = conversation
    return drawn(page.run())


def drawn(page: AppTest) -> AppTest:
    """Return the page if it was drawn."""
    assert not page.exception
    return page


def click(page: AppTest, key: str) -> AppTest:
    """Click a button."""
    return drawn(page.button(key=key).click().run())


def choose(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    """Open Import, choose files and have them looked at."""
    click(page, "import-all")
    drawn(page.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files]).run())
    return ended(click(page, "import-look"), imports.TAKING)


def ended(page: AppTest, key: str) -> AppTest:
    """Wait for the end of what is being done, and draw that."""
    found = page.session_state[key]
    job: Job[Any] = found.job if key == imports.TAKING else found
    until(lambda: not job.is_running)
    return drawn(page.run())


def texts(page: AppTest) -> str:
    """Return all that is said on the page."""
    return "\n".join(each.value for each in (*page.markdown, *page.error))


def test_import(store: Store) -> None:
    """First it is told what would come in, then what came in, with a way to it; other files have their turn."""
    page = choose(opened(store), ("conversations.json", octets([ONE])))
    assert "**conversations.json** · ChatGPT" in texts(page)
    assert "1 conversation would come in: 2 messages in 1 branch." in texts(page)
    assert store.chats(LOCAL).all() == []

    ended(click(page, "import-go"), imports.TAKING)
    assert "1 conversation came in: 2 messages in 1 branch." in texts(page)
    assert len(store.chats(LOCAL).all()) == 1
    assert not [button for button in page.button if button.key == "import-go"]

    click(page, "import-others")
    assert page.file_uploader
    assert page.button(key="import-look").disabled


def test_import_again(store: Store) -> None:
    """What is here already is said so, and there is nothing to import."""
    page = opened(store)
    for _ in range(2):
        choose(page, ("a.json", octets([ONE])))
        if "would" in texts(page):
            ended(click(page, "import-go"), imports.TAKING)
        last = texts(page)
        click(page, "import-others")

    assert "Nothing in it is new." in last
    assert "1 conversation is here already." in last


def test_import_twice_in_one(store: Store) -> None:
    """What stands twice in what is chosen would come in once, and does."""
    page = choose(opened(store), ("a.json", octets([ONE, ONE])), ("b.json", octets([ONE])))
    for come in ("would come in", "came in"):
        assert texts(page).count(f"1 conversation {come}: 2 messages in 1 branch.") == 1
        assert texts(page).count("1 conversation is here already.") == 2
        assert texts(page).count("Nothing in it is new.") == 1
        if come == "would come in":
            ended(click(page, "import-go"), imports.TAKING)
    assert len(store.chats(LOCAL).all()) == 1


def test_import_of_all_kinds(store: Store) -> None:
    """What is hidden, not there, and refused is told, of very many the first, and all as a file."""
    data = packed({"conversations.json": octets([every_kind(), *range(30)]), "file-Abc123.png": PNG})
    page = choose(opened(store), ("export.zip", data), ("bad.zip", b"PK broken"))

    assert "left out on purpose: they are not shown there either." in texts(page)
    assert "1 picture is not in the file; the messages say so." in texts(page)
    assert [found.label for found in page.expander] == ["30 refused", "1 refused"]
    assert "The ZIP is damaged or not complete." in texts(page)
    assert [button.label for button in page.get("download_button")] == ["All as a file"]


def test_hostile_names(store: Store) -> None:
    """Names and titles of a file are only text."""
    page = choose(opened(store), ("![x](http://x.invalid/p.png).json", octets([{**ONE, "mapping": 3}])))

    assert "![x](http" not in texts(page)


def endless(job: Job[Any]) -> Any:
    """Work until it is stopped."""
    while job.go_on(0.25):
        threading.Event().wait(0.01)
    return []


def test_stop(store: Store) -> None:
    """Work is seen, and stopped by a click; it goes on when the dialog is drawn anew."""
    page, job = opened(store), Job(endless)
    page.session_state[imports.TAKING] = imports.Taking([], False, job)
    click(page, "import-all")
    assert job.is_running

    click(page, "stop-job")
    until(lambda: not job.is_running)


@pytest.mark.parametrize(("stop", "made"), [(True, 1), (False, 2)])
def test_files_in_turn(store: Store, tmp_path: Path, stop: bool, made: int) -> None:
    """Files are taken in one after the other, until that is stopped."""
    for number in range(2):
        (tmp_path / f"{number}.json").write_bytes(octets([{**ONE, "id": f"{number}", "conversation_id": f"{number}"}]))
    files: Any = [(tmp_path / f"{number}.json").open("rb") for number in range(2)]
    job: Any = Job(lambda _: [])
    if stop:
        job.stop()
    reports = imports.take(store.chats(LOCAL), files, False, job)

    assert [report.stopped for report in reports] == [stop] * len(reports)
    assert len(store.chats(LOCAL).all()) == made
    for file in files:
        file.close()


def test_import_fails(store: Store) -> None:
    """When the database fails, that is said, and the dialog goes on."""

    def fail(_job: Job[Any]) -> Any:
        raise StoreError("The disk is full.")

    page = opened(store)
    page.session_state[imports.TAKING] = imports.Taking([], False, Job(fail))
    ended(click(page, "import-all"), imports.TAKING)

    assert "The disk is full" in texts(page)
    assert page.button(key="import-others")


def test_lines() -> None:
    """A stopped import says so; numbers have their words."""
    said = imports.lines(Report("a", conversations=2, messages=3, leaves=2, images=1, known=2, hidden=1), dry=False)

    assert said == [
        "2 conversations came in: 3 messages in 2 branches, with 1 picture.",
        "2 conversations are here already.",
        "1 step is left out on purpose: they are not shown there either.",
    ]
    assert imports.lines(Report("a", stopped=True), dry=True)[0].startswith("Stopped.")


def test_export_all(store: Store) -> None:
    """All conversations go out as one file, which is offered when it is made."""
    chat(store, "Which colour?")
    page = click(opened(store), "export-all")
    assert page.radio(key="export-format").value == "json"
    ended(click(page, "export-go"), exports.MAKING)

    assert json.loads(page.session_state[exports.MAKING].result)["conversations"][0]["title"] == "Which colour?"
    assert page.get("download_button")[0].label.startswith("Download parley-")
    click(page, "export-again")
    assert page.radio(key="export-format")


def test_export_as_a_web_page(store: Store) -> None:
    """The web page has system prompts if that is wanted."""
    choice = ModelChoice("work", "m", Parameters("Be brief."))
    id = begin(store, "Which colour?", choice=choice).conversation_id
    page = click(opened(store), "export-all")
    drawn(page.radio(key="export-format").set_value("html").run())
    drawn(page.checkbox(key="export-system").check().run())
    ended(click(page, "export-go"), exports.MAKING)

    assert b"Be brief." in page.session_state[exports.MAKING].result
    assert b"Be brief." in exports.made(store.chats(LOCAL), [id], "html", with_system=True)
    assert b"Be brief." not in exports.made(store.chats(LOCAL), [id], "html", with_system=False)


def test_export_of_nothing(store: Store) -> None:
    """Where there is nothing to export, that is said."""
    assert "There are no conversations yet." in texts(click(opened(store), "export-all"))


def test_export_too_large(store: Store) -> None:
    """A file that is too large is refused, with the way that has no bound."""
    id = chat(store, "Which colour?")
    with pytest.raises(ChatError, match="larger than 0 MB") as caught:
        exports.make(store.chats(LOCAL), [id], "markdown", Job(lambda _: b""), most=3)

    assert "python -m lib.chats export" in caught.value.hint


def test_export_stopped(store: Store) -> None:
    """An export that is stopped ends, and another one can be begun."""
    chat(store, "Which colour?")
    page, job = opened(store), Job(endless)
    page.session_state[exports.MAKING] = job
    click(click(page, "export-all"), "stop-job")
    until(lambda: not job.is_running)

    assert page.button(key="export-go")
    stopped: Any = Job(lambda _: b"")
    stopped.stop()
    with pytest.raises(ChatError, match="stopped"):
        exports.make(store.chats(LOCAL), store.chats(LOCAL).all(), "json", stopped)


def test_export_fails(store: Store) -> None:
    """An export that fails says why, and can be asked for again."""
    chat(store, "Which colour?")

    def fail(_job: Job[bytes]) -> bytes:
        raise StoreError("The database is gone.")

    page, job = opened(store), Job(fail)
    page.session_state[exports.MAKING] = job
    until(lambda: not job.is_running)
    click(page, "export-all")

    assert "The database is gone" in texts(page)
    assert drawn(page.run()).button(key="export-go")


def test_export_one(store: Store) -> None:
    """The menu of a conversation has each format."""
    page = opened(store, chat(store, "Which colour?"))
    page.session_state["conversation-menu"] = True
    drawn(page.run())

    assert {"Markdown", "JSON", "Web page"} <= {button.label for button in page.get("download_button")}
