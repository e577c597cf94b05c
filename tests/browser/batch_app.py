"""The real app, which begins an answer, and a batch of 100 unless told otherwise, as soon as it runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st

from lib import generations, runtime
from lib.generations import batches
from lib.generations.batches import Asker, Row
from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL
from lib.ui import server
from tests import pictures

SILENT = os.environ["QUESTION"]
ROWS = int(os.environ.get("ROWS", "100"))


def begin() -> None:
    """Ask what is never answered."""
    parley = runtime.current()
    client = parley.client()
    choice, chats = ModelChoice(client.endpoint.name, "m"), parley.store.chats(LOCAL)
    generations.start(chats, client, Message("user", SILENT), choice)
    if not ROWS:
        return
    red = pictures.file(pictures.quarters())
    asker = Asker(chats, client, choice)
    batches.start(asker, SILENT, [Row(f"{number}.png", red) for number in range(ROWS)])


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Do what the real one does, and begin."""
    async with server.lifespan(app):
        await asyncio.to_thread(begin)
        yield


app = st.App(
    "../../pages/main.py",
    lifespan=lifespan,
    routes=server.ROUTES,
    middleware=server.MIDDLEWARE,
    on_script_error=server.on_script_error,
)
