"""What one process has: settings, store, embedded model, one client for each endpoint."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping

from lib import generations, redaction
from lib.api import ChatClient
from lib.config import Endpoint, Settings
from lib.errors import ConfigError
from lib.local_model import LocalModel
from lib.store import Store

log = logging.getLogger("parley")

_lock = threading.RLock()
_current: Runtime | None = None


class Runtime:
    """Lives as long as the app; `close` ends what is running and saves it."""

    def __init__(self, settings: Settings, store: Store, local: LocalModel | None = None) -> None:
        self.settings = settings
        self.store = store
        self.local = local
        self._clients: dict[tuple[str, str, str], ChatClient] = {}

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Runtime:
        """Read the settings, open the store, mark what a dead process left, start the embedded model if it is needed.

        Raises ConfigError or StoreError.
        """
        settings = Settings.load(environ)
        redaction.install()
        redaction.hide(*(endpoint.api_key for endpoint in settings.endpoints))
        store = Store.open(settings.database_url)
        if left := store.recover():
            log.warning("Marked as interrupted: %d rows that a dead process left", left)
        return cls(settings, store, None if settings.endpoints else _local(settings))

    @property
    def endpoint(self) -> Endpoint | None:
        """The endpoint that answers; None while the embedded model is not ready."""
        return self.local.endpoint if self.local else self.settings.endpoints[0]

    def client(self) -> ChatClient:
        """Return the client of the endpoint that answers: one for each, for it remembers what the endpoint refused.

        Raises ConfigError while no endpoint answers.
        """
        endpoint = self.endpoint
        if endpoint is None:
            raise ConfigError("No model answers yet.", hint=self.local.detail if self.local else None)
        redaction.hide(endpoint.api_key)
        with _lock:
            key = (endpoint.name, endpoint.base_url, endpoint.api_key)
            if key not in self._clients:
                self._clients[key] = ChatClient(endpoint)
            return self._clients[key]

    def close(self) -> None:
        """End what is running, save it, and close the store and the embedded model."""
        generations.stop_all()
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


def use(runtime: Runtime | None) -> None:
    """Make `runtime` this process's own; None closes the one there is."""
    global _current
    with _lock:
        if runtime is None and _current:
            _current.close()
        _current = runtime


def _local(settings: Settings) -> LocalModel:
    local = LocalModel(settings.local_model_path)
    local.start()
    return local
