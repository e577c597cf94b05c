"""One answer being produced in the background, and who is following it.

A generation belongs to the process, not to the page that asked for it: pages come and go, the worker thread goes on.
The registry is a module's, under a lock; what must last is in the store.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import Any, TypedDict

from lib import tokens
from lib.api import Attempt, ChatClient, Stream
from lib.config import Endpoint
from lib.errors import BusyError, ChatError, EndpointError, StoreError
from lib.local_model import PARAMS, SYSTEM_PROMPT
from lib.messages import Completion, Delta, Message, Usage
from lib.store import FailedAttempt, Outcome, Store, StoredMessage, Turn

log = logging.getLogger("parley")

SAVE_SECONDS = 1.0
UNSAVED_SECONDS = 2.0
LIMIT = 32

_running: dict[int, Generation] = {}
_lock = threading.Lock()


class Generation:
    """An answer on its way. Follow it with `read` and `grown`; end it with `stop`.

    `received` is set when nothing more will come, `outcome` when that is stored, too. `unsaved` is the error that keeps
    a finished answer out of the store; saving is tried again until it succeeds or the process ends.
    """

    def __init__(self, store: Store, turn: Turn, stream: Stream, prompt: list[Message]) -> None:
        self.turn = turn
        self.outcome: Outcome | None = None
        self.unsaved: StoreError | None = None
        self._store = store
        self._stream = stream
        self._prompt = prompt
        self.received = threading.Event()
        self._deltas: list[Delta] = []
        self._news = threading.Condition()
        self._begun = time.monotonic()
        self._first: float | None = None
        self._stopped: float | None = None
        self._ended: float | None = None
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
        outcome = self._conclude(error)
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
        self._first = self._first or time.monotonic()
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
        completion, stopped = self._stream.completion, self._stopped
        unasked = error is not None and not self._deltas
        usage, source = (None, "missing") if unasked else self._usage(completion)
        outcome = Outcome(
            state=_state(completion),
            text=completion.text or completion.refusal or "",
            reasoning=completion.reasoning,
            finish_reason=completion.finish_reason,
            model=completion.model,
            usage=usage,
            source=source,
            ttft_ms=_milliseconds(self._begun, self._first),
            duration_ms=_milliseconds(self._begun, self._ended),
            deltas=len(self._deltas),
            http_status=self._stream.http_status,
            attempts=tuple(_attempt(attempt) for attempt in self._stream.attempts),
        )
        if stopped is not None:
            return replace(outcome, state=self._end, closed_ms=_milliseconds(stopped, self._ended))
        return outcome if error is None else _failed(outcome, error)

    def _usage(self, completion: Completion) -> tuple[Usage, str]:
        if completion.usage is not None:
            return completion.usage, "reported"
        prompt, answer = tokens.estimate_messages(self._prompt), tokens.estimate(completion.text + completion.reasoning)
        return Usage(prompt_tokens=prompt, completion_tokens=answer, total_tokens=prompt + answer), "estimated"

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
    *,
    model: str,
    conversation_id: str | None = None,
    owner: str = "local",
    purpose: str = "chat",
    limit: int = LIMIT,
) -> Generation:
    """Store `prompt`, then ask `client` for the answer to the conversation so far, in the background.

    Raises BusyError when the conversation is being answered or `limit` answers are running, StoreError when the
    prompt cannot be stored; nothing has been sent then.
    """
    history = _history(store, conversation_id) if conversation_id else []
    names = _names(client.endpoint, model, owner)
    with _lock:
        _check_room(limit, conversation_id)
        turn = store.begin(prompt, conversation_id=conversation_id, purpose=purpose, **names)
        return _launch(store, client, turn, [*history, prompt], model)


def retry(
    store: Store,
    client: ChatClient,
    message: StoredMessage,
    *,
    model: str,
    owner: str = "local",
    limit: int = LIMIT,
) -> Generation:
    """Ask again for the answer that `message` was to be; it is superseded, its call stays in the ledger.

    Raises what `start` raises.
    """
    history = _history(store, message.conversation_id, before=message.id)
    with _lock:
        _check_room(limit, message.conversation_id)
        turn = store.retry(message.id, **_names(client.endpoint, model, owner))
        return _launch(store, client, turn, history, model)


def find(conversation_id: str) -> Generation | None:
    """Return the generation that is answering this conversation now, if one is."""
    found = (generation for generation in list(_running.values()) if generation.turn.conversation_id == conversation_id)
    return next(found, None)


def stop_all(timeout: float = 10.0) -> None:
    """End what is running and store it as interrupted, within about `timeout` seconds."""
    generations, deadline = list(_running.values()), time.monotonic() + timeout
    for generation in generations:
        generation.stop("interrupted")
    for generation in generations:
        generation.join(max(0.1, deadline - time.monotonic()))


class _Names(TypedDict):
    endpoint: str
    provider: str
    model: str
    owner: str


def _names(endpoint: Endpoint, model: str, owner: str) -> _Names:
    return {"endpoint": endpoint.name, "provider": endpoint.provider, "model": model, "owner": owner}


def _check_room(limit: int, conversation_id: str | None) -> None:
    if conversation_id and find(conversation_id):
        hint = "Wait for the end of the answer, or press Stop."
        raise BusyError("This conversation is still being answered.", hint=hint)
    if len(_running) >= limit:
        hint = "Wait until one of them has ended, then send again."
        raise BusyError(f"Parley is writing {limit} answers already, as many as it may at once.", hint=hint)


def _launch(store: Store, client: ChatClient, turn: Turn, messages: list[Message], model: str) -> Generation:
    messages, params = _request(client.endpoint, messages)
    generation = Generation(store, turn, client.stream(messages, model=model, **params), messages)
    _running[turn.message_id] = generation
    generation.start()
    return generation


def _request(endpoint: Endpoint, messages: list[Message]) -> tuple[list[Message], dict[str, Any]]:
    if endpoint.provider != "local":
        return messages, {}
    # Without a system message the small model's template puts in its own, and it drifts into other languages.
    return [Message("system", SYSTEM_PROMPT), *messages], dict(PARAMS)


def _history(store: Store, conversation_id: str, before: int | None = None) -> list[Message]:
    """Return what was said so far: every prompt that got an answer, and with `before` the one it answers."""
    history: list[Message] = []
    for message in store.messages(conversation_id):
        if message.id == before:
            return history
        if message.role == "assistant" and not message.text:
            history = history[:-1]
        else:
            history.append(Message(message.role, message.text))
    return history


def _state(completion: Completion) -> str:
    return "incomplete" if completion.incomplete else "completed"


def _failed(outcome: Outcome, error: ChatError) -> Outcome:
    status = getattr(error, "status", None) or outcome.http_status
    return replace(
        outcome, state="failed", error_kind=error.kind, error=str(error), hint=error.hint, http_status=status
    )


def _attempt(attempt: Attempt) -> FailedAttempt:
    error = attempt.error
    return FailedAttempt(attempt.started_at, attempt.duration_ms, error.kind, error.status)


def _milliseconds(begun: float, ended: float | None) -> float | None:
    return None if ended is None else (ended - begun) * 1000
