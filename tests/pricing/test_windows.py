"""How much models take, as published."""

from __future__ import annotations

from lib.pricing.windows import loaded, published

OPENAI = "https://api.openai.com/v1"


def test_published() -> None:
    """A vendor's model has its window; one that is not known, and one that is called alike elsewhere, has none."""
    assert published(OPENAI, "gpt-4o") == 128_000
    assert published(OPENAI, "no-such-model") is None
    assert published("http://127.0.0.1:9/v1", "gpt-4o") is None


def test_loaded() -> None:
    """Once the list of prices is there, who cannot wait is told as well."""
    published(OPENAI, "gpt-4o")

    assert loaded(OPENAI, "gpt-4o") == 128_000
