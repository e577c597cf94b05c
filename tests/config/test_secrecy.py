"""What of an endpoint's settings is secret."""

from __future__ import annotations

import pytest

from lib.config import Endpoint, secrecy

SECRET = "s3cr3t-0123"
NAMES = (
    *("X-Password", "X-Jwt", "X-Signature", "X-Credential", "X-Session", "X-Pin", "X-Access-Code", "Cookie", "X-Id"),
    *("Ocp-Apim-Subscription", "X-Sas", "Authorization", "Proxy-Authorization", "x-api-key", "Anything"),
)


@pytest.mark.parametrize("name", NAMES)
def test_headers(name: str) -> None:
    """Every header that was configured is secret."""
    assert SECRET in Endpoint("e", "http://h/v1", headers={name: SECRET}).secrets


@pytest.mark.parametrize("name", ["User-Agent", "accept", "X-Title", "HTTP-Referer", "X-Team", "anthropic-version"])
def test_harmless_headers(name: str) -> None:
    """But for those whose names are known to be harmless."""
    assert Endpoint("e", "http://h/v1", headers={name: SECRET}).secrets == ()


@pytest.mark.parametrize("value", [f"Bearer {SECRET}", f"Basic  {SECRET}", f"sid={SECRET}", f"a=b; sid={SECRET}; c"])
def test_parts_of_headers(value: str) -> None:
    """What stands behind a scheme or a cookie's name is secret by itself, too."""
    assert {value, SECRET} <= set(Endpoint("e", "http://h/v1", headers={"X": value}).secrets)


def test_query() -> None:
    """Every parameter of the base URL is secret, as it stands there and as it is meant; a version is not."""
    url = f"http://h/v1?api-key={SECRET}&sig=a%2Fb%2Bc&api-version=2024-10-21&{SECRET}9&x=1&debug=True"

    assert Endpoint("e", url, "sk-key").secrets == ("sk-key", SECRET, "a%2Fb%2Bc", "a/b+c", f"{SECRET}9")


def test_no_secrets() -> None:
    """What nobody would call a secret is none: it would be masked wherever it stands."""
    assert Endpoint("e", "http://h/v1?stream=true&n=1", headers={"X-Cache": "True", "X-Level": "3"}).secrets == ()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://h/v1", "https://h/v1"),
        ("https://h/v1?key=sk-secret&x=1", "https://h/v1?key=…&x=…"),
        ("https://h/v1?api-version=2024-10-21&sig=abc", "https://h/v1?api-version=2024-10-21&sig=…"),
        ("https://h/v1?sk-secret&debug", "https://h/v1?…&debug"),
        ("HTTP://h?a=b then http://i/?c=d&v=2", "HTTP://h?a=… then http://i/?c=…&v=2"),
        ('Set base_url = "https://h/v1?key=sk-secret".', 'Set base_url = "https://h/v1?key=…".'),
        ("Really? No=1", "Really? No=1"),
    ],
)
def test_shown(url: str, words: str) -> None:
    """Of the queries of URLs only what is harmless is shown."""
    assert secrecy.shown(url) == words
