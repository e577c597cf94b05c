"""The pictures in one file: how many there are, and which of them is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from PIL import Image, ImageStat
from PIL.ImageFile import ImageFile

MAX_FRAMES = 1_000  # that are counted
MAX_LOOKS = 20  # frames of an animation that are looked at for one that tells something
MAX_PIXELS = 100_000_000  # that are decoded for that, or to get to a frame
BLANK = 3.0  # levels by which the brightness of an empty picture varies
CHANGED = 16.0  # levels of brightness by which another colour is one
ANIMATED = ("GIF", "PNG", "WebP")

Look = Callable[[ImageFile], Image.Image]


def count(name: str, image: ImageFile, data: bytes) -> int:
    """Return how many pictures an open file has, MAX_FRAMES for more."""
    if name == "TIFF":
        return max(1, sum(1 for _ in _directories(data)))
    if name == "GIF":
        return max(1, sum(1 for _ in _descriptors(data)))
    number = getattr(image, "n_frames", 1) if name in (*ANIMATED, "HEIC") else 1
    return max(1, min(int(number), MAX_FRAMES))


def within_reach(name: str, frames: int, image: ImageFile) -> int:
    """Return how many of them can be had: of an animation, each is drawn on those before it."""
    if name not in ANIMATED:
        return frames
    return max(1, min(frames, MAX_PIXELS // (image.width * image.height)))


def telling(image: ImageFile, frames: int, look: Look) -> int:
    """Return the number of the first frame of an animation, or where that is empty of the one with most to see.

    `look` returns a frame small and opaque. The file is left at some frame.
    """
    first = ImageStat.Stat(look(image))
    if max(first.stddev) > BLANK:
        return 0
    best, most = 0, 0.0
    with suppress(Exception):  # a later frame that is broken is none
        for number in range(1, min(frames, MAX_LOOKS)):
            image.seek(number)
            if (told := _told(ImageStat.Stat(look(image)), first)) > most:
                best, most = number, told
    return best


def _told(frame: ImageStat.Stat, first: ImageStat.Stat) -> float:
    """Return how much there is to see in a frame: contrast, or at least another colour than that of the empty first."""
    change = max(abs(one - other) for one, other in zip(frame.mean, first.mean, strict=True))
    contrast = max(frame.stddev)
    return contrast if contrast > BLANK else BLANK if change > CHANGED else 0.0


def described(name: str, frame: int, frames: int, *, is_chosen: bool) -> str:
    """Return what is to be said of a file with several pictures, "" for one with one."""
    if frames < 2:
        return ""
    many = f"more than {MAX_FRAMES - 1}" if frames >= MAX_FRAMES else str(frames)
    if name not in ANIMATED:
        what = "pages" if name == "TIFF" else "pictures"
        return f"The file has {many} {what}: number {frame + 1} is sent."
    why = ", because the first is empty" if frame and not is_chosen else ""
    return f"An animation of {many} pictures: number {frame + 1} is sent{why}."


def _directories(data: bytes) -> Iterator[int]:
    """Yield where the pages of a TIFF are, each once."""
    order = "little" if data[:2] == b"II" else "big"
    at, seen = int.from_bytes(data[4:8], order), set[int]()  # type: ignore[arg-type]  # one of two words
    while at and at + 2 <= len(data) and at not in seen and len(seen) < MAX_FRAMES:
        seen.add(at)
        yield at
        end = at + 2 + 12 * int.from_bytes(data[at : at + 2], order)  # type: ignore[arg-type]  # as above
        at = int.from_bytes(data[end : end + 4], order)  # type: ignore[arg-type]  # as above


def _descriptors(data: bytes) -> Iterator[int]:
    """Yield where the pictures of a GIF begin: https://www.w3.org/Graphics/GIF/spec-gif89a.txt, 20."""
    at = 13 + _table(data, 10)
    for _ in range(MAX_FRAMES):
        while data[at : at + 1] == b"\x21":
            at = _blocks(data, at + 2)
        if data[at : at + 1] != b"\x2c":
            return
        yield at
        at = _blocks(data, at + 11 + _table(data, at + 9))


def _table(data: bytes, at: int) -> int:
    """Return the bytes of the colours that the flags at a place speak of."""
    flags = data[at] if at < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & 128 else 0


def _blocks(data: bytes, at: int) -> int:
    """Return where a chain of blocks ends."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1
