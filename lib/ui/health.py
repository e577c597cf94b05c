"""GET /healthz: whether the store answers, and takes what is written."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from starlette.requests import Request
from starlette.responses import JSONResponse

from lib.errors import ChatError, StoreError
from lib.ui import background

PATIENCE = 8.0  # seconds; a SQLite file that others write to, or whose disk is full, says so after 5


class Health:
    """Asks the store by `ping`, one question at a time: who comes meanwhile waits for the same answer.

    So a database that hangs holds one thread, however often one asks, and whoever asks hears of it after `patience`
    seconds.
    """

    def __init__(self, ping: Callable[[], str | None], patience: float = PATIENCE) -> None:
        self._ping = ping
        self._patience = patience
        self._asked: Future[ChatError | str | None] | None = None

    async def answer(self, _: Request) -> JSONResponse:
        """Answer 200 when the store answers and takes what is written, with what `ping` notes; else 503 and why."""
        if self._asked is None or self._asked.done():
            self._asked = background.begin(self._look)
        found = await self._heard(self._asked)
        if isinstance(found, ChatError):
            return JSONResponse({"status": "error", "kind": found.kind, "error": str(found)}, status_code=503)
        return JSONResponse({"status": "ok", **({"note": found} if found else {})})

    async def _heard(self, asked: Future[ChatError | str | None]) -> ChatError | str | None:
        if await background.ended(asked, self._patience):
            return asked.result()
        return StoreError(f"The database has not answered for {self._patience:.0f} s.")

    def _look(self) -> ChatError | str | None:
        try:
            return self._ping()
        except ChatError as error:
            return error
