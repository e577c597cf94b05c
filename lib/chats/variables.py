"""What a prompt leaves open: `{{names}}` in its text, which are asked for when it is used."""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_NAME = 60  # characters
MAX_VARIABLES = 20  # of a prompt that are asked for; more stay as they are
_VARIABLE = re.compile(rf"\{{\{{([^{{}}\n]{{1,{MAX_NAME}}})\}}\}}")


def names(text: str) -> list[str]:
    """Return the names of what is left open, each once, in their order."""
    found = (match[1].strip() for match in _VARIABLE.finditer(text))
    return list(dict.fromkeys(filter(None, found)))[:MAX_VARIABLES]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with values in it; what has none stays open, and values are not looked through."""
    return _VARIABLE.sub(lambda match: values.get(match[1].strip(), match[0]), text)
