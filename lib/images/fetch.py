"""Pictures fetched from addresses that people give: only from public machines, and little at a time.

Whoever may make a server fetch can make it look into the network it stands in. So an address is read once, by rules
that leave no two readings of it; every machine that its name stands for must be public; and the connection goes to
the machine that was checked, not to the name, which could stand for another by then. A redirect is an address like
any other. Nothing of this server goes along: no cookie, no key, no .netrc, and no proxy of the environment is asked.
"""

from __future__ import annotations

import functools
import io
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import idna
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from lib.errors import ImageError
from lib.images.kinds import READ, sniff
from lib.net.transport import Line

Resolver = Callable[[str, int], Sequence[str]]
Connector = Callable[[str, int, float], socket.socket]


@dataclass(frozen=True)
class FetchLimits:
    """Bounds of one fetch, redirects included. Seconds and bytes; `connect` is for each machine that is tried."""

    deadline: float = 20.0
    connect: float = 5.0
    size: int = 10_000_000
    redirects: int = 3


LIMITS = FetchLimits()


@dataclass(frozen=True)
class Address:
    """A web address, taken apart. `host` is a name in ASCII, or an IP address; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port as they stand in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


@dataclass(frozen=True)
class Fetched:
    """What came: bytes that begin like a picture, and the address they came from in the end."""

    data: bytes
    url: str


PORTS = {"http": 80, "https": 443}
MAX_URL_CHARACTERS = 8_192  # characters of an address
CHUNK = 65_536
HEAD = 128  # bytes that tell what a file is
REDIRECTS = (301, 302, 303, 307, 308)
HEADERS = ("User-Agent: Parley", "Accept: image/*", "Accept-Encoding: identity", "Connection: close")
OVERHEAD = 262_144  # bytes of an answer that are not the picture
# White space, controls, and the backslash, which some readers of URLs take for a slash and others do not.
FORBIDDEN = re.compile(r"[\s\\\x00-\x1f\x7f-\xa0]")
NETLOC = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\[\]@:]+))(?::([0-9]{0,5}))?", re.IGNORECASE)
NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# The last label of a name is never a number: what ends in one is an IPv4 address, in one of its many spellings.
NUMBER = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)")
SAFE = "/%:@!$&'()*+,;=~?-._"
# Public by the registries, but relays, special purposes and one cloud's metadata; and of IPv6 what carries an IPv4
# address inside.
NOWHERE = tuple(
    map(
        ip_network,
        ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)
UNICAST = ip_network("2000::/3")  # all of IPv6 that is handed out for machines
ELSEWHERE = "Save the picture and upload it instead."
LOOK = "Check the address in a browser, or save the picture and upload it."
AGAIN = "Try again, or save the picture and upload it instead."
LIKE = "It looks like https://example.org/photo.jpg."
# What failed, in order: the first kind that fits.
REASONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (socket.gaierror, "The host {host} is not known."),
    (ssl.SSLError, "No secure connection to {host} could be made."),
    (OSError, "{host} could not be reached, or broke off."),
    (Exception, "What {host} answered cannot be understood."),
)


def resolve(host: str, port: int) -> list[str]:
    """Return the IP addresses that `host` stands for."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def connect(address: str, port: int, timeout: float) -> socket.socket:
    """Open a connection to an IP address within `timeout` seconds."""
    return socket.create_connection((address, port), timeout)


def parse(url: str, base: str = "") -> Address:
    """Take a web address apart; `base` is the one that sent here, where the address leaves something out.

    Raises ImageError for all that is no address of the web, or could be read in more than one way.
    """
    url = url.strip(" \t\r\n")
    if len(url) > MAX_URL_CHARACTERS or FORBIDDEN.search(url):
        raise ImageError("This is no web address: it is too long, or has spaces or backslashes.", hint=LIKE)
    try:
        return _parsed(urljoin(base, url))
    except ValueError as error:
        raise ImageError("This is no web address.", hint=LIKE) from error


def _parsed(url: str) -> Address:
    parts = urlsplit(url)
    if parts.scheme not in PORTS:
        raise ImageError("Only addresses that begin with http:// or https:// are fetched.", hint=ELSEWHERE)
    netloc = NETLOC.fullmatch(parts.netloc)
    if not netloc:
        raise ValueError(parts.netloc)
    six, name, port = netloc.groups()
    host = str(IPv6Address(six)) if six else _name(name.lower())
    target = quote(parts.path or "/", SAFE) + (f"?{quote(parts.query, SAFE)}" if parts.query else "")
    return Address(parts.scheme, host, _port(port, parts.scheme), target)


def _port(digits: str | None, scheme: str) -> int:
    port = int(digits or PORTS[scheme])
    if not 0 < port < 65_536:
        raise ValueError(port)
    return port


def _name(name: str) -> str:
    """Return a host as it is looked up. An IPv4 address is four decimal numbers, and nothing else is one."""
    host = (name if name.isascii() else idna.encode(name).decode()).removesuffix(".")
    if NUMBER.fullmatch(host):
        return str(IPv4Address(name))
    if not NAME.fullmatch(host):
        raise ValueError(host)
    return host


def public(address: str) -> bool:
    """Whether `address` is the IP address of a machine on the public internet."""
    try:
        machine = ip_address(address)
    except ValueError:
        return False
    if machine.is_multicast or machine.is_reserved or any(machine in network for network in NOWHERE):
        return False
    return machine.is_global and (machine.version == 4 or machine in UNICAST)


class Fetcher:
    """Fetches pictures. `resolve` and `connect` are all that asks the network: tests have their own."""

    def __init__(
        self,
        resolve: Resolver = resolve,
        connect: Connector = connect,
        limits: FetchLimits = LIMITS,
        tls: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        self._resolve = resolve
        self._connect = connect
        self._limits = limits
        self._tls = tls or _trust

    def get(self, url: str) -> Fetched:
        """Return what is at `url`, if it begins like a picture.

        Raises ImageError, in words for a person, for addresses that are not fetched from and for all that can happen
        on the way. Blocks, at most until the deadline; may be called from any thread.
        """
        address = parse(url)
        with Line(self._limits.deadline) as line:
            end = time.monotonic() + self._limits.deadline
            for _ in range(self._limits.redirects + 1):
                with _explained(address.host, line), self._asked(address, line, end) as answer:
                    if answer.status not in REDIRECTS:
                        return Fetched(self._body(answer, address.host, line), str(address))
                    address = parse(_location(answer, address.host), str(address))
        raise ImageError(f"The address redirects more than {self._limits.redirects} times.", hint=ELSEWHERE)

    @contextmanager
    def _asked(self, address: Address, line: Line, end: float) -> Iterator[HTTPResponse]:
        """Send the request to a machine that was checked, and hand over the answer."""
        machines = self._machines(address, line, end)
        with self._opened(address, machines, line, end) as sock:
            lines = [f"GET {address.target} HTTP/1.1", f"Host: {address.authority}", *HEADERS, "", ""]
            sock.sendall("\r\n".join(lines).encode())
            with HTTPResponse(_Meter(sock, self._limits.size + OVERHEAD), method="GET") as answer:  # type: ignore[arg-type]
                answer.begin()
                yield answer

    def _machines(self, address: Address, line: Line, end: float) -> list[str]:
        """Return the IP addresses of a host, all of them public."""
        host, port = address.host, address.port
        machines = [host] if _is_literal(host) else line.wait(lambda: self._resolve(host, port), _left(end))
        if not machines:
            raise socket.gaierror("no address")
        if not all(map(public, machines)):
            raise ImageError(f"{host} is not on the public internet: nothing is fetched from there.", hint=ELSEWHERE)
        return list(dict.fromkeys(machines))

    def _opened(self, address: Address, machines: Sequence[str], line: Line, end: float) -> socket.socket:
        sock = self._reached(machines, address.port, end)
        try:
            line.hold(sock)
            sock.settimeout(_left(end))
            return self._tls().wrap_socket(sock, server_hostname=address.host) if address.scheme == "https" else sock
        except BaseException:
            sock.close()
            raise

    def _reached(self, machines: Sequence[str], port: int, end: float) -> socket.socket:
        """Return a connection to the first machine that takes it."""
        *others, last = machines
        for machine in others:
            with suppress(OSError):
                return self._connect(machine, port, min(self._limits.connect, _left(end)))
        return self._connect(last, port, min(self._limits.connect, _left(end)))

    def _body(self, answer: HTTPResponse, host: str, line: Line) -> bytes:
        if answer.status != 200:
            raise ImageError(f"{host} answered with status {answer.status} instead of a picture.", hint=LOOK)
        if (answer.length or 0) > self._limits.size:
            raise _too_large(self._limits.size)
        data = bytearray(answer.read(HEAD))
        if not sniff(bytes(data)):
            raise ImageError(f"What {host} sent is not a picture that Parley reads.", hint=f"It reads {READ}. {LOOK}")
        while chunk := answer.read(CHUNK):
            data += chunk
            if len(data) > self._limits.size:
                raise _too_large(self._limits.size)
        if answer.length or line.expired:
            raise ImageError(f"What {host} sent ended before it was complete.", hint=AGAIN)
        return bytes(data)


class _Meter(io.RawIOBase):
    """What is read from a connection, counted: an answer may claim sizes that would be read without end."""

    def __init__(self, sock: socket.socket, most: int) -> None:
        self._sock = sock
        self._most = self._left = most

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return what HTTPResponse reads from, which takes this for a socket."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there; ImageError if it is too much."""
        count = self._sock.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise _too_large(self._most - OVERHEAD)
        return count


@functools.cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


def _is_literal(host: str) -> bool:
    return ":" in host or bool(NUMBER.fullmatch(host))


def _left(end: float) -> float:
    return max(0.001, end - time.monotonic())


def _location(answer: HTTPResponse, host: str) -> str:
    """Return where a redirect points to. Headers are read as Latin-1, and are often UTF-8."""
    location = answer.getheader("Location")
    if not location:
        raise ImageError(f"{host} redirects, but does not say where to.", hint=ELSEWHERE)
    return location.encode("latin-1", "replace").decode("utf-8", "replace")


def _too_large(size: int) -> ImageError:
    said = f"The picture at this address is larger than {size / 1e6:.0f} MB."
    return ImageError(said, hint="Make it smaller and upload it instead.")


@contextmanager
def _explained(host: str, line: Line) -> Iterator[None]:
    """Turn what fails on the way into words for a person; at the deadline everything fails in its own way."""
    try:
        yield
    except (ImageError, OSError, HTTPException, ValueError) as error:
        if line.expired or isinstance(error, TimeoutError):
            raise ImageError(f"{host} took too long to answer.", hint=AGAIN) from error
        if isinstance(error, ImageError):
            raise
        said = next(words for types, words in REASONS if isinstance(error, types))
        raise ImageError(said.format(host=host), hint=LOOK) from error
