"""The server: Streamlit behind security headers and expected hosts, /healthz, start-up and shutdown.

Serve it with `streamlit run streamlit_app.py`, `uvicorn streamlit_app:app` or `python streamlit_app.py`.
"""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from lib.ui import server

app = st.App(
    Path(__file__).parent / "pages" / "main.py",
    lifespan=server.lifespan,
    routes=server.ROUTES,
    middleware=server.MIDDLEWARE,
    on_script_error=server.on_script_error,
)

if __name__ == "__main__":
    app.run(config={"server.port": int(os.environ.get("PORT", "8501"))})
