"""What endpoints say is wrong, in whatever envelope, made into one AnswerError.

Envelopes: `error` (object, string, list, JSON inside a string), `errors`, `detail` (FastAPI's list too), `message`,
`msg`, `base_resp` (MiniMax), `type`/`title`/`detail` (RFC 9457), a list around any of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import ceil
from typing import Any

from lib.api.wire import BROKEN, parse
from lib.errors import AnswerError

Redact = Callable[[str], str]

MAX_CHARACTERS = 300  # of an endpoint's own words in a message
MAX_READ = 8_000  # characters of an endpoint's words, and of its codes, that are looked at
MAX_HEADER = 100  # characters of a header that says how long to wait
MAX_DEPTH = 6  # envelopes inside envelopes
SPOKEN = (
    *("message", "msg", "error", "detail", "Message", "error_msg", "error_message", "errorMessage", "status_msg"),
    *("title", "fault", "faultstring", "Error", "errmsg"),
)
# Errors by themselves; other words need a code beside them.
LOUD = ("message", "msg", "detail", "Message", "error_msg", "error_message", "errorMessage", "errmsg")
QUIET = ("success", "ok", "succeeded")  # what the words of an answer are that is none
CODED = ("code", "type", "status", "error_type", "error_code", "statusCode", "status_code", "errors")
ENVELOPES = frozenset(("error", "errors", "base_resp", *SPOKEN))

STATUS_KINDS = {
    401: "auth",
    402: "payment",
    403: "permission",
    404: "not_found",
    405: "not_found",
    408: "timeout",
    429: "rate_limit",
    500: "server",
    502: "upstream",
    503: "overloaded",
    504: "timeout",
    522: "timeout",
    524: "timeout",
    529: "overloaded",
}
WAITING = ("rate_limit", "overloaded")
BLIND = "This model takes no pictures: the endpoint refused them."
SIGHTED = "Choose a model that sees, or ask without the picture."
TOO_LARGE = "Shorten the prompt, or send fewer or smaller images."
# Statuses that say exactly what is wrong; of the rest the wording says more.
EXACT = (401, 402, 404, 405, 408, 503, 504, 522, 524, 529)


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


# In order: what an endpoint's codes or words mean, whatever the status. None looks at a word more than a few times:
# what repeats without end has a bound, and "model ... not found" is looked for once a line.
WORDING = (
    ("payment", _words(r"insufficient[ _](credit|balance|quota|fund)|(out of|not enough|no) credits|payment required")),
    ("context_length", _words(r"context[ _](length|size|window)|prompt is too long|input is too long")),
    ("content_filter", _words(r"content[ _](filter|management|policy)|safety system|responsibleai")),
    ("auth", _words(r"(wrong|incorrect|invalid|missing|expired|bad|no)[ _](\w{1,40}[ _])?api[ _]?key"
                    r"|api key (not|is in)\w*|unauthori[sz]ed|authentication")),
    ("rate_limit", _words(r"rate[ _-]?limit|too[ _]many[ _]requests")),
    ("overloaded", _words(r"overloaded|loading model|currently loading|at capacity")),
    ("not_found", _words(r"unexpected endpoint|model[ _]not[ _]found"
                         r"|no such model|unknown model|^(?=(.*?model\b))\1.*\b(does not exist|not found)")),
    ("timeout", _words(r"timed out")),
)  # fmt: skip
UNSUPPORTED = _words(
    r"unsupported|not supported|unrecogni[sz]ed|unknown (name|parameter|field|argument)|not permitted|not allowed"
    r"|does not support|not enabled|unexpected keyword|only \S{1,80} is allowed|extra[ _](forbidden|fields|inputs)"
    r"|deprecated"
)
SIGHT = _words(
    r"mmproj|\b(image|vision|picture|multimodal)( \w{1,20})? (is|are) not (supported|enabled)"
    r"|endpoints found that support image"
    r"|(not|n't|cannot) (support|accept|process|take|handle|see) (image|vision|picture|multimodal)"
    r"|not a (vision|multimodal) model"
)
SYSTEM = _words(r"\b(system|developer) (role|message|instruction|prompt)")
PARAM = _words(
    r"\b(stream_options|max_completion_tokens|max_tokens|temperature|top_p|top_k|frequency_penalty|presence_penalty"
    r"|response_format|reasoning_effort|tool_choice|logprobs|seed)\b|[`'\"](\w{1,40})[`'\"]"
)
EXTRA = _words(r"extra[ _](forbidden|fields|inputs)|unexpected|unrecogni[sz]ed|unknown|additional properties")
# A parameter in prose: "a.0.b: Extra inputs are not permitted", "Unknown parameter: 'a.b'", "unexpected keyword b".
PROSE = (
    _words(r"(?<![\w.\[\]-])([\w.\[\]-]{1,200}): extra (?:inputs|fields)"),
    _words(r"'loc': [\[(]([^\[\]()]{1,200})[\])]"),
    _words(r"(?:unknown|unsupported|unrecogni[sz]ed|unexpected|invalid|extra) (?:\w{1,20} ){0,2}?"
           r"(?:parameter|argument|field|name|property|key)s?\b(?: supplied| name| included)?[:=]? ?[`'\"(]{0,2}"
           r"([\w.\[\]-]{1,200})"),
    _words(r"\b(?:parameter|argument|field|property) [`'\"]?([\w.\[\]-]{1,200})[`'\"]? (?:is|was|are|cannot)\b"),
)  # fmt: skip
PLACE = re.compile(r"[A-Za-z_]\w{0,60}")  # the names in a path; its numbers are none
PLACES = ("body", "query")  # where FastAPI's `loc` begins
WHOLE = ("model", "messages", "prompt")  # without these there is no request


@dataclass(frozen=True)
class Complaint:
    """What an endpoint says: its words, its codes in one line, a status of its own, a parameter."""

    message: str = ""
    codes: str = ""
    status: int | None = None
    param: str | None = None

    def shortened(self) -> Complaint:
        """Return what is looked at of it."""
        param = self.param[:MAX_READ] if self.param else None
        return replace(self, message=self.message[:MAX_READ], codes=self.codes[:MAX_READ], param=param)


def complaint(document: Mapping[str, Any]) -> Complaint | None:
    """Return what is wrong according to a document, None if it is an answer."""
    is_flagged = document.get("object") == "error" or document.get("type") == "error"
    if ENVELOPES.isdisjoint(document) and not is_flagged:
        return None
    if said := document.get("error") or document.get("Error"):
        return read(said if isinstance(said, (dict, list)) else document)
    if _base_failed(document.get("base_resp")):
        return read(document["base_resp"])
    if _answers(document):
        return None
    if document.get("errors"):
        return read(document["errors"])
    coded = any(_status(document.get(key)) for key in CODED)
    words = [document[key] for key in (SPOKEN if coded else LOUD) if document.get(key)]
    said = any(str(word)[:10].lower() not in QUIET for word in words)
    return read(document) if said or is_flagged else None


def read(value: Any, depth: int = MAX_DEPTH) -> Complaint:
    """Return what an envelope says, however deep."""
    if isinstance(value, str):
        inner = parse(value) if value.lstrip()[:1] in ("{", "[") else BROKEN
        return Complaint(value) if inner is BROKEN or not depth else read(inner, depth - 1)
    if isinstance(value, list):
        return _read_list(value, depth)
    return _read_dict(value, depth) if isinstance(value, dict) and depth else Complaint()


def _read_list(items: list[Any], depth: int) -> Complaint:
    read_items = [read(item, depth - 1) for item in items[:3] if depth]
    if not read_items:
        return Complaint()
    first = read_items[0]
    message = "; ".join(item.message for item in read_items if item.message)
    return Complaint(message, first.codes, first.status, first.param)


def _read_dict(value: dict[str, Any], depth: int) -> Complaint:
    inner = next((read(value[key], depth - 1) for key in SPOKEN if value.get(key)), Complaint())
    several = _several(value.get("errors"), depth)
    codes = " ".join(str(value[key]) for key in CODED if isinstance(value.get(key), (str, int)))
    statuses = (_status(value.get(key)) for key in CODED)
    loc = _loc(value.get("loc"))
    words = inner.message + _raw(value.get("metadata"))
    if several.message and several.message not in words:
        words = f"{words} ({several.message})" if words else several.message
    return Complaint(
        message=": ".join(part for part in (loc, words) if part),
        codes=f"{codes} {inner.codes} {several.codes}".strip(),
        status=inner.status or next((status for status in statuses if status), several.status),
        param=_param(value.get("param")) or _refused(loc, f"{codes} {words}") or inner.param or several.param,
    )


def _several(errors: Any, depth: int) -> Complaint:
    """Read what is called `errors`: a list, or an object by field (RFC 9457 as ASP.NET and Rails have it)."""
    if isinstance(errors, dict) and ENVELOPES.isdisjoint(errors):
        errors = [{"loc": [name], "msg": said} for name, said in list(errors.items())[:3]]
    return read(errors, depth - 1) if errors else Complaint()


def _raw(metadata: Any) -> str:
    """The words of the provider behind a gateway: https://openrouter.ai/docs/api-reference/errors."""
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    return f" ({read(raw).message})" if isinstance(raw, str) and raw else ""


def _loc(loc: Any) -> str:
    parts = [str(part) for part in loc] if isinstance(loc, list) else []
    return ".".join(parts[1:] if parts[:1] and parts[0] in PLACES else parts)


def _refused(place: str, words: str) -> str | None:
    """Return the parameter that a path leads to: of one that a request must have, what is too much in it."""
    names: list[str] = [name for name in PLACE.findall(place) if name not in PLACES]
    if not names:
        return None
    return names[-1] if names[0] in (*WHOLE, "tools") and EXTRA.search(words) else names[0]


def _param(param: Any) -> str | None:
    return param if isinstance(param, str) and param else None


def _status(code: Any) -> int | None:
    text = str(code)
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 3 and text[0] in "45" else None


def _base_failed(base: Any) -> bool:
    return isinstance(base, dict) and base.get("status_code") not in (0, None)


def _answers(document: Mapping[str, Any]) -> bool:
    """Whether a document is an answer: that may have a `message` too, but with a role or content."""
    message = document.get("message")
    return "choices" in document or (isinstance(message, dict) and not message.keys().isdisjoint(("role", "content")))


def classify(said: Complaint, status: int | None = None) -> tuple[str, str | None]:
    """Return the kind of an error and the parameter it is about."""
    status = status if status and status >= 400 else said.status
    param = said.param or _named(said.message)
    if SYSTEM.search(said.message) and UNSUPPORTED.search(said.message):
        param = "system"
    kind = _worded(said, status)
    if not kind and status in (400, 422) and _unsupported(said, param):
        kind = "unsupported_param"
    return kind or _by_status(status), param


def _worded(said: Complaint, status: int | None) -> str | None:
    if status in EXACT:
        return None
    text = f"{said.codes} {said.message}"
    kinds = (kind for kind, words in WORDING if words.search(text))
    # A rate limit is explained with many words; only an empty account is another matter.
    return next((kind for kind in kinds if status != 429 or kind == "payment"), None)


def _by_status(status: int | None) -> str:
    if status is None:
        return "upstream"
    return STATUS_KINDS.get(status) or ("bad_request" if status < 500 else "server" if status < 520 else "upstream")


def _unsupported(said: Complaint, param: str | None) -> bool:
    named = bool(param) and not str(param).startswith(WHOLE)
    return named and bool(UNSUPPORTED.search(f"{said.codes} {said.message}"))


def _named(message: str) -> str | None:
    for prose in PROSE:
        if (found := prose.search(message)) and (name := _refused(found[1], message)):
            return name
    known = PARAM.search(message)
    return (known[1] or known[2]) if known else None


def tidy(text: str, length: int = MAX_CHARACTERS) -> str:
    """Return `text` in one line, without control characters, cut at `length`."""
    text = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * length]).split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def refusal(
    said: Complaint,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    redact: Redact = str,
) -> AnswerError:
    """Return the error for what an endpoint said with a status, or inside an answer without one."""
    # First of all: what an endpoint says may be megabytes, and each look at them holds up everybody.
    said = said.shortened()
    if SIGHT.search(said.message):
        return AnswerError(BLIND, kind="unsupported_param", hint=SIGHTED, status=status, param="image_url")
    kind, param = classify(said, status)
    words, wait = tidy(redact(said.message)), retry_after(headers or {})
    return AnswerError(
        f"{_opening(status)}: {words}" if words else f"{_opening(status)} without an explanation.",
        kind=kind,
        hint=TOO_LARGE if status == 413 else _patience(kind, wait),
        status=status,
        param=tidy(redact(param), 80) if param else None,
        retry_after=wait,
    )


def _patience(kind: str, wait: float | None) -> str | None:
    """Return the advice to wait as long as the endpoint says, None where it says nothing or hardly anything."""
    if kind not in WAITING or not wait or wait <= 1:
        return None
    return (
        f"Wait {ceil(wait)} s, then press Retry." if wait <= 120 else f"Wait {ceil(wait / 60)} min, then press Retry."
    )


def _opening(status: int | None) -> str:
    if status is None:
        return "The endpoint reported an error"
    phrase = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else ""
    return f"The endpoint answered {status} {phrase}".rstrip()


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds to wait: from Retry-After (seconds or a date) or retry-after-ms; None for garbage."""
    millis = _number(headers.get("retry-after-ms", "")[:MAX_HEADER])
    if millis is not None:
        return millis / 1000
    text = headers.get("Retry-After", "")[:MAX_HEADER]
    seconds = _number(text)
    return seconds if seconds is not None else _until(text, now or datetime.now(UTC))


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*[0-9]{1,9}(\.[0-9]*)?\s*", text) else None


def _until(text: str, now: datetime) -> float | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())
