"""What an endpoint does not take, learned from its refusals, and the same request without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lib.config.vendors import PLAIN, Preset
from lib.errors import EndpointError

Body = dict[str, Any]

# Without these an answer differs in degree only; what changes its meaning (stop, tools ...) is never dropped.
DROPPED = (
    *("stream_options", "temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "seed"),
    *("reasoning_effort", "reasoning", "thinking"),
)
RENAMED = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
EVERYWHERE = ("stream_options", "stream")  # what holds for every model of an endpoint
SYSTEM = ("system", "developer")


class Quirks:
    """The quirks of one endpoint, by model where they are the model's."""

    def __init__(self, preset: Preset = PLAIN) -> None:
        self._known: dict[str | None, list[Change]] = {None: list(_preset_changes(preset))}

    def apply(self, body: Body) -> Body:
        """Return the request as this endpoint is known to take it."""
        for change in (*self._known[None], *self._known.get(body.get("model"), ())):
            body = change(body)
        return body

    def learn(self, body: Body, error: EndpointError) -> Body | None:
        """Return the request without what `error` refuses, and remember it; None if nothing can go."""
        change = _change(body, error) if error.status in (400, 422) else None
        if change is None or (changed := change(body)) == body:
            return None
        key = None if error.param in EVERYWHERE else body.get("model")
        known = self._known.setdefault(key, [])
        if change not in known:
            known.append(change)
        return changed


Change = Callable[[Body], Body]


def _preset_changes(preset: Preset) -> Iterator[Change]:
    yield from (_drop(name) for name in preset.dropped)
    yield from (_rename(old, new) for old, new in preset.renamed.items())
    if preset.stream_text:
        yield _stream_as_text


def _change(body: Body, error: EndpointError) -> Change | None:
    if error.param == "stream":
        return _stream_change(body.get("stream"), error)
    if error.kind != "unsupported_param":
        return None
    return CHANGES.get(error.param or "")


def _stream_change(value: object, error: EndpointError) -> Change | None:
    if isinstance(value, str):
        return _stream_as_bool
    if error.kind == "unsupported_param":
        return _stream_off
    return _stream_as_text if "string" in str(error) or "str" in str(error) else None


def _stream_as_text(body: Body) -> Body:
    return {**body, "stream": "True"} if body.get("stream") is True else body


def _stream_as_bool(body: Body) -> Body:
    return {**body, "stream": True} if body.get("stream") == "True" else body


def _stream_off(body: Body) -> Body:
    return {key: value for key, value in body.items() if key not in ("stream", "stream_options")}


def _drop(name: str) -> Change:
    return lambda body: {key: value for key, value in body.items() if key != name}


def _rename(old: str, new: str) -> Change:
    return lambda body: {(new if key == old else key): value for key, value in body.items()}


def _merge_system(body: Body) -> Body:
    """Put what system messages say at the head of the first user message."""
    messages = body.get("messages") or []
    said = [message for message in messages if message.get("role") in SYSTEM]
    rest = [dict(message) for message in messages if message.get("role") not in SYSTEM]
    text = "\n\n".join(str(message.get("content") or "") for message in said)
    if not said:
        return body
    first = next((message for message in rest if message.get("role") == "user"), None)
    if first is None:
        return {**body, "messages": [{"role": "user", "content": text}, *rest]}
    first["content"] = _before(text, first.get("content"))
    return {**body, "messages": rest}


def _before(text: str, content: object) -> object:
    if isinstance(content, list):
        return [{"type": "text", "text": text}, *content]
    return f"{text}\n\n{content or ''}".rstrip()


CHANGES: Mapping[str, Change] = {
    **{name: _drop(name) for name in DROPPED},
    **{old: _rename(old, new) for old, new in RENAMED.items()},
    "system": _merge_system,
}
