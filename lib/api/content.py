"""What stands where text is expected, in whatever type it comes: text, reasoning, names, and what is none of these."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lib.text import MAX_DEPTH, Number

TEXTS = ("text", "thinking", "content", "summary", "refusal", "transcript", "value")  # where a part has its text
THOUGHTS = ("thinking", "reasoning", "reasoning.text", "reasoning_content", "summary_text")  # types of content parts
# Parts that are media by the name of their field.
UNTYPED = {
    "image_url": "image",
    "b64_json": "image",
    "inline_data": "image",
    "inlineData": "image",
    "input_audio": "audio",
    "video_url": "video",
}
WORDS = ("name", "id", "type", "reason", "value")  # where an object has its name
NO_REASONS = ("null", "none", "unspecified", "finish_reason_unspecified")  # words for a finish that has not come
MORE = "…"  # in place of what lies too deep to be of use
NOTHING: tuple[Any, ...] = (None, "", [], {})


def flat(value: Any, depth: int = MAX_DEPTH) -> str:
    """Return a value as text: a string as it is, the text of parts, any other number, word or object as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, (list, dict)) and not depth:
        return MORE
    if isinstance(value, list):
        return "".join(flat(item, depth - 1) for item in value)
    if isinstance(value, dict):
        return _part(value, depth)
    return dump(value)


def _part(part: Mapping[str, Any], depth: int) -> str:
    """Return the text of an object: of a part that says what it is and has none, that is nothing."""
    if has_text(part):
        texts = (flat(part[key], depth - 1) for key in TEXTS if key in part)
        return next((text for text in texts if text), "")
    return "" if "type" in part or not part or not UNTYPED.keys().isdisjoint(part) else dump(part)


def has_text(part: Mapping[str, Any]) -> bool:
    """Whether an object is a part that has text, be it empty."""
    return any(key in part for key in TEXTS)


def dump(value: Any) -> str:
    """Return a value as JSON, a number in the digits it came in."""
    if isinstance(value, Number):
        return value.written
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return MORE


def leaves(content: Any, depth: int = MAX_DEPTH) -> Iterator[Any]:
    """Yield the parts of a content, however its lists are nested."""
    if not isinstance(content, list):
        yield content
    elif not depth:
        yield MORE
    else:
        for item in content:
            yield from leaves(item, depth - 1)


def is_thought(part: Any) -> bool:
    """Whether a part of a content is reasoning."""
    return isinstance(part, dict) and part.get("type") in THOUGHTS


def word(value: Any) -> str:
    """Return a name or an id as text; of an object, what it is called."""
    if isinstance(value, dict):
        return next((found for key in WORDS if (found := flat(value.get(key)))), flat(value))
    return flat(value)


def reason(value: Any) -> str:
    """Return a finish reason as text, "" where it says that there is none yet. A mere "yes" is an end."""
    if value is True:
        return "stop"
    found = word(value) if value else ""
    return "" if found.lower() in NO_REASONS else found


def index(value: Any, position: int) -> int:
    """Return a number of a choice or a call; its position, where it says none."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        return int(value)
    return int(value) if isinstance(value, (int, float)) and abs(value) < 1e9 else position


def listed(value: Any, keys: frozenset[str]) -> list[Any]:
    """Return what should be a list as one: it may be one object, known by its `keys`, or an object of several."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and keys.isdisjoint(value):
        return list(value.values())
    return [] if value in NOTHING else [value]
