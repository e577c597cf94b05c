"""Who is answered: requests for an expected host, and of web pages only Parley's own.

A page of a foreign name that comes to stand for this machine (DNS rebinding) still asks under that name, for browsers
put it in Host. So Host decides, before anything else sees the request, whatever is asked for. Answered are:

- an IP address and `localhost`, with any port. No foreign page can have that for its name; orchestrators check by
  address; and behind 0.0.0.0 or the published port of a container nobody can tell which addresses are the machine's;
- the name that is listened on, where `server.address` is one;
- the names in ALLOWED_HOSTS, with any port: what a proxy passes on as Host.

All other names, no Host and several of them get 400.

Other programs on this machine have pages, too. So an Origin, where there is one, must be the address that was asked
for, port included; else the answer is 403. An Origin without a port means 80 or 443, by its scheme; a Host without one
means either, for what a proxy in front speaks is not known. Browsers say no Origin when a page shows a picture or loads
a script: there Sec-Fetch-Site, which no page can set, tells pages of other addresses, and those may link here and no
more. X-Forwarded-Host is not looked at: a request can say there what it likes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lib.config import hosts
from lib.errors import ConfigError

AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::(\d{0,5}))?", re.ASCII)
DEFAULT_PORTS = {"http": 80, "https": 443}
FOREIGN_SITES = ("cross-site", "same-site")  # https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
UNEXPECTED = "Parley does not answer under this name: add the name to the setting ALLOWED_HOSTS if it should."
FOREIGN = (
    "This request came from a page of another address than the one it asks: "
    "open Parley itself, or let the proxy before it pass on Host as it came."
)


class Address(NamedTuple):
    """A host in lower case and its port; 0 is none."""

    host: str
    port: int


def address(authority: str) -> Address | None:
    """Return what `host:port` says, None for anything else."""
    if (found := AUTHORITY.fullmatch(authority)) is None:
        return None
    return Address(found[1].lower().removesuffix("."), int(found[2] or 0))


def names(environ: Mapping[str, str], listened: str | None = None) -> tuple[str, ...]:
    """Return the names that are answered besides `localhost`: those of ALLOWED_HOSTS, and `listened`.

    A setting that cannot work names nothing here: the page says what is wrong with it.
    """
    try:
        allowed = hosts.parse(environ.get("ALLOWED_HOSTS", ""))
    except ConfigError:
        allowed = ()
    return (*allowed, listened.lower()) if listened else allowed


class ExpectedHosts:
    """Refuses requests for a host that is not expected and those of foreign pages, sockets included; pure ASGI."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = frozenset(names)
        self._suffixes = tuple(name[1:] for name in self._names if name.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with 400 or 403."""
        refusal = None if scope["type"] == "lifespan" else self._refusal(Headers(scope=scope))
        await (refusal or self._app)(_settled(scope), receive, send)

    def _refusal(self, headers: Headers) -> Response | None:
        asked = _only(headers.getlist("host"))
        if asked is None or not self._expects(asked.host):
            return PlainTextResponse(UNEXPECTED, 400)
        return PlainTextResponse(FOREIGN, 403) if _is_foreign(headers, asked) else None

    def _expects(self, host: str) -> bool:
        named = host == "localhost" or host in self._names or host.endswith(self._suffixes)
        return named or "*" in self._names or _is_ip(host)


def _only(authorities: list[str]) -> Address | None:
    return address(authorities[0]) if len(authorities) == 1 else None


def _is_foreign(headers: Headers, asked: Address) -> bool:
    """Whether a page of another address asks, for anything but to be followed by a person."""
    if headers.get("sec-fetch-site") in FOREIGN_SITES and headers.get("sec-fetch-mode") != "navigate":
        return True
    origins = headers.getlist("origin")
    return bool(origins) and not (len(origins) == 1 and _is_of(origins[0], asked))


def _is_of(origin: str, asked: Address) -> bool:
    scheme, _, authority = origin.partition("://")
    found = address(authority) if scheme in DEFAULT_PORTS else None
    if found and asked.port:
        found = Address(found.host, found.port or DEFAULT_PORTS[scheme])
    return found == asked


def _is_ip(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _settled(scope: Scope) -> Scope:
    """Return `scope` with Host as Origin has it.

    Streamlit compares them letter by letter, ports 80 and 443 included, and where they differ it asks a service on the
    internet for this machine's address.
    """
    if "origin" in (headers := MutableHeaders(raw=[*scope.get("headers", [])])):
        headers["host"] = headers["origin"].partition("://")[2]
        return {**scope, "headers": headers.raw}
    return scope
