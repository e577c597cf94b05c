"""A batch in the list of those there were."""

from __future__ import annotations

from datetime import UTC, datetime

from lib.model_choice import ModelChoice
from lib.pricing.prices import BILLION
from lib.store import LOCAL, Collection, Store
from lib.ui.images.earlier import facts


def test_facts(store: Store) -> None:
    """It has its time, its pictures and answers, and what it cost in each currency."""
    chats = store.chats(LOCAL)
    about = {"provider": "openai", "purpose": "batch", "each": "image"}
    id, _ = chats.collect("What is it?", ["a", "b"], ModelChoice("e", "m"), **about)
    conversation = chats.get(id)
    assert conversation
    said = facts(Collection(conversation, 2, 1, (("EUR", BILLION // 2), ("USD", BILLION))))

    assert said.endswith(" · 2 pictures · 1 answered · 0.5000 EUR · 1.00 USD")
    assert str(datetime.now(UTC).year) in said
