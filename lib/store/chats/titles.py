"""Titles of conversations, made from the first prompt without asking a model."""

from __future__ import annotations

from lib.store.chats import markup
from lib.text import repair

UNTITLED = "New chat"
LENGTH = 60
MAX_CHARACTERS = 200  # of a title that a person types
LOOKED_AT = 4_000  # characters of a prompt; a title is in the first lines or nowhere


def title(prompt: str) -> str:
    """Return the first line that says something, without markdown marks, cut at a word."""
    lines = repair(prompt.strip()[:LOOKED_AT]).splitlines()
    return next((_cut(plain) for line in lines if (plain := markup.bare(line))), UNTITLED)


def tidy(text: str) -> str:
    """Return a title that a person typed, in one line of at most 200 characters."""
    return markup.visible(repair(text[:LOOKED_AT]))[:MAX_CHARACTERS].rstrip() or UNTITLED


def _cut(text: str) -> str:
    if len(text) <= LENGTH:
        return text
    space = text.rfind(" ", LENGTH // 2, LENGTH)
    return text[: space if space > 0 else LENGTH - 1].rstrip(" ,;:.-") + "…"
