"""The names in ALLOWED_HOSTS."""

from __future__ import annotations

import pytest

from lib.config import Settings, hosts
from lib.errors import ConfigError


def test_none() -> None:
    """Nothing is a list without names."""
    assert hosts.parse(" , ") == ()


def test_names() -> None:
    """Names are compared in lower case, without spaces and the dot of the root."""
    assert hosts.parse("Chat.Example.org., *.example.net,box") == ("chat.example.org", "*.example.net", "box")


@pytest.mark.parametrize("name", ["*", "127.0.0.1", "[::1]", "::1", "xn--bcher-kva.example"])
def test_taken(name: str) -> None:
    """Every name, an address and a name in its ASCII form can be given."""
    assert hosts.parse(name) == (name,)


@pytest.mark.parametrize(
    "name",
    ["https://chat.example.org", "chat.example.org:8501", "a b", "*.*", "a.*", "*a", "bücher.example", "a/b"],
)
def test_refused(name: str) -> None:
    """What is no name is refused with what was expected, and not repeated."""
    with pytest.raises(ConfigError, match="ALLOWED_HOSTS: expected names of hosts") as caught:
        hosts.parse(f"localhost,{name}")

    assert name not in str(caught.value).split("expected")[0]


def test_setting() -> None:
    """A wrong name is found when the settings are read, like everything else that cannot work."""
    with pytest.raises(ConfigError, match="ALLOWED_HOSTS"):
        Settings.load({"ALLOWED_HOSTS": "https://chat.example.org"})

    assert Settings.load({"ALLOWED_HOSTS": "chat.example.org"}).allowed_hosts == ("chat.example.org",)
