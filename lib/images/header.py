"""The pixels of an image that was made here, read from the first bytes of its file: nothing is decoded.

PNG: https://www.w3.org/TR/png-3/#11IHDR. JPEG: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.1.1.3 and B.2.2.
"""

from __future__ import annotations

import re

from lib.images.tokens import Size

MAX_HEAD_BYTES = 65_536  # that are looked at
MAX_SEGMENTS = 32  # of a JPEG before its frame; those made here have a handful
PNG = re.compile(rb"\x89PNG\r\n\x1a\n....IHDR(....)(....)", re.DOTALL)
FRAME = re.compile(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf].{3}(..)(..)", re.DOTALL)
JPEG = b"\xff\xd8"


def pixels(data: bytes) -> Size | None:
    """Return width and height of a PNG or JPEG file, None where its head does not say them."""
    head = data[:MAX_HEAD_BYTES]
    if found := PNG.match(head):
        return _size(found[1], found[2])
    return _frame(head) if head.startswith(JPEG) else None


def _frame(head: bytes) -> Size | None:
    at = len(JPEG)
    for _ in range(MAX_SEGMENTS):
        if found := FRAME.match(head, at):
            return _size(found[2], found[1])
        at += 2 + int.from_bytes(head[at + 2 : at + 4], "big")
    return None


def _size(width: bytes, height: bytes) -> Size | None:
    size = int.from_bytes(width, "big"), int.from_bytes(height, "big")
    return size if all(size) else None
