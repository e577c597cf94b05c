"""What one process has, from its environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from lib import generations, runtime
from lib.config import Endpoint, Settings
from lib.endpoints.catalogue import Catalogue
from lib.errors import BudgetError, ConfigError
from lib.images.fetch import Fetcher
from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.net import redaction, spans
from lib.pricing.budgets import Budget
from lib.runtime import Runtime
from lib.store import LOCAL, Store
from tests.endpoint import FakeEndpoint
from tests.fake_vendor import FakeVendor
from tests.store.calls import dollars, foreign, put
from tests.store.helpers import calls, chat, execute
from tests.waiting import until

KEY = "sk-runtime-0123456789"
URL = "http://127.0.0.1:9/v1"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with an endpoint and a database."""
    url = f"sqlite:///{tmp_path / 'parley.db'}"
    return {"API_BASE_URL": "http://127.0.0.1:9/v1", "API_KEY": KEY, "API_MODEL": "m", "DATABASE_URL": url}


@pytest.fixture
def opened(environ: dict[str, str]) -> Iterator[Runtime]:
    """A runtime with an endpoint."""
    opened = Runtime.open(environ)
    yield opened
    opened.close()


def test_endpoint_of_the_environment(opened: Runtime) -> None:
    """The environment's endpoint answers, and no embedded model is started."""
    assert opened.endpoint
    assert opened.endpoint.model == "m"
    assert opened.local is None


def test_one_client(opened: Runtime) -> None:
    """An endpoint keeps its client: it remembers what was refused."""
    assert opened.client() is opened.client()


def test_fetcher(opened: Runtime) -> None:
    """There is one fetcher of pictures: the one that was given, else one for the public web."""
    assert opened.fetcher is opened.fetcher
    given = Fetcher()
    assert Runtime(opened.settings, opened.store, fetcher=given).fetcher is given


def test_client_of_an_endpoint(opened: Runtime) -> None:
    """Each endpoint has a client of its own; another key makes another endpoint, and is masked at once."""
    one, other = Endpoint("e", URL, "sk-one-0123456789"), Endpoint("e", URL, "sk-other-0123456789")

    assert opened.client(one) is opened.client(Endpoint("e", URL, "sk-one-0123456789"))
    assert opened.client(other).endpoint is other
    assert opened.client().endpoint == opened.endpoint
    assert redaction.redact("sk-one-0123456789 sk-other-0123456789") == "••• •••"


def test_clients_are_bounded(opened: Runtime) -> None:
    """Of many clients, those not asked for lately are closed."""
    fake = FakeEndpoint()
    kept, first = opened.client(), opened.client(Endpoint("first", fake.url))
    first.models()
    connections = first._route._session.get_adapter(fake.url).poolmanager.pools  # type: ignore[attr-defined]
    assert len(connections) == 1

    for number in range(runtime.CLIENTS - 1):
        opened.client(Endpoint(str(number), URL))
        assert opened.client() is kept

    assert len(connections) == 0
    assert opened.client(Endpoint("first", fake.url)) is not first
    fake.stop()


def test_endpoints(opened: Runtime) -> None:
    """All configured endpoints are there, the one that answers first."""
    assert opened.endpoints == opened.settings.endpoints
    assert opened.endpoints[0] == opened.endpoint


def test_checks_are_counted(opened: Runtime) -> None:
    """What a check asks is in the ledger, call by call."""
    vendor = FakeVendor()
    endpoint = Endpoint("e", vendor.url, model="m")
    opened.catalogue.check(endpoint)
    until(lambda: (checkup := opened.catalogue.checkup(endpoint)) and not checkup.running)
    vendor.stop()

    asked = [asked for asked in vendor.asked if asked.method == "POST"]
    assert [(call.purpose, call.endpoint, call.status) for call in calls(opened.store)] == [
        ("doctor", "e", "completed")
    ] * len(asked)
    assert len(asked) > 2


def test_catalogue_ends_with_it(environ: dict[str, str]) -> None:
    """What is being examined ends with the runtime."""
    catalogue = Catalogue()
    Runtime(Settings(), Store.open(environ["DATABASE_URL"]), catalogue=catalogue).close()

    assert catalogue._closed.is_set()


def test_key_is_hidden(opened: Runtime) -> None:
    """The key of the configuration is masked from the start."""
    assert redaction.redact(KEY) == "•••"


def test_leftovers_are_marked(environ: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """What a dead process left is marked, and the log says so."""
    store = Store.open(environ["DATABASE_URL"])
    store.chats(LOCAL).begin(runtime_prompt(), ModelChoice("e", "m"), provider="openai")
    store.close()

    Runtime.open(environ).close()

    assert "Marked as interrupted: 1" in caplog.text


def test_old_calls_go_where_so_configured(environ: dict[str, str]) -> None:
    """Calls stay for ever, unless the settings say for how many days."""
    with closing(Store.open(environ["DATABASE_URL"])) as store:
        put(store, foreign(datetime.now(UTC) - timedelta(days=50)), foreign(datetime.now(UTC)))
    for days, left in (("", 2), ("60", 2), ("40", 1)):
        runtime = Runtime.open({**environ, "USAGE_RETENTION_DAYS": days})
        assert len(calls(runtime.store)) == left
        runtime.close()


def test_what_was_deleted_goes_for_good(environ: dict[str, str]) -> None:
    """A deleted conversation is gone once it has been deleted for as long as the settings say."""
    with closing(Store.open(environ["DATABASE_URL"])) as store:
        for _ in range(2):
            store.chats(LOCAL).delete(chat(store, "gone"))
        (first, _) = execute(environ["DATABASE_URL"], "SELECT id FROM conversations")
        long_ago = "UPDATE conversations SET deleted_at = '2026-01-01 00:00:00.000000' WHERE id = :id"
        execute(environ["DATABASE_URL"], long_ago, id=first.id)
    with closing(Runtime.open({**environ, "DELETED_DAYS": "2"})):
        assert len(execute(environ["DATABASE_URL"], "SELECT id FROM conversations")) == 1


def runtime_prompt() -> Message:
    return Message("user", "hello")


class NotReady:
    """An embedded model that is still starting."""

    endpoint: Endpoint | None = None
    detail = "The model is starting."
    stopped = False

    def stop(self) -> None:
        self.stopped = True


def test_no_endpoint_yet(environ: dict[str, str]) -> None:
    """While the embedded model starts, asking it says so."""
    model = NotReady()
    waiting = Runtime(Settings(), Store.open(environ["DATABASE_URL"]), model)  # type: ignore[arg-type]

    with pytest.raises(ConfigError, match="No model answers yet") as caught:
        waiting.client()

    assert waiting.endpoints == ()
    assert caught.value.hint == "The model is starting."
    waiting.close()
    assert model.stopped


def test_embedded_model_without_configuration(tmp_path: Path) -> None:
    """With nothing configured the embedded model is started."""
    embedded = Runtime.open({"DATABASE_URL": f"sqlite:///{tmp_path / 'parley.db'}"})

    assert embedded.local
    until(lambda: embedded.endpoint, 300)
    assert embedded.endpoints == (embedded.endpoint,)
    embedded.close()


def test_current(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The process has one runtime, opened at the first call and closed on demand."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    first = runtime.current()
    try:
        assert runtime.current() is first
    finally:
        runtime.use(None)
    runtime.use(None)


def test_current_of_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong setting is told at each call; mended, it works."""
    monkeypatch.setenv("API_PROVIDER", "nobody")

    for _ in range(2):
        with pytest.raises(ConfigError):
            runtime.current()


def test_spent_budget_refuses_a_call(environ: dict[str, str]) -> None:
    """A budget that stops is asked about before a call is made."""
    store = Store.open(environ["DATABASE_URL"])
    put(store, foreign(datetime.now(UTC), endpoint="work", cost=dollars("2")))
    budget = Budget(Decimal(1), endpoint="work", stop=True)
    runtime = Runtime(Settings(endpoints=(Endpoint("work", "http://127.0.0.1:9/v1"),), budgets=(budget,)), store)

    with pytest.raises(BudgetError, match="is spent"):
        runtime.allow(ModelChoice("work", "m"))

    runtime.close()


def test_no_budget_allows_every_call(environ: dict[str, str]) -> None:
    """Without a budget there is nothing to ask."""
    runtime = Runtime(Settings(), Store.open(environ["DATABASE_URL"]))

    runtime.allow(ModelChoice("work", "m"))

    runtime.close()


def test_secrets_that_differ(environ: dict[str, str], opened: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    """Replicas that sign cookies with different secrets are told at the start, and by /readyz."""
    runtime.use(opened)
    try:
        assert runtime.check_ready() == ""
        opened.store.lease.describe("b", "cafe")
        opened.store.lease.drain()
        beside = Store.open(environ["DATABASE_URL"])
        beside.lease.describe("b", "beef")
        beside.lease.hold()
        assert "cookie_secret" in runtime.check_ready()
        Runtime.open(environ).close()
        beside.close()
    finally:
        runtime.use(None)

    assert "different secrets" in caplog.text


def test_spans(environ: dict[str, str]) -> None:
    """A collector that is named gets spans as long as the app lives."""
    opened = Runtime.open({**environ, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
    assert spans._exporter
    opened.close()

    assert spans._exporter is None


def test_drain_before_anything() -> None:
    """A server that is told to end before it has opened anything does so."""
    runtime.drain()
    assert generations.is_draining()
    generations.stop_all()
