"""GET /metrics: the counts of this process, for whoever has the token."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from lib import metrics
from lib.errors import ChatError
from lib.net import redaction
from lib.ui import background, streamlit_internals

PATIENCE = 8.0  # seconds for the database
TYPE = "text/plain; version=0.0.4; charset=utf-8"  # https://prometheus.io/docs/instrumenting/exposition_formats/


class Scrape:
    """Answers to those who have the token, as `Authorization: Bearer …`; `gauges` are looked up each time."""

    def __init__(
        self, token: str, gauges: Callable[[], dict[str, float]] | None = None, patience: float = PATIENCE
    ) -> None:
        self._token = token.encode()
        self._gauges = gauges or of_this_process
        self._patience = patience

    async def answer(self, request: Request) -> Response:
        """Answer with all counts; 404 where no token is set, 401 to who has not got it, 503 if the database hangs."""
        if not self._token:
            return PlainTextResponse("This is off: METRICS_TOKEN is not set.\n", 404)
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token):
            asked = {"WWW-Authenticate": "Bearer"}
            return PlainTextResponse("This wants the token of METRICS_TOKEN.\n", 401, asked)
        counted = background.begin(self._counted)
        if not await background.ended(counted, self._patience):
            return PlainTextResponse("The database does not answer.\n", 503)
        return Response(counted.result(), media_type=TYPE)

    def _counted(self) -> bytes:
        text = metrics.start().text(self._gauges(), _build())
        return redaction.redact(text.decode()).encode()


def of_this_process() -> dict[str, float]:
    """Return what is so now: what runs, who is here, what waits; of a database that fails, that it does."""
    from lib import generations, runtime

    answers, calls = generations.running()
    now = {"running_answers": answers, "running_calls": calls, "draining": generations.is_draining()}
    now["open_sessions"] = streamlit_internals.sessions()
    try:
        store = runtime.current().store
        return {**now, "waiting_prompts": store.upkeep.waiting(), "replicas": len(store.upkeep.living()), "store_up": 1}
    except ChatError:
        return {**now, "store_up": 0}


def _build() -> dict[str, str]:
    from lib.store.history import HISTORY

    return {"build": os.environ.get("PARLEY_BUILD", "") or "source", "schema": HISTORY.head}
