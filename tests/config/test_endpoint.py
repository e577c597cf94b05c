"""One endpoint: its URLs, its key, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.config import Endpoint
from lib.errors import ConfigError

KEY = "sk-very-secret-0123456789"
URL = "https://api.example.org/v1"


@pytest.mark.parametrize(
    "base",
    [URL, f"{URL}/", f" {URL} ", f"{URL}/chat/completions", f"{URL}/chat/completions/", f"HTTPS{URL[5:]}"],
)
def test_base_url(base):
    """A base URL is accepted with and without the path, a slash, spaces and capitals."""
    assert Endpoint("e", base).completions_url == f"{URL}/chat/completions"


@pytest.mark.parametrize("tail", ["", "/", "/api/v1/chat/completions", "/api/v1/chat/completions?debug=False"])
def test_nextgpt(tail):
    """NEXTgpt's path and query come once, however the URL was copied."""
    endpoint = Endpoint("e", f"https://next.example.org{tail}", provider="nextgpt")
    assert endpoint.completions_url == "https://next.example.org/api/v1/chat/completions?debug=False"


def test_query():
    """A query of the base URL stays with every path below it."""
    endpoint = Endpoint("e", "https://az.example.org/openai?api-version=2024-06-01")
    assert endpoint.models_url == "https://az.example.org/openai/models?api-version=2024-06-01"


@pytest.mark.parametrize("tail", ["?debug=False", "?debug=True"])
def test_debug(tail):
    """NEXTgpt's switch is thrown in the URL, whatever was copied along."""
    endpoint = Endpoint("e", f"https://next.example.org/api/v1/chat/completions{tail}", provider="nextgpt")
    assert endpoint.debug_url == "https://next.example.org/api/v1/chat/completions?debug=True"
    assert endpoint.completions_url.endswith("?debug=False")


def test_debug_without():
    """Without such a switch the URL stays what it is."""
    assert Endpoint("e", URL).debug_url == f"{URL}/chat/completions"


@pytest.mark.parametrize(
    ("url", "given", "header"),
    [
        (URL, "", "Authorization"),
        (URL, "authorization", "Authorization"),
        (URL, " X-Key ", "X-Key"),
        ("https://me.openai.azure.com/openai/v1", "", "api-key"),
        ("https://me.openai.azure.com/openai/v1", "Authorization", "Authorization"),
    ],
)
def test_key_header(url, given, header):
    """The header of the key is what is given, else the vendor's."""
    assert Endpoint("e", url, key_header=given).key_header == header


def test_ipv6():
    """An IPv6 address with a port is a host."""
    assert Endpoint("e", "http://[::1]:8080/v1").models_url == "http://[::1]:8080/v1/models"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.org/v1",
        "ftp://api.example.org",
        "http://",
        "http://host:99999/v1",
        "http://host:0/v1",
        "http://host:port/v1",
        "http://[::1/v1",
        "http://a b/v1",
        "http://host/v1\nHost: other",
        "http:\\\\host\\v1",
        "file:///etc/passwd",
    ],
)
def test_bad_url(url):
    """What is not an http URL is refused with an example."""
    with pytest.raises(ConfigError, match=r"base_url of endpoint e: expected .* https://api\.openai\.com/v1"):
        Endpoint("e", url)


def test_password():
    """A password in the URL is refused without being shown."""
    with pytest.raises(ConfigError) as caught:
        Endpoint("e", f"https://user:{KEY}@api.example.org")
    assert KEY not in str(caught.value)
    assert "as a key" in caught.value.hint


def test_provider():
    """An unknown provider is refused here too."""
    with pytest.raises(ConfigError, match="provider of endpoint e: expected one of"):
        Endpoint("e", URL, provider="x")


def test_repr():
    """What is printed of an endpoint has neither key nor headers."""
    assert KEY not in repr(Endpoint("e", URL, KEY, headers={"X-Key": KEY}))


@given(st.text(max_size=60))
def test_any_url(url):
    """Any text is either refused or gives a URL of one line that can be posted to."""
    try:
        made = Endpoint("e", url).completions_url
    except ConfigError:
        return
    assert made.startswith(("http://", "https://"))
    assert made.isprintable()


@given(st.text(max_size=60))
def test_any_key(key):
    """Any text is either refused or gives a key that fits into a header."""
    try:
        made = Endpoint("e", URL, key).api_key
    except ConfigError:
        return
    assert made == key.strip()
    assert made.isascii()
    assert made.isprintable()


def test_hashed():
    """Endpoints are keys of what is kept about them: another key, or another anything, is another endpoint."""
    endpoint = Endpoint("a", URL, KEY, headers={"X-Team": "research"}, params={"seed": 1}, models=["m"])
    same = Endpoint("a", URL, KEY, headers={"X-Team": "research"}, params={"seed": 1}, models=["m"])
    others = [Endpoint("a", URL, "other"), Endpoint("a", URL, KEY), Endpoint("b", URL, KEY)]
    assert {endpoint: 1}[same] == 1
    assert len({endpoint, *others}) == 4
