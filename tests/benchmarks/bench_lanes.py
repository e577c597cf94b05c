"""How far six lanes lag behind their endpoint beside one chat page, and what they cost the server. Linux only.

Prints figures, judges nothing. Wanted: each lane at most 1.5 times as late as the chat page and within a second, and
the server's CPU for six at most six times that for one.
"""

from __future__ import annotations

import os
import statistics
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.benchmarks.bench_stream import Visit
from tests.browser.app import App
from tests.browser.chat import INPUT, say
from tests.endpoint import FakeEndpoint
from tests.waiting import until

pytestmark = pytest.mark.timeout(600)

ROUNDS, LANES = 3, 6
PROMPT, LAST = "n500 r50", "w499"

WATCH = """([last, count]) => { window.__late = {}; new MutationObserver((_, self) => {
  for (let lane = 1; lane <= count; lane += 1) {
    if (window.__late[lane]) continue;
    const place = `.st-key-lane-${lane} [data-testid=stChatMessageContent][aria-label$=assistant]`;
    const all = document.querySelectorAll(place);
    if (all.length && all[all.length - 1].textContent.includes(last)) window.__late[lane] = Date.now();
  }
  if (Object.keys(window.__late).length === count) self.disconnect();
}).observe(document, { subtree: true, childList: true, characterData: true }) }"""


def used(app: App) -> float:
    """Return the CPU seconds of the server so far."""
    assert app._process
    after = Path(f"/proc/{app._process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after[11]) + int(after[12])) / os.sysconf("SC_CLK_TCK")


def lanes(browser: Browser, app: App) -> Page:
    """Open a comparison of six lanes."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(120_000)
    page.goto(f"{app.url}compare?" + "&".join(f"lane=default/m{number}" for number in range(1, LANES + 1)))
    page.wait_for_selector(INPUT)
    page.wait_for_selector(f"[placeholder='Ask {LANES} models at once']")
    page.wait_for_timeout(500)
    return page


def asked(page: Page, endpoint: FakeEndpoint) -> list[float]:
    """Ask all lanes; return by how many ms the last token of each was late."""
    before = len(endpoint.asked)
    page.evaluate(WATCH, [LAST, LANES])
    say(page, PROMPT)
    page.wait_for_function(f"() => Object.keys(window.__late).length === {LANES}")
    late = page.evaluate("window.__late")
    until(lambda: all(each.finished for each in endpoint.asked[before:]))
    ends = {each.body["model"]: each.last_at * 1000 for each in endpoint.asked[before:]}
    return [late[str(number)] - ends[f"m{number}"] for number in range(1, LANES + 1)]


def test_six_lanes(browser: Browser, app: App, endpoint: FakeEndpoint) -> None:
    """Time from each last token of the endpoint to the page's, and CPU seconds of the server."""
    chats, lates, costs = [], [], []
    for _ in range(ROUNDS):
        visit, page, begun = Visit(browser, app), lanes(browser, app), used(app)
        chats.append(visit.answer(endpoint, PROMPT, LAST)[0])
        between = used(app)
        lates.append(asked(page, endpoint))
        costs.append((between - begun, used(app) - between))
        visit.page.close()
        page.close()
    chat, each = statistics.median(chats), [statistics.median(lane) for lane in zip(*lates, strict=True)]
    one, six = (statistics.median(cost) for cost in zip(*costs, strict=True))

    print(f"\none chat: last token {chat:.0f} ms late ({', '.join(f'{late:.0f}' for late in chats)}), {one:.2f} s CPU")
    print(f"six lanes: {', '.join(f'{late:.0f}' for late in each)} ms late, {six:.2f} s CPU")
    print(f"at most {max(each) / chat:.2f} times as late, {six / one:.1f} times the CPU")
