"""The names in a list of models, whatever its shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lib.api.complaints import complaint, refusal
from lib.errors import AnswerError

LISTS = ("data", "models", "result")  # where the list lies


def names(documents: list[Any]) -> Iterator[str]:
    """Yield the names in a list of models, whatever its shape, each once.

    Shapes: a list, or one under `data`, `models` or `result`, of strings or objects; an object keyed by name.
    """
    listing = documents if len(documents) != 1 else documents[0]
    if not isinstance(listing, (dict, list)) or not documents:
        raise AnswerError("The endpoint does not list its models in a known form.", kind="protocol")
    if isinstance(listing, dict) and (said := complaint(listing)):
        raise refusal(said)
    yield from dict.fromkeys(_names(listing))


def _names(listing: dict[str, Any] | list[Any]) -> Iterator[str]:
    if isinstance(listing, list):
        yield from (name for entry in listing if (name := _name(entry)))
        return
    key = next((key for key in LISTS if key in listing), None)
    if key is None:
        yield from (name for name, model in listing.items() if isinstance(model, dict))
    elif isinstance(listing[key], list):
        # Cloudflare's ids are UUIDs; the model is called by its name.
        order = ("name", "id") if key == "result" else ("id", "name", "model")
        yield from (name for entry in listing[key] if (name := _name(entry, order)))


def _name(entry: Any, order: Sequence[str] = ("id", "name", "model")) -> str:
    if isinstance(entry, str):
        return entry
    values = [entry.get(key) for key in order] if isinstance(entry, dict) else []
    return next((value for value in values if isinstance(value, str) and value), "")
