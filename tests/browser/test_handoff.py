"""The pages to hand on, as Chromium saves them, opened from the disk with the network off: right, silent, sealed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.app import ROOT, App
from tests.browser.chat import INPUT, say
from tests.browser.test_demo import PACK, load

pytestmark = pytest.mark.browser

# What stands beside the window, or is cut by what it stands in, and no swipe brings it back.
CUT = """() => [...document.querySelectorAll("main *")].filter((each) => !each.closest("svg, pre, table, .chart"))
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 || each.scrollWidth > each.clientWidth + 1
    && getComputedStyle(each).overflowX === "hidden").map((each) => each.outerHTML.slice(0, 80))"""
GROUND = "getComputedStyle(document.body).backgroundColor"


def saved(page: Page, button: str, folder: Path) -> Path:
    """Press a button that saves a file, and return where it is."""
    with page.expect_download() as download:
        page.locator(f"{button} button:visible").click()
    download.value.save_as(folder / "handed.html")
    return folder / "handed.html"


def status(file: Path) -> int:
    """Return how `verify` ends."""
    command = [sys.executable, "-m", "lib.compare", "verify", file]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode


def sealed(file: Path) -> None:
    """See that a page is as it was written, and that one other character is noticed, wherever it stands."""
    assert status(file) == 0
    content = file.read_text(encoding="utf-8")
    for word in ("<h1>", "Costs and times", "Written by Parley"):
        at = content.index(word) + len(word) - 1
        changed = chr(ord(content[at]) + 1)
        file.write_text(content[:at] + changed + content[at + 1 :], encoding="utf-8")
        assert status(file) == 1, word


def opened(context: BrowserContext, file: Path, look: Callable[[Page], None]) -> None:
    """Open a page with the network off, light and dark, on a desk and a phone, and see that it asks nobody."""
    page, asked, spoken = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: spoken.append(message.text))
    context.set_offline(True)
    page.goto(file.as_uri())
    look(page)
    grounds = []
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # they are two of its words
            grounds.append(page.evaluate(GROUND))
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.evaluate(CUT) == []
    context.set_offline(False)

    assert grounds == ["rgb(255, 255, 255)", "rgb(20, 23, 26)"] * 2
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert spoken == []


def side_by_side(page: Page) -> None:
    """See that the answers of a round stand side by side, and below each other where there is no room."""
    lanes = page.locator(".lanes").first.locator("> div")
    for width, places in ((1280, 2), (390, 1)):
        page.set_viewport_size({"width": width, "height": 800})
        assert len({each.evaluate("lane => lane.getBoundingClientRect().left") for each in lanes.all()}) == places


def compared(page: Page) -> None:
    """See what was asked, answered, voted and spent in a comparison, and who has which colour."""
    side_by_side(page)
    expect(page.locator(".user .said")).to_have_text("n30 to be handed on")
    for name in ("fake · default", "other · default"):
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        expect(page.locator("svg")).to_contain_text(name)
        lane = page.locator(".lanes > div", has_text=name)
        expect(lane).to_contain_text("w0 w1 w2")
        expect(lane).to_contain_text("w29")
        colour = lane.evaluate("lane => getComputedStyle(lane).borderTopColor")
        dots = page.locator("svg circle").evaluate_all("all => all.map((dot) => getComputedStyle(dot).fill)")
        assert colour in dots
    expect(page.get_by_role("heading", name="Ranking by 1 blind vote")).to_be_visible()
    expect(page.locator("table", has_text="Voter")).to_contain_text("yes")
    expect(page.locator("table", has_text="Ledger row").locator("tr")).to_have_count(3)


@pytest.mark.timeout(180)
def test_comparison(page: Page, app: App, context: BrowserContext, tmp_path: Path) -> None:
    """A comparison that was voted on: all of it is there, nothing is asked for, and one other character is noticed."""
    page.goto(f"{app.url}compare?lane=default/fake&lane=default/other")
    expect(page.locator(INPUT)).to_be_enabled()
    page.locator(".st-key-compare_blind label:visible").click()
    expect(page.get_by_role("switch", name="Blind")).to_be_checked()
    say(page, "n30 to be handed on")
    page.locator(".st-key-left-1 button:visible").click()
    expect(page.locator(".st-key-vote-1")).to_contain_text("A > B")
    page.locator(".st-key-reveal-1 button:visible").click()
    page.locator(".st-key-show-lanes button:visible").click()
    file = saved(page, ".st-key-hand-off", tmp_path)

    opened(context, file, compared)
    sealed(file)


def presented(page: Page) -> None:
    """See the steps of a pack with what is recorded of them, and nothing of the notes."""
    for step in PACK.steps:
        expect(page.locator(".user", has_text=step.prompt.splitlines()[0]).first).to_be_visible()
    expect(page.locator(".lanes").first).to_contain_text("w0 w1 w2")
    expect(page.locator(".lanes").first).to_contain_text("Recorded on")
    expect(page.locator("pre code").last).to_have_text("high = 16.3\nlow = 1.5")
    expect(page.locator("body")).not_to_contain_text("Smile.")


@pytest.mark.timeout(180)
def test_pack(page: Page, app: App, context: BrowserContext, tmp_path: Path) -> None:
    """A pack: its steps and recordings are there, nothing is asked for, and one other character is noticed."""
    load(page, app)
    file = saved(page, ".st-key-demo-hand-off", tmp_path)

    opened(context, file, presented)
    sealed(file)
