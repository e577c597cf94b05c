"""What answers and how: models of several endpoints, parameters, pictures, and the details of an answer."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.app import KEY, App, free_port
from tests.browser.chat import (
    ANSWER,
    DIALOG,
    INPUT,
    MENU,
    answered,
    attach,
    choose,
    close,
    details,
    enter,
    parameters,
    reopen,
    say,
)
from tests.endpoint import FakeEndpoint

pytestmark = pytest.mark.browser

SECOND_KEY = "sk-second-0123456789abcdef"
# One pixel, as a file that a person has.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
SECRETS = """
[endpoints.first]
base_url = "{first}"
api_key = "{key}"
model = "one"
[endpoints.second]
base_url = "{second}"
api_key = "{second_key}"
model = "two"
[endpoints.dead]
base_url = "http://127.0.0.1:{closed}/v1"
"""


@pytest.fixture(scope="module")
def second() -> Iterator[FakeEndpoint]:
    """Another endpoint."""
    endpoint = FakeEndpoint()
    yield endpoint
    endpoint.stop()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, endpoint: FakeEndpoint, second: FakeEndpoint) -> Iterator[App]:
    """The app with three endpoints, one of which nobody listens at."""
    urls = {"first": endpoint.url, "second": second.url, "closed": free_port()}
    secrets = SECRETS.format(key=KEY, second_key=SECOND_KEY, **urls)
    app = App(tmp_path_factory.mktemp("app"), secrets).start()
    yield app
    app.stop()


def test_models_are_grouped_by_endpoint(page: Page) -> None:
    """The menu has each endpoint's name over its models, and says which one does not answer."""
    page.locator(".st-key-models button").click()
    menu = page.locator(MENU)

    for name in ("first", "second", "dead"):
        expect(menu.locator("strong", has_text=name)).to_be_visible()
    expect(menu).to_contain_text("Nothing answers")


def test_chosen_model_answers(page: Page, second: FakeEndpoint) -> None:
    """A prompt goes to the endpoint that was chosen, with its model and its own key."""
    choose(page, "two")
    say(page, "n2 r0 for the second")
    answered(page)

    asked = second.asked[-1]

    assert (asked.prompt, asked.body["model"]) == ("n2 r0 for the second", "two")
    assert asked.headers["Authorization"] == f"Bearer {SECOND_KEY}"


def test_choice_stays_with_the_conversation(page: Page) -> None:
    """A conversation that is opened again has the model that it had."""
    choose(page, "two")
    say(page, "n2 r0 stays")
    answered(page)
    reopen(page)

    expect(page.locator(".st-key-models")).to_contain_text("two · second")


def test_parameters_are_sent(page: Page, endpoint: FakeEndpoint) -> None:
    """What was set is in the request, and what was not is not."""
    menu = parameters(page)
    enter(menu.get_by_label("System prompt"), "Be brief.")
    enter(menu.get_by_label("Temperature", exact=True), "0.5")
    close(page)
    say(page, "n2 r0 with parameters")
    answered(page)

    body = endpoint.asked[-1].body

    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert body["temperature"] == 0.5
    assert set(body) == {"messages", "model", "stream", "stream_options", "temperature"}


def test_parameters_stay_with_the_conversation(page: Page) -> None:
    """After a reload they are what they were; a new conversation has none."""
    enter(parameters(page).get_by_label("Max tokens", exact=True), "77")
    close(page)
    say(page, "n2 r0 stays")
    answered(page)
    reopen(page)

    expect(parameters(page).get_by_label("Max tokens", exact=True)).to_have_value("77")
    close(page)
    page.get_by_role("link", name="New chat").click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    expect(parameters(page).get_by_label("Max tokens", exact=True)).to_have_value("")


def test_extra_json_is_merged(page: Page, endpoint: FakeEndpoint) -> None:
    """What is in the box of extra JSON is in the request."""
    enter(parameters(page).get_by_label("Extra JSON"), '{"top_k": 4}')
    close(page)
    say(page, "n2 r0 extra")
    answered(page)

    assert endpoint.asked[-1].body["top_k"] == 4


def test_extra_that_is_no_json_is_said(page: Page) -> None:
    """What cannot be read stays in its box, with what is wrong about it."""
    field = parameters(page).get_by_label("Extra JSON")
    enter(field, "{top_k: 4}")

    expect(page.locator(MENU)).to_contain_text("Not sent: this is not JSON")
    expect(field).to_have_value("{top_k: 4}")


def test_answer_without_streaming(page: Page, endpoint: FakeEndpoint) -> None:
    """With streaming off the answer is asked for in one piece."""
    parameters(page).get_by_text("Stream the answer").click()
    page.wait_for_timeout(500)
    close(page)
    say(page, "n3 r0 whole")
    answered(page)

    assert "stream" not in endpoint.asked[-1].body
    expect(page.locator(ANSWER)).to_contain_text("w0 w1 w2")


def test_picture_is_sent(page: Page, endpoint: FakeEndpoint) -> None:
    """A picture beside a prompt reaches the endpoint as data, and stays on the page after a reload."""
    attach(page, {"name": "one.png", "mimeType": "image/png", "buffer": PIXEL})
    say(page, "n2 r0 look")
    answered(page)
    text, image = endpoint.asked[-1].body["messages"][-1]["content"]
    reopen(page)

    assert text == {"type": "text", "text": "n2 r0 look"}
    assert image["image_url"]["url"].startswith("data:image/png;base64,")
    assert image["image_url"]["detail"] == "auto"
    expect(page.locator("[data-testid=stChatMessage] img")).to_have_count(1)


def test_file_that_is_no_picture(page: Page) -> None:
    """A file that is none is refused in a sentence, and what was typed stays."""
    attach(page, {"name": "one.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"})
    say(page, "typed with care")

    expect(page.locator("[data-testid=stAlert]")).to_contain_text("An SVG drawing is not taken.")
    expect(page.locator(INPUT)).to_have_value("typed with care")


def test_details_show_what_was_sent(page: Page, endpoint: FakeEndpoint) -> None:
    """The request is shown with a placeholder where the key was."""
    say(page, "n2 r0 what was sent")
    answered(page)
    dialog = details(page)
    dialog.get_by_role("tab", name="Request").click()

    expect(dialog).to_contain_text(f"POST {endpoint.url}/chat/completions")
    expect(dialog).to_contain_text("Authorization: Bearer $API_KEY")
    assert KEY not in page.content()


def test_closed_dialogs_stay_closed(page: Page) -> None:
    """What was closed does not come back with the next prompts, however it was closed."""
    say(page, "n2 r0 first")
    answered(page)
    for number, way in enumerate(("Escape", "Close", "Usage")):
        page.mouse.move(5, 5)  # where a dialog's button was there may be another one, whose tip lies over the menu
        if way == "Usage":
            page.locator(".st-key-actions button").first.click()
            page.get_by_role("button", name="Usage", exact=True).click()
            expect(page.locator(DIALOG)).to_contain_text("calls that have ended")
        else:
            details(page)
        if way == "Close":
            page.locator(DIALOG).get_by_role("button", name="Close").click()
        else:
            page.keyboard.press("Escape")
        expect(page.locator(DIALOG)).to_have_count(0)
        for again in range(2):
            say(page, f"n2 r0 next {number} {again}")
            expect(page.locator(ANSWER)).to_have_count(2 + 2 * number + again)
            answered(page)
            expect(page.locator(DIALOG)).to_have_count(0)


def test_details_show_what_came(page: Page) -> None:
    """The response is shown with its status and its chunks as they came."""
    say(page, "n2 r0 what came")
    answered(page)
    dialog = details(page)
    dialog.get_by_role("tab", name="Response").click()

    expect(dialog).to_contain_text("HTTP 200")
    expect(dialog).to_contain_text('data: {"model": "fake-served"')


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("curl", "curl --no-buffer"),
        ("Python requests", "import requests"),
        ("Python openai", "base_url="),
        ("Node axios", "axios"),
    ],
)
def test_details_show_code(page: Page, language: str, word: str) -> None:
    """The same request stands there as code in four languages, with the key taken from the environment."""
    say(page, "n2 r0 as code")
    answered(page)
    dialog = details(page)
    dialog.get_by_role("radio", name=language).click()

    expect(dialog.locator("[data-testid=stCode]").first).to_contain_text(word)
    expect(dialog.locator("[data-testid=stCode]").first).to_contain_text("API_KEY")


@pytest.fixture
def own(tmp_path: Path, endpoint: FakeEndpoint) -> Iterator[App]:
    """An app of the test's own, to be stopped and started."""
    app = App(tmp_path, API_BASE_URL=endpoint.url, API_KEY=KEY, API_MODEL="fake").start()
    yield app
    app.stop()


def test_details_after_a_restart(context: BrowserContext, own: App) -> None:
    """What went over the wire is gone with the process; the request is made again from what is stored."""
    page = context.new_page()
    page.goto(own.url)
    say(page, "n2 r0 before the restart")
    answered(page)
    own.stop()
    own.start()
    reopen(page)
    dialog = details(page)
    dialog.get_by_role("tab", name="Request").click()

    expect(dialog).to_contain_text("Made again from what is stored")
    expect(dialog).to_contain_text("n2 r0 before the restart")
