"""Keys kept out of the log, whoever writes the record and whoever formats it.

Most records are not ours, and their formatters rely on what they find: uvicorn's takes `args` apart into five. So a
record without a key stays as it is, and of one with a key only the values that have it change, into others of their
kind: a text into a text, a tuple into a tuple as long.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import quote

SHORTEST = 6  # a shorter "key" is a placeholder such as "x", and would be found in every word
MASK = "•••"
MAX_DEPTH = 8  # containers inside one another that are looked into; what is deeper becomes a text

_keys: set[str] = set()
_handle = logging.Logger.handle


def hide(*keys: str) -> None:
    """Keep `keys` out of every log record from now on, in the form that they have in a URL as well."""
    for key in keys:
        if len(key) >= SHORTEST:
            _keys.update((key, quote(key), quote(key, safe="")))


def redact(text: str) -> str:
    """Return `text` with every hidden key masked."""
    # A copy, for a key may be added meanwhile; the longest first, for one may be the beginning of another.
    for key in sorted(_keys, key=len, reverse=True):
        text = text.replace(key, MASK)
    return text


def install() -> None:
    """Redact log records on their way from any logger to the handlers.

    Not as they are made: a record gets its extra fields only after that.
    """
    logging.Logger.handle = _handle_redacted  # type: ignore[assignment,method-assign]  # all loggers, those there are included


def clean(value: object, depth: int = 0) -> Any:
    """Return `value` itself if no key is in it or in its text, else one of its kind without the key.

    An object that is no text, number or container becomes a text that is formatted as the object would be.
    """
    try:
        return _cleaned(value, depth)
    except Exception:  # noqa: BLE001 - the objects of others may fail in any way, and the record must not be lost
        return f"<{type(value).__name__}>"


def _handle_redacted(logger: logging.Logger, record: logging.LogRecord) -> None:
    if _keys:
        _redact(record)
    _handle(logger, record)


def _redact(record: logging.LogRecord) -> None:
    said = _message(record)
    spoken = redact(f"{_text(str, record.msg)} {_text(str, record.args)}" if said is None else said)
    if record.exc_info and record.exc_info[1] and (trace := _trace(record.exc_info[1])) != redact(trace):
        record.exc_info = _stand_ins(record.exc_info[1])
        record.exc_text = redact(trace)  # formatters use it where it is set
    vars(record).update({name: clean(value) for name, value in vars(record).items() if name != "exc_info"})
    if said is None or (now := _message(record)) is None or now != redact(now):
        record.msg = _Spoken(spoken)


def _message(record: logging.LogRecord) -> str | None:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - the arguments may not fit, and their objects may fail in any way
        return None


def _cleaned(value: object, depth: int) -> Any:
    if isinstance(value, str):
        return value if (text := redact(value)) == value else text
    if isinstance(value, bytes | bytearray):
        return value if (text := redact(value.decode("latin-1"))) == value.decode("latin-1") else text.encode()
    if isinstance(value, Mapping | list | tuple | set | frozenset) and depth < MAX_DEPTH:
        value = _rebuilt(value, depth + 1)
    if not _shows_key(value):
        return value
    return type(value)() if type(value) in (int, float) else _Masked(value)


def _rebuilt(value: Any, depth: int) -> Any:
    items = list(value.items() if isinstance(value, Mapping) else value)
    cleaned = [clean(item, depth) for item in items]
    same = all(one is other for one, other in zip(items, cleaned, strict=True))
    return value if same else _kind(value)(cleaned)


def _kind(value: Any) -> Callable[[list[Any]], Any]:
    if hasattr(value, "_make"):  # a named tuple
        return value._make  # type: ignore[no-any-return]  # which is what _make is for
    return next((kind for kind in (list, tuple, set, frozenset) if isinstance(value, kind)), dict)


def _shows_key(value: object) -> bool:
    return any(redact(text) != text for text in (str(value), repr(value)))


def _text(show: Callable[[object], str], value: object) -> str:
    try:
        return show(value)
    except Exception:  # noqa: BLE001 - as above
        return f"<{type(value).__name__}>"


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).rstrip()


def _stand_ins(error: BaseException) -> tuple[type[BaseException], BaseException, Any]:
    """Return what a formatter needs to show `error` by itself, in words without a key."""
    shown = _stand_in(error, {})
    return type(shown), shown, shown.__traceback__


def _stand_in(error: BaseException, seen: dict[int, BaseException]) -> BaseException:
    if id(error) in seen:
        return seen[id(error)]
    kind = type(error)
    made = type(kind.__name__, (Exception,), {"__module__": kind.__module__, "__qualname__": kind.__qualname__})
    shown: BaseException = made(redact(_text(str, error)))
    seen[id(error)] = shown
    shown.__cause__, shown.__context__ = (other and _stand_in(other, seen) for other in _reasons(error))
    shown.__suppress_context__ = error.__suppress_context__
    for note in getattr(error, "__notes__", ()):
        shown.add_note(redact(_text(str, note)))
    return shown.with_traceback(error.__traceback__)


def _reasons(error: BaseException) -> tuple[BaseException | None, BaseException | None]:
    return error.__cause__, error.__context__


class _Masked(str):
    """The text of an object that has a key in it, without the key."""

    __slots__ = ("_shown",)
    _shown: str

    def __new__(cls, value: object) -> Self:
        made = super().__new__(cls, redact(str(value)))
        made._shown = redact(repr(value))
        return made

    def __repr__(self) -> str:
        return self._shown


class _Spoken(str):
    """A message that is formatted already: it stays as it is, whatever arguments are beside it."""

    __slots__ = ()

    def __str__(self) -> str:
        return self

    def __mod__(self, args: object) -> str:
        return self
