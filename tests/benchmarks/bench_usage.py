"""How fast a large ledger answers: ten million calls over two years, on both databases.

Prints what the usage page asks for (tiles with the period before, chart, pivot, latest calls), how much memory that
takes, what a call's end costs with and without sums, and how long the same takes with pandas on all rows. Asserts no
time. CALLS=100000 makes it short.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.config import ROOT, Endpoint, Settings
from lib.runtime import Runtime
from lib.store import LOCAL, Selection, Store
from lib.store.usage.figures import METRICS
from tests.benchmarks import many_calls
from tests.postgres import running
from tests.store.helpers import DONE, begin, execute

CALLS = int(os.environ.get("CALLS", "10000000"))
NAIVE = 1_000_000  # rows that pandas is given: ten million take more memory than a small machine has
ZONE = "Pacific/Auckland"
PAGE = str(ROOT / "pages" / "main.py")
RANGES = {
    "30 days": Selection(date(2026, 10, 2), date(2026, 10, 31), ZONE),
    "2 years": Selection(date(2024, 11, 3), date(2026, 10, 31), ZONE),
}
ROUNDS = 9


def took(ask: Callable[[], object], rounds: int = ROUNDS) -> str:
    """Return the median time of a question after it was asked once, in milliseconds; in brackets this process's part.

    On a machine with other work the second says more; of a server's work it says nothing.
    """
    ask()
    wall, own = [], []
    for _ in range(rounds):
        begun, used = time.perf_counter(), time.process_time()
        ask()
        wall.append(time.perf_counter() - begun)
        own.append(time.process_time() - used)
    return f"{statistics.median(wall) * 1000:.1f} ({statistics.median(own) * 1000:.1f})"


def questions(store: Store, selection: Selection) -> dict[str, Callable[[], object]]:
    """Return what the page asks for."""
    reports = store.usage(LOCAL)
    after = reports.calls(selection).after
    anna = Selection(selection.first, selection.last, ZONE, owners=("person-03",))
    failed = Selection(selection.first, selection.last, ZONE, statuses=("failed",))
    return {
        "tiles": lambda: (reports.figures(selection), reports.figures(selection.previous_period)),
        "chart by day": lambda: reports.series(selection, "model", "day", METRICS["total_tokens"]),
        "chart by month": lambda: reports.series(selection, "model", "month", METRICS["total_tokens"]),
        "pivot": lambda: reports.table(selection, "endpoint", "model"),
        "pivot by owner": lambda: reports.table(selection, "owner", "model"),
        "tiles, one owner": lambda: (reports.figures(anna), reports.figures(anna.previous_period)),
        "chart by month, failed": lambda: reports.series(failed, "model", "month", METRICS["calls"]),
        "latest calls": lambda: reports.calls(selection),
        "next calls": lambda: reports.calls(selection, after=after),
        "latest failed calls of one owner": lambda: reports.calls(
            Selection(selection.first, selection.last, ZONE, owners=("person-03",), statuses=("failed",))
        ),
    }


def alone(url: str) -> None:
    """Print how long the page's whole script takes, and what it makes a process grow by; run in one of its own."""
    process = psutil.Process()
    with closing(Store.open(url)) as store:
        runtime.use(Runtime(Settings(endpoints=(Endpoint("work", "http://127.0.0.1:9/v1", model="m"),)), store))
        chat = AppTest.from_file(PAGE, default_timeout=60).run()
        before = process.memory_info().rss
        for ask in questions(store, RANGES["2 years"]).values():
            ask()
        print(f"memory of the questions about 2 years: {(process.memory_info().rss - before) / 1e6:.0f} MB")
        chat.switch_page("usage.py")
        for name, selection in RANGES.items():
            print(f"the page's whole script, {name}: {took(opened(selection).run)} ms")
        print(f"memory with the page, pandas and all: {(process.memory_info().rss - before) / 1e6:.0f} MB")


def opened(selection: Selection) -> AppTest:
    """Return the page, opened at a range of days."""
    page = AppTest.from_file(PAGE, default_timeout=60).run()
    page.switch_page("usage.py")
    page.query_params["range"] = "Custom"
    page.query_params["days"] = [selection.first.isoformat(), selection.last.isoformat()]
    return page.run()


def ends(store: Store) -> str:
    """Return the median time of a call's end, and this process's part of it, in milliseconds."""
    turns = iter([begin(store, f"{number}") for number in range(62)])
    return took(lambda: store.chats(LOCAL).finish(next(turns), DONE), rounds=60)


def naive(url: str) -> str:
    """Return the time that the tiles take in pandas, in milliseconds, for NAIVE calls."""
    import pandas as pd
    from sqlalchemy import NullPool, create_engine

    engine = create_engine(url, poolclass=NullPool)
    names = "created_at, model, total_tokens, prompt_tokens, completion_tokens, cost, ttft_ms"

    def ask() -> object:
        frame = pd.read_sql(f"SELECT {names} FROM usage LIMIT {NAIVE}", engine, parse_dates=["created_at"])
        days = frame.created_at.dt.tz_localize("UTC") if frame.created_at.dt.tz is None else frame.created_at
        frame["day"] = days.dt.tz_convert(ZONE).dt.date
        return frame.groupby(["day", "model"]).sum(numeric_only=True), frame.ttft_ms.quantile([0.5, 0.95])

    return took(ask, rounds=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of its own, removed at the end."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'parley.db'}"
        (tmp_path / "parley.db").unlink()
        return
    with running() as server:
        yield server.url(server.create())


@pytest.mark.timeout(3600)
def test_usage(url):
    """Print the table."""
    with closing(Store.open(url)) as store:
        begun = time.perf_counter()
        many_calls.fill(url, CALLS)
        print(f"\n\n{url.partition(':')[0]}: {CALLS:,} calls, written in {time.perf_counter() - begun:.0f} s")
        print(f"a call's end without sums: {ends(store)} ms", flush=True)
        for zone in ("UTC", ZONE):
            begun = time.perf_counter()
            store.usage(LOCAL).figures(Selection(date(2026, 1, 1), date(2026, 1, 1), zone))
            print(f"sums of {zone}, the first time: {time.perf_counter() - begun:.0f} s")
        if url.startswith("postgres"):
            execute(url, "ANALYZE")
        print(f"a call's end with sums of 2 zones: {ends(store)} ms")
        (count,) = execute(url, "SELECT count(*) FROM usage_sums")
        print(f"{count[0]:,} rows of sums\n\n| ms | " + " | ".join(RANGES) + " |\n|---|---|---|")
        asked = {name: questions(store, selection) for name, selection in RANGES.items()}
        for question in asked["30 days"]:
            print(f"| {question} | " + " | ".join(took(asked[name][question]) for name in RANGES) + " |", flush=True)
    print(flush=True)
    subprocess.run([sys.executable, __file__, url], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    print(f"pandas on {NAIVE:,} rows: {naive(url)} ms")


if __name__ == "__main__":
    alone(sys.argv[1])
