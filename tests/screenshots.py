"""The pictures in README.md, taken from the app itself: `make pictures` draws them anew, so that they stay true.

A conversation that moves, as an animated WebP, and the usage page. What answers is on this machine, and made up.
"""

from __future__ import annotations

import io
import json
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from lib.store import ForeignCall, Store
from tests.browser import chromium
from tests.browser.app import ROOT, App
from tests.browser.chat import ANSWER, INPUT
from tests.browser.conftest import FLAGS
from tests.served import Asked, Handler, Served
from tests.store.calls import dollars, foreign, put, tokens

DOCS = ROOT / "docs"
SIZE = {"width": 1080, "height": 680}
FRAME = 0.12  # seconds between two pictures
MAX_BYTES = 2_000_000  # of what moves
PROMPT = "Why are there two tides a day?"
ANSWERED = """\
## Two bulges, one turning earth

The moon pulls hardest on the ocean that is **nearest** to it, and least on the one that is **farthest**. So the water \
stands high on both sides at once, and the earth turns through both in 24 h 50 min.

| Place | Springs, m | Neaps, m |
|---|---:|---:|
| Bay of Fundy | 14.5 | 10.1 |
| Bristol Channel | 12.3 | 6.2 |
| Saint-Malo | 12.0 | 5.4 |

What raises them falls with the cube of the distance:

$$a = \\frac{2\\,G\\,M\\,r}{d^{3}}$$
"""
MODELS = ("gpt-4o-mini", "gpt-4o", "qwen3-32b", "llama-3.3-70b", "mistral-small", "o3")
SECRETS = """
[endpoints.work]
base_url = "{url}/v1"
model = "gpt-4o-mini"
[endpoints.work.prices."*"]
input = 0.15
output = 0.60
[[budgets]]
amount = 40.0
"""


class Teller(Served):
    """An endpoint that tells of the tides, as fast as one reads."""

    def answer(self, asked: Asked, reply: Handler) -> None:
        """List a model, or stream the answer."""
        reply.send_response(200)
        reply.send_header("Content-Type", "text/event-stream" if asked.method == "POST" else "application/json")
        reply.send_header("Connection", "close")
        reply.end_headers()
        if asked.method == "POST":
            self._tell(reply)
        else:
            reply.wfile.write(json.dumps({"data": [{"id": model} for model in MODELS]}).encode())

    def _tell(self, reply: Handler) -> None:
        time.sleep(0.5)
        words = ANSWERED.split(" ")
        usage = {"prompt_tokens": 16, "completion_tokens": len(words), "total_tokens": 16 + len(words)}
        choices = [{"delta": {"content": f"{word} "}} for word in words]
        for choice in choices:
            self._event(reply, {"choices": [choice]})
            time.sleep(0.025)
        self._event(reply, {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage})
        reply.wfile.write(b"data: [DONE]\n\n")

    @staticmethod
    def _event(reply: Handler, document: dict[str, object]) -> None:
        reply.wfile.write(b"data: " + json.dumps({"model": "gpt-4o-mini", **document}).encode() + b"\n\n")
        reply.wfile.flush()


class Film:
    """Pictures of a page, one after the other."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[Image.Image] = []

    def take(self, number: int = 1) -> None:
        """Take so many."""
        for _ in range(number):
            begun = time.monotonic()
            self._frames.append(Image.open(io.BytesIO(self._page.screenshot())).convert("RGB"))
            self._page.wait_for_timeout(max(1.0, 1000 * (FRAME - time.monotonic() + begun)))

    def hold(self, number: int) -> None:
        """Stay at the last one."""
        self._frames += [self._frames[-1]] * number

    def save(self, path: Path) -> None:
        """Write them as one that moves. Raises ValueError if it has become too large for a README."""
        first, *others = self._frames
        duration = round(1000 * FRAME)
        first.save(path, save_all=True, append_images=others, duration=duration, loop=0, quality=70, method=6)
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"{path} has {path.stat().st_size} bytes, and {MAX_BYTES} at most are wanted: film less.")


def conversation(page: Page, film: Film) -> None:
    """Type a prompt, and film how it is answered."""
    film.take()
    film.hold(6)
    for word in PROMPT.split(" "):
        page.locator(INPUT).press_sequentially(f"{word} " if word[-1] != "?" else word)
        film.take()
    film.hold(3)
    page.press(INPUT, "Enter")
    while not page.locator(f"{ANSWER} [class*=st-key-copy-]").count():
        film.take()
    page.locator(ANSWER).hover()
    film.take(4)
    film.hold(20)


def calls() -> Iterator[ForeignCall]:
    """Give two months of a team's calls, the same each time but for their days."""
    chance, now = random.Random(7), datetime.now(UTC)
    for day in range(60):
        for _ in range(chance.randint(3, 9)):
            model = MODELS[min(int(chance.expovariate(0.6)), len(MODELS) - 1)]
            prompt, completion = chance.randint(100, 6000), chance.randint(20, 900)
            cost = dollars(str(round((prompt * 2.5 + completion * 10) / 200_000, 6)))
            at = now - timedelta(days=day, minutes=chance.randint(1, 500))
            yield foreign(at, model=model, usage=tokens(prompt, completion), cost=cost)


def main() -> None:
    """Take them all."""
    teller = Teller()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = App(Path(folder), SECRETS.format(url=teller.root)).start()
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        page.goto(app.url)
        page.wait_for_selector(INPUT)
        page.wait_for_timeout(500)
        film = Film(page)
        conversation(page, film)
        film.save(DOCS / "conversation.webp")
        with closing(Store.open(f"sqlite:///{app.database}")) as store:
            put(store, *calls())
        page.goto(f"{app.url}usage")
        expect(page.locator(".stVegaLiteChart").get_by_role("img")).to_be_visible()
        page.wait_for_timeout(1000)
        page.screenshot(path=DOCS / "usage.png")
        browser.close()
        app.stop()
    teller.stop()


if __name__ == "__main__":
    main()
