"""Pictures made in code: good ones, and files that are not what they say."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pillow_heif
from PIL import Image, ImageCms, ImageDraw

pillow_heif.register_heif_opener()  # to write HEIC; what is tested reads it by itself

# What `quarters` shows, clockwise from the upper left.
RED, GREEN, YELLOW, BLUE = (220, 30, 30), (30, 170, 60), (240, 210, 40), (40, 60, 200)
GPS, MAKER = "GPS was here", "A telephone"
ORIENTATION, GPS_TAGS, MAKE = 0x0112, 0x8825, 0x010F


def file(image: Image.Image, name: str = "PNG", **options: Any) -> bytes:
    """Return `image` as a file of a format."""
    data = io.BytesIO()
    image.save(data, name, **options)
    return data.getvalue()


def quarters(width: int = 64, height: int = 48) -> Image.Image:
    """A picture that tells how it is turned: red, green, yellow and blue, clockwise from the upper left."""
    image = Image.new("RGB", (width, height), RED)
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 2, 0, width, height // 2 - 1), GREEN)
    draw.rectangle((width // 2, height // 2, width, height), YELLOW)
    draw.rectangle((0, height // 2, width // 2 - 1, height), BLUE)
    return image


def corners(image: Image.Image) -> list[Any]:
    """Return the colours near the corners, clockwise from the upper left."""
    right, bottom = image.width - 4, image.height - 4
    return [image.getpixel(at) for at in ((3, 3), (right, 3), (right, bottom), (3, bottom))]


def photo(width: int = 640, height: int = 480) -> Image.Image:
    """A picture with shades and grain, as a camera makes them."""
    shade = Image.linear_gradient("L").resize((width, height))
    bands = (shade, shade.transpose(Image.Transpose.ROTATE_180), Image.radial_gradient("L").resize((width, height)))
    grain = Image.effect_noise((width, height), 24).convert("RGB")
    return Image.blend(Image.merge("RGB", bands), grain, 0.25)


def exif(orientation: int = 1) -> Image.Exif:
    """The EXIF of a telephone: how it was held, what made it, and where."""
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    tags[MAKE] = MAKER
    tags.get_ifd(GPS_TAGS)[29] = GPS
    return tags


def held(orientation: int, name: str = "JPEG") -> bytes:
    """`quarters` as taken by a camera held in one of the eight ways."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = quarters().transpose(undo[orientation]) if orientation in undo else quarters()
    return file(image, name, exif=exif(orientation).tobytes())


def odd_exif(value: bytes) -> bytes:
    """EXIF with an orientation in words, of at most four bytes."""
    entry = struct.pack(">HHI", ORIENTATION, 2, len(value)) + value.ljust(4, b"\0")
    return b"Exif\0\0MM\0\x2a\0\0\0\x08" + struct.pack(">H", 1) + entry + bytes(4)


def tiff(width: int, height: int, *more: tuple[int, int], compression: int = 1) -> bytes:
    """A grey TIFF of one strip, or with other tags instead of the strip's."""
    place = more or ((273, 8), (278, height), (279, width * height))
    tags = [(256, width), (257, height), (258, 8), (259, compression), (262, 1), (277, 1), *place]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags))
    at = 8 + width * height
    return b"II*\0" + struct.pack("<I", at) + bytes(width * height) + struct.pack("<H", len(tags)) + entries + bytes(4)


def swapped() -> bytes:
    """A colour profile in which red is what sRGB calls green."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, rows: bytes, depth: int = 1, colour: int = 0, extra: bytes = b"") -> bytes:
    """A PNG whose header says what it is told to, and whose rows are compressed already."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def bomb(side: int = 12_000) -> bytes:
    """A black PNG, 144 megapixels in 18 kB."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(side // 8 + 1)) for _ in range(side))
    return png(side, side, rows + packer.flush())


def passes(count: int) -> bytes:
    """A progressive JPEG whose last pass is there `count` times more."""
    data = file(photo(64, 64), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[last:]


def relabelled(data: bytes, width: int, height: int) -> bytes:
    """A HEIC or AVIF file that claims another size than its stream has."""
    out, at = bytearray(data), data.find(b"ispe")
    while at >= 0:
        out[at + 8 : at + 16] = struct.pack(">II", width, height)
        at = data.find(b"ispe", at + 1)
    return bytes(out)
