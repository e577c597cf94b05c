"""What stands around the pages: what is let in, security headers, /healthz, start and stop, the last resort."""

from __future__ import annotations

import asyncio
import base64
import gc
import hashlib
import logging
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from importlib import import_module
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lib import metrics
from lib.accounts.identity import Person
from lib.config import settings
from lib.config.accounts import Accounts
from lib.errors import ChatError, ConfigError
from lib.ui import background, device, hosts, navigation, problems, slow_clients, streamlit_internals, theme
from lib.ui import log as logs
from lib.ui.accounts import door, lines, start
from lib.ui.compressed import Compressed
from lib.ui.draining import Draining
from lib.ui.health import Health
from lib.ui.hosts import ExpectedHosts
from lib.ui.nowhere import Nowhere
from lib.ui.scrape import Scrape
from lib.ui.sockets import SocketLimit
from lib.ui.uploads import UploadLimit

log = logging.getLogger("parley")

FIRST_PAGE = ("transcript", "actions", "nextgpt_form", "finder")  # what pages/chat.py is made of
END_SECONDS = 1  # that the end waits for browsers to read what they asked for
CLOSE_SECONDS = 10  # and then for what is running to be saved

# Known to work with Streamlit 1.67: mermaid, KaTeX, icons, code and charts still draw. Its camera reads the picture it
# took from a data URL, by which nothing leaves the browser.
POLICY = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; "
    "script-src 'self' {scripts} 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self' data:; "
    "worker-src 'self' blob:; frame-src 'self'"
)


def policy(index: str) -> str:
    """Return the Content-Security-Policy for Streamlit's `index` page: its inline scripts are allowed by hash."""
    scripts = re.findall(r"<script>(.*?)</script>", index, re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return POLICY.format(scripts=" ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests))


class SecurityHeaders:
    """Adds the security headers to every HTTP response; pure ASGI, so that streams and sockets pass untouched."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the headers as the response starts."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *self._headers]}
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Open the runtime in the background, so that the first page finds it warm; close it at the end.

    A database that hangs holds up neither. When the server is told to end, what is running may do so first.
    """
    logs.install(as_json=os.environ.get("LOG_FORMAT", "").strip().lower() == "json")
    start.check(ACCOUNTS)
    streamlit_internals.bound_the_end(END_SECONDS)
    streamlit_internals.keep_files_apart()
    streamlit_internals.keep_sessions()
    slow_clients.bound(streamlit_internals.serving())
    Draining(_drain).install()
    opening = background.begin(_open)
    watching = asyncio.ensure_future(lines.watch(_look)) if ACCOUNTS.is_on else None
    yield
    if watching:
        watching.cancel()
    await closed(background.begin(partial(_close, opening)))


async def closed(closing: Future[Any], seconds: float = CLOSE_SECONDS) -> None:
    """Wait until all is saved and closed, at most so long."""
    if await background.ended(closing, seconds):
        closing.result()
    else:
        log.warning("What was running could not be saved within %s s; the next start marks it.", seconds)


def on_script_error(error: Exception) -> bool:
    """Show a short message with an id; the log has the rest under the same id."""
    if streamlit_internals.is_shown(error):
        return True
    if isinstance(error, ChatError):
        problems.show(error)
        return True
    reference = secrets.token_hex(4)
    log.error("Error %s: %s: %s", reference, type(error).__name__, error)
    st.error(f"Something went wrong on this page (error {reference}). Reload it to go on; nothing stored is lost.")
    return True


# The runtime and the first page are imported late and in a thread: together they take half a second to load, and the
# server answers meanwhile, while a browser is busy with Streamlit's scripts.
def _open() -> None:
    with _kept():
        try:
            _load()
        except Exception:  # the end waits for this, and saves what others have begun all the same
            log.exception("Parley was not opened at its start. Whoever asks for a page, or for /healthz, opens it.")


def _load() -> None:
    from lib import runtime

    if METRICS_TOKEN:
        metrics.start()
    try:
        runtime.current()
    except ChatError as error:
        log.critical("%s %s", error, error.hint)
    for module in FIRST_PAGE:
        import_module(f"lib.ui.chat.{module}")


@contextmanager
def _kept() -> Iterator[None]:
    """Have no garbage looked for in what is loaded now: it stays.

    That takes a seventh of the time of loading, and 80 ms afterwards, now and then, amid a stream or a click.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _look() -> Callable[[Person], bool]:
    from lib.ui.accounts import audit

    return audit.look()


def _came(person: Person) -> None:
    from lib.ui.accounts import audit

    audit.came(person)


def _ping() -> None:
    from lib import runtime

    runtime.current().store.ping()


def _ready() -> str:
    from lib import runtime

    return runtime.check_ready()


def _drain() -> None:
    from lib import runtime

    runtime.drain()


def _close(opening: Future[None]) -> None:
    from lib import runtime

    opening.result()
    runtime.use(None)


def release() -> None:
    """Give back what browser sessions held that are gone for good, and close the temporary chats that they had."""
    streamlit_internals.release()
    background.begin(_close_left)


def _close_left() -> None:
    from lib.ui import temporary

    temporary.close_left()


async def icon(_: Request) -> FileResponse:
    """Answer with our icon where Streamlit's frontend asks for its own."""
    return FileResponse(theme.STATIC / "icon.png")


async def script(_: Request) -> Response:
    """Answer with our scripts. Another version has another address."""
    kept = {"Cache-Control": "max-age=31536000, immutable"}
    return Response(theme.SCRIPT, media_type="text/javascript", headers=kept)


async def index(request: Request) -> HTMLResponse:
    """Answer with the page that loads everything else; the device of who votes in a room gets a name, which is random.

    Its cookie is the only one that Parley sets without a login.
    """
    answer = HTMLResponse(INDEX, headers={"Cache-Control": "no-cache"})
    if "vote" in request.query_params and not device.is_name(request.cookies.get(device.COOKIE, "")):
        secure = request.url.scheme == "https"
        answer.set_cookie(device.COOKIE, device.new(), device.SECONDS, secure=secure, httponly=True, samesite="strict")
    return answer


def routes(base: str) -> list[BaseRoute]:
    """Return what is served beside Streamlit's own, below the base path `base`."""
    prefix = f"/{base.strip('/')}" if base.strip("/") else ""
    return [
        *(Route(f"{prefix}/{path}", index) for path in ("", *navigation.PATHS)),
        Route(f"{prefix}/favicon.png", icon),
        Route(f"{prefix}/healthz", Health(_ping).answer),
        Route(f"{prefix}/readyz", Health(_ready).answer),
        Route(f"{prefix}/metrics", Scrape(METRICS_TOKEN).answer),
        Route(f"{prefix}/parley/scripts.js", script),
        Mount(f"{prefix}/parley", StaticFiles(directory=theme.STATIC)),
    ]


def accounts() -> Accounts:
    """Return who may come in. With a setting that cannot work nobody may; the page says what is wrong with it."""
    try:
        return settings.accounts(os.environ)
    except ConfigError:
        return start.LOCKED


ACCOUNTS = accounts()
streamlit_internals.believe({**streamlit_internals.believed(), **door.names(ACCOUNTS)})
INDEX = theme.index()
HEADERS = {
    "Content-Security-Policy": policy(INDEX),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",  # no page of another address shows or loads what is here
    "Cross-Origin-Opener-Policy": "same-origin",  # ... nor holds on to a window that it opened here
    "X-DNS-Prefetch-Control": "off",  # a link in an answer is not looked up before it is clicked
}
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "").strip()
BASE = st.get_option("server.baseUrlPath") or ""
ROUTES = routes(BASE)
MIDDLEWARE = [
    Middleware(SecurityHeaders, headers=HEADERS),
    Middleware(ExpectedHosts, names=hosts.names(os.environ, st.get_option("server.address"))),
    Middleware(door.Door, accounts=ACCOUNTS, base=BASE, came=_came),
    Middleware(UploadLimit),
    Middleware(SocketLimit, release=release),
    Middleware(Nowhere, base=BASE),
    Middleware(Compressed, base=BASE),
]
