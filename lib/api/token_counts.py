"""Token counts, under the names of every dialect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lib.api.wire import parse
from lib.messages import Usage

DIGITS = re.compile(r"\s*[0-9]{1,12}(?:\.0{1,9})?\s*")
MAX_TOKENS = 1_000_000_000  # tokens; more is a mistake

# Where each count may be found; the first that is a number counts. A dot leads into the details.
COUNTS = {
    "prompt_tokens": ("prompt_tokens", "input_tokens", "prompt_eval_count", "tokens_evaluated"),
    "completion_tokens": ("completion_tokens", "output_tokens", "eval_count", "tokens_predicted"),
    "total_tokens": ("total_tokens",),
    "reasoning_tokens": (
        "completion_tokens_details.reasoning_tokens",
        "completion_tokens_details.reasoning",
        "output_tokens_details.reasoning_tokens",
        "reasoning_tokens",
    ),
    "cached_tokens": (
        "prompt_tokens_details.cached_tokens",
        "input_tokens_details.cached_tokens",
        "cached_tokens",
        "prompt_cache_hit_tokens",
        "cache_read_input_tokens",
    ),
    "accepted_prediction_tokens": (
        "completion_tokens_details.accepted_prediction_tokens",
        "completion_tokens_details.accepted_prediction",
    ),
    "rejected_prediction_tokens": (
        "completion_tokens_details.rejected_prediction_tokens",
        "completion_tokens_details.rejected_prediction",
    ),
}


def usage(value: Any) -> Usage | None:
    """Return the token counts of a usage object, None if there are none in it, or only zeros.

    A count that is negative, or beyond any model, is unknown, and so is text that is no number. Of several objects the
    last counts; a mere number is the total.
    """
    value = _object(value)
    counts = {name: next(_counts(value, paths), None) for name, paths in COUNTS.items()}
    if counts["total_tokens"] is None and None not in (counts["prompt_tokens"], counts["completion_tokens"]):
        counts["total_tokens"] = (counts["prompt_tokens"] or 0) + (counts["completion_tokens"] or 0)
    return Usage(**counts) if any(counts.values()) else None


def implausible(value: Any) -> tuple[str, ...]:
    """Return the names of the counts of a usage object that say something, and nothing that can be true."""
    value = _object(value)
    said = (name for name, paths in COUNTS.items() if any(found is not None for found in _found(value, paths)))
    return tuple(name for name in said if next(_counts(value, COUNTS[name]), None) is None)


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        value = parse(value)
    if isinstance(value, list):
        value = next((item for item in reversed(value) if isinstance(item, dict)), None)
    if isinstance(value, (int, float)) or (isinstance(value, str) and DIGITS.fullmatch(value)):
        return {"total_tokens": value}
    return value if isinstance(value, dict) else {}


def _counts(value: dict[str, Any], paths: tuple[str, ...]) -> Iterator[int]:
    for found in _found(value, paths):
        count = _whole_number(found)
        if count is not None:
            yield count


def _found(value: dict[str, Any], paths: tuple[str, ...]) -> Iterator[Any]:
    for path in paths:
        found: Any = value
        for key in path.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        yield found


def _whole_number(value: Any) -> int | None:
    if isinstance(value, str) and DIGITS.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MAX_TOKENS:
        return None
    return int(value) if value == int(value) else None
