"""One call to an endpoint on its way: what has come, who is following it, and its end, whatever is thrown.

A generation belongs to the process, not to the page that asked for it: pages come and go, its thread goes on. What
must last goes to its record.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import cast

from lib.api import ChatClient, Pause, Stream
from lib.api.nextgpt import is_session_refused
from lib.errors import ChatError, EndpointError, StoreError
from lib.generations import watch, whole_files
from lib.generations.outcome import broken, conclude, priced, unsent
from lib.generations.recordings import Trace
from lib.generations.request import Request
from lib.generations.saver import Saver
from lib.generations.storage import Record
from lib.messages import Delta
from lib.store import Outcome, Turn

log = logging.getLogger("parley")

SAVE_SECONDS = 1.0  # from what comes to when it is saved; at first it is sooner
FIRST_SAVE_SECONDS = 0.1
UNSAVED_SECONDS = 2.0
GRACE_SECONDS = 0.2  # from Stop to an end without the thread, which may hang in looking a name up
NEW_SESSION = "Press New session and fill in the form again, then Retry."
FAULT = "Parley itself failed while reading the answer."
UNKEPT = "Parley itself failed while storing the answer."


class Generation:
    """An answer on its way. Follow it with `read` and `wait_for_more`; end it with `stop`.

    `received` is set when nothing more will come, `outcome` when that is stored, too. `unsaved` is the error that keeps
    a finished answer out of the store; saving is tried again until it succeeds or the process ends.
    `error` is why it did not end well. `stream` is None until there is a request.
    `asks` is called in its thread, and makes the request. `saver` says when what came is to be saved. `ended` is called
    when its record is complete or given up.
    """

    def __init__(
        self,
        record: Record,
        client: ChatClient,
        asks: Callable[[], Request],
        *,
        saver: Saver,
        ended: Callable[[Generation], None],
    ) -> None:
        self.outcome: Outcome | None = None
        self.unsaved: StoreError | None = None
        self.error: ChatError | None = None
        self.stream: Stream | None = None
        self.received = threading.Event()
        self._record = record
        self._client = client
        self._asks = asks
        self._saver = saver
        self._save_in = FIRST_SAVE_SECONDS
        self._leave = ended
        self._hold = 0.0
        self._fault = EndpointError(FAULT, kind="protocol")  # made before there may be no memory for it
        self._request = Request(())
        self._deltas = [record.said] if record.said != Delta() else []
        self._news = threading.Condition()
        self._stopped: float | None = None
        self._ended = 0.0
        self._end = "stopped"
        self._given_up = threading.Event()
        self._is_storing = False
        self._is_over = False

    @property
    def turn(self) -> Turn:
        """Where the answer is kept. Raises LookupError for a call that belongs to no conversation."""
        if self._record.turn is None:
            raise LookupError("This call belongs to no conversation.")
        return self._record.turn

    @property
    def message_id(self) -> int | None:
        """The row of the answer; None for a call that belongs to no conversation."""
        return self._record.turn.message_id if self._record.turn else None

    @property
    def usage_id(self) -> int:
        """The row of the call in the ledger."""
        return self._record.usage_id

    @property
    def client(self) -> ChatClient:
        """Who is asked."""
        return self._client

    @property
    def is_stored(self) -> bool:
        """Whether the whole answer is in the store, and its place free."""
        return self._is_over and self.unsaved is None

    @property
    def pause(self) -> Pause | None:
        """Why nothing is asked just now, while the endpoint wants to be left alone."""
        return self.stream.pause if self.stream else None

    @property
    def trace(self) -> Trace:
        """What went over the wire so far."""
        return Trace.of(self.stream)

    def start(self) -> None:
        """Ask the endpoint, in a thread of its own."""
        try:
            threading.Thread(target=self._run, name=f"generation-{self.message_id}", daemon=True).start()
        except RuntimeError:  # there are as many threads as the system allows
            log.exception("A generation got no thread")
            self._settle(self._fault)

    def read(self, position: int = 0) -> list[Delta]:
        """Return what has come since `position`, a count of deltas."""
        return self._deltas[position:]

    def wait_for_more(self, position: int, timeout: float) -> bool:
        """Wait until there are more than `position` deltas, or no more will come; False after `timeout` seconds."""
        with self._news:
            return self._news.wait_for(lambda: len(self._deltas) > position or self.received.is_set(), timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until there is an outcome; False after `timeout` seconds."""
        with self._news:
            return self._news.wait_for(lambda: self.outcome is not None, timeout)

    def result(self) -> Outcome:
        """Wait until there is an outcome, and return it."""
        with self._news:
            self._news.wait_for(lambda: self.outcome is not None)
            return cast("Outcome", self.outcome)

    def stop(self, end: str = "stopped") -> None:
        """Close the upstream connection now; what came is kept, in state `end`."""
        with self._news:
            first = self._stopped is None and not self.received.is_set()
            if first:
                self._end, self._stopped = end, time.monotonic()
            stream = self.stream
        if stream:
            stream.close()
        if first:
            self._end_soon()

    def hold(self, seconds: float) -> None:
        """Store the whole so many seconds after its last word: what that costs keeps others' last words waiting."""
        self._hold = seconds

    def give_up(self) -> None:
        """Try no longer to store what the store refuses."""
        self._given_up.set()

    def _end_soon(self) -> None:
        timer = threading.Timer(GRACE_SECONDS, self._settle, (None,))
        timer.daemon = True
        with suppress(RuntimeError):  # no more threads: then it ends when its own comes back
            timer.start()

    def _run(self) -> None:
        error: ChatError | None = self._fault
        try:
            error = self._receive()
        finally:
            self._settle(error)

    def _receive(self) -> ChatError | None:
        try:
            self._collect(self._open())
        except ChatError as error:
            return error
        except BaseException:
            log.exception("Generation %s failed", self.message_id)
            return self._fault
        return None

    def _open(self) -> Stream:
        request = self._asks()
        stream = request.send(self._client)
        with self._news:
            self._request, self.stream = request, stream
            if self._stopped is not None:
                stream.close()
        return stream

    def _collect(self, stream: Stream) -> None:
        with stream:
            for delta in stream:
                self._take(delta)

    def _take(self, delta: Delta) -> None:
        self._deltas.append(delta)
        self._tell()
        self._save_soon()

    def _save_soon(self) -> None:
        self._saver.tell(self._save, self._save_in)

    def _save(self) -> None:
        """Save what has come, unless all of it is being stored."""
        if self._is_storing:
            return
        self._save_in = min(SAVE_SECONDS, 2 * self._save_in)
        try:
            self._record.save(*self._text())
        except StoreError as error:
            log.warning("A partial answer could not be saved: %s", error)
            self._save_soon()

    def _text(self) -> tuple[str, str]:
        deltas = list(self._deltas)
        return "".join(delta.text for delta in deltas), "".join(delta.reasoning for delta in deltas)

    def _settle(self, error: ChatError | None) -> None:
        """Come to the end, once: when nothing more comes, or when the thread has not come back from a Stop."""
        if not self._close(error):
            return
        outcome = broken("", "", FAULT)
        try:
            if self._stopped is None:
                self._given_up.wait(self._hold)
            self._is_storing = True
            outcome = self._keep(self._concluded(error))
            self._show(outcome if self.unsaved and not self._given_up.is_set() else None)
            while self.unsaved and not self._given_up.wait(UNSAVED_SECONDS):
                outcome = self._keep(outcome)
            self._report(outcome)
        finally:
            self._leave(self)  # before anybody wakes, so that who waited finds the place free
            self._is_over = True
            self._show(outcome)

    def _report(self, outcome: Outcome) -> None:
        endpoint = self._client.endpoint
        watch.ended(self._record, endpoint.name, self._request.model or endpoint.model or "", outcome)

    def _close(self, error: ChatError | None) -> bool:
        with self._news:
            if self.received.is_set():
                return False
            self._ended, self.error = time.monotonic(), error
            self.received.set()
            self._news.notify_all()
            return True

    def _show(self, outcome: Outcome | None) -> None:
        self.outcome = outcome
        self._tell()

    def _concluded(self, error: ChatError | None) -> Outcome:
        try:
            return self._conclude(error)
        except BaseException:
            log.exception("How generation %s ended could not be told", self.message_id)
            return broken(*self._text(), FAULT)

    def _conclude(self, error: ChatError | None) -> Outcome:
        outcome = self._told(error if self._stopped is None else None)
        if self._stopped is not None:
            return replace(outcome, state=self._end, closed_ms=(self._ended - self._stopped) * 1000)
        if self._lost_session(error):
            return replace(outcome, hint=NEW_SESSION)
        return replace(outcome, hint=whole_files.HINT) if self._refuses_files(error) else outcome

    def _told(self, error: ChatError | None) -> Outcome:
        outcome = self._ending(error)
        said = self._record.said
        return replace(outcome, text=said.text + outcome.text, reasoning=said.reasoning + outcome.reasoning)

    def _ending(self, error: ChatError | None) -> Outcome:
        if self.stream is None:
            return unsent(error)
        outcome = conclude(self.stream, self._request.messages, error, hurried=self._end == "interrupted")
        return priced(outcome, self._client.endpoint.tariff, self._request.model or "")

    def _lost_session(self, error: ChatError | None) -> bool:
        return self._request.in_session and isinstance(error, EndpointError) and is_session_refused(error)

    def _refuses_files(self, error: ChatError | None) -> bool:
        """Return whether files were refused that went as they are, and have their texts go from now on."""
        refused = not self._deltas and whole_files.is_refusal(error, self._request.messages)
        if refused:
            whole_files.refuse(self._client.endpoint, self._request.model or "")
        return refused

    def _keep(self, outcome: Outcome) -> Outcome:
        """Return what was kept: the outcome, or where that cannot be written the bare text of it."""
        try:
            self._finish(outcome)
        except BaseException:
            log.exception("Generation %s could not be stored", self.message_id)
            return self._keep_text(broken(outcome.text, outcome.reasoning, UNKEPT))
        return outcome

    def _keep_text(self, bare: Outcome) -> Outcome:
        try:
            self._finish(bare)
        except BaseException:
            log.exception("Generation %s could not be stored at all", self.message_id)
            self.unsaved = StoreError(UNKEPT)
            self._record.abandon()
            self._given_up.set()  # it would fail again, and hold the place of another
        return bare

    def _finish(self, outcome: Outcome) -> None:
        try:
            self._record.finish(outcome)
            self.unsaved = None
        except StoreError as error:
            log.warning("A finished answer could not be saved yet: %s", error)
            self.unsaved = error

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()
