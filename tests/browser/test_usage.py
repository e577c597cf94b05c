"""The usage page in Chromium: a day of all that can happen, files, time zones, and views that are sent."""

from __future__ import annotations

import io
import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from lib.store import LOCAL, Call, Selection, Store
from tests.browser.app import App
from tests.browser.chat import ANSWER, INPUT, STOP, interrupted, reopen, say, uploaded
from tests.endpoint import Asked, FakeEndpoint
from tests.pictures import file, quarters
from tests.store.calls import dollars, foreign, put, tokens
from tests.store.helpers import calls, silenced

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

EMPTY = "BEGIN IMMEDIATE; DELETE FROM usage; DELETE FROM usage_sums; DELETE FROM usage_zones; COMMIT"
HOSTILE = "=HYPERLINK(<b>![x](http://x.invalid/p.png)"
# In Auckland 00:30 and 23:30 of 5 April, then 00:30 of the 6th: in the first night its clocks go back.
NIGHTS = [datetime(2026, 4, 4, 11, 30, tzinfo=UTC) + timedelta(hours=hours) for hours in (0, 24, 25)]


@pytest.fixture
def own(app: App) -> App:
    """The app, with an empty ledger."""
    with closing(sqlite3.connect(app.database, isolation_level=None)) as database:
        database.executescript(EMPTY)
    return app


def visit(context: BrowserContext, address: str) -> Page:
    """Open a page and wait for its title."""
    return opened(context.new_page(), address)


def opened(page: Page, address: str) -> Page:
    """Go to an address of the usage page and wait for its title."""
    page.goto(address)
    expect(page.get_by_role("heading", name="Usage", exact=True)).to_be_visible()
    return page


def tile(page: Page, label: str) -> str:
    """Return the number of a tile."""
    return (
        page.locator("[data-testid=stMetric]")
        .filter(has_text=label)
        .locator("[data-testid=stMetricValue]")
        .inner_text()
    )


def fill(app: App, *calls: Any) -> None:
    """Put calls into the ledger of an app that runs."""
    with closing(Store.open(f"sqlite:///{app.database}")) as store:
        put(store, *calls)


def ledger(app: App) -> list[Call]:
    """Return the calls of an app in the order in which they were made: what was refused, then what came of it."""
    with closing(Store.open(f"sqlite:///{app.database}")) as store:
        return sorted(calls(store, 1000), key=lambda call: (call.message_id or 0, -call.id))


def ended(page: Page, number: int) -> None:
    """Wait until so many answers have their figures."""
    expect(page.locator(ANSWER)).to_have_count(number)
    expect(page.locator(ANSWER).last).to_contain_text("tokens/s")


def day(page: Page, app: App, endpoint: FakeEndpoint) -> None:
    """Do what people do: chat, stop, fail, wait for a busy endpoint, show a picture, reload, crash, delete."""
    page.goto(app.url)
    page.wait_for_selector(INPUT)
    say(page, "n20 r0 hello")
    ended(page, 1)
    say(page, "n9000 r50 to be stopped")
    expect(page.locator(ANSWER).last).to_contain_text("w10")
    page.click(STOP)
    expect(page.locator(ANSWER).last).to_contain_text("Stopped")
    say(page, "status 500")
    expect(page.locator(ANSWER).last).to_contain_text("Press Retry")
    endpoint.limiting = 1
    say(page, "n5 r0 busy")
    ended(page, 4)
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": file(quarters())}
    page.set_input_files("[data-testid=stChatInput] input[type=file]", files=[picture])  # type: ignore[list-item]
    expect(page.get_by_text("a.png")).to_be_visible()
    uploaded(page)
    say(page, "n8 r0 what is this")
    ended(page, 5)
    say(page, "n80 r50 reloaded")
    expect(page.locator(ANSWER).last).to_contain_text("w3")
    reopen(page)
    ended(page, 6)
    say(page, "n9000 r50 killed")
    expect(page.locator(ANSWER)).to_have_count(7)
    expect(page.locator(ANSWER).last).to_contain_text("w10")
    app.kill()
    silenced(f"sqlite:///{app.database}")
    app.start()
    interrupted(page, app.database)
    page.locator(".st-key-actions button").first.click()
    page.locator(".st-key-delete button:visible").click()
    expect(page.get_by_text("Deleted “")).to_be_visible()


def pictures(asked: Asked) -> int:
    """Return how many pictures the endpoint was sent."""
    contents = [message["content"] for message in asked.body["messages"]]
    return sum(part["type"] == "image_url" for content in contents if isinstance(content, list) for part in content)


def agrees(call: Call, asked: Asked) -> bool:
    """Say whether a row of the ledger says what the endpoint remembers of a call."""
    counts = {"prompt_tokens": call.prompt_tokens, "completion_tokens": call.completion_tokens}
    if asked.usage and call.source == "reported":
        same = (call.deltas, call.images or 0) == (asked.sent, pictures(asked))
        return {**counts, "total_tokens": call.total_tokens} == asked.usage and same
    return call.source != "reported" and (call.http_status or 200) == asked.status


def test_day(own: App, tab: Page, endpoint: FakeEndpoint) -> None:
    """After a day of all that can happen, the ledger and the endpoint's own record agree, call for call."""
    mark, page = len(endpoint.asked), tab
    day(page, own, endpoint)

    calls, asked = ledger(own), endpoint.asked[mark:]
    assert [call.status for call in calls] == [
        "completed",
        "stopped",
        "failed",
        "failed",
        "completed",
        "completed",
        "completed",
        "interrupted",
    ]
    assert len(calls) == len(asked)
    assert all(agrees(call, each) for call, each in zip(calls, asked, strict=True))
    reported = [call for call in calls if call.source == "reported"]
    served = sum(each.usage["total_tokens"] for each in asked if each.finished and each.usage)
    assert sum(call.total_tokens or 0 for call in reported) == served
    assert [pictures(each) for each in asked] == [0, 0, 0, 0, 0, 1, 1, 1]

    page.get_by_role("link", name="Usage", exact=True).click()
    expect(page.get_by_role("heading", name="Usage", exact=True)).to_be_visible()
    expect(page.locator("[data-testid=stMetricValue]").first).to_have_text("8")
    total = sum(call.total_tokens or 0 for call in calls)
    assert tile(page, "Total tokens") == f"~{total}"


def test_empty(own: App, tab: Page) -> None:
    """Without calls the page says what it is for, and leads to a first conversation."""
    page = opened(tab, f"{own.url}usage")
    expect(page.get_by_text("Every call that Parley makes is counted here")).to_be_visible()

    page.get_by_role("link", name="Start a conversation").click()

    page.wait_for_selector(INPUT)


def test_view_in_the_address(own: App, tab: Page, context: BrowserContext) -> None:
    """What is chosen is in the address: Back goes to what was chosen before, another person sees the same with it."""
    today = datetime.now(UTC)
    fill(own, foreign(today, model="a"), foreign(today, model="b"), foreign(today, model="b"))
    page = opened(tab, f"{own.url}usage?model=b&range=7+days&by=Endpoint")
    expect(page.locator("[data-testid=stMetricValue]").first).to_have_text("2")
    page.get_by_text("90 days").click()
    page.wait_for_url("**range=90*")
    page.evaluate("history.back()")
    page.wait_for_url("**range=7+*")
    expect(page.get_by_role("radio", name="7 days")).to_be_checked()
    page.evaluate("history.forward()")
    page.wait_for_url("**range=90*")
    expect(page.get_by_role("radio", name="90 days")).to_be_checked()

    other = visit(context, page.url)

    expect(other.locator("[data-testid=stMetricValue]").first).to_have_text("2")
    expect(other.get_by_text("model b")).to_be_visible()
    other.get_by_role("link", name="New chat").click()
    other.wait_for_selector(INPUT)
    expect(other).to_have_url(own.url)


def test_sheet(own: App, context: BrowserContext) -> None:
    """A sentence comes first; what is chosen is one line, the chart is in sight, and no column of the table is not."""
    now = datetime.now(UTC)
    fill(own, *(foreign(now - timedelta(days=day), model=f"m{day % 7}", cost=dollars("0.01")) for day in range(40)))
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{own.url}usage")
    chart = page.locator(".stVegaLiteChart")
    expect(chart.get_by_role("img")).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)  # in whose place something else will be drawn
    controls, drawn = page.locator(".st-key-controls").bounding_box(), chart.bounding_box()

    expect(page.get_by_text("In 30 days: 30 calls, 3")).to_be_visible()
    assert controls
    assert drawn
    assert controls["height"] <= 33
    assert drawn["y"] + drawn["height"] <= 500
    table = page.locator("[data-testid=stDataFrame] .dvn-scroller").first
    assert table.evaluate("scroller => scroller.scrollWidth <= scroller.clientWidth")


def test_unknown_filter(own: App, tab: Page) -> None:
    """A link to a model that has no calls shows none, not all."""
    fill(own, foreign(datetime.now(UTC), model="a"))
    page = opened(tab, f"{own.url}usage?model=other")

    expect(page.locator("[data-testid=stMetricValue]").first).to_have_text("0")


def test_nothing_from_elsewhere(own: App, context: BrowserContext) -> None:
    """Charts, tables and hostile names are drawn, and the browser asks nobody but us."""
    fill(own, foreign(datetime.now(UTC), model=HOSTILE, endpoint=HOSTILE, owner=HOSTILE, cost=dollars("1.5")))
    page, asked, said = context.new_page(), list[str](), list[str]()

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{own.url}usage?metric=Cost")
    expect(page.locator(".stVegaLiteChart").get_by_role("img")).to_be_visible()
    expect(page.locator("[data-testid=stDataFrame]")).to_have_count(2)
    page.locator("[data-testid=stDataFrame]").first.hover()
    expect(page.get_by_role("button", name="Search").first).to_be_visible()
    expect(page.get_by_role("button", name="Download as CSV")).to_have_count(0)  # Streamlit's own has formulas in it

    assert [url for url in asked if not url.startswith((own.url, "data:", "blob:"))] == []
    assert not [text for text in said if "Content Security Policy" in text]


@pytest.mark.parametrize(
    ("zone", "days"),
    [("Pacific/Auckland", ("0", "2", "1")), ("Europe/Lisbon", ("1", "2", "0"))],
)
def test_time_zone(browser: Browser, own: App, zone: str, days: tuple[str, ...]) -> None:
    """Calls around two midnights of Auckland are of its days there and of Lisbon's in Lisbon; one day has 25 hours."""
    fill(own, *map(foreign, NIGHTS))
    with closing(browser.new_context(timezone_id=zone)) as context:
        context.set_default_timeout(15_000)
        page = context.new_page()
        for each, calls in zip(("2026-04-04", "2026-04-05", "2026-04-06"), days, strict=True):
            opened(page, f"{own.url}usage?range=Custom&days={each}&days={each}")
            expect(page.get_by_text(f"days of {zone}")).to_be_visible()
            expect(page.locator("[data-testid=stMetricValue]").first).to_have_text(calls)


def test_days_that_are_being_added_up(browser: Browser, own: App) -> None:
    """Where calls are still being added up by the viewer's days, UTC's are shown meanwhile, and then the viewer's."""
    fill(own, foreign(datetime.now(UTC)))
    with (
        closing(Store.open(f"sqlite:///{own.database}")) as store,
        closing(browser.new_context(timezone_id="Pacific/Auckland")) as context,
    ):
        store.usage(LOCAL).prepare("UTC", patience=30)
        with store._database.write():  # nobody else adds anything up
            page = visit(context, f"{own.url}usage")
            expect(page.get_by_text("until then days are those of UTC")).to_be_visible(timeout=15_000)
            expect(page.locator("[data-testid=stMetricValue]").first).to_have_text("1")

        expect(page.get_by_text("days of Pacific/Auckland").first).to_be_visible(timeout=30_000)
        expect(page.get_by_text("until then days are those of UTC")).to_have_count(0)


def test_days_stand_side_by_side(own: App, tab: Page) -> None:
    """Calls stand where their time is, as bars and as lines, whichever days are shown."""
    fill(own, *(foreign(datetime.now(UTC) - timedelta(days=number)) for number in range(90)))
    for form, days in product(("Bars", "Lines"), ("7+days", "90+days")):
        opened(tab, f"{own.url}usage?as={form}&range={days}&every=Day")
        chart = tab.locator(".stVegaLiteChart").get_by_role("img")
        expect(chart).to_be_visible()
        tab.wait_for_timeout(500)
        assert share(chart.screenshot()) > 0.6, (form, days)


def share(chart: bytes) -> float:
    """Return over how much of its width a chart has the colour that it has most of; text and lines are grey."""
    found = Image.open(io.BytesIO(chart)).convert("RGB")
    found = found.crop((0, 0, found.width, 280))  # without the legend
    data = found.tobytes()
    pixels = list(zip(data[::3], data[1::3], data[2::3], strict=True))
    colour, _ = Counter(each for each in pixels if max(each) - min(each) > 90).most_common(1)[0]
    places = {number % found.width for number, each in enumerate(pixels) if each == colour}
    return (max(places) - min(places)) / found.width


def test_row_of_the_table(own: App, tab: Page) -> None:
    """A click anywhere on a row of the table shows only what is in it."""
    now = datetime.now(UTC)
    fill(own, foreign(now, model="a"), foreign(now, model="b"), foreign(now, model="b"))
    page = opened(tab, f"{own.url}usage")
    page.locator("[data-testid=stDataFrame]").first.click(position={"x": 400, "y": 85})  # below the head and the total

    expect(page.locator("[data-testid=stMetricValue]").first).to_have_text("2")
    page.wait_for_url("**model=b*")


def saved(page: Page, label: str) -> bytes:
    """Return the file that a button downloads."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label, exact=True).click()
    return Path(waiting.value.path()).read_bytes()


def test_downloads(own: App, tab: Page) -> None:
    """Each file, opened again, is the table on the screen; nothing in it is a formula."""
    now = datetime.now(UTC) - timedelta(minutes=1)
    fill(own, foreign(now, model=HOSTILE, cost=dollars("1.5")), foreign(now, model="b"), foreign(now, model="b"))
    fill(own, foreign(now - timedelta(days=60), model="old"))
    with closing(Store.open(f"sqlite:///{own.database}")) as store:
        last = date.today()  # noqa: DTZ011  # the browser's day is this machine's
        shown = store.usage(LOCAL).table(Selection(last - timedelta(days=29), last), "model")
    page = opened(tab, f"{own.url}usage")
    page.get_by_role("button", name="Download", exact=True).click()

    csv = pd.read_csv(io.BytesIO(saved(page, "CSV")), skiprows=6)
    rows = json.loads(saved(page, "JSON"))["rows"]
    parquet = pq.read_table(io.BytesIO(saved(page, "Parquet"))).to_pylist()
    book = openpyxl.load_workbook(io.BytesIO(saved(page, "Excel")))
    excel = list(book["Usage"].values)

    names, calls = [row.name for row in shown.rows], [row.total.calls for row in shown.rows]
    assert (names, calls) == (["b", HOSTILE], [2, 1])
    assert [row["model"] for row in rows] == [row["model"] for row in parquet] == names
    assert csv.model.tolist() == [row[0] for row in excel[1:]] == ["b", f"'{HOSTILE}"]
    assert csv.calls.tolist() == [row["calls"] for row in rows] == [row["calls"] for row in parquet] == calls
    assert [row[1] for row in excel[1:]] == calls
    assert [row["total_tokens"] for row in rows] == [row.total.total_tokens for row in shown.rows]
    assert [row["cost_USD"] for row in parquet] == [None, 1.5]
    assert dict(book["About"].values)["Filters"] == "none"


def test_conversation(page: Page) -> None:
    """A conversation's menu has its total, and the way to its calls; a click anywhere in its row opens a call."""
    say(page, "n20 r0 counted")
    ended(page, 1)
    page.locator(".st-key-actions button").first.click()
    page.get_by_role("button", name="Usage").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("27 tokens: 7 of prompts, 20 of answers")

    dialog.get_by_role("link", name="Its calls").click()
    expect(page.locator("[data-testid=stMetricValue]").first).to_have_text("1")
    expect(page.get_by_role("link", name="n20 r0 counted").last).to_be_visible()
    calls = page.locator("[data-testid=stDataFrame]")
    calls.click(position={"x": 400, "y": 50})
    expect(dialog).to_contain_text("reported by the endpoint")
    expect(dialog).to_contain_text("chat/completions")


def test_phone(own: App, tab: Page) -> None:
    """At phone width nothing is wider than the screen."""
    fill(own, foreign(datetime.now(UTC), usage=tokens(10**8, 10**8)))
    tab.set_viewport_size({"width": 390, "height": 844})
    page = opened(tab, f"{own.url}usage")
    expect(page.locator("[data-testid=stMetric]")).to_have_count(6)
    expect(page.locator("[data-testid=stDataFrame]")).to_have_count(2)

    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
