"""The image page in a browser: the ways in, what reaches the endpoint, and what becomes of the answers."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Download, FilePayload, Page, expect

from tests import pictures
from tests.browser.app import KEY, App
from tests.browser.chat import ANSWER, INPUT, STOP, reopen, say
from tests.fake_nextgpt import FakeNextgpt
from tests.fake_vision import FakeVision
from tests.fake_webraft import FakeWebraft
from tests.served import Asked, Handler, Served
from tests.served import images as sent_in

pytestmark = pytest.mark.browser

FILES = ".st-key-analysis [data-testid=stFileUploader] input[type=file]"
MENU = "[data-testid=stPopoverBody]"
STAGED = "[class*=st-key-remove-]"
PHOTO = pictures.file(pictures.photo(2400, 1800), "JPEG", quality=92, exif=pictures.exif(6).tobytes())
HELD = pictures.held(6)
RED = pictures.file(pictures.quarters(640, 480))
DARK = pictures.file(Image.new("RGB", (64, 64)))
# Neither can be made by hand: a clipboard and a drag that come from outside the page.
HAND_OVER = """([selector, kind, data]) => {
  const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], `${kind}.png`, { type: "image/png" }));
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: transfer })
    : new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer });
  document.querySelector(selector).dispatchEvent(event);
}"""


class Site(Served):
    """A site with one picture at /cat.png; everything else leads into the private network."""

    def answer(self, asked: Asked, reply: Handler) -> None:
        is_cat = asked.path == "/cat.png"
        reply.send_response(200 if is_cat else 302)
        reply.send_header("Location", "http://127.0.0.1/cat.png")
        reply.send_header("Content-Length", str(len(RED) if is_cat else 0))
        reply.end_headers()
        reply.wfile.write(RED if is_cat else b"")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site that all public addresses lead to."""
    site = Site()
    yield site
    site.stop()


@pytest.fixture(scope="module")
def vision() -> Iterator[FakeVision]:
    """An endpoint that checks the bytes it is sent."""
    vision = FakeVision()
    yield vision
    vision.gate.set()
    vision.stop()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, vision: FakeVision, site: Site) -> Iterator[App]:
    """The app, with a web that leads to the site."""
    settings = {"API_BASE_URL": vision.url, "API_KEY": KEY, "API_MODEL": "gpt-4o"}
    web = site.root.rpartition(":")[2]
    app = App(tmp_path_factory.mktemp("app"), script="tests/browser/open_app.py", WEB=web, **settings).start()
    yield app
    app.stop()


@pytest.fixture(autouse=True)
def _forgotten(vision: FakeVision) -> None:
    """The endpoint has forgotten what it has seen."""
    for remembered in (vision.seen, vision.urls, vision.prompts):
        remembered.clear()


@pytest.fixture
def page(tab: Page, app: App) -> Page:
    """The image page, empty."""
    return opened(tab, app)


@pytest.fixture
def asked() -> list[str]:
    """What the browser asks for."""
    return []


@pytest.fixture
def watched(context: BrowserContext, app: App, asked: list[str]) -> Page:
    """The image page, empty, listened to."""
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    return opened(page, app)


def opened(page: Page, app: App, query: str = "") -> Page:
    """Open the image page."""
    page.goto(f"{app.url}image_analysis{query}")
    page.wait_for_selector(INPUT)
    return page


def file(name: str, data: bytes) -> FilePayload:
    """A file as a person has it."""
    return {"name": name, "mimeType": "image/png", "buffer": data}


def add(page: Page, *files: bytes) -> None:
    """Choose files, and wait until they are on the page."""
    before = page.locator(STAGED).count()
    page.set_input_files(FILES, files=[file(f"{number}.png", data) for number, data in enumerate(files)])
    expect(page.locator(STAGED)).to_have_count(before + len(files))


def hand_over(page: Page, kind: str) -> None:
    """Paste or drop a picture onto the input box."""
    page.evaluate(HAND_OVER, [INPUT, kind, base64.b64encode(RED).decode()])


def answered(page: Page, number: int = 1) -> None:
    """Wait until there are so many answers and the last one has ended."""
    expect(page.locator(ANSWER)).to_have_count(number)
    expect(page.locator(ANSWER).last).to_contain_text("reported")


def test_phone_photo(page: Page, vision: FakeVision) -> None:
    """A phone's photo reaches the endpoint upright and bare, and at detail low with a tenth of its bytes at most."""
    add(page, PHOTO)
    page.get_by_role("radio", name="low").click()
    expect(page.locator(".st-key-analysis")).to_contain_text("384 × 512")
    say(page, "What is it?")
    answered(page)
    [seen] = vision.seen

    assert seen.is_bare
    assert seen.image.size == (384, 512)
    assert len(seen.content) <= len(PHOTO) / 10
    assert seen.detail == "low"


def test_upright(page: Page, vision: FakeVision) -> None:
    """What was up when the picture was taken is up when it arrives."""
    add(page, HELD)
    say(page, "Which colours?")
    answered(page)
    colours = pictures.corners(vision.seen[0].image.convert("RGB"))
    wanted = (pictures.RED, pictures.GREEN, pictures.YELLOW, pictures.BLUE)

    pairs = zip(colours, wanted, strict=True)
    assert all(abs(a - b) < 30 for one, other in pairs for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("detail", ["auto", "low", "high"])
def test_detail(page: Page, vision: FakeVision, detail: str) -> None:
    """The chosen detail goes with the picture."""
    add(page, RED)
    page.get_by_role("radio", name=detail).click()
    page.wait_for_timeout(500)
    say(page, "Look.")
    answered(page)

    assert [seen.detail for seen in vision.seen] == [detail]


def test_cost_before_and_after(page: Page) -> None:
    """What a picture is about to cost is shown before it is sent, and what it did beside that after."""
    add(page, RED)
    expect(page.locator(".st-key-analysis")).to_contain_text("~425 tokens")
    say(page, "Look.")
    answered(page)

    expect(page.locator(ANSWER)).to_contain_text("tokens expected, 812 reported")


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_paste_and_drop(page: Page, vision: FakeVision, kind: str) -> None:
    """A picture that is pasted into the input box, or dropped beside the place for files, is taken."""
    hand_over(page, kind)
    expect(page.locator(STAGED)).to_have_count(1)
    expect(page.locator(".st-key-analysis")).to_contain_text(f"{kind}.png")
    say(page, "Look.")
    answered(page)

    assert len(vision.seen) == 1


def test_address(watched: Page, asked: list[str], vision: FakeVision, site: Site) -> None:
    """Parley fetches a picture from the web and sends its bytes; the browser asks nobody else."""
    address(watched, "http://pictures.example/cat.png")
    expect(watched.locator(STAGED)).to_have_count(1)
    say(watched, "Look.")
    answered(watched)

    assert site.asked[-1].path == "/cat.png"
    assert site.asked[-1].headers["Host"] == "pictures.example"
    assert vision.seen[0].image.size == (640, 480)
    assert not [url for url in asked if "pictures.example" in url]


def test_address_for_the_endpoint(watched: Page, asked: list[str], vision: FakeVision, site: Site) -> None:
    """An address that the endpoint is to fetch is sent as it is, and neither Parley nor the browser asks there."""
    before = len(site.asked)
    address(watched, "http://pictures.example/cat.png", "The endpoint fetches it")
    expect(watched.locator(STAGED)).to_have_count(1)
    say(watched, "Look.")
    answered(watched)

    assert vision.urls == ["http://pictures.example/cat.png"]
    assert len(site.asked) == before
    assert not [url for url in asked if "pictures.example" in url]


def test_redirect_into_the_private_network(page: Page) -> None:
    """An address that leads there is refused in a sentence."""
    address(page, "http://pictures.example/elsewhere")

    expect(page.locator(MENU)).to_contain_text("127.0.0.1 is not on the public internet")


def address(page: Page, url: str, who: str = "Parley fetches it") -> None:
    """Give the address of a picture."""
    page.get_by_role("button", name="Web address").click()
    menu = page.locator(MENU)
    menu.get_by_text(who, exact=True).click()
    page.wait_for_timeout(700)
    menu.get_by_label("Address of a picture").fill(url)
    menu.get_by_label("Address of a picture").press("Enter")
    menu.get_by_role("button", name="Add it").click()


def test_camera(context: BrowserContext, app: App, vision: FakeVision) -> None:
    """The camera is asked for only on demand; its picture is one like any other."""
    context.grant_permissions(["camera"], origin=app.url)
    page = opened(context.new_page(), app)
    expect(page.locator("[data-testid=stCameraInput]")).to_have_count(0)
    page.get_by_role("button", name="Camera").click()
    expect(page.locator("[data-testid=stCameraInput] video")).to_have_js_property("readyState", 4)
    page.wait_for_timeout(500)  # its first frame
    page.get_by_role("button", name="Take Photo").click()
    expect(page.locator(STAGED)).to_have_count(1)
    say(page, "Look.")
    answered(page)

    assert len(vision.seen) == 1
    expect(page.locator("[data-testid=stCameraInput]")).to_have_count(0)


def test_several_in_an_order(page: Page, vision: FakeVision) -> None:
    """Several pictures go together, in the order that they were put in."""
    add(page, RED, PHOTO)
    page.locator("[class*=st-key-later-] button").first.click()
    expect(page.locator("[class*=st-key-order-]").first).to_contain_text("1.png")
    page.get_by_role("button", name="Compare these two").click()
    answered(page)

    assert [seen.image.size for seen in vision.seen] == [(768, 1024), (640, 480)]
    assert vision.prompts[-1].startswith("Compare these pictures")


def test_follow_up(page: Page, vision: FakeVision) -> None:
    """A second question has the same picture; so has one after a reload, and the picture is on the page."""
    add(page, RED)
    say(page, "first")
    answered(page)
    say(page, "second")
    answered(page, 2)
    reopen(page)
    say(page, "third")
    answered(page, 3)

    expect(page.locator(ANSWER).last).to_contain_text("I see 1 pictures.")
    assert vision.prompts == ["first", "second", "third"]
    expect(page.locator(".st-key-analysis [data-testid=stImage] img").first).to_be_visible()
    assert "/image_analysis?c=" in page.url


TASKS = ("Describe", "Read the text", "Table as CSV", "Describe the chart", "Alt text", "Answer as JSON")


def test_tasks(page: Page, vision: FakeVision) -> None:
    """Each task asks with one click."""
    add(page, RED)
    for number, name in enumerate(TASKS, 1):
        page.locator(".st-key-tasks").get_by_role("button", name=name, exact=True).click()
        answered(page, number)

    assert len(set(vision.prompts)) == len(TASKS)


@pytest.mark.parametrize(
    ("task", "kind", "part"),
    [("Table as CSV", "csv", "'=1+1,2"), ("Answer as JSON", "json", '"objects": []')],
)
def test_download(page: Page, task: str, kind: str, part: str) -> None:
    """An answer that is a table or JSON can be had as a file in which no formula runs."""
    add(page, RED)
    page.get_by_role("button", name=task).click()
    answered(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Download {kind.upper()}").click()

    assert waiting.value.suggested_filename.endswith(f".{kind}")
    assert part in text(waiting.value)


def text(download: Download) -> str:
    """Return what was downloaded."""
    return download.path().read_text(encoding="utf-8")


def test_stop(page: Page, vision: FakeVision) -> None:
    """Stop ends an answer that has not begun; the picture stays."""
    vision.gate.clear()
    add(page, RED)
    say(page, "slow")
    page.locator(STOP).click()
    expect(page.locator(ANSWER)).to_contain_text("Stopped")
    vision.gate.set()

    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_sidebar_leads_back(page: Page, app: App) -> None:
    """A conversation about pictures is listed on the chat page too, and opens here."""
    add(page, RED)
    say(page, "found again")
    answered(page)
    page.goto(app.url)
    page.locator("[data-testid=stSidebar]").get_by_role("link", name="found again").first.click()

    expect(page.locator(".st-key-analysis")).to_be_visible()
    answered(page)


def test_file_that_is_no_picture(page: Page) -> None:
    """What is no picture is refused under its name; the good one beside it is taken, and what was typed stays."""
    page.fill(INPUT, "typed with care")
    page.set_input_files(FILES, files=[file("bad.png", b"<svg onload=alert(1)>"), file("good.png", RED)])

    expect(page.locator(STAGED)).to_have_count(1)
    expect(page.get_by_text("An SVG drawing is not taken.")).to_be_visible()
    expect(page.get_by_text("bad.png")).to_be_visible()
    expect(page.locator(INPUT)).to_have_value("typed with care")


def test_phone(browser: Browser, app: App) -> None:
    """At 390 pixels pictures stand above the talk, and nothing is wider than the screen."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(15_000)
    page = opened(context.new_page(), app)
    add(page, RED)
    say(page, "Look.")
    answered(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    picture = page.locator(".st-key-analysis [data-testid=stImage]").first.bounding_box()
    answer = page.locator(ANSWER).first.bounding_box()
    context.close()

    assert wide <= 390
    assert picture
    assert answer
    assert picture["y"] < answer["y"]


# --- many at once


def start_batch(page: Page, *files: bytes) -> None:
    """Choose pictures for a batch, and ask."""
    page.get_by_role("link", name="Many at once").click()
    expect(page.get_by_text("One question, many pictures")).to_be_visible()
    names = [file(f"{number}.png", data) for number, data in enumerate(files)]
    page.set_input_files(".st-key-batch input[type=file]", files=names)
    expect(page.locator(".st-key-batch")).to_contain_text(f"{len(files)} pictures")


def test_batch(page: Page, vision: FakeVision) -> None:
    """One question goes to each picture; one that is refused does not stop the rest, and the table is a CSV."""
    start_batch(page, RED, DARK, PHOTO, b"no picture")
    say(page, "What is it?")
    table = page.locator(".st-key-batch")
    expect(table).to_contain_text("2 of 4 answered")
    expect(table).to_contain_text("too dark")
    expect(table).to_contain_text("not a picture")
    expect(table.locator("img")).to_have_count(3)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()

    lines = text(waiting.value).splitlines()
    assert lines[0] == "\ufeffpicture,state,answer,error,prompt_tokens,completion_tokens"
    assert lines[1].startswith("0.png,done,I see 1 pictures.,,812,5")
    assert all(seen.is_bare for seen in vision.seen)


def test_batch_after_a_reload(page: Page, vision: FakeVision) -> None:
    """A batch goes on while the page is loaded anew, and its address leads to it."""
    vision.gate.clear()
    start_batch(page, RED, PHOTO)
    say(page, "slow")
    expect(page.locator(".st-key-batch")).to_contain_text("0 of 2")
    page.reload()
    expect(page.locator(".st-key-batch")).to_contain_text("0 of 2")
    vision.gate.set()

    expect(page.locator(".st-key-batch")).to_contain_text("2 of 2 answered")
    assert len(vision.prompts) == 2


def test_batch_is_stopped(page: Page, vision: FakeVision) -> None:
    """Stop ends what is being asked as well, at once; all of it can be asked again."""
    vision.gate.clear()
    start_batch(page, *[RED] * 5)
    say(page, "slow")
    page.locator(STOP).click()
    expect(page.locator(".st-key-batch")).to_contain_text("0 of 5 answered")
    vision.gate.set()
    page.get_by_role("button", name="Ask again about the others").click()

    expect(page.locator(".st-key-batch")).to_contain_text("5 of 5 answered")


# --- the documented shapes


@pytest.fixture
def nextgpt() -> Iterator[FakeNextgpt]:
    """A NEXTgpt."""
    vendor = FakeNextgpt()
    yield vendor
    vendor.stop()


@pytest.fixture
def webraft() -> Iterator[FakeWebraft]:
    """A WebraftAI."""
    vendor = FakeWebraft()
    yield vendor
    vendor.stop()


@pytest.mark.parametrize(("provider", "model"), [("nextgpt", "GPT3"), ("webraft", "gpt-4o-mini")])
def test_vendors(tab: Page, tmp_path, nextgpt: FakeNextgpt, webraft: FakeWebraft, provider: str, model: str) -> None:
    """Both documented back ends get the picture in the shape that they document."""
    vendor = nextgpt if provider == "nextgpt" else webraft
    app = App(tmp_path, API_BASE_URL=vendor.url, API_KEY=vendor.key, API_MODEL=model, API_PROVIDER=provider).start()
    try:
        page = opened(tab, app)
        add(page, RED)
        say(page, "What is it?")
        expect(page.locator(ANSWER)).to_contain_text("What is it? [image, auto]")
    finally:
        app.stop()
    [image] = sent_in(next(asked.body for asked in reversed(vendor.asked) if asked.method == "POST"))

    head, _, data = image["url"].partition(",")
    assert head == "data:image/png;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (640, 480)
