"""What is read of exports: values that are taken for what they are, or for nothing."""

from __future__ import annotations

from lib.chats import source
from lib.messages import Source


def test_sources() -> None:
    """A source is there once, what is none is left out, and of very many the first are kept."""
    many = (source.source(f"{number}", "") for number in range(source.MAX_SOURCES + 5))

    assert source.sources(iter([None, Source("a", "https://a.b"), Source("again", "https://a.b")])) == (
        Source("a", "https://a.b"),
    )
    assert len(source.sources(many)) == source.MAX_SOURCES
