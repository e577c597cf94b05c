"""What the ledger has of one call, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lib.store import Call, Store
from lib.ui.usage.call import facts
from tests.store.calls import dollars, foreign, put, tokens
from tests.store.helpers import calls


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Call]:
    """A call with a price."""
    store = Store.open(f"sqlite:///{tmp_path / 'parley.db'}")
    put(store, foreign(model="a*b*", cost=dollars("0.25"), usage=tokens(7, 3)))
    yield calls(store)[0]
    store.close()


def test_facts(call: Call) -> None:
    """Each figure has a line; one that says nothing has none."""
    found = dict(facts(call))

    assert (found["Prompt tokens"], found["Total tokens"]) == ("7", "10")
    assert found["Cost"] == "0.2500 USD (configuration)"
    assert found["Imported from"] == "elsewhere, 1 call"
    assert "cached" not in found
    assert found["Model"].startswith("a*b*")


def test_unknown(call: Call) -> None:
    """Without a price a call is unpriced, not free; without counts nothing is known."""
    unpriced = replace(call, cost=None, currency=None)
    unknown = replace(unpriced, prompt_tokens=None, total_tokens=None, source="missing")

    assert dict(facts(unpriced))["Cost"] == "unpriced"
    assert dict(facts(unknown))["Cost"] == "–"
    assert dict(facts(unknown))["Prompt tokens"] == "–"


def test_estimated(call: Call) -> None:
    """Estimates have a mark, and it says why."""
    found = dict(facts(replace(call, source="estimated", refused="total_tokens")))

    assert found["Prompt tokens"] == "~7"
    assert "refused as impossible: total" in found["Counts are"]


def test_size(call: Call) -> None:
    """What was sent is told in bytes and images, where that is known."""
    found = dict(facts(replace(call, request_bytes=2048, response_bytes=512, images=2)))

    assert found["Sent, received"].replace("\u2009", " ") == "2 048 bytes, 512 bytes"
    assert found["Images sent"] == "2"
    assert "Images sent" not in dict(facts(call))


def test_end(call: Call) -> None:
    """How it ended is told with all that is known of it."""
    failed = replace(call, status="failed", error_kind="rate_limit", http_status=429)

    assert dict(facts(failed))["Ended"] == "failed · rate_limit · HTTP 429"
