"""Who may come in, and as what: `[auth]` and `[accounts]` in secrets.toml, and their variables in the environment.

With neither, Parley is one person's. `[auth]` is Streamlit's own table: people sign in with a provider of OpenID
Connect. With `[accounts.headers]` a proxy in front says who they are, in headers that are taken from `proxies` only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit

from lib.config import rules
from lib.config.rules import Access, Limit
from lib.errors import ConfigError
from lib.pricing import budgets

AUTH, HERE = "[auth] in secrets.toml", "[accounts] in secrets.toml"
CLAIMS = ("id", "name", "email", "groups")  # what a proxy may say of a person
KNOWN = ("headers", "proxies", "roles_claim", "admins", "analysts", "session_hours", "sign_out", "limits", "access")
PROVIDER = ("client_id", "client_secret", "server_metadata_url")
MIN_SECRET = 32  # characters of what cookies are signed with
MAX_HOURS = 720  # of a session: Streamlit's own end
MARK, MARK_ROUNDS, MARK_BYTES = b"parley cookies", 300_000, 4
YES = ("yes", "on", "true", "1")
_expected = ConfigError.expected

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Accounts:
    """What is said about people. `providers` are the names of those that they sign in with; "default" has none.

    `headers` are those of the proxy, by claim. `admins` and `analysts` are names of groups, e-mail addresses or ids;
    `named` are those by which limits, access and budgets are for somebody.
    """

    providers: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    proxies: tuple[Network, ...] = ()
    roles_claim: str = "groups"
    admins: frozenset[str] = frozenset()
    analysts: frozenset[str] = frozenset()
    hours: int = 12
    sign_out: str = ""
    redirect_uri: str = ""
    anyone: bool = False
    limits: tuple[Limit, ...] = ()
    access: tuple[Access, ...] = ()
    named: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_on(self) -> bool:
        """Whether people sign in; else there is one."""
        return bool(self.providers or self.headers)

    @property
    def is_secure(self) -> bool:
        """Whether people come by https, as far as the settings say."""
        return self.redirect_uri.startswith("https://")

    @property
    def mark(self) -> str:
        """What tells whether another process signs cookies with the same secret, and nothing else of it; "" for none.

        It takes a moment, so that nobody finds a weak secret by trying many.
        """
        if not self.secrets:
            return ""
        return hashlib.pbkdf2_hmac("sha256", self.secrets[0].encode(), MARK, MARK_ROUNDS, MARK_BYTES).hex()

    @classmethod
    def load(cls, environ: Mapping[str, str], told: Mapping[str, Any]) -> Accounts:
        """Read the tables of secrets.toml and the environment, which comes first. Raises ConfigError."""
        auth, table = _table(told, "auth", AUTH), _table(told, "accounts", HERE)
        limits, access = rules.limits(table.get("limits", [])), rules.access(table.get("access", []))
        groups = {each.group for each in budgets.parse(told.get("budgets", []))} - {""}
        if unknown := sorted(set(table) - set(KNOWN)):
            raise _expected(f"{unknown[0]} of {HERE}", "one of " + ", ".join(KNOWN), 'admins = ["it"]')
        found = cls(
            providers=_providers(auth),
            headers=_headers(environ, table),
            proxies=_proxies(_names(environ, table, "TRUSTED_PROXIES", "proxies")),
            roles_claim=_text(environ.get("ROLES_CLAIM") or table.get("roles_claim", "groups"), "roles_claim"),
            admins=frozenset(_names(environ, table, "ADMINS", "admins")),
            analysts=frozenset(_names(environ, table, "ANALYSTS", "analysts")),
            hours=_hours(environ.get("SESSION_HOURS") or table.get("session_hours", 12)),
            sign_out=_address(table.get("sign_out", "")),
            redirect_uri=str(auth.get("redirect_uri", "")),
            anyone=environ.get("ALLOW_ANYONE", "").strip().lower() in YES,
            limits=limits,
            access=access,
            named=rules.named(limits, access) | groups,
            secrets=tuple(_secrets(auth)),
        )
        _check(found)
        return found


def _table(told: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    table = told.get(name, {})
    if not isinstance(table, Mapping):
        raise _expected(where, "a table", f"[{name}]")
    return table


def _providers(auth: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the providers. Raises ConfigError where a login could not work."""
    if not auth:
        return ()
    _check_shared(auth)
    named = tuple(name for name, value in auth.items() if isinstance(value, Mapping))
    for name in named:
        _check_provider(auth[name], f"[auth.{name}] in secrets.toml")
        if "_" in name:
            raise _expected(f"[auth.{name}] in secrets.toml", "a name without underscores", "[auth.work]")
    if "client_id" not in auth and named:
        return named
    _check_provider(auth, AUTH)
    return ("default", *named)


def _check_shared(auth: Mapping[str, Any]) -> None:
    if not str(auth.get("redirect_uri", "")).endswith("/oauth2callback"):
        example = "https://chat.example.org/oauth2callback"
        raise _expected(f"redirect_uri of {AUTH}", "the address of Parley with /oauth2callback behind it", example)
    if len(str(auth.get("cookie_secret", ""))) < MIN_SECRET:
        example = "what `openssl rand -hex 32` prints"
        raise _expected(f"cookie_secret of {AUTH}", f"at least {MIN_SECRET} characters, the same everywhere", example)


def _check_provider(table: Mapping[str, Any], where: str) -> None:
    for name in PROVIDER:
        if not isinstance(table.get(name), str) or not table[name]:
            raise _expected(f"{name} of {where}", "text in quotes", f'{name} = "…"')


def _headers(environ: Mapping[str, str], table: Mapping[str, Any]) -> dict[str, str]:
    """Return the proxy's headers by claim: USER_HEADER is that of the id."""
    where, headers = "[accounts.headers] in secrets.toml", table.get("headers", {})
    if not isinstance(headers, Mapping) or not set(headers) <= set(CLAIMS):
        raise _expected(where, "headers for " + ", ".join(CLAIMS), 'id = "X-Forwarded-User"')
    own = {"id": environ["USER_HEADER"]} if environ.get("USER_HEADER") else {}
    found = {claim: _text(name, where) for claim, name in {**headers, **own}.items()}
    if found and "id" not in found:
        raise _expected(where, "a header for the id", 'id = "X-Forwarded-User"')
    return found


def _names(environ: Mapping[str, str], table: Mapping[str, Any], variable: str, name: str) -> list[str]:
    """Return a list of texts: the variable has commas between them."""
    if said := environ.get(variable, "").strip():
        return [part.strip() for part in said.split(",") if part.strip()]
    found = table.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, str) and each for each in found):
        raise _expected(f"{name} of {HERE}", "a list of texts in quotes", f'{name} = ["…"]')
    return found


def _proxies(addresses: Iterable[str]) -> tuple[Network, ...]:
    try:
        return tuple(map(partial(ip_network, strict=False), addresses))
    except ValueError as error:
        raise _expected(
            f"proxies of {HERE}", "addresses or networks", 'proxies = ["10.0.0.7", "10.1.0.0/16"]'
        ) from error


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _expected(where, "text in quotes", 'roles_claim = "groups"')
    return value.strip()


def _hours(value: object) -> int:
    said = str(value).strip()
    if not (said.isdecimal() and 0 < int(said) <= MAX_HOURS):
        raise _expected("SESSION_HOURS", f"a whole number from 1 to {MAX_HOURS}", "12")
    return int(said)


def _address(value: object) -> str:
    """Return where a proxy ends its sessions: an address of the web, or a path there."""
    said = str(value).strip()
    if said and not (urlsplit(said).scheme in ("http", "https") or (said[0] == "/" and said[1:2] != "/")):
        raise _expected(f"sign_out of {HERE}", "an address or a path", 'sign_out = "/oauth2/sign_out"')
    return said


def _secrets(auth: Mapping[str, Any]) -> Iterable[str]:
    for table in (auth, *(value for value in auth.values() if isinstance(value, Mapping))):
        # That of cookies comes first: see Accounts.mark.
        yield from (str(table[name]) for name in ("cookie_secret", "client_secret") if name in table)


def _check(found: Accounts) -> None:
    """Raise ConfigError for what cannot go together."""
    if found.headers and found.providers:
        raise _expected(HERE, "either headers of a proxy or a login by [auth]", "no [accounts.headers]")
    if found.headers and not found.proxies:
        raise _expected(f"proxies of {HERE}", "from where the headers are believed", 'proxies = ["10.0.0.7"]')
