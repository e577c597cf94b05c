"""Keys kept out of the log, whoever writes the record."""

from __future__ import annotations

import logging
import traceback
from typing import Any

SHORTEST = 6  # a shorter "key" is a placeholder such as "x", and would be found in every word
MASK = "•••"

_keys: set[str] = set()


def hide(*keys: str) -> None:
    """Keep `keys` out of every log record from now on."""
    _keys.update(key for key in keys if len(key) >= SHORTEST)


def redact(text: str) -> str:
    """Return `text` with every hidden key masked."""
    # A copy, for a key may be added meanwhile; the longest first, for one may be the beginning of another.
    for key in sorted(_keys, key=len, reverse=True):
        text = text.replace(key, MASK)
    return text


def install() -> None:
    """Redact log records as they are made, before any handler sees them."""
    make = logging.getLogRecordFactory()
    if not isinstance(make, _Factory):
        logging.setLogRecordFactory(_Factory(make))


class _Factory:
    def __init__(self, make: Any) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._make(*args, **kwargs)
        if _keys:
            record.msg, record.args = redact(_message(record)), ()
            if record.exc_info and record.exc_info[0]:
                # Formatters use exc_text where it is set, and do not format the traceback themselves.
                record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
        return record


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return f"{record.msg} {record.args}"
