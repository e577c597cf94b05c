"""What of a conversation the next call sends: turns with their files, those that stay out, and those that fit."""

from __future__ import annotations

from dataclasses import replace

from lib.generations import context
from lib.generations.context import ASKED, Context, Weight
from lib.messages import Image, LinkedImage, Message
from lib.model_choice import PLAIN, Parameters
from lib.pricing.token_estimates import FRAME, PAGE
from lib.store import LOCAL, Store
from tests.store.chats.test_files import PAPER, PLAN, ask
from tests.store.helpers import CHOICE, DONE, begin, chat

SAID = [
    Message("assistant", "Welcome"),
    *(Message(role, text) for text in ("one", "two", "three") for role in ("user", "assistant")),
]


def without(number: int, summary: str = "") -> Parameters:
    """Leave out the oldest turns of SAID."""
    first = [message for turn in context.turns(SAID)[:number] for message in turn]
    return Parameters(skip=number, skip_mark=context.mark(first), summary=summary)


def texts(said: list[Message]) -> list[str]:
    return [message.text for message in said]


def test_sent() -> None:
    """What stays out is not sent; what sums it up stands in its place."""
    assert context.sent(SAID, PLAIN) == SAID
    assert texts(context.sent(SAID, without(2))) == ["three", "three"]
    assert texts(context.sent(SAID, without(1, "In short."))) == [ASKED, "In short.", "two", "two", "three", "three"]
    assert context.sent(SAID, without(3)) == []


def test_another_branch() -> None:
    """On a branch that begins otherwise, or is shorter, everything is sent."""
    for other in ([*SAID[:1], Message("user", "none"), *SAID[2:]], SAID[:2], SAID[:4], []):
        assert context.sent(other, without(2, "In short.")) == other
    assert context.sent([*SAID[:5], Message("user", "else")], without(2)) == [Message("user", "else")]


def test_weight(store: Store) -> None:
    """Turns are counted with their files and images apart, each message once; one without an answer is none."""
    chats, id = store.chats(LOCAL), ask(store, PLAN, words="12345").conversation_id
    images = (Image(b"x", "image/png"), LinkedImage("https://a.b/c.png"))
    turn = chats.begin(Message("user", "678", images), CHOICE, provider="openai", conversation_id=id)
    chats.finish(turn, DONE)
    chats.abandon(begin(store, "123", id))
    known: dict[int, Weight] = {}
    found = Context(chats.path(id), PLAIN, known, lambda image: 100 if image.id else 0, len)
    files = len("\n\nFile: plan.md\n```\n\n```") + len(PLAN.text)

    assert (found.without, len(found.turns), len(known)) == (0, 2, 4)
    assert found.weight == Weight(2, 4 * FRAME + 8 + 2 * len("Hi there"), files, 100)
    assert found.weight.tokens == found.weight.text + files + 100
    assert Context(chats.path(id), PLAIN, known, estimate=lambda _: 0).weight == found.weight


def test_whole_files(store: Store) -> None:
    """A file that goes as it is counts as its text and its pages."""
    found = Context(store.chats(LOCAL).path(ask(store, PAPER, words="12345").conversation_id), PLAIN, {}, estimate=len)

    assert found.weight.files == len("\n\nFile: paper.pdf\n```\nApples\n```") + 3 * PAGE


def test_leaving_out(store: Store) -> None:
    """Turns of a branch that are to stay out are known again; with none, everything is sent."""
    path = store.chats(LOCAL).path(chat(store, "one", "two"))
    wanted = context.leaving_out(PLAIN, path, 1, "In short.")

    assert Context(path, wanted, {}).without == 1
    assert context.leaving_out(wanted, path, 0) == PLAIN
    assert Context(path, PLAIN, {}, estimate=len).tokens(path[0]) == FRAME + 3


def test_what_fits(store: Store) -> None:
    """The oldest turns stay out up to the last that does not fit; what sums them up counts."""
    path = store.chats(LOCAL).path(chat(store, "x" * 100, "y", "z"))
    found = Context(path, PLAIN, {}, estimate=len)
    each = 2 * FRAME + 1 + len("Hi there")
    wanted = Parameters(skip=1, skip_mark=context.mark(found.first(1)), summary="short")
    shorter = Context(path, wanted, {}, estimate=len)

    assert [found.over(room) for room in (-1, each, 3 * each, 3 * each + 99)] == [3, 2, 1, 0]
    assert [message.text for message in found.first(2)] == [message.text for message in path[:4]]
    assert (shorter.without, shorter.weight.turns) == (1, 2)
    assert shorter.weight.tokens == 2 * each + 2 * FRAME + len(ASKED) + 5
    assert Context(path, replace(wanted, skip_mark="other"), {}, estimate=len).weight == found.weight
