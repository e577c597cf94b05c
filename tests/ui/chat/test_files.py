"""Files beside a prompt: told apart from pictures, weighed before they are sent, shown by their names afterwards."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.config import Settings
from lib.documents import kinds
from lib.errors import DocumentError
from lib.runtime import Runtime
from lib.store import Store
from lib.ui.chat import files
from tests import pictures
from tests.fake_client import ENDPOINT
from tests.store.chats.test_files import DATA, PAPER, PLAN, ask

PNG = pictures.file(pictures.quarters())


class File(io.BytesIO):
    """An upload."""

    def __init__(self, name: str, data: bytes, file_id: str = "") -> None:
        super().__init__(data)
        self.name = name
        self.file_id = file_id


@pytest.fixture(autouse=True)
def session() -> Iterator[None]:
    """A session that has just begun."""
    st.session_state.clear()
    yield
    st.session_state.clear()


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.png", PNG, True),
        ("a", PNG, True),
        ("a.png", b"no picture", True),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", False),
        ("a.pdf", b"%PDF-1.7\0", False),
        ("a.psd", b"8BPS\0\0", True),
        ("bmw.csv", b"BMW,1", False),
        ("a.bin", b"\x7fELF\0", False),
    ],
)
def test_told_apart(name: str, data: bytes, expected: bool) -> None:
    """A picture is told by its bytes, or is called one; drawings that are text are text."""
    file = File(name, data)
    told = files.told_apart([file])

    assert told == (([file], []) if expected else ([], [file]))
    assert file.tell() == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([("a.png", PNG)], "Describe this picture."),
        ([("a.png", PNG), ("b.png", PNG)], "Describe each of these pictures."),
        ([("a.png", PNG), ("b.csv", b"BMW,1")], "Sum up what is attached."),
    ],
)
def test_question(given: list[tuple[str, bytes]], expected: str) -> None:
    """Files that come without a word ask what they are for."""
    assert files.question([File(name, data) for name, data in given]) == expected


def test_message() -> None:
    """The texts of files stand behind the words of a prompt; without files these stay as they are."""
    made = files.message("Look", [File("a.csv", b"a,b"), File("b.md", b"# B")])

    assert made.text.startswith("Look\n\nFile: a.csv\n```\na,b\n```")
    assert [file.name for file in made.files] == ["a.csv", "b.md"]
    assert files.message(" Look ", []).text == " Look "


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([File("a.doc", b"\0")], "a.doc: This is no kind of file"),
        ([File("a.txt", b"x")] * (files.MAX_FILES + 1), "These are 21 files"),
        ([File("a.txt", b"x" * 400_000), File("b.txt", b"x" * 400_000), File("c.txt", b"x" * 400_000)], "1,000,000"),
    ],
)
def test_refused(given: list[File], why: str) -> None:
    """What cannot be sent is refused with its name: what cannot be read, too many files, too much text."""
    with pytest.raises(DocumentError, match=why):
        files.message("Look", given)


def test_read_once() -> None:
    """What was read to be weighed is not read again to be sent; what could not be read stays so."""
    for file in (File("a.txt", b"first", "1"), File("a.txt", b"other", "1")):
        assert files._read(file).text == "first"
    for data in (b"\0", b"fine"):
        with pytest.raises(DocumentError):
            files._read(File("b.txt", data, "2"))


def waiting() -> None:
    """A page with files in its box."""
    from decimal import Decimal

    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.uploaded_file_manager import UploadedFileRec

    from lib.config import Endpoint
    from lib.model_choice import ModelChoice
    from lib.pricing import prices
    from lib.ui.chat import files
    from lib.ui.chat.answerer import Answerer
    from tests import pictures

    priced = prices.parse({"m": {"input": 1000, "output": 0}}, "t")
    assert priced["m"][0].rates.input == Decimal(1000)
    endpoint = Endpoint("t", "http://127.0.0.1:9/v1", model="m", prices=priced)
    context = get_script_run_ctx()
    assert context
    given = {"a.txt": b"one two three", "b.png": pictures.file(pictures.quarters()), "c.bin": b"\0", "d.txt": b"\xfc"}
    if st.session_state.get("taken"):
        given = {"a.txt": b"one two three"}
        for id in "123":
            context.uploaded_file_mgr.remove_file(context.session_id, id)  # type: ignore[attr-defined]
    for number, (name, data) in enumerate(given.items()):
        record = UploadedFileRec(f"{number}", name, "", data)
        context.uploaded_file_mgr.add_file(context.session_id, record)  # type: ignore[attr-defined]
    files.weigh(None if st.session_state.get("several") else Answerer(endpoint, ModelChoice("t", "m")))


def test_weighed() -> None:
    """Each file has its tokens and their cost, what is said of it, or why it cannot be sent; and all together."""
    page = AppTest.from_function(waiting).run(timeout=20)

    assert not page.exception
    assert [caption.value for caption in page.caption] == [
        "a.txt · \\~3 tokens (\\~\\$0.0030)",
        "b.png · \\~255 tokens (\\~\\$0.26)",
        f"c.bin · :red[This is no kind of file that Parley reads.] {kinds.READ}",
        "d.txt · \\~1 tokens (\\~\\$0.0010) · Not UTF-8: read as Windows-1252.",
        "Together \\~259 tokens (\\~\\$0.26)",
    ]
    page.session_state["taken"] = True
    assert [caption.value for caption in page.run().caption] == ["a.txt · \\~3 tokens (\\~\\$0.0030)"]
    assert list(page.session_state[files.READ]) == ["0"]


def test_for_several() -> None:
    """Where several models are asked there are tokens alone."""
    page = AppTest.from_function(waiting)
    page.session_state["several"] = page.session_state["taken"] = True

    assert [caption.value for caption in page.run(timeout=20).caption] == ["a.txt · \\~3 tokens"]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[int], AppTest]]:
    """What draws the files of a prompt."""
    store = Store.open(f"sqlite:///{tmp_path / 'parley.db'}")
    runtime.use(Runtime(Settings(endpoints=(ENDPOINT,)), store))

    def page(number: int) -> None:
        from lib.ui import mine
        from lib.ui.chat import files

        conversation = mine.chats().recent()[0]
        prompt, answer = mine.chats().path(conversation.id)
        files.draw(prompt)
        files.draw(answer)
        if number < 0:
            files.show(prompt.id, 9)

    def run(number: int = 0) -> AppTest:
        return AppTest.from_function(page, args=(number,)).run(timeout=20)

    ask(store, PLAN, DATA)
    yield run
    runtime.use(None)


def test_shown(opened: Callable[..., AppTest]) -> None:
    """A prompt has its files by their names, and each opens."""
    page = opened()
    assert [button.label for button in page.button] == ["plan.md", "data.csv"]
    page.button[0].click().run()

    assert not page.exception
    assert page.code[0].value == PLAN.text
    assert page.caption[0].value == "21 characters · Cut."


def test_whole(opened: Callable[..., AppTest]) -> None:
    """A PDF that went as it is says so, and can be had."""
    ask(runtime.current().store, PAPER)
    page = opened(1)
    assert [button.help for button in page.button] == ["Sent as it is"]
    page.button[0].click().run()

    assert not page.exception
    assert page.caption[0].value == "Sent as it is, 3 pages; below is its text · 6 characters"
    assert [button.label for button in page.get("download_button")] == ["Download as text", "Download"]


def test_gone(opened: Callable[..., AppTest]) -> None:
    """A file that is not there any more says so."""
    assert "not kept any more" in opened(-1).caption[0].value
