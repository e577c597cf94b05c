"""One answer being produced in the background, and who is following it.

A generation belongs to the process, not to the page that asked for it: pages come and go, the worker thread goes on.
The registry is a module's, under a lock; what must last is in the store.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any

from lib.api import ChatClient, Stream
from lib.api.nextgpt import is_session_refused
from lib.config import Endpoint
from lib.errors import BusyError, ChatError, EndpointError, StoreError
from lib.generations.outcome import conclude, priced
from lib.generations.recordings import Trace, Traces
from lib.messages import Delta, Image, LinkedImage, Message
from lib.model_choice import ModelChoice
from lib.store import Outcome, Store, StoredContent, StoredImage, StoredMessage, Turn

log = logging.getLogger("parley")

Load = Callable[[str], StoredContent | None]

SAVE_SECONDS = 1.0
UNSAVED_SECONDS = 2.0
LIMIT = 32
NEW_SESSION = "Press New session and fill in the form again, then Retry."

_running: dict[int, Generation] = {}
_traces = Traces()
_lock = threading.Lock()


class Generation:
    """An answer on its way. Follow it with `read` and `grown`; end it with `stop`.

    `received` is set when nothing more will come, `outcome` when that is stored, too. `unsaved` is the error that keeps
    a finished answer out of the store; saving is tried again until it succeeds or the process ends.
    """

    def __init__(
        self,
        store: Store,
        turn: Turn,
        stream: Stream,
        prompt: list[Message],
        *,
        price: Callable[[Outcome], Outcome],
        in_session: bool = False,
    ) -> None:
        self.turn = turn
        self.outcome: Outcome | None = None
        self.unsaved: StoreError | None = None
        self._store = store
        self._stream = stream
        self._prompt = prompt
        self._price = price
        self._in_session = in_session
        self.received = threading.Event()
        self._deltas: list[Delta] = []
        self._news = threading.Condition()
        self._stopped: float | None = None
        self._ended = 0.0
        self._end = "stopped"
        self._given_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"generation-{turn.message_id}", daemon=True)

    def start(self) -> None:
        """Ask the endpoint, in a thread of its own."""
        self._thread.start()

    def read(self, position: int = 0) -> list[Delta]:
        """Return what has come since `position`, a count of deltas."""
        return self._deltas[position:]

    def grown(self, position: int, timeout: float) -> bool:
        """Wait until there are more than `position` deltas, or no more will come; False after `timeout` seconds."""
        with self._news:
            return self._news.wait_for(lambda: len(self._deltas) > position or self.received.is_set(), timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until there is an outcome; False after `timeout` seconds."""
        with self._news:
            return self._news.wait_for(lambda: self.outcome is not None, timeout)

    @property
    def is_stored(self) -> bool:
        """Whether the whole answer is in the store."""
        return self.outcome is not None and self.unsaved is None

    @property
    def trace(self) -> Trace:
        """What went over the wire so far."""
        return Trace.of(self._stream)

    def stop(self, end: str = "stopped") -> None:
        """Close the upstream connection now; what came is kept, in state `end`."""
        if self._stopped is None:
            self._end, self._stopped = end, time.monotonic()
        self._stream.close()

    def join(self, timeout: float) -> None:
        """Wait for the end, at most `timeout` seconds; a store that still refuses the answer is given up."""
        self._given_up.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        error = self._receive()
        self._ended = time.monotonic()
        self.received.set()
        self._tell()
        outcome = self._price(self._conclude(error))
        _traces.add(self.turn.message_id, self.trace)
        self._keep(outcome)
        self.outcome = outcome
        self._tell()
        while self.unsaved and not self._given_up.wait(UNSAVED_SECONDS):
            self._keep(outcome)
        with _lock:
            _running.pop(self.turn.message_id, None)

    def _receive(self) -> ChatError | None:
        try:
            self._collect()
        except ChatError as error:
            return error
        except Exception:
            log.exception("Generation %s failed", self.turn.message_id)
            return EndpointError("Parley itself failed while reading the answer.", kind="protocol")
        return None

    def _collect(self) -> None:
        saved = time.monotonic()
        with self._stream as stream:
            for delta in stream:
                self._take(delta)
                if time.monotonic() - saved >= SAVE_SECONDS:
                    self._save()
                    saved = time.monotonic()

    def _take(self, delta: Delta) -> None:
        self._deltas.append(delta)
        self._tell()

    def _save(self) -> None:
        text = "".join(delta.text for delta in self._deltas)
        reasoning = "".join(delta.reasoning for delta in self._deltas)
        try:
            self._store.save(self.turn, text, reasoning)
        except StoreError as error:
            log.warning("A partial answer could not be saved: %s", error)

    def _conclude(self, error: ChatError | None) -> Outcome:
        if self._stopped is None:
            outcome = conclude(self._stream, self._prompt, error)
            return replace(outcome, hint=NEW_SESSION) if self._lost_session(error) else outcome
        closed_ms = (self._ended - self._stopped) * 1000
        return replace(conclude(self._stream, self._prompt), state=self._end, closed_ms=closed_ms)

    def _lost_session(self, error: ChatError | None) -> bool:
        return self._in_session and isinstance(error, EndpointError) and is_session_refused(error)

    def _keep(self, outcome: Outcome) -> None:
        try:
            self._store.finish(self.turn, outcome)
            self.unsaved = None
        except StoreError as error:
            log.warning("A finished answer could not be saved yet: %s", error)
            self.unsaved = error

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()


def start(
    store: Store,
    client: ChatClient,
    prompt: Message,
    choice: ModelChoice,
    *,
    conversation_id: str | None = None,
    purpose: str = "chat",
    limit: int = LIMIT,
) -> Generation:
    """Store `prompt`, then ask `client` for the answer to the conversation so far, in the background.

    `client` is one of the endpoint of `choice`.
    Raises BusyError when the conversation is being answered or `limit` answers are running, StoreError when the
    prompt cannot be stored; nothing has been sent then.
    """
    before = history(store, conversation_id) if conversation_id else []
    with _lock:
        _check_room(limit, conversation_id)
        provider = client.endpoint.provider
        turn = store.begin(prompt, choice, provider=provider, conversation_id=conversation_id, purpose=purpose)
        return _launch(store, client, turn, [*before, prompt], choice)


def retry(
    store: Store,
    client: ChatClient,
    message: StoredMessage,
    choice: ModelChoice,
    *,
    purpose: str = "chat",
    limit: int = LIMIT,
) -> Generation:
    """Ask again for the answer that `message` was to be; it is superseded, its call stays in the ledger.

    Raises what `start` raises.
    """
    before = history(store, message.conversation_id, before=message.id)
    with _lock:
        _check_room(limit, message.conversation_id)
        turn = store.retry(message.id, choice, provider=client.endpoint.provider, purpose=purpose)
        return _launch(store, client, turn, before, choice)


def prompt(message: StoredMessage, load: Load) -> Message:
    """Return a stored message as it is sent, with its images, whose bytes `load` returns."""
    return Message(message.role, message.text, tuple(_image(image, load) for image in message.images))


def _image(image: StoredImage, load: Load) -> Image | LinkedImage:
    content = load(image.id) if image.id else None
    return content.image(image.detail) if content else LinkedImage(image.url or "", image.detail)


def find(conversation_id: str) -> Generation | None:
    """Return the generation that is answering this conversation now, if one is; none once its answer is stored."""
    mine = (generation for generation in list(_running.values()) if generation.turn.conversation_id == conversation_id)
    return next((generation for generation in mine if not generation.is_stored), None)


def trace(message_id: int) -> Trace | None:
    """Return what went over the wire for an answer; None for one that is not among this process's latest."""
    running = _running.get(message_id)
    return running.trace if running else _traces.get(message_id)


def stop_all(timeout: float = 10.0) -> None:
    """End what is running and store it as interrupted, within about `timeout` seconds."""
    generations, deadline = list(_running.values()), time.monotonic() + timeout
    for generation in generations:
        generation.stop("interrupted")
    for generation in generations:
        generation.join(max(0.1, deadline - time.monotonic()))


def _check_room(limit: int, conversation_id: str | None) -> None:
    if conversation_id and find(conversation_id):
        hint = "Wait for the end of the answer, or press Stop."
        raise BusyError("This conversation is still being answered.", hint=hint)
    if len(_running) >= limit:
        hint = "Wait until one of them has ended, then send again."
        raise BusyError(f"Parley is writing {limit} answers already, as many as it may at once.", hint=hint)


def _launch(store: Store, client: ChatClient, turn: Turn, messages: list[Message], choice: ModelChoice) -> Generation:
    asked = [*instructions(client.endpoint, choice), *messages]
    stream, in_session = _stream(client, asked, choice), bool(choice.session_id)
    price = partial(priced, tariff=client.endpoint.tariff, model=choice.model)
    generation = Generation(store, turn, stream, asked, price=price, in_session=in_session)
    _running[turn.message_id] = generation
    generation.start()
    return generation


def instructions(endpoint: Endpoint, choice: ModelChoice) -> list[Message]:
    """Return the system message that goes first, if there is one: the conversation's, else the endpoint's own."""
    text = choice.parameters.system or endpoint.system
    return [Message("system", text)] if text else []


def _stream(client: ChatClient, messages: list[Message], choice: ModelChoice) -> Stream:
    ask = client.stream if choice.parameters.stream else client.single
    return ask(messages, choice.model or None, debug=choice.parameters.debug, **params(client.endpoint, choice))


def params(endpoint: Endpoint, choice: ModelChoice) -> dict[str, Any]:
    """Return the request parameters that a choice means at an endpoint: its own, and the session."""
    session = {endpoint.session_param: choice.session_id} if choice.session_id else {}
    return {**session, **choice.parameters.request()}


def history(store: Store, conversation_id: str, before: int | None = None) -> list[Message]:
    """Return what was said so far: every prompt that got an answer, and with `before` the one it answers."""
    said: list[Message] = []
    load = cache(store.image)  # an image that several prompts have is read once
    for message in store.messages(conversation_id):
        if message.id == before:
            return said
        if message.role == "assistant" and not message.text:
            said = said[:-1]
        else:
            said.append(prompt(message, load))
    return said
