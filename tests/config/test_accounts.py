"""Who may come in: what is read, and what is refused."""

from __future__ import annotations

import tomllib
from ipaddress import ip_network

import pytest

from lib.config import settings
from lib.config.accounts import Accounts
from lib.errors import ConfigError

LOGIN = """
[auth]
redirect_uri = "https://chat.example.org/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "parley"
client_secret = "secret-of-the-client"
server_metadata_url = "https://id.example.org/.well-known/openid-configuration"
"""
SEVERAL = """
[auth]
redirect_uri = "http://127.0.0.1:8501/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
[auth.work]
client_id = "a"
client_secret = "b"
server_metadata_url = "https://id.example.org/x"
"""
PROXY = '[accounts]\nproxies = ["10.0.0.7"]\nheaders = {id = "X-User", email = "X-Email"}\n'


def load(toml: str = "", **environ: str) -> Accounts:
    """Read the text of a secrets.toml and an environment."""
    return Accounts.load(environ, tomllib.loads(toml))


def test_nothing() -> None:
    """With nothing said, Parley is one person's."""
    assert load() == Accounts()
    assert not load().is_on


def test_login() -> None:
    """[auth] makes people sign in; what is secret in it is known as such, and shown by no repr."""
    found = load(LOGIN)

    assert (found.providers, found.is_on, found.is_secure) == (("default",), True, True)
    assert found.secrets == ("0123456789abcdef0123456789abcdef", "secret-of-the-client")
    assert "secret-of" not in repr(found)


def test_several() -> None:
    """Several providers have names, and one without a name may be beside them."""
    assert load(SEVERAL).providers == ("work",)
    assert load(f'{LOGIN}[auth.work]\nclient_id="a"\nclient_secret="b"\nserver_metadata_url="c"').providers == (
        "default",
        "work",
    )


def test_mark() -> None:
    """Whether two sign cookies with the same secret is told by a mark that says nothing else of it."""
    other = LOGIN.replace("0123", "0124")

    assert load(LOGIN).mark == load(SEVERAL).mark != load(other).mark
    assert len(load(LOGIN).mark) == 8
    assert load(PROXY).mark == ""


def test_proxy() -> None:
    """A proxy is believed on its headers, from the addresses that are named."""
    found = load(PROXY)

    assert (found.is_on, found.headers) == (True, {"id": "X-User", "email": "X-Email"})
    assert found.proxies == (ip_network("10.0.0.7"),)


def test_environment() -> None:
    """The environment comes first."""
    said = {"USER_HEADER": "X-Id", "TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,", "ADMINS": "it, kim", "ANALYSTS": "fin"}
    found = load(PROXY, ALLOW_ANYONE="yes", SESSION_HOURS="3", ROLES_CLAIM="realm_access.roles", **said)

    assert found.headers == {"id": "X-Id", "email": "X-Email"}
    assert found.proxies == (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"))
    assert (found.admins, found.analysts) == ({"it", "kim"}, {"fin"})
    assert (found.anyone, found.hours, found.roles_claim) == (True, 3, "realm_access.roles")


@pytest.mark.parametrize("to", ["", "/oauth2/sign_out", "https://id.example.org/out"])
def test_sign_out(to: str) -> None:
    """A proxy's own sign-out is an address or a path."""
    assert load(f'[accounts]\nsign_out = "{to}"').sign_out == to


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("auth = 1", "[auth]"),
        ("[accounts]\nadmin = []", "admin of"),
        ("[accounts]\nadmins = 'it'", "admins of"),
        ("[accounts]\nadmins = [1]", "admins of"),
        ("[accounts]\nroles_claim = ''", "roles_claim"),
        ("[accounts]\nsession_hours = 0", "SESSION_HOURS"),
        ("[accounts]\nsession_hours = 'x'", "SESSION_HOURS"),
        ("[accounts]\nsign_out = '//evil.example'", "sign_out"),
        ("[accounts]\nsign_out = 'javascript:alert(1)'", "sign_out"),
        ("[accounts]\nheaders = 1", "headers"),
        ("[accounts.headers]\nuser = 'X'", "headers"),
        ("[accounts.headers]\nname = 'X'", "for the id"),
        ("[accounts.headers]\nid = 'X'", "proxies"),
        ("[accounts]\nproxies = ['nginx']", "proxies"),
        (LOGIN + PROXY, "either"),
        (LOGIN.replace("/oauth2callback", "/"), "redirect_uri"),
        (LOGIN.replace("0123456789abcdef", "", 1), "cookie_secret"),
        (LOGIN.replace('client_id = "parley"', ""), "client_id"),
        (SEVERAL.replace('client_secret = "b"', ""), "client_secret of [auth.work]"),
        (SEVERAL.replace("work", "my_work"), "underscores"),
    ],
)
def test_refused(toml: str, said: str) -> None:
    """What cannot work is named, with an example, and without a secret."""
    with pytest.raises(ConfigError) as caught:
        load(toml)

    assert said in str(caught.value)
    assert "for example" in str(caught.value)
    assert "secret-of" not in str(caught.value)


def test_file(tmp_path) -> None:
    """It is read from the file as settings are, and comes with them."""
    path = tmp_path / "secrets.toml"
    path.write_text(LOGIN, encoding="utf-8")

    assert settings.accounts({}, path) == load(LOGIN) == settings.Settings.load({}, path).accounts
