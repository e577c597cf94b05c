"""JSON read value by value: a file may be larger than memory, nested deeper than the stack, and written by anyone.

Most values are read by the interpreter's own decoder, out of a window that slides over the file. What is larger than
the window, or too deep for the decoder, is put together piece by piece and counted meanwhile; beyond the bound it is
passed over, and what comes after it is read. Numbers that no count or moment can be are None: NaN, and thousands of
digits.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, Protocol

from lib.errors import ChatError

CHUNK = 1_000_000  # bytes that are read at a time, at least
MAX_WINDOW = 4_000_000  # characters that the interpreter's decoder is given at once
MAX_WEIGHT = 80_000_000  # bytes of memory, about, that one value may take
MAX_TEXT = 28_000_000  # characters of one text, a quarter of it beyond ASCII; a picture is one in some exports
MAX_LEVELS = 50_000  # levels of one value; a recursive export has two for each message
MAX_DIGITS = 40  # of a number
MAX_WORD = 2_000_000  # characters of one, until it is taken for none
CONTAINER, SCALAR, WIDE = 120, 60, 4  # bytes: of a list or object, of what is in one, of a character beyond ASCII
DENSE = MAX_WEIGHT // (MAX_WINDOW + CHUNK)  # bytes of memory that a character can become, as in "[],[],[]"

_SPACE = re.compile(r"[ \t\n\r]*+")
_PLAIN = re.compile(r"[^\s\[\]{},:\"]*+")
_NUMBER = re.compile(r"-?\d++(?:\.\d++)?(?:[eE][-+]?\d++)?")
_SKIPPED = re.compile(r"[^\"\[\]{}]*+")
_STRING = re.compile(r"[^\"\\]*+(?:\\.[^\"\\]*+)*+", re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None, "NaN": None, "Infinity": None, "-Infinity": None}
OPENING = ("{", "[")
BRACKETS = {"{": 1, "[": 1, "}": -1, "]": -1}
SMALLER = "Leave it out, or split it."
AS_EXPORTED = "Choose the file as it was exported."


class Readable(Protocol):
    """A binary file, as far as it is needed."""

    def read(self, size: int, /) -> bytes:
        """Read on."""


class BrokenError(ChatError):
    """The text is no JSON, or ends in the middle of it: nothing can be read from here on."""


class TooLargeError(ChatError):
    """One value is larger or deeper than is taken; what comes after it can be read."""


def number(digits: str) -> int | float | None:
    """Return a number of a document, None for what no count and no moment can be."""
    if len(digits) > MAX_DIGITS:
        return None
    value = float(digits)
    is_whole = digits.lstrip("-").isdigit()
    return int(digits) if is_whole else value if abs(value) < float("inf") else None


_DECODER = json.JSONDecoder(parse_int=number, parse_float=number, parse_constant=lambda _: None, strict=False)


class JsonStream:
    """A JSON document in a binary file, read from beginning to end. UTF-8, with a mark or without, or UTF-16."""

    def __init__(self, file: Readable, window: int = MAX_WINDOW, weight: int = MAX_WEIGHT) -> None:
        head = file.read(CHUNK)
        self._file = file
        self._max_window, self._weight = window, weight
        self.room = weight  # bytes of memory that are left for values; each item of a list has it anew
        self._decode = codecs.getincrementaldecoder(_encoding(head))()
        self._text = ""
        self._at = 0
        self._ended = False
        if not head:
            raise BrokenError("The file is empty.", hint=AS_EXPORTED)
        self._add(head)

    def peek(self) -> str:
        """Return the next sign that is no white space, "" at the end."""
        while True:
            self._at = _end(_SPACE, self._text, self._at)
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._fill()

    def take(self, *signs: str) -> str:
        """Pass over the next sign, which must be one of these, and return it."""
        if (found := self.peek()) not in signs or not found:
            raise _broken(found)
        self._at += 1
        return found

    def items(self) -> Iterator[int]:
        """Give the number of each item of the list that comes next, from 0; whoever asks reads the item."""
        self.take("[")
        number = 0
        if self.peek() == "]":
            self.take("]")
            return
        sign = ","
        while sign == ",":
            self.room = self._weight
            yield number
            number, sign = number + 1, self.take(",", "]")

    def names(self) -> Iterator[str]:
        """Give each name in the object that comes next; whoever asks reads its value."""
        self.take("{")
        if self.peek() == "}":
            self.take("}")
            return
        sign = ","
        while sign == ",":
            if self.peek() != '"':
                raise _broken(self.peek())
            name = str(self.value())
            self.take(":")
            yield name
            sign = self.take(",", "}")

    def value(self) -> Any:
        """Return the value that comes next. Raises TooLargeError after it, BrokenError where it is no JSON."""
        if self.peek() not in ("{", "[", '"'):
            return self.word()  # which the decoder would take in half where the window ends
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError:
                return _Builder(self).value()
            except json.JSONDecodeError as error:
                end = len(self._text)
                if self._ended:
                    raise _broken(_after(error)) from None
            if end < len(self._text) or self._ended:
                return self._taken(value, end)
            if len(self._text) - self._at > self._max_window:
                return _Builder(self).value()
            self._fill(self._max_window)

    def _taken(self, value: Any, end: int) -> Any:
        self.room -= DENSE * (end - self._at)
        self._at = end
        if self.room < 0:
            raise _too_large()
        return value

    def pass_over(self) -> None:
        """Pass over the value that comes next, whatever it is."""
        sign = self.peek()
        if sign in ("{", "["):
            self.leave(0)
        elif sign == '"':
            self._leave_string()
        else:
            self.word()

    def leave(self, levels: int) -> None:
        """Pass over everything until so many lists and objects that are open, and those that open, are closed."""
        while True:
            self._at = _end(_SKIPPED, self._text, self._at)
            sign = self.peek()
            if not sign:
                raise _broken(sign)
            if sign == '"':
                self._leave_string()
            elif change := BRACKETS.get(sign):
                self._at += 1
                levels += change
                if levels <= 0:
                    return

    def _leave_string(self) -> None:
        self._at += 1
        while True:
            self._at = _end(_STRING, self._text, self._at)
            if self._text[self._at : self._at + 1] == '"':
                self._at += 1
                return
            if self._ended:
                raise _broken("")
            self._fill()

    def word(self) -> Any:
        """Return the number, true, false or null that comes next."""
        while (end := _end(_PLAIN, self._text, self._at)) == len(self._text) and not self._ended:
            if end - self._at > MAX_WORD:
                raise _broken(self.peek())
            self._fill()
        word, self._at = self._text[self._at : end], end
        if word in _WORDS:
            return _WORDS[word]
        if not _NUMBER.fullmatch(word):
            raise _broken(word)
        return number(word)

    def string(self) -> str | None:
        """Return the text that comes next, None if it is too long; then it is still the next."""
        while True:
            try:
                text, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._ended:
                    raise _broken(_after(error)) from None
            else:
                self._at = end
                return str(text)
            most = min(self.room, MAX_TEXT)
            if len(self._text) - self._at > (most if self._text.isascii() else most // WIDE):
                return None
            self._fill(most)

    def _fill(self, most: int = 0) -> None:
        """Read on: as much as is in the window, so that what is long is looked at a few times only."""
        self._text, self._at = self._text[self._at :], 0
        size = len(self._text)
        self._add(self._file.read(max(CHUNK, min(size, most - size))))

    def _add(self, data: bytes) -> None:
        self._ended = not data
        try:
            self._text += self._decode.decode(data, final=self._ended)
        except ValueError as error:
            raise BrokenError("It is not text.", hint=AS_EXPORTED) from error


class _Builder:
    """Puts one value together without recursion."""

    def __init__(self, stream: JsonStream) -> None:
        self._stream = stream
        self._open: list[Any] = []  # the lists and objects that are open, and ...
        self._names: list[str] = []  # ... in the objects, the name whose value comes next

    def value(self) -> Any:
        """Return the value that comes next. Raises TooLargeError after it."""
        value = self._next()
        while self._open:
            inside = self._open[-1]
            if self._stream.peek() == ("}" if isinstance(inside, dict) else "]"):
                value = self._close()
            else:
                self._go_on(inside)
        return value

    def _close(self) -> Any:
        self._stream.take("}", "]")
        value = self._open.pop()
        if isinstance(value, dict):
            self._names.pop()
        return value

    def _go_on(self, inside: Any) -> None:
        """Read the next value in a list or an object."""
        if inside:
            self._stream.take(",")
        if isinstance(inside, dict):
            if self._stream.peek() != '"':
                raise _broken(self._stream.peek())
            self._names[-1] = self._string()
            self._stream.take(":")
        self._next()

    def _next(self) -> Any:
        """Read a value, or the beginning of one, and put it where it belongs."""
        sign = self._stream.peek()
        self._pay(CONTAINER if sign in OPENING else SCALAR)
        value: Any
        if sign in OPENING:
            self._stream.take(sign)
            value = {} if sign == "{" else []
        else:
            value = self._string() if sign == '"' else self._stream.word()
        self._put(value)
        if sign in OPENING:
            self._enter(value)
        return value

    def _put(self, value: Any) -> None:
        inside = self._open[-1] if self._open else None
        if isinstance(inside, dict):
            inside[self._names[-1]] = value
        elif inside is not None:
            inside.append(value)

    def _enter(self, value: Any) -> None:
        self._open.append(value)
        if isinstance(value, dict):
            self._names.append("")
        if len(self._open) > MAX_LEVELS:
            self._leave()
            raise TooLargeError(f"It is nested more than {MAX_LEVELS:,} levels deep.", hint=SMALLER)

    def _string(self) -> str:
        text = self._stream.string()
        if text is None:
            self._leave()
            raise _too_large()
        self._pay(SCALAR + len(text) * (1 if text.isascii() else WIDE), is_read=True)
        return text

    def _pay(self, weight: int, *, is_read: bool = False) -> None:
        self._stream.room -= weight
        if self._stream.room < 0:
            if self._open or not is_read:
                self._leave()
            raise _too_large()

    def _leave(self) -> None:
        """Pass over what is left of the value."""
        if self._open:
            self._stream.leave(len(self._open))
        else:
            self._stream.pass_over()


def _too_large() -> TooLargeError:
    return TooLargeError(f"It takes more than {MAX_WEIGHT // 1_000_000} MB of memory.", hint=SMALLER)


def _encoding(head: bytes) -> str:
    found = json.detect_encoding(head[:4])
    return "utf-8-sig" if found == "utf-8" else found


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _after(error: json.JSONDecodeError) -> str:
    """Return what stands where a text could not be read, "" if it only ends there."""
    return "" if error.msg.startswith("Unterminated") else error.doc[error.pos : error.pos + 100].strip()


def _broken(found: str) -> BrokenError:
    said = "It is not JSON, or it is damaged." if found else "It ends in the middle of something."
    return BrokenError(said, hint=AS_EXPORTED)
