"""Calls that other programs made and kept, from their exports: OpenAI's usage CSV, LiteLLM's spend logs, llm's logs.db.

Which one a file is shows in the file. Each call keeps its origin and its name there, so that a file, or a longer one of
the same, can be taken in again. Where the formats come from:

- OpenAI: the export of the usage dashboard, one row a span of time, project, user, key and model, for many requests.
- LiteLLM: the table LiteLLM_SpendLogs of its proxy, as JSON (a list, or an object a line) or as CSV.
- llm: `llm logs path`; the table `responses`, and since 0.32 the table `turns`.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from lib.api.token_counts import usage
from lib.errors import ChatError
from lib.messages import Usage
from lib.pricing.prices import Cost, Tariff
from lib.store import ForeignCall
from lib.text import as_name

OPENAI, LITELLM, LLM = "openai", "litellm", "llm"
OPENAI_TARIFF = Tariff("https://api.openai.com/v1", {})
KINDS = "OpenAI's usage CSV, LiteLLM's spend logs as JSON or CSV, or llm's logs.db"
MAX_COST = 1_000_000  # dollars for one call; more is a mistake, and numbers may be as long as a file
UNEXPECTED = (KeyError, ValueError, TypeError, AttributeError, InvalidOperation, OverflowError, RecursionError)
Record = Mapping[str, Any]


def read(path: Path) -> Iterator[ForeignCall]:
    """Give the calls that an export holds; the file tells which program made it.

    Raises ChatError, at the first call or on the way, for what is none of the exports or cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
        reader = _llm if head.startswith(b"SQLite format 3") else _json if head[:1] in (b"[", b"{") else _csv
        yield from reader(path)
    except (OSError, ValueError, RecursionError, csv.Error, sqlite3.Error) as error:
        raise ChatError(f"{path.name} cannot be read.", hint=f"Expected {KINDS}.") from error


def _csv(path: Path) -> Iterator[ForeignCall]:
    exported = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        names = set(rows.fieldnames or ())
        if {"start_time", "end_time", "num_model_requests"} <= names:
            yield from _each(path, rows, lambda row: _openai(row, exported))
        else:
            yield from _each(path, rows, _litellm)


def _json(path: Path) -> Iterator[ForeignCall]:
    text = path.read_text(encoding="utf-8-sig")
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
    rows = found.get("data", [found]) if isinstance(found, dict) else found
    yield from _each(path, iter(rows), _litellm)


def _each(path: Path, rows: Iterator[Record], call: Callable[[Record], ForeignCall | None]) -> Iterator[ForeignCall]:
    for number, row in enumerate(rows, start=1):
        try:
            found = call(row)
        except UNEXPECTED as error:
            raise ChatError(f"Entry {number} of {path.name} is not as expected.", hint=f"Expected {KINDS}.") from error
        if found:
            yield _named(found)


def _named(call: ForeignCall) -> ForeignCall:
    """Return a call whose names are names: they are chosen by others, and shown on many pages."""
    return replace(
        call,
        endpoint=as_name(call.endpoint),
        model=as_name(call.model),
        owner=as_name(call.owner),
        purpose=as_name(call.purpose),
    )


def _openai(row: Record, exported: datetime) -> ForeignCall | None:
    """Return one row, None for a span without requests, or one that was not over when the file was made."""
    begin, end = int(row["start_time"]), int(row["end_time"])
    calls = _count(row["num_model_requests"])
    if not calls or not row.get("model") or end > exported.timestamp():
        return None
    names = ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier")
    used = _openai_usage(row)
    # The middle of the span: of a whole day in UTC it is the same day almost everywhere.
    middle = datetime.fromtimestamp((begin + end) / 2, UTC)
    special = row.get("batch", "").lower() == "true" or row.get("service_tier") not in (None, "", "default")
    return ForeignCall(
        OPENAI,
        ":".join([str(begin), str(end), *(row.get(name) or "" for name in names)]),
        middle,
        endpoint=OPENAI,
        model=row["model"],
        owner=row.get("user_id") or row.get("project_id") or OPENAI,
        usage=used,
        calls=calls,
        cost=None if special else OPENAI_TARIFF.what_if(used, calls, row["model"], middle),
    )


def _openai_usage(row: Record) -> Usage:
    asked, answered = _count(row["input_tokens"]), _count(row["output_tokens"])
    total = None if asked is None or answered is None else asked + answered
    return Usage(asked, answered, total, cached_tokens=_count(row.get("input_cached_tokens")))


def _litellm(row: Record) -> ForeignCall | None:
    """Return one call, None for an answer that LiteLLM had in its own cache: nothing was asked then."""
    if str(row.get("cache_hit")).lower() == "true":
        return None
    began, ended, first = (_moment(row.get(name)) for name in ("startTime", "endTime", "completionStartTime"))
    if began is None:
        raise ValueError("startTime is missing")
    streamed = first is not None and ended is not None and first < ended
    metadata = _object(row.get("metadata"))
    failed = row.get("status") == "failure"
    return ForeignCall(
        LITELLM,
        row["request_id"],
        began,
        endpoint=row.get("custom_llm_provider") or LITELLM,
        model=row.get("model_group") or row["model"],
        owner=row.get("end_user") or row.get("user") or metadata.get("user_api_key_alias") or LITELLM,
        purpose="chat" if "completion" in str(row.get("call_type")) else str(row.get("call_type") or "chat"),
        status="failed" if failed else "completed",
        usage=_litellm_usage(row, metadata),
        cost=_spend(row.get("spend")),
        ttft_ms=_between(began, first) if streamed else None,
        duration_ms=_between(began, ended),
    )


def _litellm_usage(row: Record, metadata: Record) -> Usage | None:
    counts = {name: _count(row.get(name)) for name in ("prompt_tokens", "completion_tokens", "total_tokens")}
    return usage({**_object(metadata.get("usage_object")), **counts})


def _spend(value: Any) -> Cost | None:
    """Return what LiteLLM thinks a call cost; it says 0 where it does not know."""
    amount = Decimal(str(value or 0))
    return Cost(amount, "USD", LITELLM, "") if 0 < amount <= MAX_COST else None


def _llm(path: Path) -> Iterator[ForeignCall]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        present = {row["name"] for row in db.execute("SELECT name FROM sqlite_master")} & {"turns", "responses"}
        if not present:
            raise ChatError(f"{path.name} has none of llm's tables.", hint=f"Expected {KINDS}.")
        for table in sorted(present, reverse=True):  # a call that is in both is the same call
            rows = db.execute(f"SELECT * FROM {table} ORDER BY datetime_utc")  # noqa: S608  # one of the two above
            yield from _each(path, map(dict, rows), _llm_call)


def _llm_call(row: Record) -> ForeignCall:
    counts = {"prompt_tokens": row.get("input_tokens"), "completion_tokens": row.get("output_tokens")}
    moment = _moment(row["datetime_utc"])
    if moment is None:
        raise ValueError("datetime_utc is missing")
    used = usage({**_object(row.get("token_details")), **counts})
    return ForeignCall(
        LLM, row["id"], moment, endpoint=LLM, model=row["model"], usage=used, duration_ms=row["duration_ms"]
    )


def _count(value: Any) -> int | None:
    return None if value in (None, "") else int(value)


def _moment(value: Any) -> datetime | None:
    if not value:
        return None
    found = datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _between(begin: datetime, end: datetime | None) -> float | None:
    return (end - begin).total_seconds() * 1000 if end and end >= begin else None


def _object(value: Any) -> dict[str, Any]:
    found = json.loads(value) if isinstance(value, str) and value.strip() else value
    return found if isinstance(found, dict) else {}
