"""What a lane says of an answer while it comes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lib.config import Endpoint
from lib.pricing import prices
from lib.ui.compare.badges import Badges
from tests.fake_client import ENDPOINT, FakeStream, answer

PRICES = {"m": {"input": 1.0, "output": 1_000.0}}


def line(stream: FakeStream | None, endpoint: Endpoint = ENDPOINT) -> str:
    """Return what is said of a stream."""
    generation = SimpleNamespace(stream=stream, client=SimpleNamespace(endpoint=endpoint))
    return Badges(generation, "m", [SimpleNamespace(text="What?")]).line().replace("\u00a0", " ")  # type: ignore[arg-type, list-item]


def writing() -> FakeStream:
    """Return a stream of which fifty tokens came within a second, the first after half of one."""
    stream = answer("so far")
    stream.ttft_ms, stream.elapsed_ms, stream.deltas = 500.0, 1500.0, 50
    return stream


@pytest.mark.parametrize("stream", [None, answer("nothing yet")])
def test_nothing_came(stream: FakeStream | None) -> None:
    """Before the first word there are no figures."""
    assert line(stream) == "Writing"


def test_figures() -> None:
    """Time to first token, speed and tokens are told, and no cost where no price is known."""
    assert line(writing()) == "0.50 s to first · ~50 tokens/s · ~50 tokens"


def test_cost() -> None:
    """What it costs so far is an estimate."""
    priced = Endpoint("fake", "http://127.0.0.1:9/v1", model="m", prices=prices.parse(PRICES, "fake"))

    assert line(writing(), priced).endswith(r" · ~\$0.0500")
