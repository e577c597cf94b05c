"""The look that config.toml cannot give: the page that the browser loads first, with our stylesheet in it."""

from __future__ import annotations

from pathlib import Path

from lib.ui import streamlit_internals

STATIC = Path(__file__).parent / "static"
WORDMARK = (STATIC / "wordmark.svg").read_bytes()
SCRIPTS = (
    *("shortcuts", "prompts"),  # before what would take their keys for typing
    *("copy", "direction", "drafts", "files", "find", "focus", "follow", "gone"),
    *("history", "keys", "memory", "meter", "pictures", "reach", "rows", "signs", "title"),
)
HEAD = "\n    ".join(
    (
        "<title>Parley</title>",
        '<link rel="stylesheet" href="./parley/styles.css" />',
        *(f'<script type="module" src="./parley/{name}.js"></script>' for name in SCRIPTS),
    )
)


def index() -> str:
    """Return Streamlit's index page with our title, stylesheet and scripts."""
    return streamlit_internals.index(HEAD)
