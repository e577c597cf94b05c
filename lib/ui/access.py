"""The endpoints as this browser session has them: with keys and endpoints of its own, which stay in memory.

A key is bound to the name and the base URL it was given for. It goes with the session, and never anywhere else.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from lib import redaction, runtime
from lib.config import Endpoint
from lib.errors import ConfigError

KEYS, ADDED = "session_keys", "session_endpoints"
MOST = 20  # endpoints of a session's own
EMBEDDED = "local"  # the name of the embedded model's endpoint, taken also while it is not ready

Bound = tuple[str, str]  # the name and the base URL of an endpoint


def endpoints() -> tuple[Endpoint, ...]:
    """Return what is configured, then what this session added, with the keys of this session."""
    return tuple(map(_with_key, (*runtime.current().endpoints, *_added().values())))


def find(name: str) -> Endpoint | None:
    """Return the endpoint of that name."""
    return next((endpoint for endpoint in endpoints() if endpoint.name == name), None)


def origin(endpoint: Endpoint) -> str:
    """Return where the key comes from: this browser session, environment, secrets.toml, Parley itself, or no key."""
    parley = runtime.current()
    if _bound(endpoint) in _keys():
        return "this browser session"
    if not endpoint.api_key:
        return "no key"
    if parley.local:
        return "Parley itself"
    first = parley.settings.endpoints[0].name if parley.settings.is_environment else None
    return "environment" if endpoint.name == first else "secrets.toml"


def give_key(endpoint: Endpoint, key: str) -> None:
    """Use `key` for an endpoint in this session. Raises ConfigError if it cannot be one."""
    if not key.strip():
        raise ConfigError("There is no key to use.", hint="Paste the key that the vendor gave you.")
    clean = replace(endpoint, api_key=key).api_key
    redaction.hide(clean)
    _keys()[_bound(endpoint)] = clean


def drop_key(endpoint: Endpoint) -> None:
    """Forget this session's key for an endpoint; the configured one is used again."""
    _keys().pop(_bound(endpoint), None)


def added(name: str) -> bool:
    """Whether this session added the endpoint of that name."""
    return name in _added()


def add(endpoint: Endpoint) -> None:
    """Add an endpoint, and its key, to this session. Raises ConfigError if its name is taken or none may be added."""
    if not runtime.current().settings.session_endpoints:
        raise ConfigError("Endpoints cannot be added here.", hint="Whoever runs Parley can: see SESSION_ENDPOINTS.")
    if endpoint.name in {EMBEDDED, *(other.name for other in endpoints())}:
        raise ConfigError(f"There is an endpoint {endpoint.name} already.", hint="Choose another name.")
    if len(_added()) >= MOST:
        raise ConfigError(f"This session has {MOST} endpoints of its own already.", hint="Remove one of them.")
    _added()[endpoint.name] = replace(endpoint, api_key="")
    if endpoint.api_key:
        give_key(endpoint, endpoint.api_key)


def remove(name: str) -> None:
    """Forget an endpoint that this session added, and its key."""
    if endpoint := _added().pop(name, None):
        drop_key(endpoint)


def _with_key(endpoint: Endpoint) -> Endpoint:
    key = _keys().get(_bound(endpoint))
    return replace(endpoint, api_key=key) if key else endpoint


def _bound(endpoint: Endpoint) -> Bound:
    return endpoint.name, endpoint.base_url


def _keys() -> dict[Bound, str]:
    keys: dict[Bound, str] = st.session_state.setdefault(KEYS, {})
    return keys


def _added() -> dict[str, Endpoint]:
    known: dict[str, Endpoint] = st.session_state.setdefault(ADDED, {})
    return known
