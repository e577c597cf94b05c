"""Healthy pictures that decoders refuse are read; what is really broken says how."""

from __future__ import annotations

import io
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageStat

from lib.errors import ImageError
from lib.images import mend
from lib.images.normalise import normalise, peek
from tests import pictures

PHOTO = pictures.photo(300, 200)
PNG = pictures.file(pictures.quarters())
JPEGS = {
    "plain": pictures.file(PHOTO, "JPEG", quality=90),
    "progressive": pictures.file(PHOTO, "JPEG", quality=90, progressive=True),
    "full colour": pictures.file(PHOTO, "JPEG", quality=90, subsampling=0),
}
CUT = "The picture is cut off: the end of its file is missing."
DAMAGED = "The picture is damaged: it cannot be decoded."


def chunk(kind: bytes, content: bytes, *, sum_: int | None = None) -> bytes:
    """A chunk of a PNG, with a checksum of its own."""
    right = zlib.crc32(kind + content)
    return len(content).to_bytes(4, "big") + kind + content + (right if sum_ is None else sum_).to_bytes(4, "big")


def with_chunks(*chunks: bytes, data: bytes = PNG) -> bytes:
    """A PNG with chunks behind its header."""
    return data[:33] + b"".join(chunks) + data[33:]


def read(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(normalise(data).data)).convert("RGB")


def same(data: bytes, whole: bytes) -> bool:
    return read(data).tobytes() == read(whole).tobytes()


def far(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are from each other, in levels of brightness."""
    return max(high for _, high in ImageStat.Stat(ImageChops.difference(one, other)).extrema)


def said(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        normalise(data)
    return str(caught.value)


def verdict(data: bytes, whole: bytes, most: float) -> str:
    """Return why a file is refused, "read" where it is like the whole one."""
    try:
        return "read" if far(read(data), read(whole)) <= most else "half a picture"
    except ImageError as error:
        return str(error)


TEXTS = st.binary(max_size=200) | st.just(bytes(3_000_000))


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from((b"zTXt", b"tEXt", b"iTXt", b"iCCP", b"tIME", b"eXIf", b"gAMA", b"prVt")),
            TEXTS,
            st.booleans(),
        ),
        max_size=3,
    )
)
def test_what_stands_beside(chunks):
    """Whatever stands beside a picture in a PNG, right or wrong, the picture is read."""
    packed = [
        chunk(kind, b"a\0\0" + zlib.compress(text) if kind in (b"zTXt", b"iCCP") else text, sum_=None if good else 1)
        for kind, text, good in chunks
    ]
    assert same(with_chunks(*packed), PNG)
    assert peek(with_chunks(*packed)) == (64, 48)


def test_large_profile():
    """A profile of megabytes is used as any other."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = pictures.swapped()
    for each in (profile, swapped):
        data = pictures.file(pictures.quarters(), icc_profile=each)
        large = with_chunks(chunk(b"iCCP", b"a\0\0" + zlib.compress(each + bytes(4_000_000))))
        assert far(read(large), read(data)) <= 2


def test_profile_that_cannot_be_unpacked():
    """A profile that cannot be unpacked is left out."""
    assert same(with_chunks(chunk(b"iCCP", b"a\0\0nonsense")), PNG)


def test_transparency_stays():
    """What makes a PNG transparent stays, unless its checksum is wrong."""
    image = Image.new("L", (64, 48), 0)
    image.paste(90, (0, 0, 32, 48))
    data = pictures.file(image, transparency=0)
    at = data.index(b"tRNS")

    assert read(data).getpixel((60, 9)) == (255, 255, 255)
    assert read(data[: at + 6] + b"\1\1\1\1" + data[at + 10 :]).getpixel((60, 9)) == (0, 0, 0)


@pytest.mark.parametrize("missing", [1, 4, 8, 12, 13, 16])
def test_png_without_its_end(missing):
    """A PNG whose pixels are all there needs no end."""
    assert same(PNG[:-missing], PNG)


def test_pieces_without_end():
    """A PNG of nothing but pieces is damaged."""
    pieces = chunk(b"tIME", b"") * (mend.MAX_CHUNKS + 1)
    assert said(with_chunks(pieces)) == DAMAGED


@pytest.mark.parametrize("kind", JPEGS)
@pytest.mark.parametrize("tail", [b"", b"\xff", b"\0" * 99, b"\xff\xd8\xff\xe0 a film", bytes(range(256)) * 9])
def test_jpeg_without_its_end(kind, tail):
    """A JPEG without its end marker is read, whatever stands behind it; one with it as well."""
    assert same(JPEGS[kind][:-2] + tail.removeprefix(b"\xff\xd8"), JPEGS[kind])
    assert same(JPEGS[kind] + tail, JPEGS[kind])


@pytest.mark.parametrize("kind", JPEGS)
def test_jpeg_that_is_cut_off(kind):
    """A JPEG that ends somewhere is cut off, unless next to nothing of it is missing."""
    chance, whole = random.Random(kind), JPEGS[kind]  # the same ones each time
    for end in (*chance.sample(range(200, len(whole)), 40), *range(len(whole) - 12, len(whole))):
        found = verdict(whole[:end], whole, 70)
        assert found == CUT or (found == "read" and len(whole) - end < 30), end


def test_jpeg_of_which_scans_are_missing():
    """A progressive JPEG that ends between two of its scans is cut off."""
    whole = JPEGS["progressive"]
    last = whole.rindex(mend.SCAN)
    end = whole.rindex(b"\xff\xc4", 0, last) if b"\xff\xc4" in whole[:last] else last

    assert said(whole[:end]) == CUT


@pytest.mark.parametrize("name", ["PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "HEIF"])
def test_cut_or_whole(name):
    """What ends too early is cut off, or there is nothing missing that one sees."""
    whole = pictures.file(pictures.quarters(), name)
    chance = random.Random(name)  # as above
    for end in chance.sample(range(140, len(whole)), min(12, len(whole) - 140)):
        assert verdict(whole[:end], whole, 8) in (CUT, DAMAGED, "read"), end


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("PNG", PNG),
        ("PNG", PNG[:8] + (b"\0\0\0\0aaaa\0\0\0\0" * (mend.MAX_CHUNKS + 1))),
        ("HEIC", b"\0\0\0\x08free" * (mend.SEGMENTS + 1)),
        ("HEIC", b"\0\0\0\x08free"),
        ("AVIF", b"\0\0\0\1mdat\0\0\0\0\0\0\0\x10"),
        ("TIFF", b"II*\0"),
    ],
)
def test_not_cut(name, data):
    """What does not speak of an end is not said to be cut off."""
    assert not mend.is_cut(name, data)


def test_large_box():
    """A box that says a length beyond the file is cut off."""
    assert mend.is_cut("AVIF", b"\0\0\0\1mdat\0\0\0\0\0\0\0\x20")


def test_segments_without_end():
    """A JPEG of nothing but segments is not waited for."""
    walk = mend.walk(b"\xff\xd8" + b"\xff\xe1\0\2" * (mend.SEGMENTS + 1))
    assert (walk.scans, walk.ended) == (mend.SEGMENTS, False)


@pytest.mark.parametrize("segment", [b"", b"\1\1\0\5\3\0", b"\1\1\0\0\x3f\x01"])
def test_odd_scans(segment):
    """A scan that says nonsense, or is not the last of its coefficients, completes nothing."""
    size = (len(segment) + 2).to_bytes(2, "big")
    frame = b"\xff\xc2\0\x0b\x08\0\1\0\1\1\1\x11\0"
    assert not mend.walk(b"\xff\xd8" + frame + b"\xff\xda" + size + segment).complete
