"""Image files decoded: hostile bytes in, upright opaque sRGB pixels of the wanted size out.

The format is decided by the first bytes and each has one decoder; Pillow's other fifty are never reached. What the
header says is checked before a pixel is decoded: the number of pixels, and the memory that the decoder will take for
them. Decoders that hold a picture several times over have a lower limit of pixels for it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from PIL import Image, ImageCms
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from lib.errors import ImageError
from lib.images import av1, backdrop, frames, mend
from lib.images.kinds import HEAD, READ, other, sniff

Size = tuple[int, int]
Read = TypeVar("Read")
DAMAGED = "The picture is damaged: it cannot be decoded."
CUT = "The picture is cut off: the end of its file is missing."
AGAIN = "Load or copy the file anew, or save the picture as PNG or JPEG, then add it again."
LOOKS = (128, 128)  # pixels in which a frame is looked at


@dataclass(frozen=True)
class DecodeLimits:
    """What is taken. `size` and `total` are bytes of one file and of all together, `memory` bytes while decoding.

    `side` is pixels: a row of 40 million has no place anywhere. `scans` are passes over a JPEG: each takes as long as
    the whole picture, and a file has room for a million of them.
    """

    pixels: int = 40_000_000
    size: int = 20_000_000
    total: int = 50_000_000
    memory: int = 240_000_000
    side: int = 32_768
    scans: int = 32


LIMITS = DecodeLimits()


@dataclass(frozen=True)
class Pixels:
    """A decoded picture. `image` is RGB and upright; `format` and `size` are what the file said, its size upright.

    It is number `frame` of `frames` in the file, of which the first `reach` can be had. `note` says what one would not
    expect of it.
    """

    image: Image.Image
    format: str
    size: Size
    frame: int = 0
    frames: int = 1
    reach: int = 1
    note: str = ""


def _heif(file: io.BytesIO) -> ImageFile:
    from pillow_heif import HeifImageFile  # 30 ms that most pictures never need

    return HeifImageFile(file)  # type: ignore[no-untyped-call]


READERS: dict[str, Callable[[io.BytesIO], ImageFile]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "GIF": GifImageFile,
    "WebP": WebPImageFile,
    "BMP": BmpImageFile,
    "TIFF": TiffImageFile,
    "AVIF": AvifImageFile,
    "HEIC": _heif,
}
# Pillow's kinds of pixels that become sRGB in one way only: with 32 bits (I, F), nobody knows what is white.
MODES = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBX", "RGBA", "RGBa", "CMYK", "YCbCr", "I;16", "I;16B"}
# Bytes of a pixel in Pillow's memory, where they are not 4, and what decoders need beside it; measured with pictures
# of 20 and 40 megapixels. JPEG's is in `_passes`.
WIDE = ("I;16", "I;16B")  # kinds of pixels with 16 bits
CELLS = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2}
BESIDE = {"BMP": 2.0, "WebP": 15.5, "AVIF": 10.0, "HEIC": 5.5}
ALPHA = {"HEIC": 3.0}
# Compressions of TIFF. Those that are formats themselves, as JPEG and WebP, have sizes and passes of their own inside.
COMPRESSIONS = {"raw", "tiff_ccitt", "group3", "group4", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits"}
TILE_WIDTH, TILE_LENGTH, STRIP_ROWS, BITS, SAMPLES = 322, 323, 278, 258, 277  # tags of TIFF
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ON_ITS_SIDE = 5  # from this orientation on, width and height change places
COPY = 16_000_000  # pixels that may be there twice: of larger pictures less is left to the better filter
# Pixels that are made opaque, reduced and converted at a time, in whole rows: memory stays that of the decoded picture,
# however wide it is.
BAND = 2_000_000


def decode(
    data: bytes, fit: Callable[[Size], Size], limits: DecodeLimits = LIMITS, *, frame: int | None = None
) -> Pixels:
    """Decode a file and scale it down to what `fit` returns for its upright size.

    `frame` is the number of the picture that is wanted, where there are several; None for the first that tells
    something. Raises ImageError for what is no image, is damaged, or is larger than `limits` allow; of size and memory
    before they are spent.
    """
    return _read(data, lambda name: _whole(name, data, fit, limits, frame))


def peek(data: bytes, limits: DecodeLimits = LIMITS) -> Size:
    """Return the size that a file says, not turned upright, without decoding it. Raises ImageError as `decode` does."""
    return _read(data, lambda name: _peek(name, mend.whole(name, data).data, limits))


def _read(data: bytes, work: Callable[[str], Read]) -> Read:
    name = sniff(data[:128])
    if not name:
        raise _unknown(other(data[:HEAD]))
    try:
        return work(name)
    except ImageError:
        raise
    except Exception as error:  # decoders fail with whatever comes to hand
        raise ImageError(
            CUT if mend.is_cut(name, data) or "truncated" in str(error) else DAMAGED, hint=AGAIN
        ) from error


def _unknown(kind: str) -> ImageError:
    said = f"{kind} is not taken." if kind else "This is not a picture that Parley reads."
    return ImageError(said, hint=f"Save it as {READ}, then add it again.")


def _peek(name: str, data: bytes, limits: DecodeLimits) -> Size:
    with READERS[name](io.BytesIO(data)) as image:
        _check_size(name, image.size, limits)
        return image.size


def _whole(name: str, data: bytes, fit: Callable[[Size], Size], limits: DecodeLimits, frame: int | None) -> Pixels:
    """Decode a file as it is made whole; where its end may be missing, see whether that takes anything away."""
    _check_stream(name, data, limits)
    file = mend.whole(name, data)
    if file.other == b"":
        raise ImageError(CUT, hint=AGAIN)
    pixels = _decode(name, file, fit, limits, frame)
    if file.other is not None:
        other_way = _decode(name, mend.Whole(file.other), fit, limits, frame)
        if other_way.image.tobytes() != pixels.image.tobytes():
            raise ImageError(CUT, hint=AGAIN)
    return pixels


def _decode(
    name: str, file: mend.Whole, fit: Callable[[Size], Size], limits: DecodeLimits, wanted: int | None
) -> Pixels:
    with READERS[name](io.BytesIO(file.data)) as image:
        _check_size(name, image.size, limits)
        number = frames.count(name, image, file.data)
        reach = frames.within_reach(name, number, image)
        if reach > 1:
            _check_memory(name, image, image.size, limits)
            _seek(name, image, reach, wanted, file.profile)
        turned = _orientation(image)
        size = _turned(image.size, turned)
        small = _scaled(name, image, _turned(fit(size), turned), limits, file.profile)
        frame = image.tell()
    laid, note = backdrop.lay(small) if small.mode == "RGBA" else (small, "")
    said = frames.described(name, frame, number, is_chosen=wanted is not None)
    upright = laid.transpose(UPRIGHT[turned]) if turned in UPRIGHT else laid
    return Pixels(upright, name, size, frame, number, reach, " ".join(filter(None, (said, note))))


def _seek(name: str, image: ImageFile, reach: int, wanted: int | None, profile: bytes | None) -> None:
    """Go to the picture that is wanted, or to the first that tells something."""
    if wanted is not None:
        image.seek(min(wanted, reach - 1))
    elif name in frames.ANIMATED:
        image.seek(frames.telling(image, reach, partial(_look, profile)))


def _look(profile: bytes | None, image: ImageFile) -> Image.Image:
    """Return a frame small and opaque."""
    small = _reduced(image, (min(image.width, LOOKS[0]), min(image.height, LOOKS[1])), profile)
    return backdrop.lay(small)[0] if small.mode == "RGBA" else small


def _scaled(name: str, image: ImageFile, lying: Size, limits: DecodeLimits, profile: bytes | None) -> Image.Image:
    """Return the pixels as RGB, or RGBA where some are transparent."""
    if image.mode not in MODES:
        raise ImageError(f"The picture's pixels are of a kind that is not read ({image.mode}).")
    size = image.size
    _check_size(name, size, limits)
    if isinstance(image, JpegImageFile):
        image.draft(None, lying)  # decodes at 1/2, 1/4 or 1/8 as long as that is not too small
    _check_memory(name, image, size, limits)
    image.load()
    return _reduced(image, lying, profile).resize(lying, Image.Resampling.LANCZOS)


def _check_stream(name: str, data: bytes, limits: DecodeLimits) -> None:
    """Check what no decoder reports."""
    if name == "JPEG" and mend.walk(data).scans > limits.scans:
        raise ImageError(f"The JPEG is stored in more than {limits.scans} passes, which takes too long to decode.")
    if name == "AVIF":  # in which one picture may be many: tiles, transparency, previews
        _check_pixels(name, sum(width * height for width, height in av1.sizes(data)), limits.pixels)


def _check_size(name: str, size: Size, limits: DecodeLimits) -> None:
    if max(size) > limits.side:
        raise _too_large(f"is {size[0]} × {size[1]} pixels; at most {limits.side} a side are taken")
    _check_pixels(name, size[0] * size[1], limits.pixels)


def _check_memory(name: str, image: ImageFile, size: Size, limits: DecodeLimits) -> None:
    pixels = size[0] * size[1]
    weight = _passes(image, pixels) if isinstance(image, JpegImageFile) else _weight(name, image)
    _check_pixels(name, pixels, int(limits.memory / weight))


def _check_pixels(name: str, pixels: int, most: int) -> None:
    if pixels > most:
        said = f"has {pixels / 1e6:.1f} megapixels; {name} pictures of at most {most / 1e6:.0f} are taken"
        raise _too_large(said)


def _too_large(what: str) -> ImageError:
    return ImageError(f"The picture {what}.", hint="Make the picture smaller, then add it again.")


def _passes(image: JpegImageFile, pixels: int) -> float:
    """Return the same for a JPEG, taken as progressive: coefficients of 16 bits, and the pixels of what is decoded.

    The coefficients are gone before anything else begins, so that a sixth of the memory needs not be kept free.
    """
    return (2 * len(image.getbands()) + 4 * image.width * image.height / pixels) * 5 / 6


def _weight(name: str, image: ImageFile) -> float:
    """Return the bytes a pixel takes while `image` is decoded."""
    cell = CELLS.get(image.mode, 4)
    if isinstance(image, TiffImageFile):
        turning = cell if image.tag_v2.get(ORIENTATION, 1) != 1 else 0
        return cell + turning + _piece(image) / (image.width * image.height)
    return cell + BESIDE.get(name, 0.0) + (ALPHA.get(name, 0.0) if image.has_transparency_data else 0.0)


def _piece(image: TiffImageFile) -> int:
    """Return the bytes of one strip or tile of a TIFF, which are decoded at once, whatever the picture's own size."""
    tags: Any = image.tag_v2
    if image.info.get("compression") not in COMPRESSIONS:
        raise ValueError("a format in a format")
    width = int(tags.get(TILE_WIDTH, image.width))
    rows = int(tags.get(TILE_LENGTH, min(tags.get(STRIP_ROWS, image.height), image.height)))
    return width * rows * max(4, int(tags.get(SAMPLES, 1)) * int(max(tags.get(BITS, (1,)))) // 8)


def _orientation(image: ImageFile) -> int:
    """Return the EXIF orientation, 1 to 8; what cannot be read is taken as upright, TIFF is turned by its decoder."""
    if isinstance(image, TiffImageFile):
        return 1
    with suppress(Exception):
        return int(image.getexif().get(ORIENTATION, 1))
    return 1


def _turned(size: Size, turn: int) -> Size:
    return (size[1], size[0]) if ON_ITS_SIDE <= turn <= max(UPRIGHT) else size


def _reduced(image: ImageFile, size: Size, profile: bytes | None = None) -> Image.Image:
    """Return `image` as sRGB, by a whole factor nearer to `size`: the rest is for a better filter."""
    gap = 2 if image.width * image.height <= COPY else 1
    factor = max(1, min(image.width // (gap * size[0]), image.height // (gap * size[1])))
    is_clear = image.mode not in WIDE and image.has_transparency_data
    shape = (-(-image.width // factor), -(-image.height // factor))
    small = Image.new("RGBA" if is_clear else "RGB", shape)
    colour = Colour(profile or image.info.get("icc_profile"))
    step = BAND // image.width // factor * factor or factor
    for top in range(0, image.height, step):
        band = _plain(image.crop((0, top, image.width, min(top + step, image.height))), is_clear=is_clear)
        small.paste(colour.convert(band.reduce(factor)), (0, top // factor))
    return small


def _plain(band: Image.Image, *, is_clear: bool) -> Image.Image:
    """Return a band as L, RGB, CMYK or RGBA."""
    if band.mode in WIDE:
        return band.point(lambda value: value / 257).convert("L")
    if is_clear:
        return band.convert("RGBA")
    return band if band.mode in ("L", "CMYK") else band.convert("RGB")


class Colour:
    """The way from a picture's own colours to sRGB: by its ICC profile, where it has one that can be used."""

    def __init__(self, profile: bytes | None) -> None:
        self._profile = profile
        self._transforms: dict[str, ImageCms.ImageCmsTransform | None] = {}

    def convert(self, band: Image.Image) -> Image.Image:
        """Return `band` as RGB, or RGBA if it is that."""
        if band.mode == "RGBA":
            plain = self.convert(band.convert("RGB"))
            plain.putalpha(band.getchannel("A"))
            return plain
        transform = self._transform(band.mode) if self._profile else None
        return ImageCms.applyTransform(band, transform) or band if transform else band.convert("RGB")

    def _transform(self, mode: str) -> ImageCms.ImageCmsTransform | None:
        if mode not in self._transforms:
            self._transforms[mode] = None
            with suppress(Exception):  # of a profile that is broken, or another mode's, nothing is lost but a shade
                own = ImageCms.ImageCmsProfile(io.BytesIO(self._profile or b""))
                self._transforms[mode] = ImageCms.buildTransform(own, ImageCms.createProfile("sRGB"), mode, "RGB")
        return self._transforms[mode]
