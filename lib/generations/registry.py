"""What runs in this process, and who may: one answer in each conversation, and only so many of them.

Everything that calls an endpoint is in here until its record is complete. A seat is taken under the lock; the store and
the endpoint are asked without it.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any

from lib.api import ChatClient, Stream
from lib.errors import AnsweringError, BusyError, ChatError, StoreError
from lib.generations import remote, watch
from lib.generations.generation import Generation
from lib.generations.recordings import Trace, Traces
from lib.generations.remote import WATCH_SECONDS, Remote, Watcher
from lib.generations.request import Request, answering, following, request_for
from lib.generations.saver import Saver
from lib.generations.storage import AnswerRecord, CallRecord, Record
from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import Chats, Ledger, Queued, Scope, StoredMessage

log = logging.getLogger("parley")

LIMIT = 32
MAX_ASKERS = 1_000  # prompts that wait whose endpoint is remembered
END_SECONDS = 2.0  # that the end of everything may take


@dataclass(eq=False)
class _Seat:
    """The right to run. Answers have a limit; calls of batches and check-ups have those of their callers."""

    is_answer: bool
    scope: Scope
    conversation_id: str | None = None
    generation: Generation | None = None
    chats: Chats | None = None  # of an answer


@dataclass(frozen=True)
class _Asker:
    """Who a prompt that waits is asked of, and what says whether it may be."""

    client: ChatClient
    allow: Callable[[], None]


_seats: set[_Seat] = set()
_askers: OrderedDict[int, _Asker] = OrderedDict()  # by the prompt that waits; of what another process took in, none
_traces = Traces()
_saver = Saver()
_news = threading.Condition()
_closing = threading.Event()
_draining = threading.Event()


def start(
    chats: Chats,
    client: ChatClient,
    prompt: Message,
    choice: ModelChoice,
    *,
    conversation_id: str | None = None,
    purpose: str = "chat",
    temporary: bool = False,
    limit: int | None = LIMIT,
) -> Generation:
    """Store `prompt`, then ask `client` for the answer to the conversation so far, in the background.

    `client` is one of the endpoint of `choice`. Without a `limit` the caller has one of its own. `temporary`: whether a
    conversation that begins with it is.
    Raises BusyError when the conversation is being answered or `limit` answers are running, StoreError when the
    prompt cannot be stored; nothing has been sent then.
    """
    endpoint = client.endpoint
    with _seat(chats.scope, limit, conversation_id) as seat:
        about: dict[str, Any] = {"conversation_id": conversation_id, "purpose": purpose, "temporary": temporary}
        record = AnswerRecord.begin(chats, endpoint, choice, prompt, **about)
        asks = partial(following, chats, endpoint, choice, record.turn, prompt)
        if conversation_id is None:
            asks = partial(request_for, endpoint, choice, [prompt])
        seat.conversation_id = record.turn.conversation_id
        return _launch(seat, record, client, asks)


def edit(
    chats: Chats,
    client: ChatClient,
    message: StoredMessage,
    text: str,
    choice: ModelChoice,
    *,
    purpose: str = "chat",
    limit: int | None = LIMIT,
) -> Generation:
    """Ask `text` in the place of the prompt `message`, with its images; that one is kept, with all that followed it.

    Raises what `start` raises.
    """
    begin = partial(AnswerRecord.edit, text=text)
    return _beside(chats, client, message, choice, begin, purpose=purpose, limit=limit)


def retry(
    chats: Chats,
    client: ChatClient,
    message: StoredMessage,
    choice: ModelChoice,
    *,
    purpose: str = "chat",
    limit: int | None = LIMIT,
) -> Generation:
    """Ask for another answer beside `message`, which is kept; for the first one if that is a prompt without any.

    Raises what `start` raises.
    """
    return _beside(chats, client, message, choice, AnswerRecord.retry, purpose=purpose, limit=limit)


def go_on(
    chats: Chats,
    client: ChatClient,
    message: StoredMessage,
    choice: ModelChoice,
    *,
    purpose: str = "chat",
    limit: int | None = LIMIT,
) -> Generation:
    """Ask for the rest of the answer `message`: the whole stands beside it. Raises what `start` raises."""
    return _beside(chats, client, message, choice, AnswerRecord.go_on, purpose=purpose, limit=limit)


def _beside(
    chats: Chats,
    client: ChatClient,
    message: StoredMessage,
    choice: ModelChoice,
    begin: Callable[..., AnswerRecord],
    *,
    purpose: str,
    limit: int | None,
) -> Generation:
    endpoint = client.endpoint
    with _seat(chats.scope, limit, message.conversation_id) as seat:
        record = begin(chats, endpoint, choice, message, purpose=purpose)
        place = (record.turn.conversation_id, record.turn.message_id)
        return _launch(seat, record, client, partial(answering, chats, endpoint, choice, *place))


def queue(
    chats: Chats,
    client: ChatClient,
    prompt: Message,
    choice: ModelChoice,
    *,
    conversation_id: str,
    purpose: str = "chat",
    allow: Callable[[], None] = lambda: None,
) -> bool:
    """Have `prompt` wait for the end of the answer that is being written, and go out when that ends well.

    False where none is written any more. `allow` is asked before it goes out, and raises ChatError if it may not.
    """
    _check_open()
    provider = client.endpoint.provider
    id = chats.queue(prompt, choice, provider=provider, conversation_id=conversation_id, purpose=purpose)
    if id is not None:
        with _news:
            _askers[id] = _Asker(client, allow)
            while len(_askers) > MAX_ASKERS:
                _askers.popitem(last=False)
    return id is not None


def send_queued(
    chats: Chats, client: ChatClient, waiting: Queued, choice: ModelChoice, *, limit: int | None = LIMIT
) -> Generation:
    """Ask for the answer to a prompt that waits, now. Raises what `start` raises, StoreError if it was sent already."""
    with _seat(chats.scope, limit, waiting.conversation_id) as seat:
        if generation := _ask_queued(seat, chats, client, waiting, choice):
            return generation
        raise StoreError("This prompt was sent or taken back already.", hint="Load the page again.")


def _ask_queued(
    seat: _Seat, chats: Chats, client: ChatClient, waiting: Queued, choice: ModelChoice, *, tied: bool = False
) -> Generation | None:
    turn = chats.begin_queued(waiting, choice, provider=client.endpoint.provider, tied=tied)
    with _news:
        _askers.pop(waiting.id, None)
    if turn is None:
        return None
    asks = partial(answering, chats, client.endpoint, choice, turn.conversation_id, turn.message_id)
    return _launch(seat, AnswerRecord(chats, turn), client, asks)


def call(ledger: Ledger, client: ChatClient, request: Request, *, purpose: str) -> Generation:
    """Ask `client` for what belongs to no conversation, in the background; it has its row in the ledger.

    Raises StoreError when that cannot be written; nothing has been sent then.
    """
    with _seat(ledger.scope) as seat:
        model = request.model or client.endpoint.model or ""
        record = CallRecord.begin(ledger, client.endpoint, model, purpose=purpose)
        return _launch(seat, record, client, lambda: request)


def ask(
    ledger: Ledger,
    purpose: str,
    client: ChatClient,
    messages: Sequence[Message],
    model: str | None,
    *,
    streams: bool = False,
    **params: Any,
) -> Stream:
    """Return the stream of such a call once it has ended.

    Raises EndpointError, StoreError when its row cannot be written, ChatError when it was stopped.
    """
    generation = call(ledger, client, Request(messages, model, params, streams), purpose=purpose)
    generation.result()
    if generation.error:
        raise generation.error
    if generation.stream is None or generation.stream.closed:
        raise ChatError("The call was stopped.")
    return generation.stream


def find(scope: Scope, conversation_id: str) -> Generation | None:
    """Return the generation that is answering this conversation now, if one is; none once its answer is stored."""
    seats = (seat for seat in _taken() if (seat.scope, seat.conversation_id) == (scope, conversation_id))
    return next((seat.generation for seat in seats if seat.generation), None)


def follow(chats: Chats, conversation_id: str) -> Generation | Remote | None:
    """Return what is answering this conversation now, be it in this process or, as far as the store knows, another."""
    return find(chats.scope, conversation_id) or remote.find(chats, conversation_id)


def trace(scope: Scope, message_id: int) -> Trace | None:
    """Return what went over the wire for an answer; None for one that is not among this process's latest."""
    generations = (seat.generation for seat in _taken() if seat.generation and seat.scope.owner == scope.owner)
    running = next((each for each in generations if each.message_id == message_id), None)
    return running.trace if running else _traces.get(scope, message_id)


def drain(seconds: float) -> bool:
    """Begin nothing more until `stop_all`, and let what is running end, for so long; return whether all of it has."""
    _draining.set()
    with _news:
        return _news.wait_for(lambda: not _seats, seconds)


def is_draining() -> bool:
    """Return whether nothing is begun any more, for the process is about to end."""
    return _draining.is_set()


def running() -> tuple[int, int]:
    """Return how many answers are being written in this process, and how many other calls are on their way."""
    seats = _taken()
    answers = sum(seat.is_answer for seat in seats)
    return answers, len(seats) - answers


def stop_of(owner: str) -> None:
    """Stop all that this process has running for a person, as they would."""
    for seat in _taken():
        if seat.scope.owner == owner and seat.generation:
            seat.generation.stop()


def stop_all(timeout: float = END_SECONDS) -> None:
    """End what is running and store it as interrupted, within `timeout` seconds; what begins meanwhile ends as well."""
    with _news:
        _closing.set()
    try:
        for seat in _taken():
            _interrupt(seat)
        with _news:
            _news.wait_for(lambda: not _seats, timeout)
    finally:
        _closing.clear()
        _draining.clear()


def _taken() -> list[_Seat]:
    with _news:
        return list(_seats)


@contextmanager
def _seat(scope: Scope, limit: int | None = None, conversation_id: str | None = None) -> Iterator[_Seat]:
    """Take a seat, which a generation keeps that is launched on it; it is given back on an error.

    Raises BusyError when more than `limit` answers would be running, or two in one conversation, or the process ends.
    """
    _check_open()
    seat = _Seat(limit is not None, scope, conversation_id)
    with _news:
        if limit is not None:
            _check_room(limit, scope, conversation_id)
        _seats.add(seat)
    try:
        yield seat
    except BaseException:
        _give_back(seat)
        raise


def _check_open() -> None:
    if _draining.is_set():
        hint = "Send it again in a moment; it has not been sent."
        raise BusyError("Parley is about to restart here and begins no new answers.", hint=hint)


def _check_room(limit: int, scope: Scope, conversation_id: str | None) -> None:
    """Raise BusyError. Of what is somebody else's nothing is told: the store says that there is no such thing."""
    if conversation_id and any((seat.conversation_id, seat.scope) == (conversation_id, scope) for seat in _seats):
        hint = "Wait for the end of the answer, or press Stop."
        raise AnsweringError("This conversation is still being answered.", hint=hint)
    if sum(seat.is_answer for seat in _seats) >= limit:
        hint = "Wait until one of them has ended, then send again."
        answers = "1 answer" if limit == 1 else f"{limit} answers"
        raise BusyError(f"Parley is writing {answers} already, as many as it may at once.", hint=hint)


def _launch(seat: _Seat, record: Record, client: ChatClient, asks: Callable[[], Request]) -> Generation:
    try:
        generation = Generation(record, client, asks, saver=_saver, ended=partial(_end, seat, record))
        with _news:
            seat.generation = generation
            seat.chats = record.chats if isinstance(record, AnswerRecord) else None
            closing = _closing.is_set()
        if closing:
            _interrupt(seat)
        watch.begun(record, client.endpoint.name)
        if seat.chats:
            _watcher.wake(partial(seat.chats.ear(WATCH_SECONDS).wait, inf))
        generation.start()
    except BaseException:
        record.abandon()
        raise
    return generation


def _are_answers_running() -> bool:
    return any(seat.chats for seat in _taken())


def _stop_what_was_stopped() -> None:
    """Stop what somebody has marked as stopped in the store, from another process, or removed there."""
    stores = {seat.chats.process: (seat.chats, _answers(seat.chats)) for seat in _taken() if seat.chats}
    stopped = {id for chats, ids in stores.values() for id in chats.stopped_elsewhere() | chats.gone(ids)}
    for seat in _taken():
        if seat.generation and seat.generation.message_id in stopped:
            seat.generation.stop()


def _answers(of: Chats) -> set[int]:
    """Return the answers that are being written into the store of `of`."""
    seats = (seat.generation for seat in _taken() if seat.chats and seat.chats.process == of.process)
    return {each.message_id for each in seats if each and each.message_id is not None}


_watcher = Watcher(_stop_what_was_stopped, _are_answers_running)


def _interrupt(seat: _Seat) -> None:
    if seat.generation:
        seat.generation.stop("interrupted")
        seat.generation.give_up()


def _end(seat: _Seat, record: Record, generation: Generation) -> None:
    try:
        if generation.message_id is not None:
            _traces.add(seat.scope, generation.message_id, generation.trace)
    except BaseException:
        log.exception("What went over the wire for generation %s could not be kept", generation.message_id)
    finally:
        if not _goes_on(seat, record, generation):
            _give_back(seat)


def _goes_on(seat: _Seat, record: Record, generation: Generation) -> bool:
    """Send what waits for the end of an answer, on the same seat; return whether anything was sent."""
    if not isinstance(record, AnswerRecord) or _closing.is_set() or _draining.is_set():
        return False
    try:
        waiting = record.chats.queued_after(record.turn.message_id)
        return waiting is not None and _sent(seat, record.chats, waiting, generation)
    except ChatError as error:
        log.warning("A prompt that waited was not sent: %s", error)
    except BaseException:
        log.exception("A prompt that waited could not be sent")
    return False


def _sent(seat: _Seat, chats: Chats, waiting: Queued, before: Generation) -> bool:
    asker = _askers.get(waiting.id)
    if asker is None and before.client.endpoint.name != waiting.choice.endpoint:
        return False  # who is to answer is known elsewhere: it waits for the person
    client, allow = (asker.client, asker.allow) if asker else (before.client, lambda: None)
    allow()
    return _ask_queued(seat, chats, client, waiting, waiting.choice, tied=True) is not None


def _give_back(seat: _Seat) -> None:
    with _news:
        _seats.discard(seat)
        _news.notify_all()
