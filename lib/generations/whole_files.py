"""Which models take no files as they are, as they have said themselves or a check has: of those the texts are sent.

What is sent is sent once: a request that was refused for a file is not sent again by itself, but Retry sends the text.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from lib.config import Endpoint
from lib.errors import ChatError
from lib.messages import Message

HINT = "Press Retry: the text of the file is sent then, to this model from now on."
MAX_REFUSING = 1_000  # models that are remembered
REFUSED = ("bad_request", "unsupported_param")
ELSE = ("not_found", "server", "upstream")  # kinds that endpoints use, too; then they name what they do not take
NAMED = re.compile(r"\b(?:files?|pdfs?|documents?|attachments?|content|modality|modalities)\b", re.IGNORECASE)
MAX_SAID = 2_000  # characters of an error that are looked at

_refusing: OrderedDict[tuple[str, str], None] = OrderedDict()
_lock = threading.Lock()


def refuse(endpoint: Endpoint, model: str) -> None:
    """Note that a model takes no files as they are."""
    with _lock:
        _refusing[endpoint.base_url, model] = None
        while len(_refusing) > MAX_REFUSING:
            _refusing.popitem(last=False)


def forget() -> None:
    """Have every model be tried again."""
    with _lock:
        _refusing.clear()


def is_refusal(error: ChatError | None, messages: Sequence[Message]) -> bool:
    """Return whether an endpoint may have refused messages for the files that go as they are."""
    if error is None or not any(message.whole_files for message in messages):
        return False
    return error.kind in REFUSED or (error.kind in ELSE and bool(NAMED.search(str(error)[:MAX_SAID])))


def taken(endpoint: Endpoint, model: str, messages: Sequence[Message]) -> list[Message]:
    """Return messages as a model takes them: with the texts of files, where it takes none as they are."""
    with _lock:
        refuses = (endpoint.base_url, model) in _refusing
    return [replace(message, whole_files=()) for message in messages] if refuses else list(messages)
