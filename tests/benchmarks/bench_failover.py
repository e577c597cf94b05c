"""How soon after its limit a stage says that an answer is from the recording. Prints figures, judges nothing.

Wanted: at most a second after the endpoint has died, or was silent for as long as it may be.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from lib.compare.packs import MAX_LANES, Pack, Recording, Step, written
from lib.model_choice import ModelChoice
from tests.browser.app import App
from tests.browser.chat import close, enter
from tests.endpoint import Asked, FakeEndpoint
from tests.waiting import until

pytestmark = pytest.mark.timeout(600)

ROUNDS = 5
LIMIT = 1.5  # seconds, of both
LABEL = "Recorded on"
PROSE = "held The tide comes twice a day, and the moon is why."
CODE = "held Look:\n\n```py\nhigh = 16.3\nlow = 1.5\n```\n\nThat is all."
CASES = {
    "nothing comes": "d600000 never",
    "it stalls in a word": f"say {PROSE[:24]}",
    "it stalls in a fence": f"say {CODE[:26]}",
    "it says something else and stalls": "held n20 r100",
    "it dies": "cut 5 n40 r20",
}

WATCH = """label => { window.__labels?.disconnect(); window.__seen = {}; const gone = {};
  window.__labels = new MutationObserver(() => {
    for (const lane of document.querySelectorAll("[data-testid=stVerticalBlock][class*=st-key-lane-]")) {
      const name = lane.className.match(/st-key-lane-(\\d+)/)[1], is = lane.textContent.includes(label);
      if (!is) gone[name] = true;
      else if (gone[name] && !window.__seen[name]) window.__seen[name] = Date.now();
    }
  });
  window.__labels.observe(document, { subtree: true, childList: true, characterData: true }) }"""


def recording(text: str) -> Recording:
    """Return a recording of a text, a few characters at a time."""
    pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
    at = datetime(2026, 11, 26, tzinfo=UTC)
    return Recording(at, "fake", tuple((0.05 * number, piece) for number, piece in enumerate(pieces)))


def steps() -> Iterator[Step]:
    """Give the steps, behind one that nobody falls back in: each case, so many times, with one lane and with six."""
    yield Step("say ready", (ModelChoice("default", "fake"),))
    for lanes in (1, MAX_LANES):
        for prompt in CASES.values():
            said = CODE if "Look" in prompt else PROSE
            yield from [
                Step(prompt, (ModelChoice("default", "fake"),) * lanes, recordings=(recording(said),) * lanes)
            ] * ROUNDS


def begun(browser: Browser, app: App) -> Page:
    """Open the stage, with the limits set."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.set_default_timeout(60_000)
    page.goto(f"{app.url}demo")
    file: Any = {"name": "pack.zip", "mimeType": "application/zip", "buffer": written(Pack("On stage", (*steps(),)))}
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(file)
    page.locator(".st-key-demo-settings button:visible").click()
    for name in ("Seconds to the first word", "Seconds of silence"):
        enter(page.get_by_label(name), str(LIMIT))
    close(page)
    page.locator(".st-key-present button:visible").click()
    expect(page.locator(".st-key-lane-1")).to_contain_text("ready")
    expect(page.locator(".st-key-lane-1")).to_contain_text("Live")
    return page


def due(asked: Asked) -> float:
    """Return when the recording was to take over, in wall-clock milliseconds."""
    if "cut" in asked.prompt:
        return asked.last_at * 1000
    last = asked.last_at or time.time() - time.monotonic() + asked.at
    return (last + LIMIT) * 1000


def late(page: Page, endpoint: FakeEndpoint, lanes: int) -> float:
    """Go to the next step; return by how many ms the last of its labels was late."""
    before = len(endpoint.asked)
    page.evaluate(WATCH, LABEL)
    page.keyboard.press("ArrowRight")
    until(lambda: len(endpoint.asked) == before + lanes)
    page.wait_for_function("count => Object.keys(window.__seen).length === count", arg=lanes)
    seen: dict[str, float] = page.evaluate("window.__seen")
    ends = sorted(map(due, endpoint.asked[before:]))
    return max(at - end for at, end in zip(sorted(seen.values()), ends, strict=True))


def test_label(browser: Browser, app: App, endpoint: FakeEndpoint) -> None:
    """Time from the limit to the label on the page, the latest of all lanes."""
    page, told = begun(browser, app), []
    for lanes in (1, MAX_LANES):
        for name in CASES:
            waits = [late(page, endpoint, lanes) for _ in range(ROUNDS)]
            told.append(f"{lanes} at once, {name}: {statistics.median(waits):.0f} ms (at most {max(waits):.0f})")
    page.close()

    print("\n" + "\n".join(told))
