"""The names in a list of models, whatever its shape, and how many tokens each takes where that is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lib.api.complaints import complaint, refusal
from lib.errors import AnswerError

LISTS = ("data", "models", "result")  # where the list lies
# What vLLM, OpenRouter, Groq, LiteLLM, LM Studio and llama.cpp call how much a model takes; last, how much it could.
WINDOWS = (
    *("max_model_len", "context_length", "context_window", "max_input_tokens", "loaded_context_length"),
    *("max_context_length", "n_ctx", "n_ctx_train"),
)
MIN_WINDOW, MAX_WINDOW = 256, 2**31  # tokens; what is outside means something else


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


def windows(documents: list[Any]) -> dict[str, int]:
    """Return how many tokens models take at most, prompt and answer together, by name, as far as the list says so."""
    listing = documents[0] if len(documents) == 1 else documents
    found = ((_name(entry), _window(entry)) for entry in _entries(listing))
    return {name: window for name, window in found if name and window}


def _entries(listing: Any) -> list[Any]:
    """Return what is listed. llama.cpp has one list for its own clients and one for OpenAI's, which says more."""
    if isinstance(listing, list):
        return listing
    lists = [listing.get(key) for key in LISTS] if isinstance(listing, dict) else []
    return [entry for found in lists if isinstance(found, list) for entry in found]


def _window(entry: Any) -> int | None:
    if not isinstance(entry, dict):
        return None
    inner = entry.get("meta")
    places = (entry, inner if isinstance(inner, dict) else {})
    values = (place.get(key) for place in places for key in WINDOWS)
    return next((value for value in values if type(value) is int and MIN_WINDOW <= value <= MAX_WINDOW), None)


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
