"""The ways of a PDF: each with what it comes to, chosen before it is sent, and text unless another is chosen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lib.documents import kinds
from lib.errors import DocumentError
from lib.pricing.token_estimates import PAGE
from lib.ui.chat import files, pdfs
from lib.ui.chat.pdfs import PAGES, TEXT, WHOLE
from tests import pictures
from tests.documents import made
from tests.ui.chat.test_files import File

PAPER, SCAN = made.pdf("Thirteen apples", "A pear"), made.scanned(pictures.photo())


@pytest.fixture(autouse=True)
def session() -> Iterator[None]:
    """A session that has just begun."""
    st.session_state.clear()
    yield
    st.session_state.clear()


def waiting() -> None:
    """A page with PDFs in its box."""
    from types import SimpleNamespace

    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.uploaded_file_manager import UploadedFileRec

    from lib.config import Endpoint
    from lib.pricing import prices
    from lib.ui.chat import files
    from tests.ui.chat.test_pdfs import PAPER, SCAN

    priced = prices.parse({"m": {"input": 1000, "output": 0}}, "t")
    endpoint = Endpoint("t", "http://127.0.0.1:9/v1", model="m", prices=priced)
    reads, blindness = st.session_state.get("reads", True), st.session_state.get("blindness", "")
    who = SimpleNamespace(endpoint=endpoint, model="m", reads_pdfs=reads, blindness=blindness)
    context = get_script_run_ctx()
    assert context
    for number, (name, data) in enumerate({"paper.pdf": PAPER, "scan.pdf": SCAN}.items()):
        record = UploadedFileRec(f"{number}", name, "", data)
        context.uploaded_file_mgr.add_file(context.session_id, record)  # type: ignore[attr-defined]
    files.weigh(None if st.session_state.get("several") else who)  # type: ignore[arg-type]


def test_choice() -> None:
    """Each way stands there with its tokens and their price; what is chosen is what it comes to."""
    page = AppTest.from_function(waiting).run(timeout=30)
    assert not page.exception
    paper, scan = page.radio

    assert paper.options == ["As text · \\~17 tokens (\\~\\$0.0170)", "As a PDF · \\~2\u2009017 tokens (\\~\\$2.02)"]
    assert [option.split(" · ")[0] for option in scan.options] == list(pdfs.LABELS.values())
    assert scan.options[0] == "As text · none in it"
    assert "There is no text in this PDF" in page.caption[1].value
    scan.set_value(PAGES).run(timeout=30)
    assert page.caption[1].value.endswith("Of each page the picture that was scanned.")
    page.radio[0].set_value(WHOLE).run(timeout=30)
    assert page.caption[0].value == "paper.pdf · \\~2\u2009017 tokens (\\~\\$2.02)"
    page.session_state["reads"], page.session_state["blindness"] = False, "It is blind."
    page.run(timeout=30)
    assert not page.radio
    assert page.caption[0].value == "paper.pdf · \\~17 tokens (\\~\\$0.0170)"
    assert page.caption[0].help == pdfs.UNPROVED
    page.session_state["several"] = True
    assert [len(radio.options) for radio in page.run(timeout=30).radio] == [2]


def chosen(**ways: str) -> None:
    st.session_state[pdfs.AS] = dict(ways)


def test_whole() -> None:
    """A PDF that goes as it is has its text with the prompt all the same; one of pictures says that it has none."""
    chosen(a=WHOLE, b=WHOLE)
    said = files.message("Look", [File("paper.pdf", PAPER, "a"), File("scan.pdf", SCAN, "b"), File("c.md", b"# C")])

    assert [file.data for file in said.whole_files] == [PAPER, SCAN]
    assert [(file.whole, file.pages) for file in said.files] == [
        *((each.id, each.pages) for each in said.whole_files),
        (None, None),
    ]
    assert "Thirteen apples" in said.text
    assert pdfs.NO_TEXT in said.text
    assert pdfs.AS not in st.session_state
    parts = said.wire()["content"]
    assert [part["type"] for part in parts] == ["text", "file", "file"]
    assert "Thirteen" not in parts[0]["text"]
    assert "# C" in parts[0]["text"]


def test_pages() -> None:
    """Scanned pages go as pictures, each with its name and number."""
    chosen(b=PAGES)
    said = files.message("Look", [File("scan.pdf", SCAN, "b")], "gpt-4o")

    assert [(image.media_type, image.note) for image in said.images] == [("image/jpeg", "scan.pdf, page 1")]  # type: ignore[union-attr]
    assert (said.text, said.files, said.whole_files) == ("Look", (), ())


@pytest.mark.parametrize(
    ("data", "way", "why"),
    [
        (SCAN, TEXT, "scan.pdf: There is no text in this PDF"),
        (PAPER, PAGES, "scan.pdf: The pages of this PDF are no pictures"),
        (made.locked(PAPER, "secret", "AES-256"), WHOLE, "scan.pdf: The PDF has a password"),
    ],
)
def test_refused(data: bytes, way: str, why: str) -> None:
    """What cannot go the way that was chosen is refused with its name, and the choice stays."""
    chosen(b=way)
    with pytest.raises(DocumentError, match=why):
        files.message("Look", [File("scan.pdf", data, "b")])
    assert pdfs.way("b") == way


def test_too_large() -> None:
    """All PDFs that go as they are have a bound together."""
    chosen(a=WHOLE, b=WHOLE)
    large = PAPER + b"\n" * 17_000_000
    with pytest.raises(DocumentError, match="more than 32 MB together"):
        files.message("Look", [File("a.pdf", large, "a"), File("b.pdf", large, "b")])


def test_notes() -> None:
    """What is left out is said for each way."""
    found = files._read(File("scan.pdf", made.scanned(*[pictures.photo()] * 22), "b"), WHOLE)

    assert kinds.is_pdf(found.whole.data)  # type: ignore[union-attr]
    assert pdfs.note(found, PAGES).startswith("The first 20 of 22 pages.")
    assert pdfs.note(found, WHOLE) == ""
    assert pdfs.tokens(found, WHOLE, "m") >= 22 * PAGE
