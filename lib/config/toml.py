"""The lines of secrets.toml that make an endpoint permanent."""

from __future__ import annotations

import json
import re

from lib.config import Endpoint

PLACEHOLDER = "…"
BARE = re.compile(r"[A-Za-z0-9_-]+")


def stanza(endpoint: Endpoint) -> str:
    """Return the `[endpoints.NAME]` table of an endpoint, with a placeholder for the key."""
    name = endpoint.name if BARE.fullmatch(endpoint.name) else _quoted(endpoint.name)
    key = PLACEHOLDER if endpoint.api_key else ""
    values = {
        "provider": "" if endpoint.provider == "openai" else endpoint.provider,
        "base_url": endpoint.base_url,
        "api_key": key,
        "model": endpoint.model or "",
    }
    lines = [f"{item} = {_quoted(value)}" for item, value in values.items() if value]
    return "\n".join([f"[endpoints.{name}]", *lines])


def _quoted(text: str) -> str:
    # TOML's basic strings are JSON's, but for the escape of DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
