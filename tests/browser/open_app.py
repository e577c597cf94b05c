"""Parley with a web of its own: WEB is the port of a server on loopback that all public addresses lead to."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).parents[2]))

from lib import runtime
from lib.images.fetch import Fetcher
from lib.runtime import Runtime
from lib.ui import server

PUBLIC = "93.184.215.14"


def resolve(host: str, port: int) -> list[str]:
    """Say that every name stands for the same public machine."""
    return [PUBLIC]


def connect(address: str, port: int, timeout: float) -> socket.socket:
    """Connect to the server on loopback instead."""
    assert address == PUBLIC
    return socket.create_connection(("127.0.0.1", int(os.environ["WEB"])), timeout)


runtime.use(Runtime.open(os.environ, fetcher=Fetcher(resolve, connect)))
app = st.App(
    Path(__file__).parents[2] / "pages" / "main.py",
    lifespan=server.lifespan,
    routes=server.ROUTES,
    middleware=server.MIDDLEWARE,
    on_script_error=server.on_script_error,
)
