"""The cookies of a login: short, for so many hours, out of reach of scripts, and by https only where people come by it.

Streamlit puts all that a provider says into cookies, for thirty days, and its tokens as well: with many groups they are
more than a browser takes, and people sign in again and again for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from lib.accounts import identity
from lib.config.accounts import Accounts
from lib.ui import streamlit_internals
from lib.ui.streamlit_internals import USER_COOKIE

NEXT = "parley_next"  # the cookie of where to go after a login
NEXT_SECONDS = 600
MAX_ADDRESS = 1_000  # characters of that
SET = b"set-cookie"

Headers = list[tuple[bytes, bytes]]


def read(values: Iterable[str]) -> dict[str, str]:
    """Return the cookies of a request by name, from its headers."""
    parts = (part.strip().partition("=") for value in values for part in value.split(";"))
    return {name: value.strip('"') for name, _, value in parts if name}


def secured(headers: Headers) -> Headers:
    """Return the headers of an answer whose cookies are sent by https only."""
    return [(name, _secured(value) if name.lower() == SET else value) for name, value in headers]


def granted(headers: Headers, accounts: Accounts, path: str, now: datetime) -> tuple[Headers, dict[str, Any]]:
    """Return the headers of the answer that ends a login, with one short cookie for `path`, and the claims in that."""
    claims = streamlit_internals.signed_in(read(value.decode("latin-1").partition(";")[0] for value in _login(headers)))
    others = [(name, value) for name, value in headers if not (name.lower() == SET and _is_login(value))]
    if not claims:
        return others, {}
    kept = identity.kept(claims, accounts, now)
    return [*others, _cookie(USER_COOKIE, streamlit_internals.sign(kept), path, accounts.hours * 3600)], kept


def remembered(address: str, path: str) -> tuple[bytes, bytes]:
    """Return the header that remembers where to go after a login."""
    return _cookie(NEXT, quote(address[:MAX_ADDRESS], safe=""), path, NEXT_SECONDS)


def wanted(cookies: Mapping[str, str]) -> str:
    """Return where to go after a login; "" for our start, and for what leads elsewhere."""
    address = unquote(cookies.get(NEXT, ""))[:MAX_ADDRESS]
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_ours else ""


def _login(headers: Headers) -> list[bytes]:
    return [value for name, value in headers if name.lower() == SET and _is_login(value)]


def _is_login(value: bytes) -> bool:
    """Whether a cookie is one that a login leaves behind, and not the end of an earlier one."""
    return value.startswith(USER_COOKIE.encode()) and b"Max-Age=0" not in value  # the tokens' name begins with it


def _cookie(name: str, value: str, path: str, seconds: int) -> tuple[bytes, bytes]:
    return SET, f"{name}={value}; HttpOnly; Max-Age={seconds}; Path={path}; SameSite=lax".encode()


def _secured(value: bytes) -> bytes:
    return value if b"; secure" in value.lower() else value + b"; Secure"
