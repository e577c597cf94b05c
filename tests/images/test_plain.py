"""Pictures that stay byte for byte are those that have nothing but a picture in them."""

from __future__ import annotations

import struct
import zlib

import pytest

from lib.images import plain
from lib.images.normalise import normalise
from tests import pictures

PNG = normalise(pictures.file(pictures.quarters())).data
JPEG = normalise(pictures.file(pictures.photo(), "JPEG")).data


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def test_normalised() -> None:
    """What was normalised is plain, and it is known what it is."""
    assert [plain.is_plain(data) for data in (PNG, JPEG)] == [True, True]
    assert [plain.media_type(data) for data in (PNG, JPEG)] == ["image/png", "image/jpeg"]


def test_too_large() -> None:
    """A file of the right parts that is too large to be decoded is none."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0))

    assert not plain.is_plain(PNG[:8] + head + PNG[33:])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        PNG[:-1],
        PNG + b"behind",
        PNG[:33] + chunk(b"tEXt", b"Comment\0where I was") + PNG[33:],
        PNG[:40] + b"\xff" + PNG[41:],
        b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"") * (plain.MAX_PIECES + 1),
        JPEG[:-2],
        JPEG + b"behind",
        JPEG[:2] + b"\xff\xe1\x00\x0aExif\0\0XX" + JPEG[2:],
        JPEG[:2] + b"\xff\xdb\x00\x02" * (plain.MAX_PIECES + 1),
        pictures.file(pictures.photo(), "JPEG", exif=pictures.exif()),
    ],
)
def test_not_plain(data: bytes) -> None:
    """What has anything else in it, or cannot be decoded, is not."""
    assert not plain.is_plain(data)
