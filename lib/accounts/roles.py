"""What people may: users see what is theirs, analysts also what all used but no texts, admins also who is here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from lib.config.accounts import Accounts

USER, ANALYST, ADMIN = ROLES = ("user", "analyst", "admin")
MAX_TEXT = 100_000  # characters of groups that are looked at
MAX_DEPTH = 4  # of a claim in a claim
GROUPS = "parley_groups"  # the claim of the groups that matter here, in a cookie


def role(names: Collection[str], accounts: Accounts) -> str:
    """Return the role of who has these names: groups, an id, an e-mail address."""
    if accounts.admins.intersection(names):
        return ADMIN
    return ANALYST if accounts.analysts.intersection(names) else USER


def groups(claims: Mapping[str, Any], accounts: Accounts) -> frozenset[str]:
    """Return the groups in claims that a role or a rule comes from: all others, however many, are nothing here."""
    wanted = accounts.admins | accounts.analysts | accounts.named
    listed = claims[GROUPS] if GROUPS in claims else _claim(claims, accounts.roles_claim)
    return wanted.intersection(_texts(listed))


def kept(claims: Mapping[str, Any], accounts: Accounts) -> dict[str, list[str]]:
    """Return the claim of a cookie that says as much."""
    given = {name: value for name, value in claims.items() if name != GROUPS}
    return {GROUPS: sorted(groups(given, accounts))}


def parts(text: str) -> list[str]:
    """Return the groups of a proxy's header, which has commas between them."""
    return [part.strip() for part in text[:MAX_TEXT].split(",")]


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim by its name, or by a path with dots, as in realm_access.roles."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split(".", MAX_DEPTH):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(listed: object) -> Iterable[str]:
    if isinstance(listed, str):
        return {listed, *parts(listed)}
    return (each for each in listed if isinstance(each, str)) if isinstance(listed, list) else ()
