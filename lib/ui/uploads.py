"""Files on their way in: what one browser session has in memory at a time, and all together; and freeing it.

Streamlit bounds each file, not their number, and keeps all of them until the browser's tab is closed, or longer.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lib.errors import ImageError
from lib.ui import streamlit_internals
from lib.ui.streamlit_internals import UPLOAD, held, held_in_all, release

# Bytes of a batch's images. Batches themselves are not asked: with them comes the database library, a quarter of the
# time until the server listens.
BATCH = 200_000_000
MAX_BYTES = BATCH + 1_000_000  # bytes: with what is around them on the wire
MAX_TOTAL_BYTES = 3 * MAX_BYTES  # of all sessions
UNKNOWN = MAX_BYTES  # bytes that an upload is taken for which does not say how long it is
PICTURE, EXPORT = 20, 190  # MB that one file may have, which the browser is told
SESSIONS = 1000  # of which it is known that something was left out

FULL = f"at most {BATCH / 1e6:.0f} MB come in at a time."
CROWDED = "there is no room for more at the moment, for others are adding files, too."
SMALLER, LATER = "Add fewer files at a time, or smaller ones.", "Try again in a few minutes."

# How many, and why the last of them.
_left_out: OrderedDict[str, tuple[int, str]] = OrderedDict()


def forget(files: Iterable[object]) -> None:
    """Free the bytes of uploads, which the page has taken over."""
    for file in files:
        streamlit_internals.forget(file)


def left_out() -> ImageError | None:
    """Return why files of this session were refused on their way in since this was last asked, None if none was."""
    number, why = _left_out.pop(session, (0, "")) if (session := streamlit_internals.session()) else (0, "")
    if not number:
        return None
    files = "1 file was" if number == 1 else f"{number} files were"
    return ImageError(f"{files} not taken: {why}", hint=LATER if why == CROWDED else SMALLER)


class UploadLimit:
    """Refuses uploads by which one session would have more than `most` bytes in memory, or all of them `total`.

    Pure ASGI. `release` gives back what is held for nobody.
    """

    def __init__(
        self,
        app: ASGIApp,
        held: Callable[[str], int] = held,
        held_in_all: Callable[[], int] = held_in_all,
        release: Callable[[], object] = release,
        *,
        most: int = MAX_BYTES,
        total: int = MAX_TOTAL_BYTES,
    ) -> None:
        self._app = app
        self._held = held
        self._held_in_all = held_in_all
        self._release = release
        self._most = most
        self._total = total
        self._coming: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with 413."""
        is_upload = scope["type"] == "http" and scope["method"] == "PUT"
        found = UPLOAD.search(scope["path"]) if is_upload else None
        if found is None:
            await self._app(scope, receive, send)
        else:
            await self._upload(found[1], scope, receive, send)

    async def _upload(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        length = Headers(scope=scope).get("content-length", "")
        size = int(length) if length.isdecimal() else UNKNOWN
        if why := self._refusal(session, size):
            _note(session, why)
            await _drain(receive, UNKNOWN)
            await Response(f"Not taken: {why}", 413)(scope, receive, send)
            return
        self._coming[session] += size
        try:
            await self._app(scope, receive, send)
        finally:
            self._coming[session] -= size
            self._coming += Counter()  # forgets those with nothing on the way

    def _refusal(self, session: str, size: int) -> str:
        if self._held(session) + self._coming[session] + size > self._most:
            return FULL
        if self._is_too_much(size):
            self._release()
        return CROWDED if self._is_too_much(size) else ""

    def _is_too_much(self, size: int) -> bool:
        return self._held_in_all() + self._coming.total() + size > self._total


def _note(session: str, why: str) -> None:
    number, _ = _left_out.get(session, (0, ""))
    _left_out[session] = (number + 1, why)
    _left_out.move_to_end(session)
    if len(_left_out) > SESSIONS:
        _left_out.popitem(last=False)


async def _drain(receive: Receive, most: int) -> None:
    """Read what comes and keep nothing: a browser that is still sending does not see an answer."""
    more = True
    while more and most > 0:
        message = await receive()
        more = message.get("more_body", False)
        most -= len(message.get("body", b""))
