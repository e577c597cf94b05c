"""What is read of exports: values that are taken for what they are, or for nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lib.chats import source
from lib.messages import Source


def test_sources() -> None:
    """A source is there once, what is none is left out, and of very many the first are kept."""
    many = (source.source(f"{number}", "") for number in range(source.MAX_SOURCES + 5))

    assert source.sources(iter([None, Source("a", "https://a.b"), Source("again", "https://a.b")])) == (
        Source("a", "https://a.b"),
    )
    assert len(source.sources(many)) == source.MAX_SOURCES


@pytest.mark.parametrize("value", [1_700_000_000, "1700000000", 1_700_000_000_000, 1_700_000_000_000_000_000])
def test_moments(value: object) -> None:
    """A moment is counted in seconds, or in finer parts of them."""
    assert source.moment(value) == datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", 10**30, True, None, [], "soon", "", "2024-99-99"])
def test_no_moments(value: object) -> None:
    """What is no moment is none."""
    assert source.moment(value) is None
