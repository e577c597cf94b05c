"""Uploads of one browser session: what is too much at a time is refused before it is in memory."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from lib.generations import batches
from lib.ui import uploads
from lib.ui.uploads import UploadLimit

MAX_BYTES = 1000


class Keeper:
    """Keeps what it is sent, by session, as Streamlit does."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        route = Route("/_stcore/upload_file/{session}/{file}", self._put, methods=["PUT", "DELETE"])
        self.gone: list[str] = []
        limit = Middleware(
            UploadLimit,
            held=lambda session: self.sizes.get(session, 0),
            held_in_all=lambda: sum(self.sizes.values()),
            release=lambda: [self.sizes.pop(session, 0) for session in self.gone],
            most=MAX_BYTES,
            total=3 * MAX_BYTES,
        )
        self.client = TestClient(Starlette(routes=[route], middleware=[limit]))

    def put(self, session: str, body: bytes) -> int:
        return self.client.put(f"/_stcore/upload_file/{session}/f", content=body).status_code

    async def _put(self, request: Request) -> Response:
        session = request.path_params["session"]
        self.sizes[session] = self.sizes.get(session, 0) + len(await request.body())
        return Response(status_code=204)


@pytest.fixture
def keeper():
    """A server behind the limit; nothing is known of other tests' sessions."""
    yield Keeper()
    uploads._left_out.clear()


def test_up_to_the_limit(keeper: Keeper) -> None:
    """Files come in until a session has as much as it may; another session has its own limit."""
    assert [keeper.put("a", bytes(400)) for _ in range(3)] == [204, 204, 413]
    assert keeper.put("b", bytes(MAX_BYTES)) == 204
    assert keeper.sizes == {"a": 800, "b": MAX_BYTES}


def test_in_all(keeper: Keeper) -> None:
    """All sessions together have a limit as well; what those hold that are gone is given back first."""
    assert [keeper.put(session, bytes(MAX_BYTES)) for session in "abcd"] == [204, 204, 204, 413]
    keeper.gone = ["a"]

    assert keeper.put("d", bytes(MAX_BYTES)) == 204
    assert set(keeper.sizes) == {"b", "c", "d"}


def test_freed(keeper: Keeper) -> None:
    """What was taken out of memory makes room; what was only on its way is not counted for ever."""
    keeper.put("a", bytes(MAX_BYTES))
    keeper.sizes.clear()

    assert keeper.put("a", bytes(MAX_BYTES)) == 204


def test_without_a_length(keeper: Keeper) -> None:
    """An upload that does not say how long it is counts as a large one."""
    chunks = (bytes(10) for _ in range(3))

    assert keeper.client.put("/_stcore/upload_file/a/f", content=chunks).status_code == 413


def test_others_pass(keeper: Keeper) -> None:
    """Removing a file, and any other request, is let through."""
    keeper.put("a", bytes(MAX_BYTES))

    assert keeper.client.delete("/_stcore/upload_file/a/f").status_code == 204
    assert keeper.client.put("/elsewhere", content=bytes(5)).status_code == 404


def test_left_out(keeper: Keeper) -> None:
    """How many files were left out is counted by session, for the latest sessions only."""
    for number in range(uploads.SESSIONS + 1):
        keeper.put(str(number), bytes(MAX_BYTES + 1))
    keeper.put("1", bytes(MAX_BYTES + 1))

    assert len(uploads._left_out) == uploads.SESSIONS
    assert uploads._left_out["1"] == (2, uploads.FULL)
    assert uploads.left_out() is None


def test_batch_fits() -> None:
    """All images of the largest batch can come in together."""
    assert uploads.BATCH == batches.MAX_BYTES
