"""The promises to the browser: it talks to the app alone, whatever a model writes."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser.app import ROOT, App
from tests.browser.chat import ANSWER, INPUT, reopen, say
from tests.endpoint import FakeEndpoint

pytestmark = pytest.mark.browser

ICON = ROOT / "lib" / "ui" / "static" / "icon.png"

# One answer with a sample of what tests/browser/test_hostile.py tries one by one.
HOSTILE = (
    "say ![a]({sink}/1.png) [![b]({sink}/2.png)](x) ![c][r] ![d]\n\n[r]: {sink}/3.png\n[d]: {sink}/4.png\n\n"
    "| ![e]({sink}/5.png) |\n|-|\n| <img src={sink}/6.png> |\n\n"
    '```mermaid\nflowchart LR\n A@{{ img: "{sink}/7.png", label: "x" }}\n```\n\n'
    '- ```mermaid\n  flowchart LR\n   B@{{ img: "{sink}/8.png", label: "y" }}\n  ```\n\n'
    "a[^1] ![h][q] \u0627![i]({sink}/12.png) $x ![j]({sink}/13.png)$ **\uff1a**\u8bf7![k]({sink}/14.png)\n\n"
    "[^1]: ![l]({sink}/15.png)\n\n[q]: {sink}/16.png\n\n"
    "&#33;[f]({sink}/9.png) ![g](//127.0.0.1:{port}/10.png) <iframe src={sink}/11></iframe> the end"
)


@pytest.fixture(params=[False, True], ids=["with CSP", "CSP off"])
def guarded(request: pytest.FixtureRequest, browser: Browser, app: App) -> Iterator[tuple[Page, list[str]]]:
    """The chat page and every address that Chromium asked for, with and without the policy in force."""
    context = browser.new_context(bypass_csp=request.param)
    page, asked = context.new_page(), list[str]()

    def note(sent: Request) -> None:
        asked.append(sent.url)

    page.on("request", note)
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    yield page, asked
    context.close()


def test_nothing_is_fetched_from_elsewhere(guarded: tuple[Page, list[str]], app: App, endpoint: FakeEndpoint) -> None:
    """A hostile answer, streamed and after a reload, makes Chromium ask nobody but the app."""
    page, asked = guarded
    port = endpoint.url.split(":")[2].split("/")[0]
    say(page, HOSTILE.format(sink=f"http://127.0.0.1:{port}", port=port))
    expect(page.locator(ANSWER)).to_contain_text("the end")
    expect(page.locator(ANSWER)).to_contain_text("tokens/s")
    reopen(page)
    expect(page.locator(ANSWER)).to_contain_text("the end")
    page.wait_for_timeout(500)

    elsewhere = [url for url in asked if not url.startswith((app.url, "data:", "blob:"))]

    assert len(asked) > 10
    assert elsewhere == []


LINKS = (
    "say [a](https://a.b/c) [b](data:text/html,x) ![c](blob:x) <view-source:x> [d][r] [e](&#100;ata:x)\n\n"
    "[f](/u)\n\n"
    "[r]: intent://x\n\n- `a ``[g](file:///x)`\n- [h](mailto:a@b.c) [i](tel:1) [j](#k) the end"
)
# Takes note of every address that a link ever had.
WATCH = """
window.addresses = [];
const note = (link) => window.addresses.push(link.getAttribute("href"));
new MutationObserver((changes) => changes.forEach((change) => {
  if (change.type === "attributes") note(change.target);
  change.addedNodes.forEach((node) => node.querySelectorAll && [node, ...node.querySelectorAll("a[href]")]
    .filter((element) => element.matches("a[href]")).forEach(note));
})).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["href"] });
"""


def test_links_lead_to_the_web(context: BrowserContext, app: App) -> None:
    """While an answer streams and after a reload, its links are those to the web, to mailboxes and to telephones."""
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    say(page, LINKS)
    kept = ["https://a.b/c", "mailto:a@b.c", "tel:1", "#k"]
    for _ in ("live", "reloaded"):
        expect(page.locator(ANSWER)).to_contain_text("the end")
        expect(page.locator(ANSWER)).to_contain_text("tokens/s")
        expect(page.locator(f"{ANSWER} a")).to_have_count(len(kept))
        had = page.evaluate("window.addresses")
        assert set(had) >= set(kept)
        assert [address for address in had if re.match("(data|blob|view-source|intent|file):|&|/u", address)] == []
        reopen(page)


def test_policy_does_not_get_in_the_way(context: BrowserContext, app: App) -> None:
    """Code, formulas, icons and tables draw without a word of complaint from the policy."""
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    say(page, "say ```python\nprint(1)\n```\n\nA formula $x^2$ and\n\n|a|b|\n|-|-|\n|1|2|\n\ndone")
    expect(page.locator(ANSWER)).to_contain_text("done")
    expect(page.locator(f"{ANSWER} .katex")).to_have_count(1)
    expect(page.locator(f"{ANSWER} [data-testid=stCode]")).to_have_count(1)
    expect(page.locator(f"{ANSWER} table")).to_have_count(1)

    assert [text for text in complaints if "Content Security Policy" in text] == []


@pytest.mark.parametrize("path", ["", "healthz", "_stcore/health", "parley/styles.css", "nowhere"])
def test_headers(app: App, path: str) -> None:
    """Every response carries the security headers."""
    try:
        headers = urllib.request.urlopen(app.url + path).headers
    except urllib.error.HTTPError as error:
        headers = error.headers

    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_no_way_around_the_entry(page: Page, app: App) -> None:
    """A path that is no page shows no script of its folder, and leads home."""
    page.goto(f"{app.url}chat.py")
    page.goto(f"{app.url}main")
    page.get_by_role("link", name="Go to Parley").click()

    expect(page.locator(INPUT)).to_be_visible()


def test_page_shows_its_own_title_and_icon(page: Page, app: App) -> None:
    """The tab says Parley from the first moment, with an icon of the app's own."""
    assert page.title() == "Parley"
    icon = page.locator("link[rel='shortcut icon']").get_attribute("href")

    assert page.request.get(app.url + str(icon)).body() == ICON.read_bytes()
