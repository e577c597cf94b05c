"""The look that config.toml cannot give: the page that the browser loads first, with our stylesheet in it."""

from __future__ import annotations

from pathlib import Path

from lib.ui import streamlit_internals

STATIC = Path(__file__).parent / "static"
HEAD = """<title>Parley</title>
    <link rel="stylesheet" href="./parley/styles.css" />
    <script type="module" src="./parley/copy.js"></script>
    <script type="module" src="./parley/direction.js"></script>
    <script type="module" src="./parley/focus.js"></script>
    <script type="module" src="./parley/history.js"></script>
    <script type="module" src="./parley/keys.js"></script>
    <script type="module" src="./parley/pictures.js"></script>
    <script type="module" src="./parley/signs.js"></script>"""


def index() -> str:
    """Return Streamlit's index page with our title, stylesheet and scripts."""
    return streamlit_internals.index(HEAD)
