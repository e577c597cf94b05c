"""The log: what would be said again and again, while a fault stays, is said a few times a minute, and how often.

Where LOG_FORMAT asks for it each line is one JSON object, and calls have lines with the ids that join them.
"""

from __future__ import annotations

import json
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lib.ui import streamlit_internals

MAX_LINES = 5  # of one kind in a window
WINDOW_SECONDS = 60.0
MAX_KINDS = 256  # that are counted; those not seen for the longest go first
HEAD = 80  # characters of a message that tell its kind, before what it says of this one time
# Out of file descriptors, asyncio says so 2,000 times a second.
LOGGERS = ("asyncio", "parley")
# What a record may have besides its message. `call` is the row of the ledger, `answer` that of the message, `page` the
# browser session that asked.
FIELDS = (
    *("page", "call", "conversation", "answer", "endpoint", "model", "status", "error_kind", "ttft_ms", "duration_ms"),
    *("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens"),
)


class Sparing(logging.Filter):
    """Lets `most` lines of a kind through in `window` seconds; the next one says how many were left out.

    Errors of Parley's own always pass: pages show their numbers. `clock` counts seconds.
    """

    def __init__(
        self, most: int = MAX_LINES, window: float = WINDOW_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._most = most
        self._window = window
        self._clock = clock
        self._kinds: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is written."""
        if record.name == "parley" and record.levelno != logging.WARNING:
            return True
        since, number = self._count((record.name, str(record.msg)[:HEAD]))
        if number == 1 and since:
            record.msg = f"{record.msg} ({since} more like this were left out)"
        return number <= self._most

    def _count(self, kind: tuple[str, str]) -> tuple[int, int]:
        """Count a line; return how many of its kind were left out before this window, and its number in this one."""
        now = self._clock()
        begun, number = self._kinds.pop(kind, (now, 0))
        left_out = 0
        if now - begun >= self._window:
            left_out, begun, number = max(0, number - self._most), now, 0
        self._kinds[kind] = begun, number + 1
        if len(self._kinds) > MAX_KINDS:
            self._kinds.popitem(last=False)
        return left_out, number + 1


def install(*, as_json: bool = False) -> None:
    """Spare the log from now on, once; `as_json`: each line an object, and lines of each call."""
    if as_json:
        # All handlers, for Streamlit makes loggers as it goes, each with one of its own.
        logging.Handler.format = lambda _, record: line(record)  # type: ignore[assignment,method-assign]  # all of them
        logging.basicConfig()
        logging.getLogger("parley").setLevel(logging.INFO)
    for logger in map(logging.getLogger, LOGGERS):
        if not any(isinstance(found, Sparing) for found in logger.filters):
            logger.addFilter(Sparing())


def line(record: logging.LogRecord) -> str:
    """Return a record as one line of JSON. What is secret was taken out of it before."""
    about: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    found = {"page": streamlit_internals.page(), **vars(record)}
    about |= {name: found[name] for name in FIELDS if found.get(name) not in (None, "")}
    if record.exc_info and not record.exc_text:
        record.exc_text = logging.Formatter().formatException(record.exc_info)
    if record.exc_text:
        about["trace"] = record.exc_text
    return json.dumps(about, default=str)
