"""The names under which Parley is asked for, in ALLOWED_HOSTS."""

from __future__ import annotations

import re

from lib.errors import ConfigError

NAME = re.compile(r"\*|(\*\.)?[\w-]+(\.[\w-]+)*|\[?[0-9a-f:.]+\]?", re.ASCII)


def parse(text: str) -> tuple[str, ...]:
    """Return the host names in `text`, which has commas between them, in lower case and without a dot at the end.

    `*.example.org` stands for every name below example.org, `*` for every name.

    Raises ConfigError for what is no name, such as a URL.
    """
    names = tuple(name for part in text.split(",") if (name := part.strip().lower().removesuffix(".")))
    if not all(NAME.fullmatch(name) for name in names):
        expected = "names of hosts with commas between them, without scheme and port"
        raise ConfigError.expected("ALLOWED_HOSTS", expected, "chat.example.org, *.example.org")
    return names
