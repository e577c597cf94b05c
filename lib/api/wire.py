"""Bytes to JSON documents or text, whatever the framing. A push parser: no I/O, linear in what it is fed.

The first non-blank characters tell the framing, never the Content-Type:

    data: event: id: retry: :   server-sent events, also `error:` lines and bare JSON between them
    { [                         JSON: one document, pretty-printed, JSON lines, glued, an array
    <!doctype <html ...         a web page, which is no answer
    anything else               plain text

A line of server-sent events ends in CR, LF or CRLF and nowhere else:
https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, NamedTuple, Protocol

from lib.text import Number

FAULTS = ("error", "exception")  # events that are errors, whatever they say
FIELDS = ("data:", "event:", "id:", "retry:", ":", "error: {", "error:{")
PAGES = ("<!doctype", "<html", "<head", "<body", "<?xml")
DONE = "[DONE]"
OPENINGS = (*FIELDS, *PAGES, DONE.lower())
MAX_OPENING = max(map(len, OPENINGS)) + 1  # characters that tell whether it is one of them
BROKEN: Any = object()
BLANKS = " \t\r\n"
PINGS = ("ping", "pong", "keepalive", "keep-alive", "heartbeat", "null", "ok")  # lines that only say: still here
# A line among documents that says what went wrong.
ERROR = re.compile(r"\W{0,3}(?:(?:internal )?(?:server )?error|exception|traceback|fatal)\b", re.IGNORECASE)

# A bracket, or a string that may be cut off by the end of what has come.
TOKEN = re.compile(r'[][{}]|"[^"\\]*+(?:\\.[^"\\]*+)*+("?)', re.DOTALL)
STRING = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+("?)', re.DOTALL)
BLANK = re.compile(r"[ \t\r\n]*+")
TITLE = re.compile(r"<(title|h1)\b[^<>]*+>([^<]*+)", re.IGNORECASE)
# What may follow the bracket that opens a document.
FOLLOW = {"{": '"}', "[": '"{[]-0123456789tfn'}
MAX_PAGE_CHARACTERS = 65_536
MAX_TITLE = 1_000  # characters of a page's title

_decode = json.JSONDecoder(parse_float=Number).raw_decode


class Event(NamedTuple):
    """One thing that came.

    kind     value
    json     a document; `raw` is its text where it could also be the answer itself
    text     plain text
    done     nothing: the endpoint said [DONE]
    page     the title of a web page
    stray    a line among documents that is none
    broken   True if the end of the stream cut it off, False if it is no JSON; `raw` is its text
    close    nothing: a JSON array ended; `raw` is the bracket
    """

    kind: str
    value: Any = None
    raw: str = ""


class Framing(Protocol):
    def feed(self, text: str, out: list[Event], /) -> tuple[Framing, str]:
        """Add events for `text`; return the framing from here on and the text left for it."""

    def close(self, out: list[Event], /) -> None:
        """Add events for what is still held back."""


class Decoder:
    """Turns the bytes of one response body into events, each as soon as its last byte is there."""

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._framing: Framing = Opening()

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that `data` completes."""
        return self._push(self._utf8.decode(data))

    def close(self) -> list[Event]:
        """Return the events that only the end of the body completes."""
        out = self._push(self._utf8.decode(b"", True))
        self._framing.close(out)
        return out

    def _push(self, text: str) -> list[Event]:
        out: list[Event] = []
        while text:
            self._framing, text = self._framing.feed(text, out)
        return out


class Opening:
    """Holds text back until its first non-blank characters tell the framing."""

    def __init__(self) -> None:
        self._blank: list[str] = []
        self._probe = ""

    def feed(self, text: str, _: list[Event]) -> tuple[Framing, str]:
        probe = self._probe + text if self._probe else self._strip(text)
        make = sniff(probe)
        if make is None:
            self._probe = probe
            return self, ""
        return make(), "".join(self._blank) + probe

    def close(self, out: list[Event]) -> None:
        if self._probe:
            out.append(Event("text", "".join(self._blank) + self._probe))

    def _strip(self, text: str) -> str:
        probe = text.lstrip(BLANKS)
        self._blank.append(text[: len(text) - len(probe)])
        return probe


def sniff(probe: str) -> type[Plain | Sse | Json | WebPage | End] | None:
    """Return the framing that begins like `probe`, None while that is open."""
    if probe.startswith(FIELDS):
        return Sse
    if probe.startswith(DONE):
        return End
    if _begins(probe, OPENINGS):
        return None
    if probe[0] in FOLLOW:
        return Json
    return WebPage if probe[:9].lower().startswith(PAGES) else Plain


def _begins(probe: str, words: tuple[str, ...]) -> bool:
    """Whether `probe` is the beginning of one of the words and not all of it."""
    probe = probe[:MAX_OPENING].lower()
    return any(word.startswith(probe) and word != probe for word in words)


class Plain:
    """Plain text, passed on as it comes."""

    def feed(self, text: str, out: list[Event]) -> tuple[Framing, str]:
        out.append(Event("text", text))
        return self, ""

    def close(self, _: list[Event]) -> None:
        pass


class End:
    """After [DONE]: whatever else comes is not read."""

    def feed(self, _: str, out: list[Event]) -> tuple[Framing, str]:
        out.append(Event("done"))
        return Over(), ""

    def close(self, _: list[Event]) -> None:
        pass


class Over(End):
    def feed(self, _: str, __: list[Event]) -> tuple[Framing, str]:
        return self, ""


class WebPage:
    """A web page: only its title is of use, as part of an error."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._room = MAX_PAGE_CHARACTERS

    def feed(self, text: str, _: list[Event]) -> tuple[Framing, str]:
        self._parts.append(text[: self._room])
        self._room -= len(self._parts[-1])
        return self, ""

    def close(self, out: list[Event]) -> None:
        from html import unescape  # a third of a MB of names, for who gets a page in place of an answer

        found = TITLE.search("".join(self._parts))
        out.append(Event("page", " ".join(unescape(found[2][:MAX_TITLE]).split()) if found else ""))


class Json:
    """JSON documents. Their ends are found by counting brackets outside strings, so no text is scanned twice."""

    def __init__(self) -> None:
        self._parts: list[str] = []  # of the document that has begun
        self._tail = ""  # a backslash whose other half is still to come
        self._depth = self._base = 0  # a document ends at depth `_base`: 1 inside an array of objects
        self._opener = ""  # the first bracket, until what follows it is known
        self._quoted = False

    def feed(self, text: str, out: list[Event]) -> tuple[Framing, str]:
        text, self._tail = self._tail + text, ""
        start = 0 if self._parts else _whole(text, out)
        if start and _first(text, start) != "{":
            return Opening(), text[start:]
        return self._scan(text, start, out)

    def close(self, out: list[Event]) -> None:
        if raw := "".join(self._parts) + self._tail:
            out.append(Event("broken", True, raw))

    def _scan(self, text: str, start: int, out: list[Event]) -> tuple[Framing, str]:
        pos = start
        while self._follows(_first(text, pos)):
            found = (STRING.match if self._quoted else TOKEN.search)(text, pos)
            pos = found.end() if found else pos
            if not found or self._cut(found):
                self._hold(text, start, pos)
                return self, ""
            if self._ends(found[0]):
                self._emit(text[start:pos], out)
                start = pos
                if not self._depth:
                    self._parts, self._base = [], 0
                    start = pos = _whole(text, out, start)
                    if not _goes_on(text, start):
                        return Opening(), text[start:]
        return Plain(), "".join(self._parts) + text[start:]

    def _cut(self, found: re.Match[str]) -> bool:
        """Whether the text ends inside the string that was found."""
        self._quoted = found[1] == ""
        return self._quoted

    def _ends(self, found: str) -> bool:
        """Count what was found, a bracket or a string; whether a document ends with it."""
        if found in FOLLOW:
            self._opener = "" if self._depth else found
            self._depth += 1
        elif found in "]}":
            self._depth -= 1
            return self._depth <= self._base
        return False

    def _follows(self, char: str) -> bool:
        """Whether `char` may follow the bracket that opened the document; "" leaves that open."""
        if not self._opener or not char:
            return True
        opener, self._opener = self._opener, ""
        self._base = int(opener == "[" and char == "{")
        return char in FOLLOW[opener]

    def _hold(self, text: str, start: int, pos: int) -> None:
        if self._quoted:
            self._tail = text[pos:]
            text = text[:pos]
        self._parts.append(text[start:])

    def _emit(self, text: str, out: list[Event]) -> None:
        raw = "".join((*self._parts, text))
        self._parts = [""]
        if self._base and not self._depth:
            out.append(Event("close", None, raw))
            return
        value = parse(raw.lstrip(BLANKS + "[,") if self._base else raw)
        out.append(Event("broken", False, raw) if value is BROKEN else Event("json", value, raw))


def _whole(text: str, out: list[Event], end: int = 0) -> int:
    """Add the documents from `end` on that are complete; return where they end."""
    while _first(text, end) == "{":
        start = BLANK.match(text, end).end()  # type: ignore[union-attr]  # it matches nothing at least
        try:
            value, stop = _decode(text, start)
        except (ValueError, RecursionError):
            break
        out.append(Event("json", value, text[end:stop]))
        end = stop
    return end


def _goes_on(text: str, pos: int) -> bool:
    """Whether another document surely follows; a list that begins with D may be [DONE]."""
    pos = BLANK.match(text, pos).end()  # type: ignore[union-attr]  # it matches nothing at least
    return text[pos : pos + 1] == "{" or (text[pos : pos + 1] == "[" and text[pos + 1 : pos + 2] not in ("", "d", "D"))


def _first(text: str, pos: int) -> str:
    """Return the first character from `pos` on that is not blank, "" if there is none."""
    pos = BLANK.match(text, pos).end()  # type: ignore[union-attr]  # it matches nothing at least
    return text[pos : pos + 1]


def parse(text: str) -> Any:
    """Return the JSON document, BROKEN if it is none (or nested too deeply to be one)."""
    try:
        return json.loads(text, parse_float=Number)
    except (ValueError, RecursionError):
        return BROKEN


def is_spoilt(text: str) -> bool:
    """Whether a text begins like JSON, and not with a document."""
    if _first(text, 0) not in FOLLOW:
        return False
    try:
        _decode(text.lstrip(BLANKS))
    except (ValueError, RecursionError):
        return True
    return False


class Sse:
    """Server-sent events. A `data:` line that is a document by itself does not wait for the blank line after it."""

    def __init__(self) -> None:
        self._parts: list[str] = []  # of the line that has begun
        self._data: list[str] = []  # lines that only make a document together
        self._event = ""
        self._cr = False
        self._seen = False  # a document
        self._done = False

    def feed(self, text: str, out: list[Event]) -> tuple[Framing, str]:
        *lines, rest = self._split(text)
        if lines:
            lines[0] = "".join((*self._parts, lines[0]))
            self._parts = []
            self._lines(lines, out)
        self._parts.append(rest)
        return (Over() if self._done else self), ""

    def close(self, out: list[Event]) -> None:
        self._line("".join(self._parts), out)
        self._dispatch(out, True)

    def _split(self, text: str) -> list[str]:
        if self._cr and text[0] == "\n":
            text = text[1:]
        self._cr = text.endswith("\r")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text.split("\n")

    def _lines(self, lines: list[str], out: list[Event]) -> None:
        for line in lines:
            self._line(line, out)
            if self._done:
                return

    def _line(self, line: str, out: list[Event]) -> None:
        if not line:
            self._dispatch(out)
        elif line.startswith("data: {") and not (self._data or self._event):
            self._quick(line, out)
        elif line.startswith("data:"):
            self._take(line[6:] if line.startswith(" ", 5) else line[5:], out)
        elif line.startswith("event:"):
            self._event = line[6:].strip().lower()
        elif line.startswith("error:"):
            self._fault(line[6:].strip(), out)
        elif not line.startswith(FIELDS) and (self._data or _first(line, 0) in FOLLOW):
            self._take(line, out)  # a bare document between the events

    def _quick(self, line: str, out: list[Event]) -> None:
        """Nearly every line there is: read where it stands, which doubles the speed of all of this."""
        try:
            value, end = _decode(line, 6)
        except (ValueError, RecursionError):
            end = -1
        if end == len(line):
            self._seen = True
            out.append(Event("json", value))
        else:
            self._take(line[6:], out)

    def _take(self, data: str, out: list[Event]) -> None:
        data = data.removeprefix("data:")  # some gateways say it twice
        if data.strip() == DONE:
            self._dispatch(out)
            self._done = True
            out.append(Event("done"))
        elif self._data or not self._document(parse(data), out):
            self._data.append(data)

    def _document(self, value: Any, out: list[Event]) -> bool:
        is_fault = self._event in FAULTS
        if not isinstance(value, (dict, list, str) if is_fault else (dict, list)):
            return False
        if is_fault and not (isinstance(value, dict) and "error" in value):
            value = {"error": value}
        self._seen = True
        out.append(Event("json", value))
        return True

    def _fault(self, text: str, out: list[Event]) -> None:
        value = parse(text)
        out.append(Event("json", {"error": text if value is BROKEN else value}))

    def _dispatch(self, out: list[Event], cut: bool = False) -> None:
        if not self._data:
            self._event = ""
            return
        lines, self._data = self._data, []
        if not self._document(parse("\n".join(lines)), out):
            self._rescue(lines, out, cut)
        self._event = ""

    def _rescue(self, lines: list[str], out: list[Event], cut: bool) -> None:
        """Make something of lines that together are no document: one document a line, or text."""
        taken = [self._document(parse(line), out) for line in lines] if len(lines) > 1 else [False]
        rest = "\n".join(line for line, good in zip(lines, taken, strict=True) if not good)
        if not rest.strip():
            return
        if self._event in FAULTS or (self._seen and ERROR.match(rest)):
            out.append(Event("json", {"error": rest}))
        elif _first(rest, 0) in FOLLOW:
            out.append(Event("broken", cut, rest))
        elif not (self._seen and rest.strip().lower() in PINGS):
            value = parse(rest)
            out.append(Event("stray" if self._seen else "text", value if isinstance(value, str) else rest))
