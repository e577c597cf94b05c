"""The command line of usage: reports, rebuilding, imports, removal."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from lib.config import ROOT
from lib.store import Store
from lib.usage.__main__ import main
from tests.store.calls import NOON, dollars, foreign, put, tokens
from tests.store.helpers import calls, execute

MAY = ("--since", "2026-05-01", "--until", "2026-05-31")
SPENT = {
    "request_id": "r1",
    "startTime": "2026-05-04T10:00:00Z",
    "model": "gpt",
    "prompt_tokens": 5,
    "completion_tokens": 5,
    "total_tokens": 10,
}


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of the database."""
    return f"sqlite:///{tmp_path / 'parley.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """The store that the commands are about, with three calls of two models."""
    store = Store.open(url)
    put(
        store,
        foreign(NOON, model="big", owner="anna", cost=dollars("1.5")),
        foreign(NOON, model="big", owner="ben"),
        foreign(NOON, model="small\x1b[31m", owner="ben", usage=tokens(5, 5)),
    )
    yield store
    store.close()


@pytest.fixture
def run(store: Store, url: str) -> Callable[..., tuple[int, str]]:
    """What runs a command and returns its exit status and what it printed."""

    def ran(*arguments: str) -> tuple[int, str]:
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
        status = main(arguments, {"DATABASE_URL": url}, out)
        out.flush()
        return status, out.buffer.getvalue().decode()

    return ran


def test_text(run: Callable[..., tuple[int, str]]) -> None:
    """A report for people has aligned columns, "–" for what is unknown, and says what it is of."""
    status, text = run("report", *MAY, "--by", "model")
    head, big, small, *_ = text.splitlines()

    assert status == 0
    assert head.split()[:3] == ["model", "calls", "prompt_tokens"]
    assert big.split()[:4] == ["big", "2", "200", "20"]
    assert "–" in small
    assert "\x1b" not in text
    assert "Days: 2026-05-01 to 2026-05-31" in text


def test_csv(run: Callable[..., tuple[int, str]]) -> None:
    """A report as CSV is read back by pandas."""
    _, text = run("report", *MAY, "--by", "owner", "--step", "day", "--format", "csv")
    frame = pd.read_csv(io.StringIO(text.lstrip("\ufeff")), skiprows=6)

    assert frame.owner.tolist() == ["anna", "ben"]
    assert frame.day.tolist() == ["2026-05-04"] * 2
    assert frame.calls.tolist() == [1, 2]


def test_output(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """A report can be written to a file."""
    _, text = run("report", *MAY, "--format", "json", "--output", str(tmp_path / "may.json"))

    assert text == ""
    assert json.loads((tmp_path / "may.json").read_text())["rows"][0]["calls"] == 3


def test_filters(run: Callable[..., tuple[int, str]]) -> None:
    """A report can be of some calls only."""
    _, text = run("report", *MAY, "--owner", "ben", "--model", "big", "--status", "completed", "--format", "json")

    assert json.loads(text)["rows"][0]["calls"] == 1


def test_zone(run: Callable[..., tuple[int, str]]) -> None:
    """Days are those of the zone that is asked for."""
    found = run("report", "--since", "2026-05-05", "--until", "2026-05-05", "--zone", "Pacific/Auckland")[1]

    assert found.splitlines()[1].split()[0] == "3"


def test_default_days(run: Callable[..., tuple[int, str]], store: Store) -> None:
    """Without days a report is of the last thirty."""
    put(store, foreign(datetime.now(UTC)))
    _, text = run("report", "--format", "json")

    assert json.loads(text)["rows"][0]["calls"] == 1


def test_no_zone(run: Callable[..., tuple[int, str]], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be done is said in a sentence."""
    assert run("report", "--zone", "Mars/Olympus")[0] == 1
    assert "There is no time zone called Mars/Olympus." in capsys.readouterr().err


def test_rebuild(run: Callable[..., tuple[int, str]], store: Store, url: str) -> None:
    """Rebuilding says what was wrong, and that it is right now."""
    run("report", *MAY)
    execute(url, "UPDATE usage_sums SET calls = calls + 1 WHERE level = 'day owner'")
    status, text = run("rebuild")

    assert status == 0
    assert [line.split()[-3:] for line in text.splitlines()] == [["adds", "up", "to."], ["from", "the", "ledger."]]
    assert (text.split()[0], "; 0 differ" in text) == ("4", True)
    assert store.upkeep.differences() == 0


def test_rebuild_fails(run: Callable[..., tuple[int, str]], url: str) -> None:
    """Sums that cannot be made right are an error."""
    run("report", *MAY)
    execute(
        url,
        "CREATE TRIGGER spoil AFTER INSERT ON usage_sums BEGIN UPDATE usage_sums SET calls = 9 "
        "WHERE day = NEW.day AND level = NEW.level AND calls <> 9; END",
    )

    assert run("rebuild")[0] == 1


def test_import(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """Files are taken in; a second time there is nothing new in them."""
    path = tmp_path / "spend.json"
    path.write_text(json.dumps([SPENT, {**SPENT, "request_id": "r2"}]))

    assert run("import", str(path)) == (0, "spend.json: 2 new of 2\n")
    assert run("import", str(path)) == (0, "spend.json: 0 new of 2\n")


def test_import_refused(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """What is no export is an error."""
    (tmp_path / "x").write_text("?")

    assert run("import", str(tmp_path / "y"))[0] == 1


def test_purge(run: Callable[..., tuple[int, str]], store: Store) -> None:
    """Calls before a day are removed."""
    put(store, foreign(datetime(2026, 5, 6, tzinfo=UTC)))

    assert run("purge", "--before", "2026-05-06") == (0, "3 calls are removed for good.\n")
    assert len(calls(store)) == 1
    assert run("purge", "--before", "2026-05-07") == (0, "1 call is removed for good.\n")


def test_module(url: str) -> None:
    """It runs as a module, without pandas."""
    command = [sys.executable, "-X", "importtime", "-m", "lib.usage", "report", "--format", "csv"]
    environ = {**os.environ, "DATABASE_URL": url}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, encoding="utf-8-sig", check=True)

    assert done.stdout.startswith("# Days: ")
    assert "pandas" not in done.stderr


def test_llm(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """Llm's logs are taken in, too."""
    with sqlite3.connect(tmp_path / "logs.db") as db:
        names = "id, model, duration_ms, datetime_utc, input_tokens, output_tokens, token_details"
        db.execute(f"CREATE TABLE turns ({names})")
        db.execute("INSERT INTO turns VALUES ('1', 'm', 5, '2026-05-04T10:00:00', 1, 2, NULL)")
    db.close()

    assert run("import", str(tmp_path / "logs.db"))[1] == "logs.db: 1 new of 1\n"
