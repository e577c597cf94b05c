"""What a person chose for a conversation: the endpoint, its model, the parameters, the session of a use case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

JSON_MODE = {"type": "json_object"}
# Not request parameters, or not by these names.
# What is sent of the conversation itself.
CONTEXT = ("skip", "skip_mark", "summary")
OWN = ("system", "json_mode", "stream", "debug", "extra", *CONTEXT)


@dataclass(frozen=True)
class Parameters:
    """Request parameters; what is None or empty is not sent. Names and ranges are the wire's.

    Source: https://platform.openai.com/docs/api-reference/chat/create. `system` becomes the first message. `json_mode`
    asks for a JSON object. `debug` asks for debug messages where the vendor has them. `extra` goes into the body as it
    is, over everything else; its nulls leave out what would be sent. `skip` is how many of the oldest turns stay out
    where these have the mark `skip_mark` (lib.generations.context), `summary` what is sent in their place.
    """

    system: str = ""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    json_mode: bool = False
    stream: bool = True
    debug: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    skip: int = 0
    skip_mark: str = ""
    summary: str = ""

    def request(self) -> dict[str, Any]:
        """Return the request parameters that are set."""
        values = {name: value for name, value in asdict(self).items() if name not in OWN and value not in (None, ())}
        if self.stop:
            values["stop"] = list(self.stop)
        if self.json_mode:
            values["response_format"] = JSON_MODE
        return {**values, **self.extra}

    def dump(self) -> str:
        """Return what differs from the defaults as JSON, nothing if nothing does."""
        default = asdict(Parameters())
        changed = {name: value for name, value in asdict(self).items() if value != default[name]}
        return json.dumps(changed, allow_nan=False) if changed else ""

    @classmethod
    def load(cls, text: str | None) -> Parameters:
        """Return what `dump` wrote; a parameter that is not known any more is left out."""
        known = {item.name for item in fields(cls)}
        values = {name: value for name, value in json.loads(text or "{}").items() if name in known}
        return cls(**{**values, "stop": tuple(values.get("stop", ()))})


PLAIN = Parameters()


@dataclass(frozen=True)
class ModelChoice:
    """Who is to answer, and how. `session_id` is that of a session that was opened at this endpoint for this model."""

    endpoint: str
    model: str
    parameters: Parameters = PLAIN
    session_id: str | None = None
