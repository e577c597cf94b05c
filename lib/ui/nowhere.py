"""Addresses that do not exist lead to one quiet page with the way home; Streamlit would show the chat there."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lib.ui import navigation, streamlit_internals

PAGE = Path(__file__).parent / "static" / "nowhere.html"
OURS = frozenset(("", *navigation.PATHS, "favicon.png", "healthz", "readyz", "metrics"))
BELOW = ("parley", *streamlit_internals.ROOTS)  # what has more below it


class Nowhere:
    """Answers what asks for an address that is nothing's, below the base path `base`, with 404; pure ASGI."""

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        self._app = app
        self._prefix = f"/{base.strip('/')}" if base.strip("/") else ""
        self._page = PAGE.read_text(encoding="utf-8").replace("{home}", f"{self._prefix}/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        lost = scope["type"] == "http" and not self._leads_somewhere(scope["path"])
        await (self._answer() if lost else self._app)(scope, receive, send)

    def _leads_somewhere(self, path: str) -> bool:
        is_outside = self._prefix and not f"{path}/".startswith(f"{self._prefix}/")
        if is_outside or path.startswith("//"):  # which Streamlit would refuse with two bare words
            return False
        asked = path.removeprefix(self._prefix).strip("/")
        return asked in OURS or asked.partition("/")[0] in BELOW

    def _answer(self) -> Response:
        return HTMLResponse(self._page, 404, {"Cache-Control": "no-cache"})
