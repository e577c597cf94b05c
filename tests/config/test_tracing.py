"""Where spans go is read from the variables of OpenTelemetry."""

from __future__ import annotations

import pytest

from lib.config.tracing import Tracing
from lib.errors import ConfigError


def test_nothing() -> None:
    """Without them nothing goes anywhere."""
    assert Tracing.load({}) == Tracing("", {}, "parley")


def test_base() -> None:
    """The address of a collector is completed, its headers are taken apart, and shown by no repr."""
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318/", "OTEL_SERVICE_NAME": "chat"}
    found = Tracing.load({**told, "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20secret, x-team = research,"})

    assert (found.url, found.service) == ("http://127.0.0.1:4318/v1/traces", "chat")
    assert found.headers == {"api-key": "a secret", "x-team": "research"}
    assert "secret" not in repr(found)


def test_whole() -> None:
    """The address of spans alone is taken as it is."""
    assert Tracing.load({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://a.example/x"}).url == "https://a.example/x"


@pytest.mark.parametrize(
    "environ", [{"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318"}, {"OTEL_EXPORTER_OTLP_HEADERS": "secret"}]
)
def test_wrong(environ: dict[str, str]) -> None:
    """What cannot be meant is refused, without what it says."""
    with pytest.raises(ConfigError, match="OTEL_EXPORTER_OTLP") as caught:
        Tracing.load(environ)

    assert "=secret" not in str(caught.value)
