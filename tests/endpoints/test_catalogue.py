"""What is known of endpoints, found out in the background."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from lib.api import ChatClient
from lib.api.nextgpt import Field, Schema
from lib.config import Endpoint
from lib.endpoints import catalogue as module
from lib.endpoints.catalogue import LIMITS, Catalogue, Form, Listing, utc_now
from lib.errors import AnswerError, BusyError, RequestError
from tests.api.scripted import Scripted, hang
from tests.fake_lister import FakeLister
from tests.fake_nextgpt import FakeNextgpt
from tests.fake_vendor import FakeVendor
from tests.waiting import until

URL = "http://127.0.0.1:9/v1"
PLAIN = Endpoint("plain", URL)
NEXTGPT = Endpoint("n", "http://127.0.0.1:9", "k", "nextgpt")
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SCHEMA = Schema("DOCS", "/session", (Field("f", "F", "text"),))


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def listed(known: Catalogue, endpoint: Endpoint = PLAIN) -> Listing:
    """Return the listing once it is there."""
    until(lambda: known.models(endpoint).state != "looking")
    return known.models(endpoint)


def formed(known: Catalogue, endpoint: Endpoint = NEXTGPT, usecase: str = "DOCS") -> Form:
    """Return the form once it is there."""
    until(lambda: known.form(endpoint, usecase).state != "looking")
    return known.form(endpoint, usecase)


class TestModels:
    """The models of an endpoint."""

    def test_at_once(self):
        """Nobody waits: until an endpoint has answered, the configured models are what there is."""
        lister = FakeLister(["a"])
        lister.gate.clear()
        known, endpoint = Catalogue(lister), Endpoint("e", URL, model="m", models=["x", "y"])
        assert known.models(endpoint) == Listing(("m", "x", "y"), "looking")
        lister.gate.set()
        assert listed(known, endpoint).models == ("m", "a")

    def test_own_thread(self):
        """An endpoint is never asked in the thread of the page."""
        lister = FakeLister(["a"])
        listed(Catalogue(lister))
        assert threading.current_thread() not in lister.threads

    def test_listed(self):
        """What the endpoint lists is offered, the configured model once."""
        known = Catalogue(FakeLister(["a", "m"]))
        assert listed(known, Endpoint("e", URL, model="m", models=["x"])) == Listing(("a", "m"), "listed")

    @pytest.mark.parametrize("listing", [[], RequestError("refused")])
    def test_configured(self, listing):
        """Where none are listed, the configuration's are offered, with the reason."""
        found = listed(Catalogue(FakeLister(listing)), Endpoint("e", URL, models=["x"]))
        assert (found.models, found.state) == (("x",), "configured")
        assert str(found.error) == ("refused" if listing else "None")

    def test_unknown(self):
        """Where there are none at all, one has to be typed."""
        assert listed(Catalogue(FakeLister([]))) == Listing((), "unknown")

    def test_stays(self):
        """A list that was got stays, with the error, when the endpoint is later out of order."""
        clock, error = Clock(), RequestError("refused")
        known = Catalogue(FakeLister(["a"], error), clock=clock)
        listed(known)
        clock.now += 1000
        until(lambda: known.models(PLAIN).error)
        assert known.models(PLAIN) == Listing(("a",), "listed", error)

    def test_emptied(self):
        """An endpoint that lists none any more has none."""
        clock = Clock()
        known = Catalogue(FakeLister(["a"], []), clock=clock)
        listed(known)
        clock.now += 1000
        until(lambda: known.models(PLAIN).state == "unknown")

    def test_hostile(self):
        """Names that are none are left out, and there is an end to them."""
        names = ["good", "a\nb", "x" * 301, "\ud83d", *map(str, range(3000))]
        models = listed(Catalogue(FakeLister(names))).models
        assert models[:3] == ("good", "\ufffd", "0")
        assert len(models) == module.MAX_MODELS

    def test_unexpected(self, caplog):
        """Whatever goes wrong is an error fit to show; the log has its type, and not its words."""
        found = listed(Catalogue(FakeLister(ZeroDivisionError("sk-secret"))))
        assert found.error
        assert found.error.kind == "protocol"
        assert "ZeroDivisionError" in caplog.text
        assert "sk-secret" not in caplog.text

    def test_key(self):
        """What one key may see is not shown to another."""
        known = Catalogue(FakeLister(["a"], ["b"]))
        one, other = Endpoint("e", URL, "key-one-0123"), Endpoint("e", URL, "key-other-0123")
        assert (listed(known, one).models, listed(known, other).models) == (("a",), ("b",))
        assert "key-one-0123" not in repr(vars(known))

    def test_real(self):
        """A real endpoint is asked for its list with the key."""
        server = FakeVendor(key="right-key-0123")
        found = listed(Catalogue(), Endpoint("e", server.url, "right-key-0123"))
        server.stop()
        assert found.models == ("m", "n")

    def test_limits(self):
        """An endpoint that hangs is given up on soon."""
        assert (LIMITS.connect, LIMITS.read, LIMITS.deadline, LIMITS.retries) == (3, 5, 8, 0)
        lister, taken = FakeLister(["a"]), []
        listed(Catalogue(lambda endpoint, **options: (taken.append(options["limits"]), lister(endpoint))[1]))
        assert taken == [LIMITS]


class TestForm:
    """The forms of NEXTgpt's use cases."""

    @pytest.mark.parametrize(("endpoint", "usecase"), [(PLAIN, "DOCS"), (NEXTGPT, "")])
    def test_none(self, endpoint, usecase):
        """Other vendors have none, and without a use case there is nothing to ask for."""
        assert Catalogue().form(endpoint, usecase) == Form("none")

    def test_known(self):
        """The schema is there in a while."""
        known = Catalogue(schema=lambda *_, **__: SCHEMA)
        assert formed(known) == Form("known", SCHEMA)

    def test_unneeded(self):
        """A use case that needs no session has no form."""
        assert formed(Catalogue(schema=lambda *_, **__: None)) == Form("none")

    def test_failed(self):
        """An error is kept, and what was known before stays."""
        error, results = AnswerError("no"), [AnswerError("no"), SCHEMA, AnswerError("no")]

        def schema(*_, **__):
            result = results.pop(0)
            if isinstance(result, Exception):
                raise result
            return result

        clock = Clock()
        known = Catalogue(schema=schema, clock=clock)
        assert (formed(known).state, str(formed(known).error)) == ("failed", str(error))
        clock.now += 60
        until(lambda: known.form(NEXTGPT, "DOCS") == Form("known", SCHEMA))
        clock.now += 600
        until(lambda: known.form(NEXTGPT, "DOCS").error)
        assert known.form(NEXTGPT, "DOCS").schema == SCHEMA

    def test_real(self):
        """A real NEXTgpt is asked."""
        server = FakeNextgpt()
        endpoint = Endpoint("n", server.url, server.key, "nextgpt")
        found = formed(Catalogue(), endpoint)
        server.stop()
        assert found.schema
        assert [field.name for field in found.schema.fields] == ["document", "language", "summarize"]


def checked(known: Catalogue, endpoint: Endpoint) -> module.Checkup:
    """Return the check-up once it is complete."""

    def complete() -> bool:
        found = known.checkup(endpoint)
        return bool(found and not found.running)

    until(complete)
    found = known.checkup(endpoint)
    assert found
    return found


class TestCheck:
    """What the doctor found."""

    def test_never(self):
        """An endpoint that was not examined has no check-up."""
        assert Catalogue().checkup(PLAIN) is None

    def test_complete(self):
        """Step by step it is found out what an endpoint can do; that is kept."""
        server = FakeVendor()
        known, endpoint = Catalogue(now=lambda: NOW), Endpoint("e", server.url)
        known.check(endpoint, model="m")
        found = checked(known, endpoint)
        server.stop()
        assert found.at == NOW
        assert [finding.step for finding in found.findings][:3] == ["reachable", "tls", "key"]
        assert found.badges == ("models", "streams", "usage", "system", "images", "PDFs")
        assert {asked.body["model"] for asked in server.asked if asked.method == "POST"} == {"m"}

    def test_at_once(self):
        """An endpoint that hangs holds up nobody, and is examined once at a time."""
        with Scripted(hang()) as server:
            known, endpoint = Catalogue(), Endpoint("e", server.url)
            for _ in range(5):
                known.check(endpoint)
            found = known.checkup(endpoint)
            assert (found.running, found.findings) == (True, ())
            until(lambda: server.peers)
            known.close()
        checked(known, endpoint)
        assert len(server.peers) == 1

    def test_again(self):
        """A second check takes the place of the first."""
        server, moments = FakeVendor(), iter([NOW, NOW.replace(hour=13)])
        known, endpoint = Catalogue(now=lambda: next(moments)), Endpoint("e", server.url)
        for _ in range(2):
            known.check(endpoint)
            checked(known, endpoint)
        server.stop()
        assert checked(known, endpoint).at.hour == 13

    def test_mended(self):
        """After a check, models that could not be listed are looked up anew; a list that was got stays."""
        lister = FakeLister(RequestError("refused"), ["a"])
        known = Catalogue(lister)
        assert listed(known).state == "unknown"
        for _ in range(2):
            known.check(PLAIN)
            checked(known, PLAIN)
            assert listed(known).models == ("a",)

    def test_many(self):
        """As many endpoints are examined at a time as are allowed; one more is told to wait."""
        lister = FakeLister(["a"])
        lister.gate.clear()
        known, endpoints = Catalogue(lister), [Endpoint(str(number), URL) for number in range(module.CHECKING + 1)]
        for endpoint in endpoints[:-1]:
            known.check(endpoint)
        with pytest.raises(BusyError):
            known.check(endpoints[-1])
        lister.gate.set()
        for endpoint in endpoints[:-1]:
            checked(known, endpoint)
        known.check(endpoints[-1])
        checked(known, endpoints[-1])

    def test_bounded(self):
        """Of many check-ups the oldest are forgotten."""
        known = Catalogue(FakeLister(["a"]))
        endpoints = [Endpoint(str(number), URL) for number in range(module.CHECKUPS + 2)]
        for endpoint in endpoints:
            known.check(endpoint)
            checked(known, endpoint)
        assert [bool(known.checkup(endpoint)) for endpoint in endpoints[:3]] == [False, False, True]

    def test_closed(self):
        """A catalogue that is closed ends a check after the step in hand."""
        server = FakeVendor()
        known, endpoint = Catalogue(), Endpoint("e", server.url)
        known.close()
        known.check(endpoint)
        found = checked(known, endpoint)
        server.stop()
        assert [finding.step for finding in found.findings] == ["reachable"]

    def test_fault(self, caplog):
        """A check in which Parley itself fails ends as well, and the next one can begin."""
        known = Catalogue(FakeLister(["a"]))
        known._note = None  # a fault of the catalogue's own
        known.check(PLAIN)
        assert checked(known, PLAIN).findings == ()
        assert "A check of an endpoint failed" in caplog.text
        known.check(PLAIN)
        checked(known, PLAIN)

    def test_factory(self):
        """The doctor's calls go through the clients of the catalogue, which may count them."""
        server, made = FakeVendor(), []

        def factory(endpoint, **options):
            made.append(options)
            return ChatClient(endpoint, **options)

        known, endpoint = Catalogue(factory), Endpoint("e", server.url)
        known.check(endpoint)
        checked(known, endpoint)
        server.stop()
        assert any(options.get("record") for options in made)


def test_now():
    """The time of a check-up knows its zone."""
    assert utc_now().tzinfo is UTC
