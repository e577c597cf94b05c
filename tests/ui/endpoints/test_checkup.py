"""What is known of an endpoint, in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lib.endpoints.catalogue import Checkup, Listing
from lib.endpoints.doctor import UNTRIED, Finding
from lib.errors import RequestError
from lib.ui.endpoints import checkup

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
OK = Finding("reachable", "ok", "It answers.")
BAD = Finding("key", "failed", "The key is wrong.", "Check the API key of this endpoint.")


@pytest.mark.parametrize(
    ("listing", "words"),
    [
        (Listing(), "looking for models …"),
        (Listing(("a",), "listed"), "1 model"),
        (Listing(tuple(map(str, range(1200))), "listed"), "1\u2009200 models"),
        (Listing(("a", "b"), "configured"), "2 models configured"),
        (Listing((), "unknown"), "lists no models"),
        (Listing((), "unknown", RequestError("refused")), "models unknown"),
    ],
)
def test_models(listing, words):
    """It is said how many models there are, and how that is known."""
    assert checkup._models(listing) == words


@pytest.mark.parametrize(
    ("findings", "running", "words"),
    [
        ((), True, "Checking …"),
        ((OK, Finding("tls", "skipped", "It runs on this machine.")), False, "All is well"),
        ((OK, BAD), False, "1 of 2 steps wants a look"),
    ],
)
def test_summary(findings, running, words):
    """A check is summed up in one line."""
    assert checkup._summary(Checkup(NOW, findings, running)) == words


def test_lines():
    """Each step has a line, with what to do below; those that were not tried share one."""
    findings = (OK, BAD, Finding("models", "skipped", UNTRIED), Finding("tls", "skipped", UNTRIED))

    assert checkup._lines(Checkup(NOW, findings)) == [
        "- :green[:material/check:] **Reachable** It answers.",
        "- :red[:material/close:] **Key** The key is wrong.  \n  :gray[Check the API key of this endpoint.]",
        "- :gray[:material/remove:] **Not tried** Models, TLS",
    ]


def test_hostile():
    """What an endpoint says shows as written."""
    [line] = checkup._lines(Checkup(NOW, (Finding("answers", "failed", "![x](http://evil.example/1.png) <b>"),)))

    assert "![x]" not in line
    assert "<b>" not in line.replace("\\<", "")


def test_advice():
    """Here one checks again where one would press Retry in a chat."""
    told = [
        checkup._advice(Finding("x", "failed", "", RequestError("x", kind=kind).hint))
        for kind in ("server", "rate_limit")
    ]

    assert told == ["Check again; if it stays, the endpoint's own log says more.", "Wait a moment, then check again."]
