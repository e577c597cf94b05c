"""The pictures in one file, counted without being decoded."""

from __future__ import annotations

import io
import struct

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from lib.images import frames
from tests import pictures


class Several:
    """An open file that says how many pictures it has."""

    def __init__(self, number: int) -> None:
        self.n_frames = number
        self.width = self.height = 100


@given(st.lists(st.integers(0, 255), min_size=1, max_size=6, unique=True), st.booleans())
def test_gif(levels, loops):
    """Of a GIF the pictures are counted as its decoder does."""
    images = [Image.new("L", (9, 9), level) for level in levels]
    data = pictures.file(images[0], "GIF", save_all=True, append_images=images[1:], **({"loop": 0} if loops else {}))
    with GifImageFile(io.BytesIO(data)) as image:
        assert frames.count("GIF", image, data) == image.n_frames


@given(st.binary(max_size=80))
def test_any_gif(rest):
    """Whatever follows the head of a GIF, its pictures are counted."""
    assert frames.count("GIF", Several(1), b"GIF89a" + rest) >= 1
    assert frames.count("TIFF", Several(1), b"II*\0" + rest) >= 1


def test_bounds():
    """However many there are, so many are counted."""
    assert frames.count("WebP", Several(10**9), b"") == frames.MAX_FRAMES
    assert frames.count("GIF", Several(1), b"GIF89a" + bytes(7) + (b"\x2c" + bytes(9) + b"\x02\0") * 1_001) == 1_000
    assert frames.count("BMP", Several(5), b"") == 1
    assert frames.described("TIFF", 0, frames.MAX_FRAMES, is_chosen=False).startswith(
        "The file has more than 999 pages"
    )
    assert frames.described("HEIC", 1, 2, is_chosen=True) == "The file has 2 pictures: number 2 is sent."


def test_within_reach():
    """Of a large animation only as many pictures can be had as are decoded in a moment; of pages all."""
    image = Several(5)
    image.width, image.height = 3_000, 10_000

    assert frames.within_reach("GIF", 5, image) == 3  # type: ignore[arg-type]
    assert frames.within_reach("TIFF", 5, image) == 5  # type: ignore[arg-type]


def test_tiff_that_goes_round():
    """Pages of a TIFF that lead back to the first are counted once."""
    page = struct.pack("<H", 0) + struct.pack("<I", 8)
    assert frames.count("TIFF", Several(1), b"II*\0" + struct.pack("<I", 8) + page) == 1


def test_broken_later_frame():
    """A frame that cannot be read is none to choose."""

    class Broken(Several):
        def seek(self, number: int) -> None:
            raise EOFError

    assert frames.telling(Broken(3), 3, lambda _: Image.new("RGB", (9, 9))) == 0  # type: ignore[arg-type]
