"""A demonstration in Chromium: an endpoint dies, others stall wherever they may, and the recording goes on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from lib.compare.packs import Pack, Recording, Step, written
from lib.model_choice import ModelChoice
from tests.browser.app import App
from tests.browser.chat import close, enter
from tests.endpoint import FakeEndpoint

pytestmark = pytest.mark.browser

LANE = (ModelChoice("default", "fake"),)
LABEL = "Recorded on 26 Nov 2026"
WORDS = [f"w{number}" for number in range(40)]
AT = datetime(2026, 11, 26, tzinfo=UTC)
DIES = Recording(AT, "fake", tuple((0.05 * number, f"{word} ") for number, word in enumerate(WORDS)))
STALLS = Recording(AT, "fake", ((0.1, "Said "), (0.2, "before.")))
PROSE = "held The tide comes twice a day, and the moon is why."
CODE = "held Look:\n\n```py\nhigh = 16.3\nlow = 1.5\n```\n\nThat is all."


def said(text: str) -> Recording:
    """Return a recording of a text, a few characters at a time."""
    pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
    return Recording(AT, "fake", tuple((0.05 * number, piece) for number, piece in enumerate(pieces)))


PACK = Pack(
    "On stage",
    (
        Step("cut 5 n40 r20", LANE, note="Smile.", recordings=(DIES,)),
        Step("d600000 never", LANE, note="Breathe.", recordings=(STALLS,)),
        Step("say alive", LANE),
        Step(f"say {PROSE[:24]}", LANE, recordings=(said(PROSE),)),
        Step(f"say {CODE[:26]}", LANE, recordings=(said(CODE),)),
    ),
)
STAGE = ".st-key-lane-1"


def load(page: Page, app: App) -> None:
    """Open the pack."""
    page.goto(f"{app.url}demo")
    pack = {"name": "pack.zip", "mimeType": "application/zip", "buffer": written(PACK)}
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(pack)  # type: ignore[arg-type]  # a dict will do
    expect(page.locator(".st-key-present button:visible")).to_be_visible()


def test_settings_opened_late(page: Page, app: App) -> None:
    """The menu of settings has what holds when it is opened after the page was drawn anew, and changes none of it."""
    load(page, app)
    page.locator(".st-key-step-edit-2 button:visible").click()
    expect(page.locator(".st-key-step-form-2")).to_be_visible()
    page.locator(".st-key-demo-settings button:visible").click()
    expect(page.get_by_label("Seconds to the first word")).to_have_value("4.00")
    expect(page.get_by_label("Seconds of silence")).to_have_value("6.00")
    expect(page.get_by_role("switch", name="Ask live")).to_be_checked()
    close(page)
    page.locator(".st-key-step-edit-2 button:visible").click()
    expect(page.locator(".st-key-step-form-2")).to_have_count(0)

    expect(page.get_by_text("Ask live is off")).to_have_count(0)


@pytest.mark.timeout(180)
def test_demo(page: Page, app: App, endpoint: FakeEndpoint) -> None:
    """An endpoint that dies, one that lives, and stalls at the start, in a word, in a fence; keys; notes."""
    load(page, app)
    page.locator(".st-key-demo-settings button:visible").click()
    enter(page.get_by_label("Seconds of silence"), "2")
    close(page)
    page.locator(".st-key-present button:visible").click()
    stage = page.locator(STAGE)
    expect(stage).to_contain_text(LABEL)
    expect(stage.locator("[data-testid=stChatMessage] p").first).to_have_text(" ".join(WORDS))
    expect(page.locator("[data-testid=stSidebar]")).to_have_count(0)
    expect(page.locator("body")).not_to_contain_text("Smile.")

    notes = page.context.new_page()
    notes.goto(page.url.replace("on=stage", "on=notes"))
    expect(notes.locator(".st-key-stage-notes")).to_contain_text("Smile.")
    expect(notes.locator("[data-testid=stSidebar]")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(notes.locator(".st-key-stage-notes")).to_contain_text("Breathe.")
    expect(stage).to_contain_text("Said before.")
    expect(stage).to_contain_text(LABEL)
    asked = len(endpoint.asked)
    page.reload()
    expect(page.locator(STAGE)).to_contain_text("Said before.")
    assert len(endpoint.asked) == asked

    notes.locator(".st-key-next button").click()
    expect(stage).to_contain_text("alive")
    expect(stage).to_contain_text("Live")
    page.keyboard.press("b")
    expect(page.locator(":root[data-blank]")).to_have_count(1)
    page.keyboard.press("PageUp")
    expect(page.locator(":root[data-blank]")).to_have_count(0)
    expect(stage).to_contain_text("Said before.")
    page.keyboard.press("ArrowRight")
    expect(stage).to_contain_text("alive")
    page.keyboard.press("ArrowRight")
    expect(stage.locator("[data-testid=stChatMessage] p").first).to_have_text(PROSE)
    expect(stage).to_contain_text(LABEL)
    page.keyboard.press("ArrowRight")
    expect(stage.locator("[data-testid=stCode] code")).to_have_text("high = 16.3\nlow = 1.5")
    expect(stage.get_by_text("That is all.", exact=True)).to_be_visible()
    expect(stage).to_contain_text(LABEL)
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-present button:visible")).to_be_visible()
    expect(page.locator("[data-testid=stSidebar]")).to_be_visible()
