"""What is asked: made from what was chosen and what was said, and again from what is stored."""

from __future__ import annotations

import pytest

from lib.config import Endpoint
from lib.generations import context
from lib.generations.request import Request, answering, following, history, params, rebuilt, request_for, whole
from lib.messages import Message
from lib.model_choice import PLAIN, ModelChoice, Parameters
from lib.store import LOCAL, Outcome, Store
from tests.store.chats.test_files import PAPER, ask
from tests.store.helpers import CHOICE, chat

ENDPOINT = Endpoint("e", "http://127.0.0.1:9/v1", system="Be long.", session_param="sid")
HELLO = Message("user", "hello")


def test_choice_becomes_a_request() -> None:
    """Instructions go first, the session goes along, and what was set is in the parameters."""
    choice = ModelChoice("e", "m", Parameters(temperature=0.5, stream=False, debug=True), "s-1")
    params = {"sid": "s-1", "temperature": 0.5}

    made = request_for(ENDPOINT, choice, [HELLO])

    said = [Message("system", "Be long."), HELLO]
    assert made == Request(said, "m", params, streams=False, debug=True, in_session=True)
    assert made.options == {"stream": False, **params}


def test_request_of_a_stored_answer(store: Store) -> None:
    """A stored answer's request is made again: what it was asked with, and what was said before it."""
    choice = ModelChoice("e", "m", Parameters(system="Be brief.", max_tokens=9), "s-1")
    first = store.chats(LOCAL).begin(HELLO, choice, provider="openai")
    store.chats(LOCAL).finish(first, Outcome("completed", text="hi"))
    second = store.chats(LOCAL).begin(
        Message("user", "more"), choice, provider="openai", conversation_id=first.conversation_id
    )
    message = store.chats(LOCAL).message(second.message_id)
    assert message

    made = rebuilt(store.chats(LOCAL), ENDPOINT, message)

    said = [Message("system", "Be brief."), HELLO, Message("assistant", "hi"), Message("user", "more")]
    assert list(made.messages) == said
    assert made.options == {"stream": True, "sid": "s-1", "max_tokens": 9}


def test_request_of_an_answer_whose_conversation_is_gone(store: Store) -> None:
    """Of a deleted conversation there is no session any more."""
    turn = store.chats(LOCAL).begin(HELLO, ModelChoice("e", "m", session_id="s-1"), provider="openai")
    message = store.chats(LOCAL).message(turn.message_id)
    assert message
    store.chats(LOCAL).delete(turn.conversation_id)

    assert rebuilt(store.chats(LOCAL), ENDPOINT, message).params == {}


def test_history_of_an_unknown_answer(store: Store) -> None:
    """Before an answer that is not there stands nothing."""
    turn = store.chats(LOCAL).begin(HELLO, ModelChoice("e", "m"), provider="openai")
    store.chats(LOCAL).finish(turn, Outcome("completed", text="hi"))

    assert history(store.chats(LOCAL), turn.conversation_id, PLAIN, before=-1) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:9/v1", {"reasoning_effort": "high"}),
        ("https://openrouter.ai/api/v1", {"reasoning": {"effort": "high"}}),
        ("https://api.anthropic.com/v1", {"thinking": {"type": "enabled", "budget_tokens": 24_576}}),
        ("https://api.deepseek.com", {"thinking": {"type": "enabled"}}),
    ],
)
def test_effort(url: str, expected: dict[str, object]) -> None:
    """How much a model is to think is said as its vendor says it; what it has no word for, and unset, is left out."""
    endpoint = Endpoint("e", url)
    made = (params(endpoint, ModelChoice("e", "m", Parameters(effort=word))) for word in ("high", "", "odd"))

    assert list(made) == [expected, {}, {}]
    assert params(endpoint, ModelChoice("e", "m", Parameters(effort="high", extra=dict.fromkeys(expected)))) == (
        dict.fromkeys(expected)
    )


def test_turns_that_stay_out(store: Store) -> None:
    """The turns that were left out stay out, also when an answer is asked for again or gone on with."""
    chats, id = store.chats(LOCAL), chat(store, "one", "two", "three")
    endpoint, first = Endpoint("e", "http://127.0.0.1:9/v1"), chats.path(id)[:4]
    choice = ModelChoice("e", "m", Parameters(skip=2, skip_mark=context.mark(first), summary="In short."))
    turn = chats.begin(Message("user", "four"), choice, provider="openai", conversation_id=id)
    made = following(chats, endpoint, choice, turn, Message("user", "four"))
    expected = [context.ASKED, "In short.", "three", "Hi there", "four"]
    stored = chats.message(turn.message_id)
    assert stored

    assert [message.text for message in made.messages] == expected
    assert made.options == {"stream": True}
    assert rebuilt(chats, endpoint, stored).messages == made.messages
    chats.finish(turn, Outcome("stopped", text="So far"))
    rest = chats.go_on(turn.message_id, choice, provider="openai")
    again = answering(chats, endpoint, choice, id, rest.message_id).messages
    assert [message.text for message in again][:-1] == [*expected, "So far"]


def test_whole_files(store: Store) -> None:
    """A file that went as it is goes so again with the next prompt, and its text where it is not kept."""
    turn = ask(store, PAPER)
    chats = store.chats(LOCAL)
    again = chats.begin(Message("user", "and?"), CHOICE, provider="openai", conversation_id=turn.conversation_id)
    first = history(chats, turn.conversation_id, PLAIN, before=again.user_id + 1)[0]

    assert first.whole_files == (PAPER.whole,)
    assert list(whole(first.files, lambda _: None)) == []
