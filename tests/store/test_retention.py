"""Conversations go after so many days without a prompt; what they used stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lib.store import LOCAL, Store
from lib.store.upkeep import Routine
from tests.store.helpers import CHOICE, DONE, EVER, begin


def test_retired(store: Store) -> None:
    """What nothing was said in goes with its parts, the rest stays, and the ledger too; a lane counts for the whole."""
    chats = store.chats(LOCAL)
    turn = begin(store)
    chats.finish(turn, DONE)
    about = {"provider": "openai", "purpose": "compare", "each": "compare"}
    old, _ = chats.collect("old", ["a", "b"], CHOICE, **about)
    young, lanes = chats.collect("young", ["a"], CHOICE, **about)
    between = datetime.now(UTC)
    chats.finish(begin(store, conversation_id=lanes[0]), DONE)

    assert chats.retiring(between) == 2
    assert store.upkeep.retire(between) == 2
    assert [bool(chats.get(id)) for id in (turn.conversation_id, old, young, lanes[0])] == [False, False, True, True]
    assert chats.parts(old) == []
    assert store.upkeep.retire(between) == 0
    assert store.usage(LOCAL).figures(EVER).calls == 2


def test_routine(store: Store) -> None:
    """It is done hourly where it is set, and never else."""
    turn = begin(store)
    store.chats(LOCAL).finish(turn, DONE)
    with store._database.write("purge") as db:
        long_ago = datetime.now(UTC) - timedelta(days=31)
        db.exec_driver_sql(f"UPDATE conversations SET updated_at = '{long_ago:%Y-%m-%d %H:%M:%S}'")
    for days, stays in ((None, True), (60, True), (30, False)):
        Routine(store.upkeep, 30, None, days)()
        assert bool(store.chats(LOCAL).get(turn.conversation_id)) is stays
