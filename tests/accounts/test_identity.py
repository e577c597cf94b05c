"""Who claims are about: stable, bounded, and nobody else."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest

from lib.accounts import identity, roles
from lib.accounts.identity import Person
from lib.config.accounts import Accounts

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LOGIN = Accounts(providers=("default",), admins=frozenset({"it", "kim@example.org"}), analysts=frozenset({"finance"}))
HEADERS = {"id": "X-User", "name": "X-Name", "email": "X-Email", "groups": "X-Groups"}
PROXY = Accounts(headers=HEADERS, proxies=(ip_network("10.0.0.7"),), admins=LOGIN.admins, analysts=LOGIN.analysts)
SIGNED_IN = int(NOW.timestamp() * 1000)


def claims(**more: Any) -> dict[str, Any]:
    """Return what a session's cookie has."""
    about = {"iss": "https://id.example.org", "sub": "123", "is_logged_in": True, "signed_in": SIGNED_IN}
    return {**about, "name": "Ann", "email": "ann@example.org", **more}


def who(accounts: Accounts = LOGIN, **more: Any) -> Person | None:
    """Return who that is."""
    return identity.person(claims(**more), accounts, NOW)


def forwarded(**said: str | None) -> Person | None:
    """Return who a proxy's headers are about."""
    return identity.person({f"proxy_{name}": value for name, value in said.items()}, PROXY, NOW)


def test_person() -> None:
    """A person is who issued their id and that id; the address is no part of it."""
    assert who() == Person("https://id.example.org 123", "Ann", "ann@example.org", "user", NOW)
    assert who(sub="124") != who()
    assert who(iss="https://other.example.org") != who()
    assert who(email="new@example.org").owner == who().owner


@pytest.mark.parametrize(
    "more", [{"is_logged_in": False}, {"is_logged_in": "yes"}, {"sub": None}, {"sub": ""}, {"iss": 5}]
)
def test_nobody(more: dict[str, Any]) -> None:
    """Without a login, or an id in it, there is nobody."""
    assert who(**more) is None
    assert identity.person({}, LOGIN, NOW) is None


@pytest.mark.parametrize("since", [None, "now", True, -1, 1 << 50, SIGNED_IN - 13 * 3_600_000, SIGNED_IN + 3_600_000])
def test_over(since: Any) -> None:
    """A session is over after its hours; one that says no time, or one to come, never began."""
    assert who(signed_in=since) is None


@pytest.mark.parametrize(("more", "name"), [({"name": ""}, "ann@example.org"), ({"name": 5, "email": []}, "123")])
def test_without_a_name(more: dict[str, Any], name: str) -> None:
    """Who has no name is called by what else is known."""
    assert who(**more).name == name


def test_name_of_an_account() -> None:
    """The name of the account comes before the address."""
    assert who(name=None, preferred_username="annie").name == "annie"


def test_hostile() -> None:
    """A name is one line of bounded length, whatever it has in it; a long id is kept as its digest."""
    assert who(name="<b>Ann</b>\n\u0000x").name == "<b>Ann</b> \ufffdx"
    assert len(who(name="n" * 1_000_000).name) == 300
    assert len(who(sub="s" * 1_000_000).owner) == 71
    assert who(sub="s" * 1_000_000).owner != who(sub="s" * 1_000_001).owner


@pytest.mark.parametrize(
    ("more", "role"),
    [
        ({}, "user"),
        ({"groups": ["finance"]}, "analyst"),
        ({"groups": "finance"}, "analyst"),
        ({"groups": "staff, it"}, "admin"),
        ({"groups": ["finance", "it", 5, None]}, "admin"),
        ({"groups": {"it": 1}}, "user"),
        ({"email": "kim@example.org"}, "user"),
        ({"email": "kim@example.org", "email_verified": False}, "user"),
        ({"email": "kim@example.org", "email_verified": True}, "admin"),
        ({"sub": "it"}, "user"),
    ],
)
def test_role(more: dict[str, Any], role: str) -> None:
    """A role comes from a group, or from an address that the provider has verified."""
    assert who(**more).role == role


def test_role_by_id() -> None:
    """A role comes from an id as it is kept as well."""
    assert who(Accounts(providers=("default",), admins=frozenset({"https://id.example.org 123"}))).role == "admin"


def test_role_by_path() -> None:
    """The claim of roles may lie in another one."""
    accounts = Accounts(providers=("default",), admins=frozenset({"it"}), roles_claim="realm_access.roles")

    assert who(accounts, realm_access={"roles": ["it"]}).role == "admin"
    assert who(accounts, realm_access="it").role == "user"


def test_kept() -> None:
    """Of a million groups a cookie keeps those that a role comes from; what it keeps says the same of the person."""
    said = claims(groups=[f"g{number}" for number in range(1_000_000)] + ["it"], extra="x" * 1_000_000)
    said["parley_groups"] = ["finance"]  # a provider cannot say what is ours to say
    kept = identity.kept({**said, "name": "n" * 5_000}, LOGIN, NOW)

    assert kept["parley_groups"] == ["it"]
    assert len(repr(kept)) < 1_000
    assert identity.person({**kept, "name": "Ann"}, LOGIN, NOW) == who(groups=["it"])


def test_rights() -> None:
    """Analysts see what all used; admins also who is here."""
    assert [(each.sees_usage, each.is_admin) for each in (Person("a", "A", role=role) for role in roles.ROLES)] == [
        (False, False),
        (True, False),
        (True, True),
    ]


def test_proxy() -> None:
    """What a proxy says is a person by its id."""
    assert forwarded(id="ann", name="Ann A.", email="a@b.c", groups="x, finance") == Person(
        "ann", "Ann A.", "a@b.c", "analyst"
    )
    assert forwarded(id="ann").name == "ann"
    assert forwarded(id="kim@example.org").role == "admin"
    assert forwarded(id=None, name="Ann") is None


@pytest.mark.parametrize("id", ["local", "local-2", "former-1", "@local"])
def test_taken(id: str) -> None:
    """Nobody comes in as whom there was before accounts, or as one who is gone."""
    assert forwarded(id=id).owner == f"@{id}"
