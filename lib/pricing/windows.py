"""How many tokens a model takes at most, prompt and answer together: as published (genai-prices), else unknown."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable

from lib.pricing.prices import may_be_a_vendor

LIBRARY = "genai_prices"
Published = Callable[[str, str], int | None]


def loaded(base_url: str, model: str) -> int | None:
    """Return what `published` does if that takes no time: for who cannot wait for it."""
    return published(base_url, model) if LIBRARY in sys.modules else None


@functools.lru_cache(maxsize=512)
def published(base_url: str, model: str) -> int | None:
    """Return the window of a model of a vendor with published prices; None where nobody knows."""
    if not may_be_a_vendor(base_url):
        return None
    from genai_prices.data_snapshot import get_snapshot  # as in prices: for those who call a vendor

    try:
        _, found = get_snapshot().find_provider_model(model, None, None, base_url)
    except LookupError:  # the vendor or the model is not known
        return None
    return found.context_window
