"""What is attached and pasted: what is refused holds the prompt, and pixels that are lost are announced."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests import pictures
from tests.browser.app import KEY, App
from tests.browser.axe import Walk
from tests.browser.chat import ANSWER, DIALOG, INPUT, answered, attach, reopen, say
from tests.documents import made
from tests.endpoint import FakeEndpoint

pytestmark = pytest.mark.browser

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
FILES = "[data-testid=stFileUploader] input[type=file]"
KEYS = """([selector, key, code]) => document.querySelector(selector).dispatchEvent(
  new KeyboardEvent("keydown", {key, keyCode: code, isComposing: code !== 229, bubbles: true, cancelable: true}))"""
PASTE = """([selector, content, kinds]) => {
  const data = new DataTransfer();
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  data.items.add(new File([bytes], "cells.png", {type: "image/png"}));
  for (const kind of kinds) data.setData(kind, "1\\t2");
  const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
  return document.querySelector(selector).dispatchEvent(event);
}"""


def moving() -> bytes:
    """An animation that begins with nothing."""
    frames = [Image.new("RGB", (64, 48), "white"), pictures.quarters()]
    return pictures.file(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)


def white_lines() -> bytes:
    image = Image.new("RGBA", (200, 120))
    ImageDraw.Draw(image).line((10, 10, 190, 110), "white", 5)
    return pictures.file(image)


def file(name: str, data: bytes, kind: str = "application/octet-stream") -> dict:
    return {"name": name, "mimeType": kind, "buffer": data}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, endpoint: FakeEndpoint) -> Iterator[App]:
    """The app, with a model that sees."""
    app = App(tmp_path_factory.mktemp("app"), API_BASE_URL=endpoint.url, API_KEY=KEY, API_MODEL="gpt-4o").start()
    yield app
    app.stop()


def refused(page: Page, given: dict, words: str) -> None:
    """Attach what is refused and press Enter: the prompt stays, and the page says why."""
    attach(page, given)
    held(page, words)


def held(page: Page, words: str) -> None:
    """Press Enter with what is refused: the prompt stays, and the page says why."""
    say(page, "n2 r0 typed with care")
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.locator(INPUT)).to_have_count(1)  # drawn anew, with what was typed
    expect(page.locator(INPUT)).to_have_value("n2 r0 typed with care")
    assert page.locator(ANSWER).count() == 0


def test_chat(page: Page, endpoint: FakeEndpoint, tmp_path: Path) -> None:
    """What is refused holds the prompt; files are told by their bytes; what becomes of pictures is said, and stays."""
    refused(page, file("drawing.psd", b"8BPS\0\1", "image/x-psd"), "drawing.psd: A Photoshop file is not taken.")
    refused(page, file("tool.exe", b"MZ\0\0"), "tool.exe: This is no kind of file that Parley reads.")
    large = tmp_path / "large.bmp"
    large.write_bytes(b"BM")
    os.truncate(large, 30_000_000)
    page.set_input_files("[data-testid=stChatInput] input[type=file]", large)
    held(page, "File must be 20.0MB or smaller.")
    page.locator("[data-testid=stChatInputSubmitButton]").click()
    expect(page.locator(INPUT)).to_have_value("n2 r0 typed with care")
    page.locator("[data-testid=stFileChipDeleteBtn] button").click()

    photo = pictures.file(pictures.photo(), "JPEG")
    given = [file("a.jfif", photo), file("b.JPE", photo), file("c", pictures.file(pictures.quarters(), "HEIF"))]
    page.set_input_files("[data-testid=stChatInput] input[type=file]", files=given)
    expect(page.locator("[data-testid=stFileChip]")).to_have_count(3)
    expect(page.locator("[data-testid=stFileChipIconSpinner]")).to_have_count(0)
    say(page, "n2 r0 look")
    answered(page)
    assert len(endpoint.asked[-1].body["messages"][-1]["content"]) == 4

    for name, data in (("moving.gif", moving()), ("lines.png", white_lines())):
        attach(page, file(name, data))
        say(page, "n2 r0 look")
        expect(page.locator(ANSWER)).to_have_count(2 if name == "moving.gif" else 3)
        answered(page)
    for _ in range(2):
        expect(page.get_by_text("An animation of 2 pictures: number 2 is sent, because")).to_be_visible()
        expect(page.get_by_text("Laid on dark grey: on white, its light parts would not be seen.")).to_be_visible()
        reopen(page)


@pytest.mark.timeout(180)
def test_files(page: Page, endpoint: FakeEndpoint) -> None:
    """Files are weighed before they are sent as text, stand below their prompt by name, and stay through an edit."""
    walk = Walk(page)
    weights = page.locator(".st-key-attached [data-testid=stCaptionContainer]")
    given = [
        file("report.pdf", made.pdf("Thirteen apples", "A pear")),
        file("sums.xlsx", made.workbook(Sums=[["fruit", "sum"], ["plum", 12]])),
        file("letter.docx", made.word("A quince")),
        file("talk.pptx", made.slides("Cherries")),
        file("rows.csv", b"fruit;sum\nfig;3\n", "text/csv"),
        file("notes.md", b"# Medlars"),
        file("code.py", b"print('damson')"),
        file("logo.svg", SVG, "image/svg+xml"),
        file("locked.pdf", made.locked(made.pdf("x"), "secret")),
    ]
    page.set_input_files("[data-testid=stChatInput] input[type=file]", files=given)
    expect(weights).to_have_count(10)
    expect(weights.filter(has_text="report.pdf")).to_have_text(re.compile(r"report\.pdf · ~\d+ tokens"))
    expect(weights.filter(has_text="locked.pdf")).to_have_text(
        "locked.pdf · The PDF has a password. Save it without a password, then attach it again."
    )
    expect(weights.last).to_contain_text("Together")
    walk.look("files that wait")
    locked = page.locator("[data-testid=stFileChip]").filter(has_text="locked.pdf")
    locked.locator("[data-testid=stFileChipDeleteBtn] button").click()
    expect(weights).to_have_count(9)
    say(page, "n2 r0 count the fruit")
    answered(page)
    expect(weights.first).to_be_hidden()

    sent = endpoint.asked[-1].body["messages"][-1]["content"]
    fruits = ("[Page 2]\nA pear", "plum,12", "A quince", "Cherries", "fig;3", "# Medlars", "print('damson')")
    for words in ("n2 r0 count the fruit", "File: report.pdf", *fruits, "<svg xmlns="):
        assert words in sent
    prompt = page.locator("[data-testid=stChatMessageContent][aria-label$=user]")
    for _ in range(2):
        expect(prompt.get_by_role("button", name="report.pdf")).to_be_visible()
        expect(prompt).not_to_contain_text("Thirteen")
        prompt.get_by_role("button", name="report.pdf").click()
        expect(page.locator(DIALOG)).to_contain_text("Thirteen apples")
        walk.look("a file that was sent")
        page.keyboard.press("Escape")
        expect(page.locator(DIALOG)).to_have_count(0)
        reopen(page)
    prompt.hover()
    page.locator("[class*=st-key-edit-] button").first.click()
    box = page.locator("[class*=st-key-editor-] textarea")
    expect(box).to_have_value("n2 r0 count the fruit")
    box.fill("n2 r0 and the drawings")
    box.press("Enter")
    expect(page.get_by_text("n2 r0 and the drawings")).to_be_visible()
    answered(page)

    assert "A pear" in endpoint.asked[-1].body["messages"][-1]["content"]
    assert "count the fruit" not in endpoint.asked[-1].body["messages"][-1]["content"]
    assert walk.found == ""


@pytest.mark.timeout(180)
def test_pdfs(page: Page, app: App, endpoint: FakeEndpoint) -> None:
    """A PDF goes as text, as its scanned pages, or as it is once a check has shown that; edits and reloads keep it."""
    walk = Walk(page)
    endpoint.letter = "marzipan"  # what stands in the check's PDF
    page.goto(f"{app.url}endpoints")
    page.get_by_role("button", name="Check").first.click()
    expect(page.get_by_text("It reads a PDF as it is.")).to_be_visible()
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    scan, paper = made.scanned(pictures.photo()), made.pdf("Thirteen apples")
    given = [file("scan.pdf", scan), file("paper.pdf", paper)]
    page.set_input_files("[data-testid=stChatInput] input[type=file]", files=given)
    choice = page.locator(".st-key-attached [role=radiogroup]")
    expect(choice).to_have_count(2)
    choice.filter(has_text="As pictures").get_by_text("As pictures").click()
    expect(page.locator(".st-key-attached")).to_contain_text("Of each page the picture that was scanned.")
    last = choice.filter(has_not_text="As pictures")
    last.get_by_text("As a PDF").click()
    expect(last.get_by_role("radio", name="As a PDF")).to_be_checked()
    expect(page.locator(".st-key-attached")).to_contain_text(re.compile(r"paper\.pdf · ~1.0\d\d tokens"))
    walk.look("PDFs that wait")
    say(page, "n2 r0 look")
    answered(page)

    def kinds() -> list[str]:
        return [part["type"] for part in endpoint.asked[-1].body["messages"][0]["content"]]

    assert kinds() == ["text", "file", "image_url"]
    assert "Thirteen" not in endpoint.asked[-1].prompt
    reopen(page)
    prompt = page.locator("[data-testid=stChatMessageContent][aria-label$=user]")
    prompt.get_by_role("button", name="paper.pdf").click()
    expect(page.locator(DIALOG)).to_contain_text("Sent as it is, 1 page")
    expect(page.locator(DIALOG)).to_contain_text("Thirteen apples")
    walk.look("a PDF that was sent")
    page.keyboard.press("Escape")
    expect(page.locator(DIALOG)).to_have_count(0)
    say(page, "n2 r0 and now?")
    expect(page.locator(ANSWER)).to_have_count(2)
    answered(page)
    endpoint.letter = "w"
    assert kinds() == ["text", "file", "image_url"]
    assert walk.found == ""


def test_keys_and_clipboard(page: Page) -> None:
    """Keys of an input method neither send nor stop; of a spreadsheet's cells the text is pasted, not their picture."""
    page.fill(INPUT, "n400 r40 にほんご")
    page.locator(INPUT).focus()
    for code in (13, 229):
        page.evaluate(KEYS, [INPUT, "Enter", code])
    pixel = base64.b64encode(pictures.file(pictures.quarters())).decode()
    assert page.evaluate(PASTE, [INPUT, pixel, ["text/plain", "text/html"]])  # the browser goes on with its own
    page.wait_for_timeout(300)
    expect(page.locator("[data-testid=stFileChip]")).to_have_count(0)
    expect(page.locator(INPUT)).to_have_value("n400 r40 にほんご")
    assert page.locator(ANSWER).count() == 0
    assert not page.evaluate(PASTE, [INPUT, pixel, ["text/html"]])
    expect(page.locator("[data-testid=stFileChip]")).to_have_count(1)
    page.locator("[data-testid=stFileChipDeleteBtn] button").click()

    page.press(INPUT, "Enter")
    expect(page.locator(ANSWER)).to_contain_text("w3")
    for code in (27, 229):
        page.evaluate(KEYS, [INPUT, "Escape", code])
    expect(page.locator(ANSWER)).to_contain_text("w40")
    page.locator(INPUT).press("Escape")
    expect(page.locator(ANSWER)).to_contain_text("Stopped")


def test_image_page(page: Page, app: App, endpoint: FakeEndpoint) -> None:
    """On the image page files are told by their bytes too, and of several pictures in a file another can be sent."""
    page.goto(f"{app.url}image_analysis")
    page.wait_for_selector(INPUT)
    page.set_input_files(FILES, files=[file("photo.jfif", pictures.file(pictures.photo(), "JPEG"))])
    expect(page.locator(".st-key-analysis")).to_contain_text("JPEG 640 × 480")
    page.set_input_files(FILES, files=[file("moving.gif", moving()), file("drawing.svg", SVG)])
    place = page.locator(".st-key-analysis")
    expect(place).to_contain_text("An SVG drawing is not taken.")
    expect(place).to_contain_text("An animation of 2 pictures: number 2 is sent, because the first is empty.")
    place.get_by_label("Which of the 2 to send").fill("1")
    place.get_by_label("Which of the 2 to send").press("Enter")
    expect(place).to_contain_text("An animation of 2 pictures: number 1 is sent.")
    say(page, "n2 r0 look")
    answered(page)

    assert len(endpoint.asked[-1].body["messages"][-1]["content"]) == 3
