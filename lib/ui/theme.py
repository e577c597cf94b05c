"""The look that config.toml cannot give: the page that the browser loads first, with our stylesheet in it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from lib.ui import streamlit_internals

STATIC = Path(__file__).parent / "static"
WORDMARK = (STATIC / "wordmark.svg").read_bytes()
AVATARS = {"user": ":material/person:", "assistant": ":material/chat_bubble:"}  # by role, of a message
SCRIPTS = (
    "turns",  # before there is a socket
    *("shortcuts", "prompts"),  # before what would take their keys for typing
    *("copy", "direction", "drafts", "files", "find", "focus", "follow", "gone"),
    *("history", "keys", "memory", "meter", "pictures", "reach", "rows", "signs", "stage", "tips", "title"),
)
SHARED = "place"  # what the others ask of the page
IMPORT, EXPORT = re.compile(r"^import .*\n", re.MULTILINE), re.compile(r"^export ", re.MULTILINE)
COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)


def joined() -> str:
    """Return our scripts as one, which a browser asks for once: each is a block of its own, behind what all share."""
    return EXPORT.sub("", _script(SHARED)) + "".join(map(_alone, SCRIPTS))


def _alone(name: str) -> str:
    """Return a script as a block, whose failing would not keep the others from running."""
    return f"try {{\n{IMPORT.sub('', _script(name))}}} catch (error) {{ reportError(error); }}\n"


def _script(name: str) -> str:
    return COMMENT.sub("", (STATIC / f"{name}.js").read_text("utf-8"))


SCRIPT = joined()
VERSION = hashlib.sha256(SCRIPT.encode()).hexdigest()[:12]  # in its address, by which a browser keeps it for good
EARLY = ("ChatInput", "PageLink", "TextInput")  # what a first page has, and nobody types before the first is there
HEAD = "\n    ".join(
    (
        "<title>Parley</title>",
        '<link rel="stylesheet" href="./parley/styles.css" />',
        f'<script type="module" src="./parley/scripts.js?v={VERSION}"></script>',
        *(f'<link rel="modulepreload" href="{address}" />' for address in streamlit_internals.scripts(*EARLY)),
    )
)


def index() -> str:
    """Return Streamlit's index page with our title, stylesheet and script."""
    return streamlit_internals.index(HEAD)
