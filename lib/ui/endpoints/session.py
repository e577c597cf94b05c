"""The endpoints as this browser session has them: with keys, endpoints and base URLs of its own, kept in memory.

A key is bound to the name and the base URL it was given for. It goes with the session, and never anywhere else.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import streamlit as st

from lib import runtime
from lib.config import Endpoint
from lib.endpoints.catalogue import Listing
from lib.errors import ConfigError
from lib.model_choice import ModelChoice
from lib.net import redaction
from lib.ui import mine

KEYS, ADDED, MOVED = "session_keys", "session_endpoints", "session_urls"
CHOICE = "choice"  # what answers in conversations that begin
MAX_ENDPOINTS = 20  # endpoints of a session's own
MAX_NAME_CHARACTERS = 60  # characters of a name
EMBEDDED = "local"  # the name of the embedded model's endpoint, taken also while it is not ready

Bound = tuple[str, str]  # the name and the base URL of an endpoint


def endpoints() -> tuple[Endpoint, ...]:
    """Return what is configured, then what this session added, with the keys of this session."""
    configured = map(_with_url, runtime.current().endpoints)
    return tuple(map(_with_key, (*configured, *_added().values())))


def find(name: str) -> Endpoint | None:
    """Return the endpoint of that name."""
    return next((endpoint for endpoint in endpoints() if endpoint.name == name), None)


def models(endpoint: Endpoint) -> Listing:
    """Return the models of an endpoint as far as they are known, of those that this person may ask."""
    parley, who = runtime.current(), mine.scope()
    listing = parley.catalogue.models(endpoint)
    return replace(listing, models=tuple(each for each in listing.models if parley.may(endpoint.name, each, who)))


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


def is_added(endpoint: Endpoint) -> bool:
    """Whether this session added the endpoint."""
    return endpoint.name in _added()


def add(endpoint: Endpoint) -> None:
    """Add an endpoint, and its key, to this session. Raises ConfigError if its name is taken or none may be added."""
    if not runtime.current().settings.session_endpoints:
        raise ConfigError("Endpoints cannot be added here.", hint="Whoever runs Parley can: see SESSION_ENDPOINTS.")
    _check_name(endpoint.name)
    if len(_added()) >= MAX_ENDPOINTS:
        raise ConfigError(f"This session has {MAX_ENDPOINTS} endpoints of its own already.", hint="Remove one of them.")
    _added()[endpoint.name] = replace(endpoint, api_key="")
    if endpoint.api_key:
        give_key(endpoint, endpoint.api_key)


def remove(endpoint: Endpoint) -> None:
    """Forget an endpoint that this session added, and its key."""
    drop_key(endpoint)
    _added().pop(endpoint.name, None)


def is_moved(endpoint: Endpoint) -> bool:
    """Whether a configured endpoint has another base URL in this session."""
    return endpoint.name in _moved()


def move(endpoint: Endpoint, base_url: str) -> None:
    """Use another base URL on the same host for an endpoint in this session. Its key goes along.

    Raises ConfigError for a URL that cannot work, and for another host: a key is for the one it was given for.
    """
    moved = replace(endpoint, base_url=base_url)
    if urlsplit(moved.base_url)[:2] != urlsplit(endpoint.base_url)[:2]:
        raise ConfigError("That is another host.", hint="Add it as an endpoint of its own.")
    if is_added(endpoint):
        _added()[endpoint.name] = replace(moved, api_key="")
    else:
        _moved()[endpoint.name] = moved.base_url
    if key := _keys().pop(_bound(endpoint), None):
        _keys()[_bound(moved)] = key


def prefer(endpoint: Endpoint) -> None:
    """Have an endpoint, with its own or its first model, answer in conversations that begin."""
    st.session_state[CHOICE] = ModelChoice(endpoint.name, endpoint.model or next(iter(models(endpoint).models), ""))
    st.session_state.pop("view", None)  # the page of the chat may have been left with another one


def taken(name: str) -> bool:
    """Whether there is an endpoint of that name."""
    return name == EMBEDDED or find(name) is not None


def _check_name(name: str) -> None:
    if not (name.strip() and name.isprintable() and len(name) <= MAX_NAME_CHARACTERS):
        raise ConfigError(
            f"The name of an endpoint is one line of at most {MAX_NAME_CHARACTERS} characters.", hint="Shorten it."
        )
    if taken(name):
        raise ConfigError(f"There is an endpoint {name} already.", hint="Choose another name.")


def _with_url(endpoint: Endpoint) -> Endpoint:
    url = _moved().get(endpoint.name)
    return replace(endpoint, base_url=url) if url else endpoint


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


def _moved() -> dict[str, str]:
    urls: dict[str, str] = st.session_state.setdefault(MOVED, {})
    return urls
