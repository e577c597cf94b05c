"""One answer in the background: what it stores, how it ends, who may follow it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lib import generations
from lib.api import ChatClient, Limits
from lib.config import Endpoint
from lib.errors import AnswerError, BusyError, RequestError, StoreError
from lib.generations import Generation, registry
from lib.messages import Completion, Delta, Image, LinkedImage, Message, Usage
from lib.model_choice import ModelChoice, Parameters
from lib.pricing.prices import parse
from lib.store import Outcome, Store, StoredMessage, Turn
from tests import pictures
from tests.api.scripted import SSE, Peer, Scripted, event, flood, hang, line, trickle
from tests.fake_client import FakeClient, FakeStream, answer
from tests.statements import heard
from tests.waiting import until

HELLO = Message("user", "hello")
CHOICE = ModelChoice("fake", "m")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{tmp_path / 'parley.db'}")
    yield store
    generations.stop_all()
    store.close()


def ask(store: Store, *streams: FakeStream, **options: object) -> Generation:
    return generations.start(store, FakeClient(*streams), HELLO, CHOICE, **options)  # type: ignore[arg-type]


def ended(generation: Generation) -> Outcome:
    until(lambda: generations.find(generation.turn.conversation_id) is None)
    assert generation.outcome
    return generation.outcome


def stored(store: Store, turn: Turn) -> StoredMessage:
    message = store.message(turn.message_id)
    assert message
    return message


def test_answer_is_stored_whole(store: Store) -> None:
    """What the endpoint answered is in the store when the generation has ended."""
    generation = ask(store, answer("a b c"))

    assert ended(generation).state == "completed"
    assert stored(store, generation.turn).text == "abc"


def test_cost_is_stored(store: Store) -> None:
    """What a call cost at its endpoint's prices is in the ledger."""
    prices = parse({"m": {"input": 1000, "output": 0}}, "here")
    endpoint = Endpoint("fake", "http://127.0.0.1:9/v1", prices=prices)
    client = FakeClient(answer("a", usage=Usage(3000, 1, 3001)), endpoint=endpoint)
    ended(generations.start(store, client, HELLO, CHOICE))  # type: ignore[arg-type]
    (call,) = store.calls()

    assert (call.cost, call.currency, call.cost_usd, call.price_source) == (3 * 10**9, "USD", 3.0, "configuration")


def test_prompt_is_stored_before_the_answer(store: Store) -> None:
    """The prompt is in the store as soon as `start` returns."""
    generation = ask(store, FakeStream([threading.Event()], Completion()))

    texts = [(message.role, message.text, message.state) for message in store.messages(generation.turn.conversation_id)]

    assert texts == [("user", "hello", "completed"), ("assistant", "", "streaming")]


def test_reported_usage_goes_to_the_ledger(store: Store) -> None:
    """What the endpoint reports is stored as reported."""
    ended(ask(store, answer("a", usage=Usage(prompt_tokens=3, completion_tokens=1, total_tokens=4))))

    call = store.calls()[0]

    assert (call.prompt_tokens, call.completion_tokens, call.source) == (3, 1, "reported")


def test_unreported_usage_is_estimated(store: Store) -> None:
    """Without a report the ledger has an estimate, and says so."""
    ended(ask(store, answer("some words")))

    call = store.calls()[0]

    assert call.source == "estimated"
    assert call.completion_tokens


def test_failure_keeps_what_came(store: Store) -> None:
    """An error in mid-stream leaves the text, the error and what to do."""
    error = RequestError("The connection broke off.")
    generation = ask(store, FakeStream([Delta("half"), error], Completion(text="half")))

    ended(generation)
    message = stored(store, generation.turn)

    assert (message.state, message.text, message.error) == ("failed", "half", "The connection broke off.")
    assert message.hint


LINE = SSE + event("a") + b'data: {"choices":[{"delta":{"content":"'


@pytest.mark.parametrize(
    ("script", "limits", "text", "advice"),
    [
        (flood, Limits(size=300_000), "hihi", "shorter answer"),
        (line(LINE), Limits(size=5_000_000), "a", "shorter answer"),
        (trickle, Limits(deadline=0.3), "a", "too slow"),
        (hang(SSE, event("a")), Limits(read=0.1), "a", "too slow"),
    ],
)
def test_limits_keep_what_came(
    store: Store, script: Callable[[Peer], object], limits: Limits, text: str, advice: str
) -> None:
    """Left alone with an endpoint that never ends, a generation does: with what came, why, and what to do."""
    with Scripted(script) as server, ChatClient(Endpoint("e", server.url), limits=limits) as client:
        generation = generations.start(store, client, HELLO, CHOICE)
        ended(generation)
        message, call = stored(store, generation.turn), store.calls()[0]

    assert (message.state, message.text[: len(text)]) == ("failed", text)
    assert message.error
    assert "which is the limit" in message.error or "sent nothing" in message.error
    assert advice in (message.hint or "")
    assert (call.status, call.source) == ("failed", "estimated")


def test_failed_call_costs_nothing_known(store: Store) -> None:
    """A call that was refused has no figures, not zeros."""
    ended(ask(store, FakeStream([AnswerError("No.", kind="auth", status=401)], Completion())))

    call = store.calls()[0]

    assert (call.total_tokens, call.source, call.http_status) == (None, "missing", 401)


def test_incomplete_answer_is_marked(store: Store) -> None:
    """An answer without an end is incomplete, not completed."""
    outcome = ended(ask(store, FakeStream([Delta("half")], Completion(text="half", incomplete=True))))

    assert outcome.state == "incomplete"


def test_unexpected_error_ends_the_generation(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """A fault of Parley's own is an error like any other, and logged."""
    outcome = ended(ask(store, FakeStream([ZeroDivisionError()], Completion())))

    assert (outcome.state, outcome.error_kind) == ("failed", "protocol")
    assert "ZeroDivisionError" in caplog.text


def test_refusal_is_the_answer(store: Store) -> None:
    """A refusal is shown as what the model said."""
    assert ended(ask(store, FakeStream([], Completion(refusal="I won't.", finish_reason="stop")))).text == "I won't."


def test_stop_before_the_first_token(store: Store) -> None:
    """Stop closes the stream at once and leaves a receipt."""
    stream = FakeStream([threading.Event()], Completion())
    generation = ask(store, stream)

    generation.stop()
    outcome = ended(generation)

    assert stream.closed.is_set()
    assert (outcome.state, outcome.deltas) == ("stopped", 0)
    assert outcome.closed_ms is not None


def test_stop_keeps_what_came(store: Store) -> None:
    """What had come before Stop is stored."""
    generation = ask(store, FakeStream([Delta("a"), threading.Event(), Delta("b")], Completion(text="a")))
    generation.grown(0, 5)

    generation.stop()
    ended(generation)

    assert stored(store, generation.turn).text == "a"


def test_stop_twice_counts_once(store: Store) -> None:
    """A second Stop changes nothing."""
    generation = ask(store, FakeStream([threading.Event()], Completion()))

    generation.stop()
    generation.stop("interrupted")

    assert ended(generation).state == "stopped"


def test_partial_text_is_saved_meanwhile(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the answer comes, the store has what came so far."""
    monkeypatch.setattr(registry, "SAVE_SECONDS", 0.0)
    generation = ask(store, FakeStream([Delta("a", "b"), threading.Event()], Completion(text="a", reasoning="b")))

    until(lambda: stored(store, generation.turn).text == "a")

    assert stored(store, generation.turn).reasoning == "b"


class BrokenStore(Store):
    """A store whose disk is full for a while."""

    faults = 2
    broken = ("finish",)

    def save(self, *args: object) -> None:
        if "save" in self.broken:
            raise StoreError("The disk is full.")

    def finish(self, turn: Turn, outcome: Outcome) -> None:
        self.faults -= 1
        if self.faults >= 0:
            raise StoreError("The disk is full.")
        super().finish(turn, outcome)


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[BrokenStore]:
    store = BrokenStore.open(f"sqlite:///{tmp_path / 'broken.db'}")
    assert isinstance(store, BrokenStore)
    yield store
    generations.stop_all()
    store.close()


def test_answer_waits_for_the_store(broken: BrokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that cannot be stored is tried again until it can."""
    monkeypatch.setattr(registry, "UNSAVED_SECONDS", 0.01)
    generation = ask(broken, answer("a"))

    ended(generation)

    assert generation.unsaved is None
    assert stored(broken, generation.turn).text == "a"


def test_unsaved_answer_says_so(broken: BrokenStore) -> None:
    """While it cannot be stored, the answer can be followed and says what is wrong."""
    generation = ask(broken, answer("a"))
    generation.wait(10)

    assert str(generation.unsaved) == "The disk is full."


def test_partial_save_may_fail(broken: BrokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A partial text that cannot be saved does not end the answer."""
    monkeypatch.setattr(registry, "SAVE_SECONDS", 0.0)
    broken.broken, broken.faults = ("save",), 0

    assert ended(ask(broken, answer("a b"))).state == "completed"


def test_history_is_sent(store: Store) -> None:
    """The second prompt goes with the first and its answer."""
    client = FakeClient(answer("hi"), answer("well"))
    first = generations.start(store, client, HELLO, CHOICE)  # type: ignore[arg-type]
    ended(first)

    second = Message("user", "how are you?")
    generations.start(store, client, second, CHOICE, conversation_id=first.turn.conversation_id)  # type: ignore[arg-type]

    assert client.asked[1] == ([HELLO, Message("assistant", "hi"), second], "m", {"stream": True, "debug": False})


def test_unanswered_prompt_is_not_sent_again(store: Store) -> None:
    """A prompt whose answer failed without a word is not part of the next request."""
    client = FakeClient(FakeStream([RequestError("No.")], Completion()), answer("well"))
    first = generations.start(store, client, HELLO, CHOICE)  # type: ignore[arg-type]
    ended(first)

    second = Message("user", "again")
    generations.start(store, client, second, CHOICE, conversation_id=first.turn.conversation_id)  # type: ignore[arg-type]

    assert client.asked[1][0] == [second]


def test_retry_asks_the_same(store: Store) -> None:
    """Retry sends the same prompt again; the ledger has both calls."""
    client = FakeClient(FakeStream([RequestError("No.")], Completion()), answer("well"))
    first = generations.start(store, client, HELLO, CHOICE)  # type: ignore[arg-type]
    ended(first)

    second = generations.retry(store, client, stored(store, first.turn), CHOICE)  # type: ignore[arg-type]
    ended(second)

    assert client.asked[1][0] == [HELLO]
    assert [call.status for call in store.calls()] == ["completed", "failed"]


def test_one_answer_at_a_time(store: Store) -> None:
    """A conversation that is being answered takes no second prompt."""
    generation = ask(store, FakeStream([threading.Event()], Completion()))

    with pytest.raises(BusyError):
        ask(store, answer("a"), conversation_id=generation.turn.conversation_id)


def test_stored_answer_is_no_answer_in_the_way(store: Store) -> None:
    """Once an answer is stored the next prompt is taken, though the thread of the first has not left yet."""
    generation = ask(store, answer("a"))
    with registry._lock:  # which that thread wants, to leave
        generation.wait(10)

        assert generations.find(generation.turn.conversation_id) is None


def test_limit_of_running_answers(store: Store) -> None:
    """Beyond the limit nothing is stored and nothing is sent."""
    ask(store, FakeStream([threading.Event()], Completion()))

    with pytest.raises(BusyError, match="1 answers"):
        ask(store, answer("a"), limit=1)

    assert len(store.calls()) == 1


def test_shutdown_stores_what_is_running(store: Store) -> None:
    """Shutdown ends what is running as interrupted, with its text."""
    generation = ask(store, FakeStream([Delta("a"), threading.Event()], Completion(text="a")))
    generation.grown(0, 5)

    generations.stop_all()

    message = stored(store, generation.turn)
    assert (message.state, message.text) == ("interrupted", "a")


def test_shutdown_gives_up_a_store_that_refuses(broken: BrokenStore) -> None:
    """A store that goes on refusing does not hold up the shutdown."""
    broken.faults = 1000
    generation = ask(broken, answer("a"))
    generation.wait(10)

    generations.stop_all(timeout=5)

    assert generation.unsaved


def test_wait_ends_with_the_answer(store: Store) -> None:
    """A follower that has read everything is told of the end."""
    generation = ask(store, answer("a"))
    ended(generation)

    assert generation.grown(1, 5)
    assert [delta.text for delta in generation.read()] == ["a"]


def asked(store: Store, choice: ModelChoice, **about: object) -> tuple[list[Message], str | None, dict[str, object]]:
    """Return what the client was asked for a choice, at an endpoint about which this is known."""
    client = FakeClient(answer("a"), endpoint=Endpoint("fake", "http://127.0.0.1:9/v1", **about))  # type: ignore[arg-type]
    generations.start(store, client, HELLO, choice)  # type: ignore[arg-type]
    return client.asked[0]


def test_local_model_gets_a_system_message(store: Store) -> None:
    """The embedded model is told who it is."""
    messages, _, _ = asked(store, CHOICE, provider="local")

    assert messages[0].role == "system"


def test_own_system_prompt_goes_before_the_endpoints(store: Store) -> None:
    """A conversation's system prompt replaces the endpoint's."""
    messages, _, _ = asked(store, ModelChoice("fake", "m", Parameters(system="Be brief.")), system="Be long.")

    assert messages == [Message("system", "Be brief."), HELLO]


def test_parameters_are_sent(store: Store) -> None:
    """What was set for the conversation is in the request."""
    _, _, params = asked(store, ModelChoice("fake", "m", Parameters(temperature=0.0, debug=True)))

    assert params == {"stream": True, "debug": True, "temperature": 0.0}


def test_streaming_can_be_switched_off(store: Store) -> None:
    """Without streaming the answer is asked for in one piece."""
    _, _, params = asked(store, ModelChoice("fake", "m", Parameters(stream=False)))

    assert "stream" not in params


def test_session_is_sent_by_the_endpoints_name_for_it(store: Store) -> None:
    """The id of a session goes along, in the field that the endpoint reads it from."""
    _, _, params = asked(store, ModelChoice("fake", "m", session_id="s-1"), session_param="sid")

    assert params["sid"] == "s-1"


def test_refused_session_says_what_to_do(store: Store) -> None:
    """Where the endpoint does not know the session any more, the advice is a new one."""
    refused = FakeStream([AnswerError("Session not found or expired", kind="bad_request", status=400)], Completion())
    generation = generations.start(store, FakeClient(refused), HELLO, ModelChoice("fake", "m", session_id="s-1"))  # type: ignore[arg-type]

    assert ended(generation).hint == registry.NEW_SESSION


def test_no_model_is_the_endpoints_own(store: Store) -> None:
    """Where none was chosen the client takes the endpoint's."""
    assert asked(store, ModelChoice("fake", ""))[1] is None


def test_images_of_earlier_prompts_are_sent_again(store: Store) -> None:
    """A follow-up goes with the pictures it is about."""
    pictures = (Image(b"hi", "image/png", "low"), LinkedImage("https://example.com/a.png"))
    client = FakeClient(answer("hi"), answer("well"))
    first = generations.start(store, client, Message("user", "look", pictures), CHOICE)  # type: ignore[arg-type]
    ended(first)

    generations.start(store, client, HELLO, CHOICE, conversation_id=first.turn.conversation_id)  # type: ignore[arg-type]

    assert client.asked[1][0][0].images == pictures


def test_images_are_read_once_a_call_and_never_decoded(store: Store) -> None:
    """In 20 turns about an image of 5 MB that two prompts have, each call reads it once; its head tells its tokens."""
    data = pictures.png(2048, 2048, b"")[:33] + bytes(5_000_000)  # no decoder takes this
    image = Image(data, "image/png", pixels=(2048, 2048))
    look = Message("user", "look", (image,))
    client = FakeClient(*(answer("well") for _ in range(20)))
    first = generations.start(store, client, look, CHOICE)  # type: ignore[arg-type]
    ended(first)

    with heard() as said:
        for prompt in (look, *[HELLO] * 18):
            ended(generations.start(store, client, prompt, CHOICE, conversation_id=first.turn.conversation_id))  # type: ignore[arg-type]

    assert [message.images for message in client.asked[-1][0] if message.images] == [(image,)] * 2
    assert sum("FROM images" in statement for statement in said) == 19
    assert min(call.prompt_tokens or 0 for call in store.calls()) > 765


def test_trace_of_a_running_answer(store: Store) -> None:
    """What went over the wire can be looked at while the answer comes."""
    stream = FakeStream([threading.Event()], Completion(text="so far"))
    generation = ask(store, stream)

    trace = generations.trace(generation.turn.message_id)

    assert trace
    assert trace.completion.text == "so far"


def test_trace_of_an_answer_that_ended(store: Store) -> None:
    """And after its end."""
    generation = ask(store, answer("a"))
    ended(generation)

    trace = generations.trace(generation.turn.message_id)

    assert trace
    assert trace.completion.finish_reason == "stop"


def test_no_trace_of_what_this_process_did_not_ask() -> None:
    """An answer from before the start has none."""
    assert generations.trace(-1) is None
