"""How far the page lags behind the endpoint, what it costs, and how fast Stop is. Prints figures, judges nothing."""

from __future__ import annotations

import statistics

import pytest
from playwright.sync_api import Browser, Page, WebSocket

from tests.browser.app import App
from tests.browser.chat import ANSWER, INPUT, STOP, say
from tests.endpoint import FakeEndpoint
from tests.waiting import until

pytestmark = pytest.mark.timeout(600)

ROUNDS = 5


class Visit:
    """A page with its socket measured."""

    def __init__(self, browser: Browser, app: App) -> None:
        self.payload = 0
        self.page: Page = browser.new_page()
        self.page.set_default_timeout(120_000)
        self.page.on("websocket", self._listen)
        self.page.goto(app.url)
        self.page.wait_for_selector(INPUT)
        self.page.wait_for_timeout(500)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, frame: str | bytes) -> None:
        self.payload += len(frame)

    def answer(self, endpoint: FakeEndpoint, prompt: str, last: str) -> tuple[float, int]:
        """Send `prompt`; return by how many ms `last` was shown late, and the bytes received."""
        begun, asked = self.payload, len(endpoint.asked)
        # The page's clock is set by the moment of asking: both sides then speak of the same time.
        self.page.evaluate(WATCH, last)
        say(self.page, prompt)
        self.page.wait_for_function("() => window.__shown > 0")
        shown = self.page.evaluate("window.__shown")
        until(lambda: endpoint.asked[asked].finished)
        return shown - endpoint.asked[asked].last_at * 1000, self.payload - begun


WATCH = """last => { window.__shown = 0; new MutationObserver((_, self) => {
  const all = document.querySelectorAll("[data-testid=stChatMessageContent][aria-label$=assistant]");
  if (all.length && all[all.length - 1].textContent.includes(last)) { window.__shown = Date.now(); self.disconnect(); }
}).observe(document, { subtree: true, childList: true, characterData: true }) }"""


@pytest.mark.parametrize(
    ("prompt", "last", "rounds"),
    [("n8000 r200", "w7999", 1), ("n2000 r0", "w1999", ROUNDS), ("n2000 r100", "w1999", 1)],
)
def test_lag(browser: Browser, app: App, endpoint: FakeEndpoint, prompt: str, last: str, rounds: int) -> None:
    """Time from the endpoint's last token to the page's, and the payload of the socket."""
    lags, sizes = zip(*(Visit(browser, app).answer(endpoint, prompt, last) for _ in range(rounds)), strict=True)

    print(f"\n{prompt}: last token {statistics.median(lags):.0f} ms late, {statistics.median(sizes) / 1000:.0f} kB")


def test_stop(browser: Browser, app: App, endpoint: FakeEndpoint) -> None:
    """Time from the click on Stop to the end of the upstream connection."""
    waits = []
    for prompt in ["n1000 r50", "n5 d10000"] * ROUNDS:
        visit, asked = Visit(browser, app), len(endpoint.asked)
        say(visit.page, prompt)
        visit.page.wait_for_selector(STOP, state="visible")
        until(lambda asked=asked: len(endpoint.asked) > asked)  # type: ignore[misc]
        visit.page.wait_for_timeout(300)
        clicked = visit.page.evaluate(
            "s => { const t = Date.now(); document.querySelector(s).click(); return t }", STOP
        )
        until(lambda asked=asked: endpoint.asked[asked].closed_at)  # type: ignore[misc]
        waits.append((endpoint.asked[asked].closed_at or 0.0) * 1000 - clicked)
        visit.page.wait_for_selector(f"{ANSWER} >> text=Stopped")
        visit.page.close()

    print(f"\nStop: upstream closed after {statistics.median(waits):.0f} ms (at most {max(waits):.0f})")
