"""The way to an endpoint: limits, a line that can be cut from another thread, and what its failures mean."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any, Self, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
)
from urllib3.exceptions import SSLError as WrappedSSLError
from urllib3.poolmanager import PoolManager

from lib.errors import RequestError
from lib.net.chunked import Body

Result = TypeVar("Result")
Options = Iterable[tuple[int, int, int | bytes]]

# Linger, for no time at all: closed like this, a connection is reset. An endpoint that waits with a full buffer would
# hear of a mere end only after a minute.
AT_ONCE = struct.pack("ii", 1, 0)


class RefusedError(RequestError):
    """Nothing was listening, so not a byte was sent."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one call. Seconds and bytes; `patience` is the longest Retry-After that is waited for.

    `breath` is what lies at least between two reads of an answer that comes in many small pieces.
    """

    connect: float = 5.0
    read: float = 60.0
    deadline: float = 900.0
    size: int = 64 * 1024 * 1024
    retries: int = 2
    patience: float = 30.0
    breath: float = 0.0


class Line:
    """The connection of one call. `cut` may be called from any thread and ends what blocks at once.

    That is a name that is looked up, a connection that is being made, a read.

    `sent` and `received` are the bytes of the bodies, of the last attempt, unpacked.
    """

    def __init__(self, deadline: float) -> None:
        self.ended = threading.Event()
        self.expired = False
        self.sent = self.received = 0
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._awaited: Future[Any] = Future()
        self._timer = threading.Timer(deadline, self.expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._drop()

    def hold(self, sock: socket.socket) -> None:
        """Remember the connection, by a descriptor of our own: TLS takes the first one over."""
        with self._lock:
            self._drop()
            self._socket = socket.socket(fileno=os.dup(sock.fileno()))
        if self.ended.is_set():
            self.cut()

    def wait(self, work: Callable[[], Result], timeout: float | None = None) -> Result:
        """Return what `work` returns, or raise what it raises: it cannot be interrupted, so nobody waits longer.

        Raises TimeoutError after `timeout` seconds, ConnectionAbortedError once the line is cut.
        """
        self._awaited = future = Future[Result]()
        if self.ended.is_set():
            raise ConnectionAbortedError
        threading.Thread(target=_work, args=(work, future), name="wait", daemon=True).start()
        try:
            return future.result(timeout)
        except CancelledError:
            raise ConnectionAbortedError from None

    def cut(self) -> None:
        """Shut the connection down, now or as soon as there is one."""
        self.ended.set()
        self._awaited.cancel()
        with self._lock, suppress(OSError):
            if self._socket:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                self._socket.shutdown(socket.SHUT_RDWR)

    def expire(self) -> None:
        """Cut because the deadline has come."""
        self.expired = True
        self.cut()

    def _drop(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket = None


def _work(work: Callable[[], Result], future: Future[Result]) -> None:
    with suppress(InvalidStateError):  # nobody waits any more
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001  # is raised where the result is waited for
            future.set_exception(error)


def dial(
    line: Line,
    host: str,
    port: int,
    timeout: float | None,
    options: Options = (),
    look_up: Callable[..., Any] = socket.getaddrinfo,
) -> socket.socket:
    """Open a connection that `line` holds before it is made, to the first address of `host` that takes it.

    `timeout` is for looking the name up, and for each address. Raises OSError.
    """
    try:
        found = line.wait(lambda: look_up(host, port, type=socket.SOCK_STREAM), timeout)
    except TimeoutError as error:
        raise socket.gaierror(socket.EAI_AGAIN, "no answer in time") from error
    failed = OSError("the name has no address")
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            return _reach(line, sock, address, timeout, options)
        except OSError as error:
            sock.close()
            failed = error
    raise failed


def _reach(line: Line, sock: socket.socket, address: Any, timeout: float | None, options: Options) -> socket.socket:
    for option in options:
        sock.setsockopt(*option)
    sock.settimeout(timeout)
    line.hold(sock)
    if not line.ended.is_set():
        sock.connect(address)  # Linux ends this when the line is cut; elsewhere nobody waits for it after a Stop
    if line.ended.is_set():
        raise ConnectionAbortedError
    return sock


_line: ContextVar[Line] = ContextVar("line")


@contextmanager
def using(line: Line) -> Iterator[None]:
    """Hand connections that are opened or reused in this context to `line`; there are none without one."""
    token = _line.set(line)
    try:
        yield
    finally:
        _line.reset(token)


class Connection(HTTPConnection):
    response_class = Body

    def _new_conn(self) -> socket.socket:
        host = self._dns_host.strip("[]")
        try:
            return dial(_line.get(), host, self.port, self.timeout, self.socket_options or ())
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "no answer in time") from error
        except OSError as error:
            raise NewConnectionError(self, "no connection") from error

    def request(self, *args: Any, **options: Any) -> None:
        if self.sock:
            _line.get().hold(self.sock)
        super().request(*args, **options)


class SecureConnection(Connection, HTTPSConnection):
    pass


class Pool(HTTPConnectionPool):
    ConnectionCls = Connection


class SecurePool(HTTPSConnectionPool):
    ConnectionCls = SecureConnection


class Adapter(HTTPAdapter):
    """Sends each request once, over connections that a Line can cut."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _use_pools(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        return _use_pools(super().proxy_manager_for(*args, **options))


def _use_pools(manager: PoolManager) -> PoolManager:
    manager.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}
    return manager


class Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Do not even look where a redirect points to: it may be no URL at all."""


def session_for(host: str) -> requests.Session:
    """Return a session that keeps no cookies; proxies of the environment are not for loopback hosts."""
    session = Session()
    session.trust_env = not is_loopback(host)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter())
    return session


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost" or host.lower().rstrip(".").endswith(".localhost")


def explain(error: BaseException, host: str, limits: Limits) -> RequestError:
    """Return what a failure of requests, urllib3 or the socket means, in words for a person."""
    for types, kind, words, hint in EXPLANATIONS:
        if _among(error, *types):
            said = words.format(host=host, cause=_tls(error), connect=limits.connect, read=limits.read)
            make = RefusedError if ConnectionRefusedError in types else RequestError
            return make(said, kind=kind, hint=hint)
    reason = next((cause.errno for cause in _causes(error) if isinstance(cause, OSError) and cause.errno), None)
    said = f"The connection to {host} broke off{f' ({os.strerror(reason)})' if reason else ''}."
    return RequestError(said, hint=_CHECK_ALIVE)


_CHECK_ALIVE = "Check that the endpoint is still running, then press Retry."
_CHECK_NAME = "Check the host name in the base URL, and that this machine can look names up."
_CHECK_TLS = "Check whether the base URL should begin with http:// or https://, and the certificate of the endpoint."
_CHECK_PROXY = "Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY of this machine."
_CHECK_URL = "Check the base URL and the headers of this endpoint."

Explanation = tuple[tuple[type[BaseException], ...], str, str, str | None]
# In order: the first type found anywhere in the chain of causes explains the failure.
EXPLANATIONS: tuple[Explanation, ...] = (
    ((NameResolutionError, socket.gaierror), "connection", "The host {host} is not known.", _CHECK_NAME),
    (
        (ssl.SSLError, WrappedSSLError, requests.exceptions.SSLError),
        "connection",
        "No secure connection to {host} could be made ({cause}).",
        _CHECK_TLS,
    ),
    ((ProxyError,), "connection", "The proxy on the way to {host} did not pass the request on.", _CHECK_PROXY),
    ((ConnectionRefusedError,), "connection", "Nothing answers at {host}: the connection was refused.", None),
    ((ConnectTimeoutError,), "timeout", "{host} did not accept a connection within {connect:g} s.", None),
    ((ReadTimeoutError, TimeoutError), "timeout", "{host} sent nothing for {read:g} s.", None),
    ((DecodeError,), "protocol", "The answer of {host} is compressed in a way that cannot be read.", None),
    (
        (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader, UnicodeError),
        "bad_request",
        "The request to {host} could not be put together.",
        _CHECK_URL,
    ),
)


def _among(error: BaseException, *types: type[BaseException]) -> BaseException | None:
    return next((cause for cause in _causes(error) if isinstance(cause, types)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what lies behind it; requests and urllib3 keep that in several places."""
    todo, seen = [error], set[int]()
    while todo:
        cause = todo.pop()
        if id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            behind = (getattr(cause, "reason", None), *cause.args, cause.__cause__, cause.__context__)
            todo += [item for item in behind if isinstance(item, BaseException)]


def _tls(error: BaseException) -> str:
    """Return why TLS failed, in its own words. Of other errors the text may quote a URL and is not for showing."""
    cause = _among(error, ssl.SSLError)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {cause.verify_message}"
    return str(getattr(cause, "reason", None) or "no reason given").replace("_", " ").lower()
