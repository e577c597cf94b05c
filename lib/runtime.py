"""What one process has: settings, store, embedded model, what is known of endpoints, one client for each."""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from lib import generations
from lib.api import ChatClient
from lib.config import Endpoint, Settings, rules
from lib.endpoints.catalogue import Catalogue
from lib.errors import BusyError, ConfigError
from lib.generations import batches
from lib.local.model import LocalModel
from lib.model_choice import ModelChoice
from lib.net import redaction, spans
from lib.net.transport import Limits
from lib.store import LOCAL, Replica, Scope, Store
from lib.store.upkeep import Routine
from lib.usage import spending
from lib.usage.spending import Asking, Spending

if TYPE_CHECKING:
    from lib.images.fetch import Fetcher
    from lib.images.ocr import Ocr

log = logging.getLogger("parley")

CLIENTS = 32  # that are kept; people may bring endpoints and keys of their own
DIFFER = (
    "Replicas sign cookies with different secrets: who has signed in at one is asked again by the next. Give all of "
    "them the same cookie_secret in [auth] of secrets.toml, and start them again."
)
LIMITS = Limits(breath=0.015)  # less than lies between words of a quick model: the last ones wait for it too

_lock = threading.RLock()
_current: Runtime | None = None


class Runtime:
    """Lives as long as the app; `close` ends what is running and saves it."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        local: LocalModel | None = None,
        catalogue: Catalogue | None = None,
        fetcher: Fetcher | None = None,
        ocr: Ocr | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.local = local
        self._fetcher = fetcher
        self._ocr = ocr
        self.catalogue = catalogue or Catalogue(ask=partial(generations.ask, store.usage(LOCAL), "doctor"))
        self._clients: OrderedDict[Endpoint, ChatClient] = OrderedDict()

    @classmethod
    def open(cls, environ: Mapping[str, str], fetcher: Fetcher | None = None) -> Runtime:
        """Read the settings, open the store and keep it up from now on, start the embedded model if it is needed.

        Raises ConfigError or StoreError.
        """
        settings = Settings.load(environ)
        redaction.install()
        redaction.hide(*(secret for endpoint in settings.endpoints for secret in endpoint.secrets))
        redaction.hide(*settings.accounts.secrets)
        redaction.hide(settings.metrics_token, *settings.tracing.headers.values())
        if settings.tracing.url:
            spans.start(settings.tracing.url, settings.tracing.headers, settings.tracing.service)
        store = Store.open(settings.database_url, anyway=settings.migrate_anyway)
        store.lease.describe(environ.get("PARLEY_BUILD", "") or "source", settings.accounts.mark)
        store.lease.then = Routine(
            store.upkeep, settings.deleted_days, settings.retention_days, settings.conversation_days
        )
        store.lease.hold()
        store.lease.then()
        if said := warning(store.upkeep.replicas()):
            log.error("%s", said)
        for zone in {"UTC", *(budget.zone for budget in settings.budgets)}:
            store.usage(LOCAL).prepare(zone)  # so that no prompt waits for it
        return cls(settings, store, None if settings.endpoints else _local(settings), fetcher=fetcher)

    @property
    def fetcher(self) -> Fetcher:
        """What fetches pictures from the web; it is loaded for who asks for that."""
        from lib.images.fetch import Fetcher

        self._fetcher = self._fetcher or Fetcher()
        return self._fetcher

    @property
    def ocr(self) -> Ocr | None:
        """What reads text in pictures on this machine; None where that is not installed."""
        from lib.images.ocr import installed

        self._ocr = self._ocr or installed()
        return self._ocr

    @property
    def endpoint(self) -> Endpoint | None:
        """The endpoint that answers; None while the embedded model is not ready."""
        return self.local.endpoint if self.local else self.settings.endpoints[0]

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints that are configured, or the embedded model once it is ready."""
        embedded = self.local.endpoint if self.local else None
        return (embedded,) if embedded else self.settings.endpoints

    def client(self, endpoint: Endpoint | None = None) -> ChatClient:
        """Return the client of an endpoint, by default of the one that answers.

        There is one for each, key included, for it remembers what the endpoint refused.

        Raises ConfigError if none is given while none answers.
        """
        endpoint = endpoint or self.endpoint
        if endpoint is None:
            raise ConfigError("No model answers yet.", hint=self.local.detail if self.local else None)
        redaction.hide(*endpoint.secrets)
        with _lock:
            client = self._clients[endpoint] = self._clients.get(endpoint) or _client(endpoint)
            self._clients.move_to_end(endpoint)
            if len(self._clients) > CLIENTS:
                self._clients.popitem(last=False)[1].close()
            return client

    def allow(self, choice: ModelChoice, who: Scope = LOCAL, project: str = "") -> None:
        """Raise BudgetError if a person may make no call of `choice` now, LimitError if not so often, or never.

        StoreError: nobody knows.
        """
        accounts, asking = self.settings.accounts, self._asking(choice, who, project)
        rules.check(accounts.access, who.names, choice.endpoint, choice.model)
        now, ledger = datetime.now(UTC), self.store.usage(LOCAL)
        if accounts.limits:
            spending.check_limits(ledger, accounts.limits, now, asking)
        if budgets := self.settings.budgets:
            spending.check(ledger, budgets, now, asking, self.store.people.members)

    def may(self, endpoint: str, model: str, who: Scope) -> bool:
        """Return whether a person may ask a model at all."""
        return rules.may(self.settings.accounts.access, who.names, endpoint, model)

    def spent(self, choice: ModelChoice, who: Scope, project: str = "") -> list[Spending]:
        """Return what is spent of the budgets that a call of a person would count in. Raises StoreError."""
        asking, ledger = self._asking(choice, who, project), self.store.usage(LOCAL)
        members, budgets = self.store.people.members, self.settings.budgets
        return list(spending.covering(ledger, budgets, datetime.now(UTC), asking, members))

    @staticmethod
    def _asking(choice: ModelChoice, who: Scope, project: str) -> Asking:
        return Asking(choice.endpoint, choice.model, who.owner, who.names, project)

    def close(self) -> None:
        """End what is running, save it, and close the store and the embedded model."""
        self.catalogue.close()
        batches.stop_all()
        generations.stop_all()
        spans.stop()
        if self.local:
            self.local.stop()
        self.store.close()


def current() -> Runtime:
    """Return this process's runtime, opened from its environment at the first call.

    Raises ConfigError or StoreError, at each call anew: what was wrong may have been mended.
    """
    global _current
    with _lock:
        if _current is None:
            _current = Runtime.open(os.environ)
        return _current


def drain() -> None:
    """Begin no more answers, and let those that are running end, for as long as the settings say."""
    if _current:
        _current.store.lease.drain()
    generations.drain(_current.settings.drain_seconds if _current else 0)


def check_ready() -> str:
    """Raise ChatError unless new people can be served: while the process is about to end they cannot.

    Returns what is wrong between replicas all the same, "" if nothing is.
    """
    if generations.is_draining():
        raise BusyError("Parley is about to restart here.", hint="Ask another replica.")
    store = current().store
    store.ping()
    return warning(store.upkeep.replicas())


def warning(replicas: Sequence[Replica]) -> str:
    """Return what keeps replicas from standing in for each other, "" if nothing does."""
    return DIFFER if len({each.secret for each in replicas if each.is_alive and each.secret}) > 1 else ""


def use(runtime: Runtime | None) -> None:
    """Make `runtime` this process's own; None closes the one there is."""
    global _current
    with _lock:
        if runtime is None and _current:
            _current.close()
        _current = runtime


def _client(endpoint: Endpoint) -> ChatClient:
    return ChatClient(endpoint, limits=LIMITS, record=True)


def _local(settings: Settings) -> LocalModel:
    local = LocalModel(settings.local_model_path)
    local.start()
    return local
