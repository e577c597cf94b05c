"""The error tree: what each error knows."""

from __future__ import annotations

import pytest

from lib.errors import (
    HINTS,
    AnswerError,
    BusyError,
    ChatError,
    ConfigError,
    DocumentError,
    EndpointError,
    ImageError,
    RequestError,
    StoreError,
)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ChatError("x"), "upstream"),
        (RequestError("x"), "connection"),
        (AnswerError("x", kind="auth"), "auth"),
        (ConfigError("x"), "config"),
        (StoreError("x"), "store"),
        (ImageError("x"), "image"),
        (DocumentError("x"), "document"),
        (BusyError("x"), "overloaded"),
    ],
)
def test_kind(error, kind):
    """Every error has a kind, and the hint of that kind."""
    assert (error.kind, error.hint, str(error)) == (kind, HINTS[kind], "x")


def test_hint():
    """A hint of its own stands in place of the kind's; an unknown kind has none."""
    assert ChatError("x", hint="Do this.").hint == "Do this."
    assert ChatError("x", kind="odd").hint == ""


def test_endpoint_error():
    """What an endpoint refused is kept."""
    error = EndpointError("x", status=429, param="seed", retry_after=2)

    assert (error.status, error.param, error.retry_after) == (429, "seed", 2)
