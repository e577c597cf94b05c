"""What of an endpoint's settings is secret: every value in its headers and in its query, unless its name is harmless.

Secrets have too many names to list them: X-Jwt, X-Password, sig. What is known to be none is short.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_plus

HARMLESS_HEADERS = frozenset((
    *("accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "connection"),
    *("content-length", "content-type", "user-agent", "http-referer", "referer", "origin", "prefer", "priority"),
    *("x-title", "x-team", "x-project", "x-app", "x-application", "x-client-name", "x-client-version", "x-region"),
    *("x-environment", "anthropic-version", "anthropic-beta", "openai-beta", "ngrok-skip-browser-warning"),
))  # fmt: skip
HARMLESS_PARAMETERS = frozenset(("api-version", "api_version", "version", "v", "beta", "debug", "region", "deployment"))
HARMLESS_VALUES = frozenset(("true", "false", "null", "none"))
MIN_CHARACTERS = 4  # characters of a secret; a shorter value protects nothing, and would be found everywhere
# What comes before a secret in a header: a scheme, or the name of a cookie.
OPENING = re.compile(r"\A(?:[A-Za-z]{1,20} +|[\w.-]{1,100}=)(?=\S)", re.ASCII)
URL_QUERY = re.compile(r"(https?://[^\s\"?]{0,2000}+\?)([^\s\"]++)", re.IGNORECASE)
LEFT_OUT = "…"


def is_secret_header(name: str) -> bool:
    """Whether the value of a header that was configured is a secret."""
    return name.lower() not in HARMLESS_HEADERS


def is_secret_parameter(name: str) -> bool:
    """Whether the value of a query's parameter that was configured is a secret."""
    return name.lower() not in HARMLESS_PARAMETERS


def of_headers(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield the secrets in headers: whole values, and what of them an endpoint would name by itself."""
    for name, value in headers.items():
        if is_secret_header(name):
            parts = (OPENING.sub("", part.strip()) for part in value.split(";"))
            yield from filter(_is_secret, (value, *parts))


def of_query(query: str) -> Iterator[str]:
    """Yield the secrets in the query of a URL, as they stand there and as they are meant."""
    for pair in query.split("&"):
        name, sign, value = pair.partition("=")
        secret = value if sign else name
        if is_secret_parameter(name):
            yield from filter(_is_secret, (secret, unquote_plus(secret)))


def shown(text: str) -> str:
    """Return text with the secrets in the queries of its URLs left out."""
    return URL_QUERY.sub(lambda match: match[1] + _without(match[2]), text)


def _is_secret(value: str) -> bool:
    return len(value) >= MIN_CHARACTERS and value.lower() not in HARMLESS_VALUES


def _without(query: str) -> str:
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(_pair(name, sign, value) for name, sign, value in pairs)


def _pair(name: str, sign: str, value: str) -> str:
    if not is_secret_parameter(name):
        return name + sign + value
    return f"{name}={LEFT_OUT}" if sign else LEFT_OUT
