"""Where spans of OpenTelemetry go, from the variables that its own libraries read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from lib.errors import ConfigError

SERVICE = "parley"


@dataclass(frozen=True)
class Tracing:
    """`url` takes spans as JSON, "" is nobody's; `headers` go with them, and are secret."""

    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    service: str = SERVICE

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Tracing:
        """Read them: https://opentelemetry.io/docs/specs/otel/protocol/exporter/. Raises ConfigError."""
        whole = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").strip()
        base = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
        url = whole or (f"{base.rstrip('/')}/v1/traces" if base else "")
        if url and not (urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname):
            raise ConfigError.expected("OTEL_EXPORTER_OTLP_ENDPOINT", "a URL", "http://127.0.0.1:4318")
        name = environ.get("OTEL_SERVICE_NAME", "").strip() or SERVICE
        return cls(url, _headers(environ.get("OTEL_EXPORTER_OTLP_HEADERS", "")), name)


def _headers(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not all(name.strip() and separator for name, separator, _ in pairs):
        raise ConfigError.expected("OTEL_EXPORTER_OTLP_HEADERS", "names and values", "api-key=…,x-team=research")
    return {unquote(name.strip()): unquote(value.strip()) for name, _, value in pairs}
