"""What is counted, for those who watch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lib import metrics
from lib.metrics import MAX_SERIES, Ended, Metrics

BUILD = {"build": "b", "schema": "0001"}
CALL = Ended("work", "gpt", "completed", {"prompt": 3, "completion": None}, 0.5, "USD", 200.0, 1500.0, attempts=2)


@pytest.fixture
def counted() -> Iterator[Metrics]:
    """The counts of this process, from nothing on."""
    yield metrics.start()
    metrics.end()


def samples(counted: Metrics, **gauges: float) -> dict[tuple[str, ...], float]:
    """Return the values by name and labels."""
    families = text_string_to_metric_families(counted.text(gauges, BUILD).decode())
    found = (sample for family in families for sample in family.samples)
    return {(sample.name, *sample.labels.values()): sample.value for sample in found}


def test_call(counted: Metrics) -> None:
    """A call counts with its tokens, cost and times, and attempts before it as failed; what is unknown does not."""
    metrics.ended(CALL)
    found = samples(counted)

    assert found["parley_calls_total", "work", "gpt", "completed"] == 1
    assert found["parley_calls_total", "work", "gpt", "failed"] == 2
    assert found["parley_tokens_total", "work", "prompt", "gpt"] == 3
    assert ("parley_tokens_total", "work", "completion", "gpt") not in found
    assert found["parley_cost_total", "USD", "work", "gpt"] == 0.5
    assert found["parley_first_token_seconds_sum", "work", "gpt"] == pytest.approx(0.2)
    assert found["parley_call_seconds_sum", "work", "gpt"] == pytest.approx(1.5)


def test_call_of_which_little_is_known(counted: Metrics) -> None:
    """A call without cost and times counts as a call."""
    metrics.ended(Ended("work", "gpt", "failed", {}))
    found = samples(counted)

    assert found["parley_calls_total", "work", "gpt", "failed"] == 1
    assert ("parley_first_token_seconds_sum", "work", "gpt") not in found


def test_store(counted: Metrics) -> None:
    """Each access to the database is counted, also one that fails."""
    with pytest.raises(ValueError, match="oh"), metrics.stored("write"):
        raise ValueError("oh")

    assert samples(counted)["parley_store_seconds_count", "write"] == 1


def test_bound(counted: Metrics) -> None:
    """However many models people name, so many are told apart, and the rest is one; a long name is cut."""
    for number in range(MAX_SERIES + 50):
        metrics.ended(Ended("mine", f"{number} {'x' * 1000}", "completed", {}))
    found = {key: value for key, value in samples(counted).items() if key[0] == "parley_calls_total"}

    assert len(found) == MAX_SERIES + 1
    assert found["parley_calls_total", "other", "other", "completed"] == 50
    assert max(len(key[2]) for key in found) == 100


def test_now(counted: Metrics) -> None:
    """What is so now, and what runs here, is told as well."""
    found = samples(counted, running_answers=2)

    assert found["parley_running_answers",] == 2
    assert found["parley_build_info", "b", "0001"] == 1
    assert metrics.start() is counted


def test_off() -> None:
    """Without anybody who watches nothing is counted."""
    metrics.ended(CALL)
    with metrics.stored("read"):
        pass

    assert not [key for key in samples(Metrics()) if key[0] == "parley_calls_total"]
