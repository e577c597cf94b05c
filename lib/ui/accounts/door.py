"""The door in front of Streamlit: who a request is of, and what it may ask for; pure ASGI.

Headers that say who somebody is are taken from the proxies that are named, and from nobody else. Uploads and media
belong to the person whose pages they are on; those of visitors, who came by a link, to visitors. A login that fails
leads back to our own page, and one that succeeds to where one wanted to go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib.accounts import identity
from lib.accounts.identity import PROXY, Person
from lib.config.accounts import Accounts
from lib.ui import streamlit_internals
from lib.ui.accounts import cookies
from lib.ui.accounts.lines import Line
from lib.ui.streamlit_internals import CALLBACK, LOGIN, MEDIA, UPLOAD

FAILED = "sign-in=failed"  # what our page is told of a login that did not work
GONE = "Not found"
Came = Callable[[Person], object]
LOOKS, PAUSE = 20, 0.1  # looks at whether a file is shown, and seconds between two


def names(accounts: Accounts) -> dict[str, str]:
    """Return the claims that headers are, by header."""
    return {header: f"{PROXY}{claim}" for claim, header in accounts.headers.items()}


class Door:
    """Lets in what is somebody's own. Without accounts everything is.

    `claims_of` tells who has a browser session open, `showing` which of them show a media file; `came` is told of who
    signs in.
    """

    def __init__(
        self,
        app: ASGIApp,
        accounts: Accounts,
        base: str = "",
        claims_of: Callable[[str], Mapping[str, Any] | None] = streamlit_internals.claims_of,
        showing: Callable[[str], set[str]] = streamlit_internals.showing,
        came: Came = lambda _: None,
        pause: float = PAUSE,
    ) -> None:
        self._app = app
        self._accounts = accounts
        self._home = f"/{base.strip('/')}/" if base.strip("/") else "/"
        self._claims_of = claims_of
        self._showing = showing
        self._came = came
        self._pause = pause
        self._names = {header.lower().encode("latin-1") for header in accounts.headers.values()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with 404."""
        if scope["type"] == "lifespan" or not self._accounts.is_on:
            await self._app(scope, receive, send)
            return
        scope = self._believed(scope)
        if scope["type"] == "websocket":
            await self._carry(scope, receive, send)
            return
        if scope["type"] == "http":
            send = _Answer(self._accounts, self._home, scope, send, self._came).send
            if not await self._is_open(scope):
                await PlainTextResponse(GONE, 404)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _carry(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open a socket: one of a person is closed when their login is over."""
        line = Line(claims(scope, self._accounts), self._accounts, receive, send, self._home)
        if line.person:
            await line.carry(self._app, scope)
        else:
            await self._app(scope, receive, send)

    def _believed(self, scope: Scope) -> Scope:
        """Return a request without what it says of a person, unless a named proxy says it, once."""
        said = [name for name, _ in scope["headers"] if name in self._names]
        if not said or (is_named(scope, self._accounts) and len(said) == len(set(said))):
            return scope
        return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name not in self._names]}

    async def _is_open(self, scope: Scope) -> bool:
        path = scope["path"].removeprefix(self._home.rstrip("/"))
        upload, media = UPLOAD.search(path), MEDIA.search(path)
        who = self.person(scope) if upload or media else None
        if upload:
            return self._has(who, {upload[1]})
        return not media or await self._shows(who, media[1])

    async def _shows(self, who: Person | None, file: str) -> bool:
        """Return whether a page of theirs shows a file: a page that is being drawn anew says so a moment later."""
        for _ in range(LOOKS):
            if self._has(who, self._showing(file)):
                return True
            await asyncio.sleep(self._pause)
        return False

    def _has(self, who: Person | None, sessions: set[str]) -> bool:
        return any(self._owner(session) == (who.owner if who else None) for session in sessions)

    def _owner(self, session: str) -> str | None:
        """Return whose a browser session is, None for a visitor's; "" for one that there is not."""
        if (said := self._claims_of(session)) is None:
            return ""
        who = identity.person(said, self._accounts, datetime.now(UTC))
        return who.owner if who else None

    def person(self, scope: Scope) -> Person | None:
        """Return who a request is of."""
        return identity.person(claims(scope, self._accounts), self._accounts, datetime.now(UTC))


def claims(scope: Scope, accounts: Accounts) -> Mapping[str, Any]:
    """Return what a request says of who it is of."""
    headers = Headers(scope=scope)
    if accounts.headers:
        return {claim: headers.get(header) for header, claim in names(accounts).items()}
    return streamlit_internals.signed_in(cookies.read(headers.getlist("cookie")))


def is_named(scope: Scope, accounts: Accounts) -> bool:
    """Whether a named proxy asks.

    uvicorn puts the address that a proxy on this machine forwards in the place of the proxy's own, with the port 0.
    """
    host, port = scope.get("client") or ("", 0)
    try:
        address = ip_address(host if port else "127.0.0.1")
    except ValueError:
        return False
    return bool(host) and any(address in network for network in accounts.proxies)


class _Answer:
    """An answer on its way to the browser."""

    def __init__(
        self, accounts: Accounts, home: str, scope: Scope, send: Send, came: Callable[[Person], object]
    ) -> None:
        self._accounts = accounts
        self._came = came
        self._home = home
        self._scope = scope
        self._send = send
        self._path = scope["path"].removeprefix(home.rstrip("/")).strip("/")
        self._is_replaced = False

    async def send(self, message: Message) -> None:
        """Send it on: how a login ends is ours to say."""
        if message["type"] == "http.response.start":
            message = self._settled(message)
        elif self._is_replaced:
            message = {**message, "body": b""}
        await self._send(message)

    def _settled(self, message: Message) -> Message:
        headers = list(message["headers"])
        if self._path == LOGIN:
            status, headers = self._begun(message["status"], headers)
        elif self._path == CALLBACK:
            status, headers = self._ended(headers)
        else:
            status = message["status"]
        return {**message, "status": status, "headers": cookies.secured(headers) if self._is_secure else headers}

    @property
    def _is_secure(self) -> bool:
        forwarded = Headers(scope=self._scope).get("x-forwarded-proto") if is_named(self._scope, self._accounts) else ""
        return self._accounts.is_secure or self._scope["scheme"] == "https" or forwarded == "https"

    def _begun(self, status: int, headers: cookies.Headers) -> tuple[int, cookies.Headers]:
        if status >= HTTPStatus.BAD_REQUEST or _location(headers) in ("", self._home):
            return self._failed(headers)
        to = parse_qs(self._scope["query_string"].decode("latin-1")).get("next", [""])[0]
        return status, [*headers, cookies.remembered(to, self._home)]

    def _ended(self, headers: cookies.Headers) -> tuple[int, cookies.Headers]:
        headers, kept = cookies.granted(headers, self._accounts, self._home, datetime.now(UTC))
        if not kept:
            return self._failed(headers)
        if who := identity.person(kept, self._accounts, datetime.now(UTC)):
            self._came(who)
        to = cookies.wanted(cookies.read(Headers(scope=self._scope).getlist("cookie")))
        return 302, _led(headers, quote(to, safe="/?&=%") or self._home)

    def _failed(self, headers: cookies.Headers) -> tuple[int, cookies.Headers]:
        self._is_replaced = True
        return 302, _led(headers, f"{self._home}?{FAILED}")


def _location(headers: cookies.Headers) -> str:
    return next((value.decode("latin-1") for name, value in headers if name.lower() == b"location"), "")


def _led(headers: cookies.Headers, to: str) -> cookies.Headers:
    """Return the headers of an answer without a body, which leads elsewhere."""
    others = [each for each in headers if each[0].lower() not in (b"location", b"content-length", b"content-type")]
    return [*others, (b"location", to.encode("latin-1")), (b"content-length", b"0")]
