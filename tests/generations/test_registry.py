"""One answer in the background: what it stores, how it ends, who may follow it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lib import generations
from lib.api import ChatClient, Limits, Stream
from lib.config import Endpoint
from lib.errors import AnswerError, BusyError, ChatError, EndpointError, RequestError, StoreError
from lib.generations import Generation, Request, registry
from lib.generations import generation as generation_module
from lib.generations.request import GO_ON
from lib.messages import Completion, Delta, Image, LinkedImage, Message, Usage
from lib.model_choice import ModelChoice, Parameters
from lib.pricing.prices import parse
from lib.store import LOCAL, Call, Chats, Outcome, Scope, Store, StoredMessage, Turn
from tests import pictures
from tests.api.scripted import SSE, Peer, Scripted, event, flood, hang, line, trickle
from tests.doors import OwnDoors
from tests.endpoint import FakeEndpoint
from tests.fake_client import FakeClient, FakeStream, answer
from tests.statements import heard
from tests.store.helpers import calls
from tests.waiting import until

HELLO = Message("user", "hello")
CHOICE = ModelChoice("fake", "m")


def ask(store: Store, *streams: FakeStream, **options: object) -> Generation:
    return generations.start(store.chats(LOCAL), FakeClient(*streams), HELLO, CHOICE, **options)  # type: ignore[arg-type]


def ended(generation: Generation) -> Outcome:
    outcome = generation.result()
    until(lambda: generations.find(LOCAL, generation.turn.conversation_id) is None)
    return outcome


def stored(store: Store, turn: Turn) -> StoredMessage:
    message = store.chats(LOCAL).message(turn.message_id)
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
    ended(generations.start(store.chats(LOCAL), client, HELLO, CHOICE))  # type: ignore[arg-type]
    (call,) = calls(store)

    assert (call.cost, call.currency, call.cost_usd, call.price_source) == (3 * 10**9, "USD", 3.0, "configuration")


def test_prompt_is_stored_before_the_answer(store: Store) -> None:
    """The prompt is in the store as soon as `start` returns."""
    generation = ask(store, FakeStream([threading.Event()], Completion()))

    texts = [
        (message.role, message.text, message.state)
        for message in store.chats(LOCAL).path(generation.turn.conversation_id)
    ]

    assert texts == [("user", "hello", "completed"), ("assistant", "", "streaming")]


def test_reported_usage_goes_to_the_ledger(store: Store) -> None:
    """What the endpoint reports is stored as reported."""
    ended(ask(store, answer("a", usage=Usage(prompt_tokens=3, completion_tokens=1, total_tokens=4))))

    call = calls(store)[0]

    assert (call.prompt_tokens, call.completion_tokens, call.source) == (3, 1, "reported")


def test_unreported_usage_is_estimated(store: Store) -> None:
    """Without a report the ledger has an estimate, and says so."""
    ended(ask(store, answer("some words")))

    call = calls(store)[0]

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
        generation = generations.start(store.chats(LOCAL), client, HELLO, CHOICE)
        ended(generation)
        message, call = stored(store, generation.turn), calls(store)[0]

    assert (message.state, message.text[: len(text)]) == ("failed", text)
    assert message.error
    assert "which is the limit" in message.error or "sent nothing" in message.error
    assert advice in (message.hint or "")
    assert (call.status, call.source) == ("failed", "estimated")


def test_failed_call_costs_nothing_known(store: Store) -> None:
    """A call that was refused has no figures, not zeros."""
    ended(ask(store, FakeStream([AnswerError("No.", kind="auth", status=401)], Completion())))

    call = calls(store)[0]

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
    until(lambda: generation.stream is not None)

    generation.stop()
    outcome = ended(generation)

    assert stream.closed.is_set()
    assert (outcome.state, outcome.deltas) == ("stopped", 0)
    assert outcome.closed_ms is not None


def test_stop_keeps_what_came(store: Store) -> None:
    """What had come before Stop is stored."""
    generation = ask(store, FakeStream([Delta("a"), threading.Event(), Delta("b")], Completion(text="a")))
    generation.wait_for_more(0, 5)

    generation.stop()
    ended(generation)

    assert stored(store, generation.turn).text == "a"


def test_stop_twice_counts_once(store: Store) -> None:
    """A second Stop changes nothing."""
    generation = ask(store, FakeStream([threading.Event()], Completion()))

    generation.stop()
    generation.stop("interrupted")

    assert ended(generation).state == "stopped"


def test_partial_text_is_saved_meanwhile(store: Store) -> None:
    """While the answer comes, the store has what came so far, also when nothing more comes for a while."""
    first, second = Delta("a", "b"), Delta("c", "d")
    gate = threading.Event()
    generation = ask(store, FakeStream([first, gate, second, threading.Event()], Completion(text="ac", reasoning="bd")))

    until(lambda: stored(store, generation.turn).text == "a")
    assert stored(store, generation.turn).reasoning == "b"
    gate.set()
    until(lambda: stored(store, generation.turn).text == "ac")

    assert stored(store, generation.turn).reasoning == "bd"


class BrokenChats(Chats):
    store: BrokenStore

    def save(self, *args: Any) -> None:
        if "save" in self.store.broken:
            raise StoreError("The disk is full.")
        super().save(*args)

    def finish(self, turn: Turn, outcome: Outcome) -> None:
        self.store.faults -= 1
        if self.store.faults >= 0:
            raise StoreError("The disk is full.")
        super().finish(turn, outcome)


class BrokenStore(OwnDoors):
    """A store whose disk is full for a while."""

    door = BrokenChats
    faults = 2
    broken: tuple[str, ...] = ("finish",)


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[BrokenStore]:
    store = BrokenStore.open(f"sqlite:///{tmp_path / 'broken.db'}")
    assert isinstance(store, BrokenStore)
    yield store
    generations.stop_all()
    store.close()


def test_answer_waits_for_the_store(broken: BrokenStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that cannot be stored is tried again until it can."""
    monkeypatch.setattr(generation_module, "UNSAVED_SECONDS", 0.01)
    generation = ask(broken, answer("a"))

    ended(generation)

    assert generation.unsaved is None
    assert stored(broken, generation.turn).text == "a"


def test_unsaved_answer_says_so(broken: BrokenStore) -> None:
    """While it cannot be stored, the answer can be followed and says what is wrong."""
    generation = ask(broken, answer("a"))
    generation.wait(10)

    assert str(generation.unsaved) == "The disk is full."


def test_partial_save_may_fail(broken: BrokenStore, caplog: pytest.LogCaptureFixture) -> None:
    """A partial text that cannot be saved does not end the answer, and is saved once it can be."""
    broken.broken, broken.faults = ("save",), 0
    gate = threading.Event()
    generation = ask(broken, FakeStream([Delta("a"), gate], Completion(text="a", finish_reason="stop")))
    until(lambda: "could not be saved" in caplog.text)
    broken.broken = ()
    until(lambda: stored(broken, generation.turn).text == "a")
    gate.set()

    assert ended(generation).state == "completed"


def test_history_is_sent(store: Store) -> None:
    """The second prompt goes with the first and its answer."""
    client = FakeClient(answer("hi"), answer("well"))
    first = generations.start(store.chats(LOCAL), client, HELLO, CHOICE)  # type: ignore[arg-type]
    ended(first)

    second = Message("user", "how are you?")
    ended(generations.start(store.chats(LOCAL), client, second, CHOICE, conversation_id=first.turn.conversation_id))  # type: ignore[arg-type]

    assert client.asked[1] == ([HELLO, Message("assistant", "hi"), second], "m", {"stream": True, "debug": False})


def test_unanswered_prompt_is_not_sent_again(store: Store) -> None:
    """A prompt whose answer failed without a word is not part of the next request."""
    client = FakeClient(FakeStream([RequestError("No.")], Completion()), answer("well"))
    first = generations.start(store.chats(LOCAL), client, HELLO, CHOICE)  # type: ignore[arg-type]
    ended(first)

    second = Message("user", "again")
    ended(generations.start(store.chats(LOCAL), client, second, CHOICE, conversation_id=first.turn.conversation_id))  # type: ignore[arg-type]

    assert client.asked[1][0] == [second]


def test_retry_asks_the_same(store: Store) -> None:
    """Retry sends the same prompt again; the ledger has both calls."""
    client = FakeClient(FakeStream([RequestError("No.")], Completion()), answer("well"))
    first = generations.start(store.chats(LOCAL), client, HELLO, CHOICE)  # type: ignore[arg-type]
    ended(first)

    second = generations.retry(store.chats(LOCAL), client, stored(store, first.turn), CHOICE)  # type: ignore[arg-type]
    ended(second)

    assert client.asked[1][0] == [HELLO]
    assert [call.status for call in calls(store)] == ["completed", "failed"]


def test_edit_asks_something_else(store: Store) -> None:
    """An edited prompt is sent in the place of the one before, after what stood before that one."""
    client = FakeClient(answer("hi"), answer("well"), answer("so"))
    chats, more = store.chats(LOCAL), Message("user", "more")
    first = generations.start(chats, client, HELLO, CHOICE)  # type: ignore[arg-type]
    ended(first)
    second = generations.start(chats, client, more, CHOICE, conversation_id=first.turn.conversation_id)  # type: ignore[arg-type]
    ended(second)
    prompt = chats.message(second.turn.user_id)
    assert prompt

    third = generations.edit(chats, client, prompt, "less", CHOICE)  # type: ignore[arg-type]
    ended(third)

    assert client.asked[2][0] == [HELLO, Message("assistant", "hi"), Message("user", "less")]
    assert stored(store, third.turn).text == "so"


def test_go_on_asks_for_the_rest(store: Store) -> None:
    """An answer that was cut off is sent with the wish for its rest; the whole of it is there from the first moment."""
    client = FakeClient(answer("Once"), answer("upon"))
    first = generations.start(store.chats(LOCAL), client, HELLO, CHOICE)  # type: ignore[arg-type]
    ended(first)

    second = generations.go_on(store.chats(LOCAL), client, stored(store, first.turn), CHOICE)  # type: ignore[arg-type]
    ended(second)

    assert client.asked[1][0] == [HELLO, Message("assistant", "Once"), Message("user", GO_ON)]
    assert second.read()[0].text == "Once"
    assert [stored(store, each.turn).text for each in (first, second)] == ["Once", "Onceupon"]


def test_go_on_that_is_refused(store: Store) -> None:
    """Where no rest comes, what there was is kept; the failure is told."""
    client = FakeClient(answer("Once"), FakeStream([RequestError("No.")], Completion()))
    first = generations.start(store.chats(LOCAL), client, HELLO, CHOICE)  # type: ignore[arg-type]
    ended(first)

    second = generations.go_on(store.chats(LOCAL), client, stored(store, first.turn), CHOICE)  # type: ignore[arg-type]
    ended(second)

    assert (stored(store, second.turn).text, stored(store, second.turn).state) == ("Once", "failed")


def test_one_answer_at_a_time(store: Store) -> None:
    """A conversation that is being answered takes no second prompt."""
    generation = ask(store, FakeStream([threading.Event()], Completion()))

    with pytest.raises(BusyError):
        ask(store, answer("a"), conversation_id=generation.turn.conversation_id)


def test_stored_answer_is_no_answer_in_the_way(store: Store) -> None:
    """Who waited for the end of an answer may send the next prompt at once."""
    client = FakeClient(answer("a"), answer("b"))
    first = generations.start(store.chats(LOCAL), client, HELLO, CHOICE, limit=1)  # type: ignore[arg-type]
    first.result()

    ended(
        generations.start(
            store.chats(LOCAL), client, HELLO, CHOICE, conversation_id=first.turn.conversation_id, limit=1
        )
    )  # type: ignore[arg-type]


def test_limit_of_running_answers(store: Store) -> None:
    """Beyond the limit nothing is stored and nothing is sent."""
    ask(store, FakeStream([threading.Event()], Completion()))

    with pytest.raises(BusyError, match="writing 1 answer already"):
        ask(store, answer("a"), limit=1)

    assert len(calls(store)) == 1


def test_shutdown_stores_what_is_running(store: Store) -> None:
    """Shutdown ends what is running as interrupted, with its text."""
    generation = ask(store, FakeStream([Delta("a"), threading.Event()], Completion(text="a")))
    generation.wait_for_more(0, 5)

    generations.stop_all()

    message = stored(store, generation.turn)
    assert (message.state, message.text) == ("interrupted", "a")


def test_stop_of(store: Store) -> None:
    """What runs for one person is stopped as they would stop it; what runs for others goes on."""
    generation = ask(store, FakeStream([Delta("a"), threading.Event()], Completion(text="a")))
    generation.wait_for_more(0, 5)

    generations.stop_of("somebody else")
    assert not generation.received.is_set()
    generations.stop_of("local")
    ended(generation)
    assert stored(store, generation.turn).state == "stopped"


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

    assert generation.wait_for_more(1, 5)
    assert [delta.text for delta in generation.read()] == ["a"]


def asked(store: Store, choice: ModelChoice, **about: object) -> tuple[list[Message], str | None, dict[str, object]]:
    """Return what the client was asked for a choice, at an endpoint about which this is known."""
    client = FakeClient(answer("a"), endpoint=Endpoint("fake", "http://127.0.0.1:9/v1", **about))  # type: ignore[arg-type]
    ended(generations.start(store.chats(LOCAL), client, HELLO, choice))  # type: ignore[arg-type]
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
    generation = generations.start(
        store.chats(LOCAL), FakeClient(refused), HELLO, ModelChoice("fake", "m", session_id="s-1")
    )  # type: ignore[arg-type]

    assert ended(generation).hint == generation_module.NEW_SESSION


def test_no_model_is_the_endpoints_own(store: Store) -> None:
    """Where none was chosen the client takes the endpoint's."""
    assert asked(store, ModelChoice("fake", ""))[1] is None


def test_images_of_earlier_prompts_are_sent_again(store: Store) -> None:
    """A follow-up goes with the pictures it is about."""
    pictures = (Image(b"hi", "image/png", "low"), LinkedImage("https://example.com/a.png"))
    client = FakeClient(answer("hi"), answer("well"))
    first = generations.start(store.chats(LOCAL), client, Message("user", "look", pictures), CHOICE)  # type: ignore[arg-type]
    ended(first)

    ended(generations.start(store.chats(LOCAL), client, HELLO, CHOICE, conversation_id=first.turn.conversation_id))  # type: ignore[arg-type]

    assert client.asked[1][0][0].images == pictures


def test_images_are_read_once_a_call_and_never_decoded(store: Store) -> None:
    """In 20 turns about an image of 5 MB that two prompts have, each call reads it once; its head tells its tokens."""
    data = pictures.png(2048, 2048, b"")[:33] + bytes(5_000_000)  # no decoder takes this
    image = Image(data, "image/png", pixels=(2048, 2048))
    look = Message("user", "look", (image,))
    client = FakeClient(*(answer("well") for _ in range(20)))
    first = generations.start(store.chats(LOCAL), client, look, CHOICE)  # type: ignore[arg-type]
    ended(first)

    with heard() as said:
        for prompt in (look, *[HELLO] * 18):
            ended(
                generations.start(
                    store.chats(LOCAL), client, prompt, CHOICE, conversation_id=first.turn.conversation_id
                )
            )  # type: ignore[arg-type]

    assert [message.images for message in client.asked[-1][0] if message.images] == [(image,)] * 2
    assert sum("FROM images" in statement for statement in said) == 19
    assert min(call.prompt_tokens or 0 for call in calls(store)) > 765


def test_trace_of_a_running_answer(store: Store) -> None:
    """What went over the wire can be looked at while the answer comes."""
    stream = FakeStream([threading.Event()], Completion(text="so far"))
    generation = ask(store, stream)
    until(lambda: generation.stream is not None)

    trace = generations.trace(LOCAL, generation.turn.message_id)

    assert trace
    assert trace.completion.text == "so far"
    assert generations.trace(Scope("another"), generation.turn.message_id) is None


def test_trace_of_an_answer_that_ended(store: Store) -> None:
    """And after its end."""
    generation = ask(store, answer("a"))
    ended(generation)

    trace = generations.trace(LOCAL, generation.turn.message_id)

    assert trace
    assert trace.completion.finish_reason == "stop"
    assert generations.trace(Scope("another"), generation.turn.message_id) is None


def test_no_trace_of_what_this_process_did_not_ask() -> None:
    """An answer from before the start has none."""
    assert generations.trace(LOCAL, -1) is None


class SlowChats(Chats):
    store: Slow

    def begin(self, *args: Any, **options: Any) -> Turn:
        self.store.reached.set()
        assert self.store.gate.wait(20)
        return super().begin(*args, **options)


class Slow(OwnDoors):
    """A store that waits for a test before it begins an answer, or after it has."""

    door = SlowChats
    gate: threading.Event
    reached: threading.Event


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Slow]:
    store = Slow.open(f"sqlite:///{tmp_path / 'slow.db'}")
    assert isinstance(store, Slow)
    store.gate, store.reached = threading.Event(), threading.Event()
    yield store
    store.gate.set()
    generations.stop_all()
    store.close()


def test_nobody_waits_for_the_store_of_another(store: Store, slow: Slow) -> None:
    """While the database takes its time for one prompt, other conversations are asked, answered and looked at."""
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(ask, slow, answer("late"))
        slow.reached.wait(20)

        assert ended(ask(store, answer("soon"))).text == "soon"
        slow.gate.set()
        assert ended(waiting.result()).text == "late"


def test_conversation_that_is_about_to_be_answered(store: Store, slow: Slow) -> None:
    """Two prompts for one conversation at the same moment: one is taken, whatever the store does meanwhile."""
    first = ask(store, answer("a"))
    ended(first)
    here = {"conversation_id": first.turn.conversation_id}
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(ask, slow, answer("b"), **here)
        slow.reached.wait(20)

        with pytest.raises(BusyError, match="still being answered"):
            ask(store, answer("c"), **here)
        slow.gate.set()
        with pytest.raises(StoreError):  # that conversation is in another database
            waiting.result()

    assert ended(ask(store, answer("d"), **here)).text == "d"


def test_nothing_is_told_of_anothers(store: Store) -> None:
    """A conversation of somebody else that is being answered is not there, as one is that does not exist."""
    gate = threading.Event()
    theirs = generations.start(store.chats(Scope("ben")), FakeClient(FakeStream([gate], Completion())), HELLO, CHOICE)  # type: ignore[arg-type]
    said = []
    for id in (theirs.turn.conversation_id, "nowhere"):
        with pytest.raises(StoreError) as raised:
            ask(store, answer("a"), conversation_id=id)
        said.append((str(raised.value), raised.value.hint))
    gate.set()

    assert said[0] == said[1]


def test_limit_counts_what_is_about_to_run(store: Store, slow: Slow) -> None:
    """A prompt that the store has not taken yet has its place already; an error gives it back."""
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(ask, slow, answer("b"), conversation_id="unknown")
        slow.reached.wait(20)
        with pytest.raises(BusyError, match="writing 1 answer already"):
            ask(store, answer("c"), limit=1)
        slow.gate.set()
        with pytest.raises(StoreError):
            waiting.result()

    assert ended(ask(store, answer("d"), limit=1)).text == "d"


def test_limit_under_a_rush(store: Store) -> None:
    """Of many prompts at once as many are taken as the limit says, never more."""

    def one(_: int) -> bool:
        try:
            ask(store, FakeStream([threading.Event()], Completion()), limit=3)
        except BusyError:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        taken = list(pool.map(one, range(12)))

    assert sum(taken) == len(calls(store)) == 3


class OvertakenChats(Chats):
    def begin(self, prompt: Message, choice: ModelChoice, **options: Any) -> Turn:
        if conversation_id := options["conversation_id"]:
            earlier = next(message for message in self.path(conversation_id) if message.role == "assistant")
            self.finish(Turn(conversation_id, 0, earlier.id, 1), Outcome("completed", text="the whole answer"))
        return super().begin(prompt, choice, **options)


class Overtaken(OwnDoors):
    """A store in which the answer before ends while the next prompt is begun: another process was writing it."""

    door = OvertakenChats


def test_history_is_read_when_nobody_else_may_answer(tmp_path: Path) -> None:
    """The next prompt goes out with the whole answer before it, not with what there was of it a moment ago."""
    store = Overtaken.open(f"sqlite:///{tmp_path / 'overtaken.db'}")
    turn = store.chats(LOCAL).begin(HELLO, CHOICE, provider="openai", conversation_id=None)
    store.chats(LOCAL).save(turn, "the who", "")
    client = FakeClient(answer("b"))

    ended(
        generations.start(
            store.chats(LOCAL), client, Message("user", "go on"), CHOICE, conversation_id=turn.conversation_id
        )
    )  # type: ignore[arg-type]
    store.close()

    assert [message.text for message in client.asked[0][0]] == ["hello", "the whole answer", "go on"]


def test_first_prompt_reads_nothing(tmp_path: Path) -> None:
    """Of a new conversation there is nothing to be read."""

    class UnreadChats(Chats):
        def path(self, *_: object, **__: object) -> list[StoredMessage]:
            raise AssertionError

    class Unread(OwnDoors):
        door = UnreadChats

    store = Unread.open(f"sqlite:///{tmp_path / 'unread.db'}")
    assert ended(ask(store, answer("a"))).text == "a"
    store.close()


def test_shutdown_ends_what_is_just_beginning(slow: Slow) -> None:
    """A prompt that the store takes during the shutdown ends as interrupted, and nothing is sent."""
    stream = FakeStream([Delta("a")], Completion())
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(ask, slow, stream)
        slow.reached.wait(20)
        closing = pool.submit(generations.stop_all, 20)
        until(registry._closing.is_set)
        slow.gate.set()
        outcome = waiting.result().result()
        closing.result()

    assert (outcome.state, outcome.text, stream.deltas) == ("interrupted", "", 0)


def test_shutdown_does_not_wait_for_a_store_that_hangs(tmp_path: Path) -> None:
    """A store that does not come back is waited for as long as the shutdown may take, and no longer."""
    gate = threading.Event()

    class HangingChats(Chats):
        def finish(self, turn: Turn, outcome: Outcome) -> None:
            gate.wait(20)
            super().finish(turn, outcome)

    class Hanging(OwnDoors):
        door = HangingChats

    store = Hanging.open(f"sqlite:///{tmp_path / 'hanging.db'}")
    generation = ask(store, FakeStream([threading.Event()], Completion()))

    generations.stop_all(timeout=0.1)
    assert generation.outcome is None
    gate.set()

    assert generation.result().state == "interrupted"
    store.close()


@pytest.fixture
def upstream() -> Iterator[FakeEndpoint]:
    upstream = FakeEndpoint()
    yield upstream
    upstream.stop()


@pytest.fixture
def client(upstream: FakeEndpoint) -> Iterator[ChatClient]:
    with ChatClient(Endpoint("work", upstream.url, model="m")) as client:
        yield client


def only(store: Store) -> Call:
    [call] = calls(store)
    return call


def called(store: Store, client: ChatClient, text: str, *images: Image, streams: bool = False) -> Stream:
    return generations.ask(store.usage(LOCAL), "doctor", client, [Message("user", text, images)], None, streams=streams)


def test_call_outside_conversations_is_counted(store: Store, client: ChatClient) -> None:
    """A call that ended well has a row with its purpose and figures; its caller gets what came."""
    assert called(store, client, "say well").completion.text == "well"
    call = only(store)

    assert (call.endpoint, call.model, call.purpose, call.status) == ("work", "m", "doctor", "completed")
    assert (call.source, call.conversation_id) == ("reported", None)


def test_row_is_there_before_the_call_is_sent(store: Store, client: ChatClient) -> None:
    """While the answer comes, the row says that the call has begun; the call is in no conversation."""
    generation = generations.call(
        store.usage(LOCAL), client, Request([Message("user", "n50 r20")], streams=True), purpose="doctor"
    )
    generation.wait_for_more(0, 20)
    assert only(store).status == "started"
    with pytest.raises(LookupError):
        generation.turn  # noqa: B018  # that it raises is what is tested

    generation.stop()
    assert generation.result().state == "stopped"
    assert only(store).status == "stopped"


def test_refused_call_is_counted(store: Store, client: ChatClient) -> None:
    """A call that the endpoint refused is a failed one, with its status; its caller gets the error."""
    with pytest.raises(EndpointError):
        called(store, client, "status 401")
    call = only(store)

    assert (call.status, call.http_status, call.source) == ("failed", 401, "missing")


def test_stopped_call_raises(store: Store, client: ChatClient, upstream: FakeEndpoint) -> None:
    """Who waits for a call that is stopped hears of it."""
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(called, store, client, "d20000")
        until(lambda: bool(upstream.asked))
        generations.stop_all()

        with pytest.raises(ChatError, match="stopped"):
            waiting.result()

    assert only(store).status == "interrupted"


def test_words_beside_an_image_are_estimated(store: Store, client: ChatClient) -> None:
    """Without a report the estimate counts the text of a prompt that has an image."""
    called(store, client, "quiet n3 r0 hello", Image(b"hi", "image/png"), streams=True)
    call = only(store)

    assert (call.source, call.images) == ("estimated", 1)
    assert call.prompt_tokens
    assert call.prompt_tokens < 50


def test_calls_are_not_in_the_limit_of_answers(store: Store, client: ChatClient) -> None:
    """What batches and check-ups ask takes no place of an answer."""
    generation = generations.call(store.usage(LOCAL), client, Request([Message("user", "d20000")]), purpose="doctor")

    assert ended(ask(store, answer("a"), limit=1)).text == "a"
    generation.stop()
    generation.result()


def test_draining(store: Store) -> None:
    """Before the process ends nothing more is begun, no prompt is taken that would wait, and what runs ends well."""
    free = threading.Event()
    generation = ask(store, FakeStream([Delta("a"), free, Delta("b")], Completion(text="ab", finish_reason="stop")))
    until(generation.read)
    assert generations.running() == (1, 0)

    assert not generations.drain(0)
    assert generations.is_draining()
    chats, client, place = store.chats(LOCAL), FakeClient(), generation.turn.conversation_id
    for again in (generations.start, partial(generations.queue, conversation_id=place)):
        with pytest.raises(BusyError, match="begins no new answers"):
            again(chats, client, HELLO, CHOICE)
    free.set()
    assert generations.drain(10)
    assert generation.result().state == "completed"
    generations.stop_all()
    assert not generations.is_draining()


def test_draining_sends_nothing_that_waits(store: Store) -> None:
    """A prompt that waits for an answer that ends meanwhile waits on, for the person."""
    free = threading.Event()
    generation = ask(store, FakeStream([free], Completion(text="a", finish_reason="stop")))
    chats, place = store.chats(LOCAL), generation.turn.conversation_id
    generations.queue(chats, FakeClient(), HELLO, CHOICE, conversation_id=place)  # type: ignore[arg-type]
    generations.drain(0)
    free.set()

    assert generations.drain(10)
    assert [waiting.text for waiting in chats.queued(place)] == ["hello"]
