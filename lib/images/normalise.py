"""Bytes in, a safe normalised image out: what is sent to an endpoint, shown on the page and kept in the store.

A picture is decoded by what it is, not by what it is called; turned upright, put on white, converted to sRGB, scaled
to what the model makes use of (lib/images/tokens.py) and encoded anew as PNG or JPEG. Nothing else of the file is
kept: no EXIF, no position, no profile, no name, nothing that was hidden behind the pixels.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from lib import messages
from lib.errors import ImageError
from lib.images import decode, tokens
from lib.images.decode import LIMITS, DecodeLimits, Size

__all__ = ["LIMITS", "DecodeLimits", "NormalisedImage", "Original", "admit", "normalise", "peek"]

# At 90 and with colours at full resolution, text in a screenshot has no halo and a photo no blocks that one would see.
QUALITY = 90
# Levels of PNG. What is much larger than a JPEG at the first is not smaller at the second, which takes four times as
# long; at 9 it takes three times as long again, for 2 % less.
QUICK, THOROUGH, HOPELESS = 1, 6, 2
SMALLER = "Make the picture smaller or save it as JPEG, then add it again."

# Pictures are decoded one after the other: whatever people send at once, memory is that of one picture.
_turn = threading.Lock()


@dataclass(frozen=True)
class Original:
    """What came: its format (PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC, AVIF), pixels as shown upright, and bytes.

    Of `frames` pictures in it number `frame` was taken, and the first `reach` can be.
    """

    format: str
    width: int
    height: int
    size: int
    frame: int = 0
    frames: int = 1
    reach: int = 1


@dataclass(frozen=True)
class NormalisedImage:
    """A normalised image: `data` is a PNG or JPEG file without metadata, `media_type` image/png or image/jpeg.

    `note` says what became of it that one would not expect: what it was laid on, which of several pictures it is.
    """

    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int
    original: Original
    note: str = ""

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.data)

    def image(self, detail: str = "auto") -> messages.Image:
        """Return it as a part of a prompt."""
        return messages.Image(self.data, self.media_type, detail, (self.width, self.height), self.note)

    def thumbnail(self, side: int = 160) -> NormalisedImage:
        """Return it scaled down to `side` pixels each way, if it is larger."""
        return replace(self, **_small(self.data, side))


def thumbnail(data: bytes, side: int) -> bytes:
    """Return a normalised picture scaled down to `side` pixels each way, as a PNG or JPEG file."""
    small: bytes = _small(data, side)["data"]
    return small


def _small(data: bytes, side: int) -> dict[str, Any]:
    with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as image:
        image.thumbnail((side, side))
        return _encoded(image)


def admit(sizes: Iterable[int], limits: DecodeLimits = LIMITS) -> None:
    """Check the bytes of files that come together, before any is read. Raises ImageError."""
    total = 0
    for size in sizes:
        _check(size, limits)
        total += size
    if total > limits.total:
        said = f"The pictures have {_megabytes(total)} together; at most {_megabytes(limits.total)} are taken."
        raise ImageError(said, hint="Leave some of the pictures out, or make them smaller.")


def normalise(
    data: bytes,
    *,
    detail: str = "auto",
    model: str = "",
    limits: DecodeLimits = LIMITS,
    fit: Callable[[Size], Size] | None = None,
    frame: int | None = None,
) -> NormalisedImage:
    """Return the picture in `data` as it is sent to `model` with `detail` low, high or auto.

    `frame` is the number of the one that is wanted, where there are several.

    What is not for a model says by `fit` how large it becomes. Raises ImageError for what is empty, too large,
    damaged, or no picture; says what it is in one sentence. May be called from any thread.
    """
    _check(len(data), limits)
    with _turn:
        decoded = decode.decode(data, fit or (lambda size: tokens.fit(size, detail, model)), limits, frame=frame)
        encoded = _encoded(decoded.image)
    place = (decoded.frame, decoded.frames, decoded.reach)
    original = Original(decoded.format, *decoded.size, len(data), *place)
    return NormalisedImage(**encoded, original=original, note=decoded.note)


def peek(data: bytes, limits: DecodeLimits = LIMITS) -> tuple[int, int]:
    """Return the width and height that a file says, without decoding it. Raises ImageError as `normalise` does."""
    _check(len(data), limits)
    return decode.peek(data, limits)


def _check(size: int, limits: DecodeLimits) -> None:
    if not size:
        raise ImageError("The file is empty.", hint="Choose another file.")
    if size > limits.size:
        said = f"The picture has {_megabytes(size)}; at most {_megabytes(limits.size)} are taken."
        raise ImageError(said, hint=SMALLER)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB".replace(".0 ", " ")


def _encoded(image: Image.Image) -> dict[str, Any]:
    """Return the fields of a picture: as PNG if that is not larger than a JPEG in which one sees no difference."""
    data = _file(image, "JPEG", quality=QUALITY, subsampling="4:4:4", optimize=True)
    kind = "jpeg"
    if len(_file(image, "PNG", compress_level=QUICK)) <= HOPELESS * len(data):
        exact = _file(image, "PNG", compress_level=THOROUGH)
        data, kind = (exact, "png") if len(exact) <= len(data) else (data, kind)
    return {"data": data, "media_type": f"image/{kind}", "width": image.width, "height": image.height}


def _file(image: Image.Image, name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()
