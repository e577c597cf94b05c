"""The branches of a conversation against a simple model of them: whatever is done, nothing is ever lost."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from lib.errors import BusyError, StoreError
from lib.messages import Message
from lib.store import LOCAL, Chats, Outcome, Removed, Store, Turn
from tests.store.chats.test_images import PIXEL
from tests.store.helpers import CHOICE, DONE, begin, chat, execute, texts

PARTIAL = Outcome("stopped", "Half an ans")
STEPS = 60  # of each walk
NONE = Removed(0, "never", None, 0)


@dataclass
class Node:
    """What a message is in the model."""

    text: str
    parent: int | None
    role: str
    gone: set[int] = field(default_factory=set)  # the deletions that took it


class Model:
    """One conversation as a person understands it, and what was done to it."""

    def __init__(self, chats: Chats, draw: random.Random) -> None:
        self.chats = chats
        self.draw = draw
        self.nodes: dict[int, Node] = {}
        self.leaf: int | None = None
        self.removed: list[Removed] = []
        self.id: str | None = None
        self.asked = 0

    @property
    def shown(self) -> list[int]:
        """The ids of what is shown, oldest first."""
        path, here = [], self.leaf
        while here is not None:
            path.append(here)
            here = self.nodes[here].parent
        return path[::-1]

    def pick(self, role: str = "") -> int | None:
        """Return something that is shown."""
        there = [id for id in self.shown if role in ("", self.nodes[id].role)]
        return self.draw.choice(there) if there else None

    def children(self, id: int | None) -> list[int]:
        """Return what is left of what follows a message."""
        return [each for each, node in self.nodes.items() if node.parent == id and not node.gone]

    def latest(self, id: int) -> int:
        """Return the latest end below a message."""
        below = [id, *(each for each in self.nodes if each > id and self.is_below(each, id))]
        return max(each for each in below if not self.nodes[each].gone and not self.children(each))

    def is_below(self, id: int | None, above: int) -> bool:
        """Whether a message is another one, or follows it."""
        while id is not None and id != above:
            id = self.nodes[id].parent
        return id is not None

    def note(self, turn: Turn, parent: int | None, text: str, answer: str) -> None:
        """Take up a turn, and end it."""
        self.id = turn.conversation_id
        if turn.user_id not in self.nodes:
            self.nodes[turn.user_id] = Node(text, parent, "user")
        self.nodes[turn.message_id] = Node(answer, turn.user_id, "assistant")
        self.leaf = turn.message_id
        self.chats.finish(turn, Outcome("stopped" if self.draw.random() < 0.5 else "completed", answer))

    def words(self) -> str:
        """Return words that were never said."""
        self.asked += 1
        return f"words {self.asked}"

    def ask(self) -> None:
        """Ask something."""
        text = self.words()
        turn = self.chats.begin(Message("user", text), CHOICE, provider="openai", conversation_id=self.id)
        self.note(turn, self.leaf, text, self.words())

    def edit(self) -> None:
        """Ask something else in the place of a prompt."""
        if id := self.pick("user"):
            text = self.words()
            self.note(self.chats.edit(id, text, CHOICE, provider="openai"), self.nodes[id].parent, text, self.words())

    def regenerate(self) -> None:
        """Ask for another answer."""
        if id := self.pick("assistant"):
            turn = self.chats.retry(id, CHOICE, provider="openai")
            self.note(turn, None, "", self.words())

    def go_on(self) -> None:
        """Ask for the rest of an answer."""
        if id := self.pick("assistant"):
            turn = self.chats.go_on(id, CHOICE, provider="openai")
            self.note(turn, None, "", self.nodes[id].text + self.words())

    def switch(self) -> None:
        """Show what stands beside something that is shown."""
        if id := self.pick():
            to = self.draw.choice(self.children(self.nodes[id].parent))
            self.chats.show(to)
            self.leaf = self.leaf if self.is_below(self.leaf, to) else self.latest(to)

    def delete(self) -> None:
        """Delete something that is shown, with all below it."""
        id = self.pick()
        if id is None:
            return
        below = [each for each in self.nodes if self.is_below(each, id) and not self.nodes[each].gone]
        removed = self.chats.remove(id)
        assert removed == Removed(id, self.id or "", self.leaf, len(below))
        self.removed.append(removed)
        for each in below:
            self.nodes[each].gone = {id}
        beside = self.children(self.nodes[id].parent)
        earlier = [each for each in beside if each < id]
        self.leaf = self.latest((earlier[::-1] + beside)[0]) if beside else self.nodes[id].parent

    def undo(self) -> None:
        """Undo the last deletion."""
        if self.removed:
            removed = self.removed.pop()
            self.chats.put_back(removed)
            for node in self.nodes.values():
                node.gone -= {removed.message_id}
            self.leaf = removed.leaf_id

    def fork(self) -> None:
        """Copy a branch: the copy says what the branch says, and this conversation stays as it is."""
        if id := self.pick():
            copy = self.chats.fork(id)
            until = self.shown[: self.shown.index(id) + 1]
            assert [message.text for message in self.chats.path(copy)] == [self.nodes[each].text for each in until]
            assert copy != self.id

    def check(self) -> None:
        """Hold the store to the model: what is shown, what stands beside it, and that everything can be reached."""
        found = self.chats.path(self.id or "")
        assert [(message.id, message.text) for message in found] == [(id, self.nodes[id].text) for id in self.shown]
        beside = {id: tuple(self.children(self.nodes[id].parent)) for id in self.shown}
        assert self.chats.siblings(found) == {id: ids for id, ids in beside.items() if len(ids) > 1}

    def reach_all(self) -> None:
        """Undo what is undone, then come to every message that there ever was."""
        while self.removed:
            self.undo()
        for id, node in self.nodes.items():
            self.chats.show(id)
            assert (id, node.text) in [(message.id, message.text) for message in self.chats.path(self.id or "")]


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_lost(store: Store, seed: int) -> None:
    """Asking, editing, asking again, going on, switching, deleting, undoing and copying lose no message."""
    draw = random.Random(seed)
    model = Model(store.chats(LOCAL), draw)
    model.ask()
    steps = [model.ask, model.edit, model.regenerate, model.go_on, model.switch, model.switch, model.delete, model.fork]
    for _ in range(STEPS):
        draw.choice([*steps, model.undo])()
        model.check()
    model.reach_all()


def test_siblings_of_the_first(store: Store) -> None:
    """What a conversation begins with has siblings too; those of another conversation are not among them."""
    turn, chats = begin(store), store.chats(LOCAL)
    chats.finish(turn, DONE)
    chat(store, "other")
    again = chats.edit(turn.user_id, "hello again", CHOICE, provider="openai")

    assert chats.siblings(chats.path(turn.conversation_id)) == {again.user_id: (turn.user_id, again.user_id)}
    assert chats.siblings([]) == {}


def test_show_what_is_shown(store: Store) -> None:
    """To show a message that is shown changes nothing."""
    id, chats = chat(store, "a", "b"), store.chats(LOCAL)
    before = chats.path(id)

    assert chats.show(before[0].id) == id
    assert chats.path(id) == before


def test_fork_keeps_everything(store: Store) -> None:
    """A copy has the images, the figures and the choice of what it is made of, and goes its own way."""
    chats = store.chats(LOCAL)
    turn = chats.begin(Message("user", "look", (PIXEL,)), CHOICE, provider="openai")
    chats.finish(turn, DONE)
    copy = chats.fork(turn.message_id)
    prompt, answer = chats.path(copy)
    original = chats.path(turn.conversation_id)

    assert prompt.images == original[0].images != ()
    assert (answer.usage, answer.state, answer.model) == (original[1].usage, "completed", "gpt-x")
    assert chats.get(copy).choice == chats.get(turn.conversation_id).choice
    begin(store, "and now?", copy)
    assert chats.path(turn.conversation_id) == original


def test_remove_all(store: Store) -> None:
    """A conversation whose first prompt is deleted has nothing left, and can be gone on with."""
    id, chats = chat(store, "a", "b"), store.chats(LOCAL)
    removed = chats.remove(chats.path(id)[0].id)

    assert (chats.path(id), removed.count) == ([], 4)
    assert chats.message(removed.message_id) is None
    store.chats(LOCAL).finish(begin(store, "c", id), DONE)
    assert texts(store, id) == ["c", DONE.text]


def test_remove_elsewhere(store: Store) -> None:
    """What is deleted on a branch that is not shown leaves the shown one as it is."""
    turn, chats = begin(store), store.chats(LOCAL)
    chats.finish(turn, PARTIAL)
    chats.finish(chats.retry(turn.message_id, CHOICE, provider="openai"), DONE)
    chats.remove(turn.message_id)

    assert texts(store, turn.conversation_id) == ["hello", DONE.text]


def test_put_back_out_of_order(store: Store) -> None:
    """What stands below something that is deleted too comes back after that one."""
    id, chats = chat(store, "a", "b"), store.chats(LOCAL)
    first, _, second, _ = chats.path(id)
    inner = chats.remove(second.id)
    outer = chats.remove(first.id)
    with pytest.raises(StoreError, match="was deleted too"):
        chats.put_back(inner)
    chats.put_back(outer)
    chats.put_back(inner)

    assert texts(store, id) == ["a", DONE.text, "b", DONE.text]


def test_put_back_twice(store: Store) -> None:
    """A second Undo changes nothing, whatever happened meanwhile."""
    id, chats = chat(store, "a", "b"), store.chats(LOCAL)
    removed = chats.remove(chats.path(id)[-2].id)
    chats.put_back(removed)
    chats.finish(begin(store, "c", id), DONE)
    before = chats.path(id)
    chats.put_back(removed)

    assert chats.path(id) == before


def test_put_back_after_its_end_went(store: Store) -> None:
    """Where the branch that was shown is gone by now, what is shown stays."""
    id, chats = chat(store, "a", "b"), store.chats(LOCAL)
    path = chats.path(id)
    inner = chats.remove(path[2].id)
    chats.put_back(inner)
    outer = chats.remove(path[2].id)
    chats.put_back(Removed(outer.message_id, id, 9_999, outer.count))

    assert texts(store, id) == ["a", DONE.text]


CHANGES: dict[str, Callable[[Chats, Turn], object]] = {
    "show": lambda chats, turn: chats.show(turn.user_id),
    "fork": lambda chats, turn: chats.fork(turn.user_id),
    "remove": lambda chats, turn: chats.remove(turn.user_id),
    "put_back": lambda chats, turn: chats.put_back(Removed(turn.user_id, turn.conversation_id, turn.message_id, 2)),
    "edit": lambda chats, turn: chats.edit(turn.user_id, "no", CHOICE, provider="openai"),
    "go_on": lambda chats, turn: chats.go_on(turn.message_id, CHOICE, provider="openai"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_busy(store: Store, name: str) -> None:
    """Nothing moves in a conversation while an answer is written in it."""
    turn = begin(store)
    with pytest.raises(BusyError):
        CHANGES[name](store.chats(LOCAL), turn)


def test_damaged_tree_ends(store: Store, url: str) -> None:
    """A tree that goes round in circles is deleted once, and does not keep a query going for ever."""
    id, chats = chat(store, "a", "b"), store.chats(LOCAL)
    first, *_, last = chats.path(id)
    execute(url, "UPDATE messages SET parent_id = :last WHERE id = :first", first=first.id, last=last.id)

    assert chats.remove(last.id).count == 4
