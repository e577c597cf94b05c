"""Parley's server, which draws the cases of docs/rendering.md instead of Parley's pages."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).parents[2]))

from lib.ui import server

app = st.App(
    Path(__file__).with_name("rendering_page.py"),
    lifespan=server.lifespan,
    routes=server.ROUTES,
    middleware=server.MIDDLEWARE,
    on_script_error=server.on_script_error,
)
