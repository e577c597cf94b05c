"""Whether the server may start: not where others reach it and nobody is asked who they are."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from ipaddress import ip_address

from lib.config.accounts import Accounts
from lib.errors import ConfigError
from lib.ui import streamlit_internals

log = logging.getLogger("parley")

FAILURE = 3  # as uvicorn has it for a start that fails
LOCKED = Accounts(providers=("default",))  # while a setting cannot work: nobody comes in, and the page says why
OPEN = (
    "Parley would listen on {host}, where others reach it, and ask nobody who they are: whoever comes would see all "
    "conversations. Say how people sign in ([auth] or [accounts] in .streamlit/secrets.toml; the README has a section "
    "on it), listen on 127.0.0.1 only, or set ALLOW_ANYONE=yes if something in front of Parley lets in the right ones."
)
ELSEWHERE = (
    "Streamlit has a login that Parley does not know of: put [auth] into .streamlit/secrets.toml beside Parley's other "
    "settings, and the headers of a proxy into [accounts.headers] there, not into server.trustedUserHeaders."
)


def refusal(accounts: Accounts, host: str, *, has_login: bool, believed: set[str]) -> ConfigError | None:
    """Return why a server that listens on `host` may not start; None if it may.

    `has_login` and `believed` are what Streamlit has been told: whether there is a login, and by which headers.
    """
    if has_login != bool(accounts.providers) or believed != set(accounts.headers.values()):
        return ConfigError(ELSEWHERE)
    if accounts.is_on or accounts.anyone or is_own(host):
        return None
    return ConfigError(OPEN.format(host=host or "all addresses"))


def is_own(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def check(accounts: Accounts, end: Callable[[int], object] = os._exit) -> None:
    """Have this server say why and `end` if it may not start. Nothing is open yet; uvicorn's own end is a traceback."""
    server = streamlit_internals.serving()
    if server is None or accounts is LOCKED:  # None: a test, or a server that asks its own questions
        return
    host = "127.0.0.1" if server.config.uds else server.config.host
    has_login, believed = streamlit_internals.has_login(), set(streamlit_internals.believed())
    if why := refusal(accounts, host, has_login=has_login, believed=believed):
        log.critical("%s", why)
        end(FAILURE)
