"""What a person chose for a conversation: the endpoint, its model, the parameters, the session of a use case."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

JSON_MODE = {"type": "json_object"}
NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")  # what the name of a schema has none of
MAX_NAME = 64  # characters of it
# Not request parameters, or not by these names.
# What is sent of the conversation itself.
CONTEXT = ("skip", "skip_mark", "summary")
OWN = ("system", "effort", "schema", "json_mode", "stream", "debug", "extra", *CONTEXT)


CHOSEN = ("model", "messages")  # which extra parameters say nothing of: who may ask which model depends on it


@dataclass(frozen=True)
class Parameters:
    """Request parameters; what is None or empty is not sent. Names and ranges are the wire's.

    Source: https://platform.openai.com/docs/api-reference/chat/create. `system` becomes the first message. `json_mode`
    asks for a JSON object, `schema` for JSON that fits it. `effort` is how much a model is to think, which each vendor
    has its own parameter for (lib.config.vendors). `debug` asks for debug messages where the vendor has them. `extra`
    goes into the body as it is, over everything else; its nulls leave out what would be sent. `skip` is how many of the
    oldest turns stay out where these have the mark `skip_mark` (lib.generations.context), `summary` what is sent in
    their place.
    """

    system: str = ""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    effort: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
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
        if self.schema or self.json_mode:
            values["response_format"] = _json_schema(self.schema) if self.schema else JSON_MODE
        extra = {name: value for name, value in self.extra.items() if name not in CHOSEN}
        return {**values, **extra}

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


def _json_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what asks for JSON that fits a schema; it has to have a name."""
    name = NO_NAME.sub("_", str(schema.get("title") or "")).strip("_")[:MAX_NAME]
    return {"type": "json_schema", "json_schema": {"name": name or "answer", "schema": dict(schema)}}


PLAIN = Parameters()


@dataclass(frozen=True)
class ModelChoice:
    """Who is to answer, and how. `session_id` is that of a session that was opened at this endpoint for this model."""

    endpoint: str
    model: str
    parameters: Parameters = PLAIN
    session_id: str | None = None
