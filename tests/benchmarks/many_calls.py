"""Ledgers of any size: two years of a team's calls, made up, and put behind the store's back into a database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg

SEED = 4
DAYS = 730
END = datetime(2026, 11, 1, tzinfo=UTC)
OWNERS = [f"person-{number:02}" for number in range(24)]
MODELS = {
    "openai": ("gpt-4o", "gpt-4o-mini", "o3"),
    "gateway": ("llama-3.3-70b", "qwen3-32b", "mistral-small"),
    "nextgpt": ("GPT3", "GPT4", "policies"),
    "lab": ("lab-large", "lab-small", "lab-vision"),
}
PAIRS = [(endpoint, model) for endpoint, models in MODELS.items() for model in models]
PURPOSES = ("chat", "title", "image", "compare", "doctor")
STATUSES = ("completed", "stopped", "failed", "incomplete", "interrupted")
COLUMNS = (
    "created_at",
    "endpoint",
    "provider",
    "model",
    "purpose",
    "status",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "cached_tokens",
    "source",
    "ttft_ms",
    "duration_ms",
    "cost",
    "cost_usd",
    "currency",
    "conversation_id",
    "message_id",
    "owner",
    "origin",
)
BATCH = 100_000


@dataclass(frozen=True)
class Year:
    """What a batch of calls is drawn from."""

    numbers: np.random.Generator
    start: datetime
    span: timedelta

    def rows(self, count: int, first: int) -> list[tuple[Any, ...]]:
        """Return so many calls in order of time; `first` is the number of the first."""
        numbers = self.numbers
        moments = np.sort(numbers.random(count)) * self.span.total_seconds()
        owners = numbers.zipf(1.4, count) % len(OWNERS)
        # A person has three models, the first used most.
        pairs = (owners * 5 + numbers.choice([0, 4, 7], count, p=[0.7, 0.2, 0.1])) % len(PAIRS)
        purposes = numbers.choice(PURPOSES, count, p=[0.8, 0.14, 0.03, 0.025, 0.005])
        statuses = numbers.choice(STATUSES, count, p=[0.92, 0.04, 0.02, 0.015, 0.005])
        prompts = numbers.lognormal(6.5, 1.2, count).astype(int) + 5
        answers = numbers.lognormal(5.5, 1.0, count).astype(int) + 1
        waits = numbers.lognormal(6.3, 0.7, count)
        drawn = zip(moments, owners, pairs, purposes, statuses, prompts, answers, waits, strict=True)
        return [self._row(first + number, [item.item() for item in call]) for number, call in enumerate(drawn)]

    def _row(self, number: int, drawn: list[Any]) -> tuple[Any, ...]:
        moment, owner, pair, purpose, status, prompt, answer, wait = drawn
        endpoint, model = PAIRS[pair]
        created = self.start + timedelta(seconds=moment)
        about = (created, endpoint, "openai", model, purpose, status)
        rest = (f"conversation-{number // 8}", number, OWNERS[owner], "parley")
        if status in ("failed", "interrupted"):
            return (*about, None, None, None, None, "missing", None, wait, None, None, None, *rest)
        source = "estimated" if endpoint == "nextgpt" or status == "stopped" else "reported"
        cost = (2500 * prompt + 10_000 * answer) if endpoint == "openai" else None
        dollars, currency = (cost / 1e9, "USD") if cost else (None, None)
        tokens = (prompt, answer, prompt + answer, prompt // 3 if endpoint == "openai" else None)
        return (*about, *tokens, source, wait, wait + answer * 12.0, cost, dollars, currency, *rest)


def calls(count: int) -> Iterator[list[tuple[Any, ...]]]:
    """Give calls in order of time, a batch at a time."""
    numbers, batches = np.random.default_rng(SEED), -(-count // BATCH)
    span = timedelta(days=DAYS) / batches
    for batch in range(batches):
        year = Year(numbers, END - timedelta(days=DAYS) + batch * span, span)
        yield year.rows(min(BATCH, count - batch * BATCH), batch * BATCH)


def fill(url: str, count: int) -> None:
    """Put so many calls into the empty ledger of a database; its indexes are made anew at the end."""
    (_sqlite if url.startswith("sqlite") else _postgresql)(url, count)


def _sqlite(url: str, count: int) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as db:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000"):
            db.execute(f"PRAGMA {pragma}")
        indexes = db.execute("SELECT name, sql FROM sqlite_master WHERE tbl_name = 'usage' AND sql LIKE '%INDEX%'")
        found = list(indexes)
        for name, _ in found:
            db.execute(f"DROP INDEX {name}")
        places = ", ".join("?" * len(COLUMNS))
        for rows in calls(count):
            db.execute("BEGIN")
            db.executemany(f"INSERT INTO usage ({', '.join(COLUMNS)}) VALUES ({places})", map(_text, rows))
            db.execute("COMMIT")
        for _, statement in found:
            db.execute(statement)


def _text(row: Sequence[Any]) -> tuple[Any, ...]:
    return (row[0].strftime("%Y-%m-%d %H:%M:%S.%f"), *row[1:])


def _postgresql(url: str, count: int) -> None:
    address = url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(address, autocommit=True) as db:
        found = db.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'usage' AND indexname LIKE 'ix%'"
        ).fetchall()
        for name, _ in found:
            db.execute(f"DROP INDEX {name}")
        with db.cursor() as cursor, cursor.copy(f"COPY usage ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for rows in calls(count):
                for row in rows:
                    copy.write_row(row)
        for _, statement in found:
            db.execute(statement)
        db.execute("ANALYZE")
