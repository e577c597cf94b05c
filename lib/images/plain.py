"""Whether a file is a picture as `normalise` writes it, and nothing else: then it may stay byte for byte.

PNG: https://www.w3.org/TR/png-3/#5Chunk-layout. JPEG: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.1.1.
"""

from __future__ import annotations

import re

from lib.errors import ImageError
from lib.images import decode
from lib.images.decode import LIMITS
from lib.images.mend import PNG

CHUNKS = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
JPEG, END = b"\xff\xd8", b"\xff\xd9"
# JFIF, tables, frames, and the head of a scan.
SEGMENT = re.compile(rb"\xff[\xe0\xdb\xc4\xc0\xc2\xdd\xda]")
SCAN = re.compile(rb"[^\xff]*+(?:\xff[\x00\xd0-\xd7][^\xff]*+)*+")
MAX_PIECES = 100_000  # of a file


def is_plain(data: bytes) -> bool:
    """Whether a file has nothing but a picture in it, and can be decoded."""
    if not (_is_png(data) or _is_jpeg(data)):
        return False
    try:
        decode.decode(data, lambda size: size, LIMITS)
    except ImageError:
        return False
    return True


def media_type(data: bytes) -> str:
    """Return what a plain picture is."""
    return "image/png" if data.startswith(PNG) else "image/jpeg"


def _is_png(data: bytes) -> bool:
    at = len(PNG) if data.startswith(PNG) else len(data)
    for _ in range(MAX_PIECES):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        at += 12 + size
        if kind not in CHUNKS or at > len(data):
            return False
        if kind == b"IEND":
            return at == len(data)
    return False


def _is_jpeg(data: bytes) -> bool:
    at = len(JPEG) if data.startswith(JPEG) else len(data)
    for _ in range(MAX_PIECES):
        if data[at:] == END:
            return True
        if not SEGMENT.match(data, at):
            return False
        is_scan = data[at + 1] == 0xDA
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found = SCAN.match(data, at) if is_scan else None
        at = found.end() if found else at
    return False
