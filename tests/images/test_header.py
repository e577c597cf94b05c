"""The pixels of an image, from the head of its file."""

from __future__ import annotations

import pytest

from lib.images import header
from lib.images.normalise import normalise
from tests import pictures

PHOTO = pictures.file(pictures.photo(), "JPEG")
PROGRESSIVE = pictures.file(pictures.photo(), "JPEG", progressive=True, optimize=True)


@pytest.mark.parametrize(
    ("data", "pixels"),
    [(pictures.file(pictures.quarters()), (64, 48)), (PHOTO, (640, 480)), (PROGRESSIVE, (640, 480))],
    ids=["PNG", "JPEG", "progressive JPEG"],
)
def test_made_here(data, pixels):
    """Whatever an image is normalised to tells its pixels."""
    made = normalise(data)

    assert header.pixels(data) == header.pixels(made.data) == (made.width, made.height) == pixels


def test_nothing_is_decoded():
    """The head is enough: what follows may be anything, or missing."""
    assert header.pixels(PHOTO[:1000] + b"no image") == (640, 480)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        PHOTO[:20],
        pictures.png(0, 48, b""),
        b"\xff\xd8" + b"\xff\xe1\x00\x02" * 100_000 + PHOTO[2:],
        b"\xff\xd8" + (b"\xff\xe1\xff\xff" + bytes(65_533)) * 2 + PHOTO[2:],
    ],
    ids=["empty", "another format", "cut off", "no width", "many segments", "long segments"],
)
def test_unknown(data):
    """What the head does not say is not known, and is not looked for far."""
    assert header.pixels(data) is None
