"""A process that keeps turns until it is killed, and says of each prompt when it has been kept."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from lib.store import LOCAL, Store
from tests.store.helpers import DONE, begin


def main(say: Callable[[str], None], url: str, name: str) -> None:
    """Write turns, one conversation for every ten of them."""
    store, conversation_id = Store.open(url), None
    for number in count():
        turn = begin(store, f"{name}-{number}", conversation_id if number % 10 else None)
        say(f"{name}-{number}")
        store.chats(LOCAL).save(turn, "half an answer", "")
        store.chats(LOCAL).finish(turn, DONE)
        conversation_id = turn.conversation_id
