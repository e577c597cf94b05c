"""What went over the wire for the latest answers, for looking at: kept in memory, bounded, gone with the process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from lib.api import Attempt, Stream
from lib.api.recording import Recording
from lib.messages import Completion
from lib.store import Scope

MAX_RECORDINGS = 40  # each takes a quarter of a megabyte at most


@dataclass(frozen=True)
class Trace:
    """One call: its last attempt as it was recorded, the attempts that were refused before, what came of it."""

    recording: Recording | None
    attempts: tuple[Attempt, ...]
    completion: Completion

    @classmethod
    def of(cls, stream: Stream | None) -> Trace:
        """Return the trace of a stream, be it at its end, on its way, or still to be made."""
        return cls(stream.recording, stream.attempts, stream.completion) if stream else cls(None, (), Completion())


class Traces:
    """The latest traces, by whose they are and message id."""

    def __init__(self, kept: int = MAX_RECORDINGS) -> None:
        self._kept = kept
        self._traces: OrderedDict[tuple[str, int], Trace] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, scope: Scope, message_id: int, trace: Trace) -> None:
        """Keep one, without text and images, which may be megabytes and are in the store; of many the oldest goes."""
        textless = replace(trace.completion, text="", reasoning="", choices=(), images=())
        with self._lock:
            self._traces[scope.owner, message_id] = replace(trace, completion=textless)
            while len(self._traces) > self._kept:
                self._traces.popitem(last=False)

    def get(self, scope: Scope, message_id: int) -> Trace | None:
        """Return the trace of an answer, None if it is not kept any more."""
        return self._traces.get((scope.owner, message_id))
