"""The person that claims are about. Claims come from outside: each is bounded, made one line, and shown as text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lib.accounts import roles
from lib.config.accounts import CLAIMS, Accounts
from lib.text import as_name

MAX_ID = 255  # characters of an id, which OpenID Connect allows a subject as well
SIGNED_IN = "signed_in"  # the claim of the millisecond at which somebody signed in, which is ours
PROXY = "proxy_"  # the claims that a proxy's headers are
TAKEN = ("local", "former-")  # what ids begin with that are nobody's who signs in
KEPT = ("iss", "sub", "name", "preferred_username", "email", "email_verified", "provider", "is_logged_in", "origin")


@dataclass(frozen=True)
class Person:
    """Somebody who signed in. `owner` is theirs for ever, and nobody else's; the others may change.

    `since` is when they did; None where a proxy says who comes. `groups` are those that rules are for.
    """

    owner: str
    name: str
    email: str = ""
    role: str = roles.USER
    since: datetime | None = None
    groups: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """What rules may name them by."""
        return self.groups | {self.role}

    @property
    def sees_usage(self) -> bool:
        """Whether they see what all used."""
        return self.role in (roles.ANALYST, roles.ADMIN)

    @property
    def is_admin(self) -> bool:
        """Whether they see who is here, and what may be done about it."""
        return self.role == roles.ADMIN


def person(claims: Mapping[str, Any], accounts: Accounts, now: datetime) -> Person | None:
    """Return who claims are about; None for nobody, and for who signed in too long ago."""
    return _forwarded(claims, accounts) if accounts.headers else _signed_in(claims, accounts, now)


def kept(claims: Mapping[str, Any], accounts: Accounts, now: datetime) -> dict[str, Any]:
    """Return what of a provider's claims goes into the cookie of a session that begins now.

    Of a million groups that is those that a role comes from: a browser takes no long cookies.
    """
    found = {name: _short(claims[name]) for name in KEPT if name in claims}
    return {**found, **roles.kept(claims, accounts), SIGNED_IN: int(now.timestamp() * 1000)}


def _short(value: Any) -> Any:
    return value if isinstance(value, bool) else str(value)[:MAX_ID]


def _signed_in(claims: Mapping[str, Any], accounts: Accounts, now: datetime) -> Person | None:
    since = _moment(claims.get(SIGNED_IN))
    issuer, subject = (_said(claims, name) for name in ("iss", "sub"))
    if not (claims.get("is_logged_in") is True and issuer and subject and since):
        return None
    if not since <= now + timedelta(minutes=1) <= since + timedelta(hours=accounts.hours, minutes=1):
        return None
    email = as_name(_said(claims, "email"))
    verified = email if str(claims.get("email_verified")).lower() == "true" else ""
    id = f"{issuer} {subject}"
    names = {*roles.groups(claims, accounts), id, verified} - {""}
    groups = accounts.named & names
    return Person(_owner(id), _name(claims, subject), email, roles.role(names, accounts), since, groups)


def _forwarded(claims: Mapping[str, Any], accounts: Accounts) -> Person | None:
    id, name, email, groups = (_said(claims, f"{PROXY}{claim}") for claim in CLAIMS)
    if not id:
        return None
    names = {*roles.parts(groups), id, email} - {""}
    role = roles.role(names, accounts)
    return Person(_owner(id), as_name(name or id), as_name(email), role, groups=accounts.named & names)


def _owner(id: str) -> str:
    """Return an id as it is kept: a long one as its digest, one that would be somebody else's with a sign before it."""
    if len(id) > MAX_ID:
        return f"sha256:{hashlib.sha256(id.encode('utf-8', 'replace')).hexdigest()}"
    return f"@{id}" if id.startswith((*TAKEN, "@")) else id


def _said(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""


def _name(claims: Mapping[str, Any], subject: str) -> str:
    names = (as_name(_said(claims, name)) for name in ("name", "preferred_username", "email"))
    return next(filter(None, names), as_name(subject))


def _moment(value: object) -> datetime | None:
    is_one = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 43
    return datetime.fromtimestamp(value / 1000, UTC) if is_one and isinstance(value, int) else None
