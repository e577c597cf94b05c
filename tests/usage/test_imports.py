"""Exports of other programs, taken in: what becomes of each field, what is left out, what is refused."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lib.errors import ChatError
from lib.messages import Usage
from lib.pricing.prices import Cost
from lib.store import ForeignCall
from lib.usage.imports import read

DAY = 1_767_225_600  # 1 January 2026, 00:00 UTC
SPAN = {
    "start_time": DAY,
    "end_time": DAY + 86_400,
    "start_time_iso": "2026-01-01T00:00:00+00:00",
    "end_time_iso": "2026-01-02T00:00:00+00:00",
    "project_id": "proj_1",
    "num_model_requests": 3,
    "user_id": "user-anna",
    "api_key_id": "key_1",
    "model": "gpt-4o-2024-08-06",
    "batch": "False",
    "service_tier": "default",
    "input_tokens": 6000,
    "output_tokens": 900,
    "input_cached_tokens": 0,
}
SPENT = {
    "request_id": "chatcmpl-1",
    "call_type": "acompletion",
    "api_key": "88dc28",
    "spend": 0.0021,
    "total_tokens": 120,
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "startTime": "2026-01-01T10:00:00.000Z",
    "endTime": "2026-01-01T10:00:03.500Z",
    "completionStartTime": "2026-01-01T10:00:00.400Z",
    "model": "gpt-4o-2024-08-06",
    "model_group": "team-gpt",
    "custom_llm_provider": "openai",
    "user": "u1",
    "end_user": "anna",
    "metadata": {"usage_object": {"prompt_tokens_details": {"cached_tokens": 40}}},
    "cache_hit": "False",
    "status": "success",
}
LOGGED = {
    "id": "01jabc",
    "model": "gpt-4o-mini",
    "duration_ms": 1500,
    "datetime_utc": "2026-01-01T10:00:00.123456+00:00",
    "input_tokens": 12,
    "output_tokens": 34,
    "token_details": '{"completion_tokens_details": {"reasoning_tokens": 8}}',
}


def table(path: Path, *rows: dict[str, Any]) -> Path:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def logs(path: Path, **tables: list[dict[str, Any]]) -> Path:
    """Write a database with tables of these rows."""
    with closing(sqlite3.connect(path)) as db, db:
        for name, rows in tables.items():
            db.execute(f"CREATE TABLE {name} ({', '.join(LOGGED)})")
            db.executemany(f"INSERT INTO {name} VALUES (:{', :'.join(LOGGED)})", rows)
    return path


def document(path: Path, value: object) -> Path:
    """Write a JSON file."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The path of a file that is not there yet."""
    return tmp_path / "export"


def test_openai(path: Path) -> None:
    """A row of OpenAI's export is a sum of calls in the middle of its span, priced by their average."""
    (call,) = read(table(path, SPAN))

    assert call.created_at == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert (call.origin, call.endpoint, call.model, call.owner) == ("openai", "openai", SPAN["model"], "user-anna")
    assert (call.calls, call.usage) == (3, Usage(6000, 900, 6900, cached_tokens=0))
    assert call.cost
    assert str(call.cost.amount.normalize()) == "0.024"


@pytest.mark.parametrize("change", [{"batch": "True"}, {"service_tier": "flex"}, {"model": "ft:unknown"}])
def test_openai_other_prices(path: Path, change: dict[str, str]) -> None:
    """What has a price of its own is unpriced."""
    (call,) = read(table(path, {**SPAN, **change}))

    assert call.cost is None


@pytest.mark.parametrize("change", [{"num_model_requests": ""}, {"num_model_requests": 0}, {"model": ""}])
def test_openai_empty(path: Path, change: dict[str, Any]) -> None:
    """A span without requests is left out."""
    assert list(read(table(path, {**SPAN, **change}))) == []


def test_openai_not_over(path: Path) -> None:
    """A span that was not over when the file was made is left out: the next file has all of it."""
    os.utime(table(path, SPAN), (DAY + 5000, DAY + 5000))

    assert list(read(path)) == []


def test_openai_names(path: Path) -> None:
    """Rows of one span that differ in whatever they are grouped by are different calls."""
    others = [{"project_id": "p"}, {"user_id": "u"}, {"api_key_id": "k"}, {"model": "o3"}, {"batch": "True"}]
    calls = list(read(table(path, SPAN, *({**SPAN, **other} for other in others))))

    assert len({call.origin_id for call in calls}) == 6


def test_openai_unknown(path: Path) -> None:
    """A count that is not there is unknown."""
    (call,) = read(table(path, {**SPAN, "output_tokens": ""}))

    assert (call.usage, call.cost) == (Usage(6000, None, None, cached_tokens=0), None)


LITELLM = ForeignCall(
    "litellm",
    "chatcmpl-1",
    datetime(2026, 1, 1, 10, tzinfo=UTC),
    endpoint="openai",
    model="team-gpt",
    owner="anna",
    usage=Usage(100, 20, 120, cached_tokens=40),
    ttft_ms=400.0,
    duration_ms=3500.0,
)


@pytest.mark.parametrize("form", ["list", "lines", "data", "csv"])
def test_litellm(path: Path, form: str) -> None:
    """LiteLLM's spend logs are the same in each of their forms."""
    if form == "csv":
        table(path, {**SPENT, "metadata": json.dumps(SPENT["metadata"])})
    elif form == "lines":
        path.write_text("\n".join([json.dumps(SPENT), "", json.dumps({**SPENT, "cache_hit": "True"})]), "utf-8")
    else:
        document(path, [SPENT] if form == "list" else {"data": [SPENT]})
    (call,) = read(path)

    assert call.cost
    assert str(call.cost.amount) == "0.0021"
    assert call.__class__(**{**call.__dict__, "cost": None}) == LITELLM


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"spend": 0}, "cost", None),
        ({"spend": None}, "cost", None),
        ({"status": "failure", "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, "status", "failed"),
        ({"metadata": None, "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, "usage", None),
        ({"model_group": ""}, "model", "gpt-4o-2024-08-06"),
        ({"end_user": None}, "owner", "u1"),
        ({"end_user": "", "user": "", "metadata": {"user_api_key_alias": "ci"}}, "owner", "ci"),
        ({"custom_llm_provider": None}, "endpoint", "litellm"),
        ({"call_type": "aembedding"}, "purpose", "aembedding"),
        ({"call_type": None}, "purpose", "chat"),
        ({"call_type": "a\nb\ud800" + "c" * 400}, "purpose", "a b\ufffd" + "c" * 295 + "…"),
        ({"model_group": "m" * 400}, "model", "m" * 299 + "…"),
        ({"metadata": "{}"}, "usage", Usage(100, 20, 120)),
        ({"completionStartTime": None}, "ttft_ms", None),
        # Without streaming, LiteLLM writes the end in there.
        ({"completionStartTime": "2026-01-01T10:00:03.500Z"}, "ttft_ms", None),
        ({"endTime": None}, "duration_ms", None),
        ({"endTime": "2026-01-01T09:00:00Z"}, "duration_ms", None),
        ({"startTime": "2026-01-01 10:00:00"}, "created_at", LITELLM.created_at),
    ],
)
def test_litellm_fields(path: Path, change: dict[str, Any], field: str, value: object) -> None:
    """What LiteLLM leaves open, or says in its own way."""
    (call,) = read(document(path, [{**SPENT, **change}]))

    assert getattr(call, field) == value


def test_litellm_cost(path: Path) -> None:
    """What a call cost is what LiteLLM says, and marked as that."""
    (call,) = read(document(path, [SPENT]))

    assert isinstance(call.cost, Cost)
    assert (call.cost.source, call.cost.currency) == ("litellm", "USD")


@pytest.mark.parametrize("name", ["responses", "turns"])
def test_llm(path: Path, name: str) -> None:
    """Llm's logs, from its table of before 0.32 and from that of after."""
    (call,) = read(logs(path, **{name: [LOGGED]}))

    assert (call.origin, call.origin_id, call.model, call.duration_ms) == ("llm", "01jabc", "gpt-4o-mini", 1500)
    assert call.created_at == datetime(2026, 1, 1, 10, 0, 0, 123_456, UTC)
    assert call.usage == Usage(12, 34, 46, reasoning_tokens=8)
    assert call.cost is None


def test_llm_both(path: Path) -> None:
    """A call that is in both of llm's tables has the same name in both."""
    first, second = read(logs(path, responses=[LOGGED], turns=[LOGGED]))

    assert first.origin_id == second.origin_id


def test_llm_unknown(path: Path) -> None:
    """A model that reports no tokens has none."""
    blank = {"input_tokens": None, "output_tokens": None, "token_details": None}
    (call,) = read(logs(path, responses=[{**LOGGED, **blank}]))

    assert call.usage is None


def test_untouched(path: Path) -> None:
    """Llm's database is only read."""
    logs(path, turns=[LOGGED])
    before = path.read_bytes()
    list(read(path))

    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\xff",
        b"{",
        b"[3]",
        b'{"a": 1}',
        b"a,b\n1,2\n",
        b"SQLite format 3\0 but no more",
        json.dumps([{**SPENT, "startTime": "yesterday"}]).encode(),
        json.dumps([{**SPENT, "startTime": None}]).encode(),
        json.dumps([{**SPENT, "spend": "much"}]).encode(),
        b"start_time,end_time,num_model_requests,model\nx,y,1,m\n",
    ],
)
def test_refused(path: Path, content: bytes) -> None:
    """What is no export is refused, and what is one is named; nothing but an empty file has no calls."""
    path.write_bytes(content)
    if not content:
        assert list(read(path)) == []
        return
    with pytest.raises(ChatError) as caught:
        list(read(path))

    assert "LiteLLM" in caught.value.hint


@pytest.mark.parametrize("content", [b"[" * 100_000, b"[" + b"1" * 10_000 + b"]", b'[{"metadata": "' + b"[" * 50_000])
def test_made_to_break(path: Path, content: bytes) -> None:
    """Nesting without end and numbers without end are no export."""
    path.write_bytes(content)
    with pytest.raises(ChatError, match="cannot be read"):
        list(read(path))


def test_made_to_break_inside(path: Path) -> None:
    """Nor do they break what is made of one entry."""
    with pytest.raises(ChatError, match="Entry 1"):
        list(read(document(path, [{**SPENT, "metadata": "[" * 50_000}])))


@pytest.mark.parametrize("spend", ["1e999990", 1e300, 1_000_001])
def test_absurd_cost(path: Path, spend: object) -> None:
    """A cost that no call has is unknown."""
    assert next(read(document(path, [{**SPENT, "spend": spend}]))).cost is None


def test_no_tables(path: Path) -> None:
    """Another program's database is refused."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE other (id)")
    with pytest.raises(ChatError, match="none of llm's tables"):
        list(read(path))


def test_no_time(path: Path) -> None:
    """A call of llm's without a time is refused."""
    with pytest.raises(ChatError, match="Entry 1"):
        list(read(logs(path, turns=[{**LOGGED, "datetime_utc": None}])))


def test_missing(path: Path) -> None:
    """A file that is not there is an error fit to show."""
    with pytest.raises(ChatError, match="cannot be read"):
        list(read(path))
