"""What is done to a conversation while another process answers in it: that one is stopped, or waited for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from threading import Event

import pytest

from lib import generations, runtime
from lib.compare import lanes
from lib.config import Settings
from lib.errors import BusyError
from lib.messages import Completion, Delta, Message
from lib.model_choice import ModelChoice
from lib.runtime import Runtime
from lib.store import LOCAL, Chats, Store
from lib.ui.chat import actions
from lib.ui.chat.branches import Branches
from lib.ui.chat.view import View
from tests.fake_client import FakeClient, FakeStream
from tests.waiting import until

CHOICE = ModelChoice("e", "m")
HI = Message("user", "hi")


@pytest.fixture
def there(store: Store) -> Iterator[Chats]:
    """The conversations as another process has them, which lives."""
    runtime.use(Runtime(Settings(), store))
    with closing(Store.open(f"sqlite:///{store._database.file}")) as other:
        other.lease.hold()
        yield other.chats(LOCAL)


def test_deleted(store: Store, there: Chats) -> None:
    """Who deletes a conversation stops the answer in it, and those in its parts, whichever process writes them."""
    turn = there.begin(HI, CHOICE, provider="p")
    actions.delete(View(turn.conversation_id))
    about = {"provider": "p", "purpose": "compare", "each": "compare"}
    id, parts = there.collect("hi", ["one", "two"], CHOICE, **about)
    lane = there.begin(HI, CHOICE, provider="p", conversation_id=parts[0])
    actions.delete(View(id))

    assert there.stopped_elsewhere() == {turn.message_id, lane.message_id}


def test_lane(store: Store, there: Chats) -> None:
    """A lane that is taken out is stopped there as well."""
    turn = there.begin(HI, CHOICE, provider="p")
    lanes.stop(store.chats(LOCAL), [turn.conversation_id])

    assert there.stopped_elsewhere() == {turn.message_id}


def test_changed(there: Chats) -> None:
    """Nothing is taken out of a conversation, or put back, while it is answered there."""
    turn = there.begin(HI, CHOICE, provider="p")
    with pytest.raises(BusyError, match="still being answered"):
        Branches(View(turn.conversation_id))._check_free()


def test_temporary(store: Store, there: Chats) -> None:
    """A temporary chat that is closed elsewhere is gone, and the process that answers in it stops."""
    client = FakeClient(FakeStream([Delta("w"), Event()], Completion("w")))
    generation = generations.start(there, client, HI, CHOICE, temporary=True)  # type: ignore[arg-type]
    store.chats(LOCAL).close(generation.turn.conversation_id)
    until(lambda: generation.wait(0))

    assert store.chats(LOCAL).get(generation.turn.conversation_id) is None
    assert store.usage(LOCAL).call(generation.turn.usage_id).status == "stopped"  # type: ignore[union-attr]
