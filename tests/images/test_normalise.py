"""What becomes of pictures: good ones, hostile ones, and what is left of them when they are sent."""

from __future__ import annotations

import io
import subprocess
import sys
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageStat

from lib import messages
from lib.config import ROOT
from lib.errors import ImageError
from lib.images.decode import Colour
from lib.images.normalise import LIMITS, NormalisedImage, admit, normalise, peek
from tests import pictures

# As tests write them; HEIC is HEIF to Pillow, and WebP is WEBP.
FORMATS = {
    "PNG": {},
    "JPEG": {"quality": 95},
    "WEBP": {"quality": 95},
    "GIF": {},
    "BMP": {},
    "TIFF": {},
    "AVIF": {"quality": 95},
    "HEIF": {"quality": 95},
}
QUARTERS = [pictures.RED, pictures.GREEN, pictures.YELLOW, pictures.BLUE]
SMALL = {name: pictures.file(pictures.quarters(), name, **options) for name, options in FORMATS.items()}


def pixels(picture: NormalisedImage) -> Image.Image:
    """The pixels that an endpoint sees."""
    return Image.open(io.BytesIO(picture.data))


def like(colours, others) -> bool:
    """Whether colours are the same, but for what lossy formats do to them."""
    pairs = zip(colours, others, strict=True)
    return all(abs(a - b) <= 24 for one, other in pairs for a, b in zip(one, other, strict=True))


def refused(data: bytes, **options) -> ImageError:
    """The error that `data` leads to."""
    with pytest.raises(ImageError) as caught:
        normalise(data, **options)
    assert caught.value.hint
    return caught.value


# --- what is read


@pytest.mark.parametrize("name", FORMATS)
def test_formats(name):
    """Each format on the list is read, with the right colours, and named."""
    picture = normalise(SMALL[name])

    assert like(pictures.corners(pixels(picture)), QUARTERS)
    assert (picture.width, picture.height) == (64, 48)
    assert picture.original.format.upper() == {"HEIF": "HEIC"}.get(name, name)
    assert (picture.original.width, picture.original.height, picture.original.size) == (64, 48, len(SMALL[name]))


@pytest.mark.parametrize("brands", [b"mif1\0\0\0\0mif1heic", b"mif1\0\0\0\0heixmif1"])
def test_heic_brand(brands):
    """A HEIC file may say no more than that it is a still image."""
    data = SMALL["HEIF"]
    assert normalise(data[:8] + brands + data[24:]).original.format == "HEIC"


def test_avif_brand():
    """So may an AVIF file, which then names itself among the others."""
    data = SMALL["AVIF"]
    assert data[8:12] == b"avif"
    assert normalise(data[:8] + b"mif1" + data[12:]).original.format == "AVIF"


def test_content():
    """What a file is, its bytes say: nobody asks for its name."""
    assert normalise(pictures.file(pictures.photo(), "JPEG")).original.format == "JPEG"


def moving(name, *frames):
    """An animation."""
    return pictures.file(frames[0], name, save_all=True, append_images=frames[1:], duration=100)


def plain(colour):
    """An empty picture."""
    return Image.new("RGB", (64, 48), colour)


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP"])
def test_first_frame(name):
    """Of what moves, the first picture is taken, and said to be; another where it is wanted."""
    data = moving(name, pictures.quarters(), plain(pictures.RED), plain(pictures.BLUE))
    picture, other = normalise(data), normalise(data, frame=1)

    assert like(pictures.corners(pixels(picture)), QUARTERS)
    assert picture.note == picture.image().note == "An animation of 3 pictures: number 1 is sent."
    assert like(pictures.corners(pixels(other)), [pictures.RED] * 4)
    assert (other.original.frame, other.original.frames, other.original.reach) == (1, 3, 3)
    assert normalise(data, frame=99).original.frame == 2


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP"])
@pytest.mark.parametrize("empty", ["white", "black", "teal"])
def test_empty_first_frame(name, empty):
    """Where the first picture of what moves is empty, the one with most to see is taken; or one of another colour."""
    picture = normalise(moving(name, plain(empty), plain(pictures.RED), pictures.quarters(), plain(empty)))
    coloured = normalise(moving(name, plain(empty), plain(pictures.RED), plain(empty)))

    assert like(pictures.corners(pixels(picture)), QUARTERS)
    assert picture.note == "An animation of 4 pictures: number 3 is sent, because the first is empty."
    assert coloured.original.frame == 1


def test_nothing_but_empty_frames():
    """Where there is nothing to see in any, the first is taken."""
    data = moving("WEBP", plain("white"), plain((250, 250, 250)))
    assert normalise(data).original.frame == 0


def test_pages():
    """Of a TIFF with pages the first is taken, and said to be; another, of its own size, where it is wanted."""
    data = pictures.file(pictures.quarters(), "TIFF", save_all=True, append_images=[Image.new("RGB", (9, 7), "red")])
    first, second = normalise(data), normalise(data, frame=1)

    assert like(pictures.corners(pixels(first)), QUARTERS)
    assert first.note == "The file has 2 pages: number 1 is sent."
    assert (second.width, second.height, second.original.width) == (9, 7, 9)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_upright(name, orientation):
    """A picture stands upright whichever way the camera was held, and its size is as one sees it."""
    picture = normalise(pictures.held(orientation, name))

    assert like(pictures.corners(pixels(picture)), QUARTERS)
    assert (picture.original.width, picture.original.height) == (64, 48)


def test_upright_heic():
    """A HEIC file turns itself, and is not turned twice."""
    assert like(pictures.corners(pixels(normalise(pictures.held(6, "HEIF")))), QUARTERS)


@pytest.mark.parametrize("tags", [pictures.exif(0), pictures.exif(9), pictures.exif(300), pictures.odd_exif(b"up")])
def test_odd_orientation(tags):
    """An orientation that does not exist is none."""
    assert like(pictures.corners(pixels(normalise(pictures.file(pictures.quarters(), exif=tags)))), QUARTERS)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow says so, and goes on
def test_broken_exif():
    """A picture with broken EXIF is taken as it is."""
    data = pictures.file(
        pictures.quarters(), "JPEG", quality=95, exif=b"Exif\0\0MM\0\x2a\0\0\0\x08\xff\xff" + bytes(30)
    )
    assert like(pictures.corners(pixels(normalise(data))), QUARTERS)


# --- colours


@pytest.mark.parametrize("name", ["PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_transparent(name):
    """What is transparent becomes white, what is half transparent half."""
    image = pictures.quarters().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 32, 24))
    image.paste((0, 0, 0, 128), (32, 0, 64, 24))
    found = pictures.corners(pixels(normalise(pictures.file(image, name, **FORMATS[name]))))

    assert like(found[:3], [(255, 255, 255), (127, 127, 127), pictures.YELLOW])


@pytest.mark.parametrize("mode", ["P", "L", "LA", "1", "RGB"])
def test_transparent_key(mode):
    """Transparency by a colour or an index of the palette becomes white as well; what shows nothing says so."""
    image = Image.new("L", (64, 48), 0).convert(mode)
    key = {"P": 0, "RGB": (0, 0, 0), "L": 0, "1": 0}.get(mode)
    if mode == "LA":
        image.putalpha(0)
    picture = normalise(pictures.file(image, **({} if key is None else {"transparency": key})))

    assert like(pictures.corners(pixels(picture)), [(255, 255, 255)] * 4)
    assert picture.note == "The picture is wholly transparent: there is nothing to see in it."


def drawn(colour, *others):
    """A drawing of lines on nothing, in one colour or several."""
    image = Image.new("RGBA", (200, 120))
    draw = ImageDraw.Draw(image)
    for number, each in enumerate((colour, *others)):
        draw.line((10, 20 + 30 * number, 190, 30 + 30 * number), each, 4)
        draw.text((40, 5 + 30 * number), "Text", each)
    return image


@pytest.mark.parametrize("name", ["PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize(("lines", "ground"), [("white", 32), ("#eee", 32), ("black", 255), ("#0f766e", 255)])
def test_drawing_on_nothing(name, lines, ground):
    """A drawing on nothing is laid on what keeps it visible, and another ground than white is said."""
    picture = normalise(pictures.file(drawn(lines), name, **FORMATS[name]))

    assert like([pixels(picture).convert("RGB").getpixel((2, 2))], [(ground,) * 3])
    assert ("Laid on dark grey" in picture.note) == (ground != 255)
    assert ImageStat.Stat(pixels(picture).convert("L")).stddev[0] > 5


def test_drawing_in_light_and_dark():
    """Where light and dark lines stand on nothing, the ground is between them."""
    picture = normalise(pictures.file(drawn("white", "black", "white", "black")))
    assert picture.note == "Laid on grey: on white, its light parts would not be seen."


def test_faint_drawing():
    """What is everywhere half transparent is looked at as a whole."""
    image = drawn("white").convert("RGBA")
    image.putalpha(20)
    assert normalise(pictures.file(image)).note == ""


def test_opaque_alpha():
    """An alpha channel in which nothing is transparent changes nothing."""
    picture = normalise(pictures.file(pictures.quarters().convert("RGBA")))
    assert (like(pictures.corners(pixels(picture)), QUARTERS), picture.note) == (True, "")


@pytest.mark.parametrize(("mode", "name"), [("CMYK", "JPEG"), ("CMYK", "TIFF"), ("YCbCr", "JPEG"), ("P", "GIF")])
def test_modes(mode, name):
    """Pictures for printers and with palettes look as they did."""
    data = pictures.file(pictures.quarters().convert(mode), name, **FORMATS[name])
    assert like(pictures.corners(pixels(normalise(data))), QUARTERS)


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
@pytest.mark.parametrize(("value", "shown"), [(0, 0), (32_896, 128), (65_535, 255)])
def test_sixteen_bits(name, value, shown):
    """16 bits a pixel become 8, dark ones dark and light ones light."""
    data = pictures.file(Image.new("I;16", (64, 48), value), name)
    assert pixels(normalise(data)).getpixel((9, 9)) == (shown,) * 3


def test_sixteen_bits_colour():
    """So do 16 bits of each colour."""
    row = b"\0" + b"\xff\xff\x80\x80\0\0" * 64
    data = pictures.png(64, 48, zlib.compress(row * 48), depth=16, colour=2)
    assert like([pixels(normalise(data)).getpixel((9, 9))], [(255, 128, 0)])


@pytest.mark.parametrize("mode", ["F", "I"])
def test_no_colours(mode):
    """Where nobody knows what is white, the picture is refused and says why."""
    assert f"not read ({mode})" in str(refused(pictures.file(Image.new(mode, (64, 48)), "TIFF")))


def test_profile():
    """Colours are those that the profile of the picture says they are."""
    data = pictures.file(Image.new("RGB", (48, 700), (255, 0, 0)), icc_profile=pictures.swapped())
    assert like(pictures.corners(pixels(normalise(data))), [(0, 255, 0)] * 4)


def test_profile_of_several_bands():
    """A profile is read once for all bands of a picture."""
    colour = Colour(pictures.swapped())
    assert [colour.convert(plain((255, 0, 0))).getpixel((9, 9)) for _ in range(2)] == [(0, 255, 0)] * 2


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_broken_profile(mode):
    """A profile that is broken, or of other pixels, is left out."""
    for profile in (b"no profile", pictures.swapped() if mode == "L" else b""):
        data = pictures.file(Image.new(mode, (64, 48), "white"), icc_profile=profile)
        assert like(pictures.corners(pixels(normalise(data))), [(255, 255, 255)] * 4)


# --- what is sent


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_bare(name):
    """Nothing is left of what the camera knew: neither the place, nor the profile, nor comments."""
    options = {"exif": pictures.exif(), "icc_profile": pictures.swapped()}
    data = pictures.file(pictures.photo(), name, **options)
    picture = normalise(data)

    assert pictures.MAKER.encode() in data
    assert not any(word.encode() in picture.data for word in (pictures.MAKER, pictures.GPS))
    assert not pixels(picture).getexif()
    assert set(pixels(picture).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("name", FORMATS)
def test_polyglot(name):
    """A file that is something else as well is sent as a picture and nothing else."""
    data = SMALL[name] + b"<script>alert(1)</script>PK\x03\x04"
    assert b"script" not in normalise(data).data


@pytest.mark.parametrize(
    ("detail", "model", "size"),
    [("low", "", (512, 384)), ("high", "", (1024, 768)), ("auto", "", (1024, 768)), ("high", "claude-3", (1270, 952))],
)
def test_scaled(detail, model, size):
    """A picture is sent with the pixels that the model makes use of at this detail."""
    picture = normalise(pictures.file(pictures.photo(1600, 1200), "JPEG"), detail=detail, model=model)

    assert (picture.width, picture.height) == pixels(picture).size == size
    assert (picture.original.width, picture.original.height) == (1600, 1200)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF"])
def test_scaled_colours(name):
    """A picture that is much too large is the same picture when it is sent, at its edges as well."""
    picture = normalise(pictures.file(pictures.quarters(3001, 2203), name), detail="low")

    assert like(pictures.corners(pixels(picture)), QUARTERS)
    assert (picture.width, picture.height) == (512, 376)


@pytest.mark.parametrize("size", [(32_000, 4), (4, 32_000), (1, 1)])
def test_thin(size):
    """A picture of hardly any width stays one."""
    picture = normalise(pictures.file(Image.new("RGB", size, pictures.RED)))

    assert min(picture.width, picture.height) == 1
    assert pixels(picture).getpixel((0, 0)) == pictures.RED


def test_tenth():
    """A telephone's photo at low detail is less than a tenth of its file."""
    data = pictures.file(pictures.photo(2000, 1500), "JPEG", quality=92, exif=pictures.exif(6))
    picture = normalise(data, detail="low")

    assert (picture.width, picture.height) == (384, 512)
    assert picture.size * 10 < len(data)


@pytest.mark.parametrize(
    ("image", "kind"), [(pictures.quarters(), "png"), (pictures.photo(), "jpeg"), (Image.new("L", (9, 9)), "png")]
)
def test_smaller(image, kind):
    """Drawings are sent as PNG and photos as JPEG: whichever is smaller."""
    picture = normalise(pictures.file(image))

    assert picture.media_type == f"image/{kind}"
    assert pixels(picture).format == kind.upper()
    assert pixels(picture).mode == "RGB"


def test_neither():
    """Where a quick PNG is not hopeless but the thorough one is larger all the same, JPEG it is."""
    image = pictures.photo(96, 96).quantize(24).convert("RGB")
    picture = normalise(pictures.file(image))

    assert picture.size <= len(pictures.file(image, "JPEG", quality=90, subsampling="4:4:4", optimize=True))


def test_image():
    """As a part of a prompt it is the same bytes, with its pixels."""
    picture = normalise(SMALL["PNG"])
    image = picture.image("low")

    assert image == messages.Image(picture.data, "image/png", "low")
    assert image.pixels == (64, 48)


def test_same_pixels():
    """The same pixels are the same bytes, whatever file they came in."""
    assert normalise(SMALL["PNG"]).data == normalise(SMALL["BMP"]).data != normalise(SMALL["JPEG"]).data


def test_repr():
    """A picture in a log is not its bytes."""
    assert len(repr(normalise(SMALL["PNG"]))) < 300


@pytest.mark.parametrize(("side", "size"), [(160, (160, 120)), (32, (32, 24)), (2000, (640, 480))])
def test_thumbnail(side, size):
    """A thumbnail is the picture, no larger than asked for and never enlarged."""
    picture = normalise(pictures.file(pictures.photo()))
    small = picture.thumbnail(side)

    assert (small.width, small.height) == pixels(small).size == size
    assert (small.original, small.media_type[:6]) == (picture.original, "image/")


# --- what is refused


def test_empty():
    """An empty file is one."""
    assert str(refused(b"")) == "The file is empty."


@pytest.mark.parametrize("data", [b"<!doctype html>", b"<!DOCTYPE html><svg>", b"\0" * 100, b"x", b"PK\x03\x04"])
def test_no_picture(data):
    """What is no picture is said to be none that is read."""
    error = refused(data)

    assert str(error) == "This is not a picture that Parley reads."
    assert "PNG, JPEG, WebP" in error.hint


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "An SVG drawing"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a <b> --><!DOCTYPE svg>\n<svg>", "An SVG drawing"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "An EPS drawing"),
        (b"%PDF-1.7\n", "A PDF document"),
        (b"\0\0\1\0\1\0", "An icon"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "A JPEG 2000 picture"),
        (b"\xff\x0a\xfa\x7f", "A JPEG XL picture"),
        (b"8BPS\0\1", "A Photoshop file"),
        (b"\0\0\0\x18ftypmp42", "A film or a sequence of pictures"),
        (b"\0\0\0\x1cftypavis\0\0\0\0avifmif1", "A film or a sequence of pictures"),
        (b"\0\0\0\x18ftyphevc\0\0\0\0heic", "A film or a sequence of pictures"),
    ],
)
def test_kind_that_is_not_taken(data, kind):
    """A picture of a kind that is not taken is called what it is."""
    error = refused(data)

    assert str(error) == f"{kind} is not taken."
    assert "PNG, JPEG, WebP" in error.hint


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.97])
def test_truncated(name, part):
    """A file that ends too early is cut off, not half a picture."""
    whole = pictures.file(pictures.photo(200, 150), name)
    data = whole[: int(len(whole) * part)]
    assert str(refused(data)) == "The picture is cut off: the end of its file is missing."


def test_bomb():
    """18 kB that would become 144 megapixels are refused by their header."""
    data = pictures.bomb()

    assert len(data) < 20_000
    assert str(refused(data)) == "The picture has 144.0 megapixels; PNG pictures of at most 40 are taken."


@pytest.mark.parametrize(("size", "said"), [((40_001, 2), "is 40001 × 2 pixels"), ((20_000, 2001), "has 40.0 meg")])
def test_header(size, said):
    """Size is refused by what the header says, before there is a pixel."""
    assert said in str(refused(pictures.png(*size, b"")))


@pytest.mark.parametrize(
    ("name", "mode", "most"),
    [("WEBP", "RGB", 12), ("AVIF", "RGB", 17), ("HEIF", "RGB", 25), ("HEIF", "RGBA", 19), ("JPEG", "CMYK", 24)],
)
def test_memory(name, mode, most):
    """Where a decoder holds a picture several times over, fewer pixels are taken: in proportion, as here."""
    limits = replace(LIMITS, memory=LIMITS.memory // 10_000)
    options = {"limits": limits}
    data = pictures.file(Image.new(mode, (100, most + 1)), name)
    fine = pictures.file(Image.new(mode, (100, most - 1)), name)

    assert "pictures of at most 0 are taken" in str(refused(data, **options))
    assert normalise(fine, **options).width == 100


WIDE = """
import zlib
from pathlib import Path
from lib.images.normalise import normalise
from tests import pictures
packer = zlib.compressobj(9)
rows = b"".join(packer.compress(bytes(4 * 32_768 + 1)) for _ in range(1200)) + packer.flush()
data = pictures.png(32_768, 1200, rows, 8, 6)
normalise(pictures.file(pictures.quarters()))
most = lambda: int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
idle = most()
picture = normalise(data)
print(picture.width, most() - idle)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone says how much it was")
def test_memory_of_what_is_wide() -> None:
    """A picture of 32,768 × 1,200 pixels, 170 kB, takes the memory that is counted for it: its rows are long."""
    done = subprocess.run([sys.executable, "-c", WIDE], cwd=ROOT, capture_output=True, text=True, check=True)
    width, kilobytes = map(int, done.stdout.split())

    assert (width, kilobytes * 1024 < LIMITS.memory) == (2048, True)


def test_tiff_piece():
    """A TIFF with tiles much larger than itself is refused: a tile is decoded whole."""
    data = pictures.tiff(64, 48, (322, 16_384), (323, 16_384), (324, 8), (325, 3072))
    assert "TIFF pictures of at most 0 are taken" in str(refused(data))


def test_tiff_rows():
    """A TIFF may claim that a strip has more rows than there are."""
    data = pictures.tiff(64, 48, (273, 8), (278, 2**32 - 1), (279, 3072))
    assert normalise(data, limits=replace(LIMITS, memory=100_000)).width == 64


@pytest.mark.parametrize("compression", [50_001, 34_925, 6, 7, 9])
def test_tiff_inside(compression):
    """A TIFF with another format inside, or a rare one, is not read."""
    assert "cannot be decoded" in str(refused(pictures.tiff(64, 48, compression=compression)))


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_tiff_compressed(compression):
    """The usual compressions of TIFF are."""
    data = pictures.file(pictures.quarters(), "TIFF", compression=compression)
    assert like(pictures.corners(pixels(normalise(data))), QUARTERS)


def test_passes():
    """A JPEG of thousands of passes, each as slow as the whole, is refused; a progressive one is not."""
    assert str(refused(pictures.passes(2000))).startswith("The JPEG is stored in more than 32 passes")
    assert normalise(pictures.passes(5)).width == 64


@pytest.mark.parametrize("hidden", [b"\xff\x01\xff\xff", b"\xff\xd0\xff\xff", b"\xff\x00\xff\xff", b"\xff\xff\xff"])
def test_hidden_passes(hidden):
    """What a decoder passes over between segments does not hide passes."""
    data = pictures.passes(2000)
    assert "passes" in str(refused(data[:2] + hidden + data[2:]))


def test_segments():
    """A JPEG of nothing but segments is refused."""
    data = pictures.passes(0)
    assert "passes" in str(refused(data[:2] + b"\xff\xfe\x00\x02" * 20_000 + data[2:]))


def test_film():
    """A film behind a photo, as telephones put it there, has no passes."""
    assert normalise(pictures.passes(0) + b"\xff\xda\x00\x00" * 1000).width == 64


@pytest.mark.parametrize("name", ["AVIF", "HEIF"])
def test_lying(name):
    """A container that says less than what is inside is not believed."""
    data = pictures.file(Image.new("RGB", (500, 400), "navy"), name)
    error = refused(pictures.relabelled(data, 64, 64), limits=replace(LIMITS, pixels=100_000))

    assert "has 0.2 megapixels" in str(error) or "cannot be decoded" in str(error)


@pytest.mark.parametrize(("size", "said"), [(200_000_000, "200 MB"), (20_500_000, "20.5 MB")])
def test_large(size, said):
    """A file of more than 20 MB is refused unread."""
    assert str(refused(bytes(size))) == f"The picture has {said}; at most 20 MB are taken."


def test_admit():
    """50 files of 20 MB are refused before any is read; so is one that is too large or empty among many."""
    with pytest.raises(ImageError, match=r"have 1000 MB together; at most 50 MB are taken"):
        admit([20_000_000] * 50)
    with pytest.raises(ImageError, match=r"has 20\.1 MB"):
        admit([1, 20_100_000, 1])
    with pytest.raises(ImageError, match="empty"):
        admit([1, 0])


def test_admitted():
    """Two of 20 MB and one of 10 are as much as is taken."""
    assert admit([20_000_000, 20_000_000, 10_000_000]) is None


# --- whatever comes


def right(data: bytes) -> bool:
    """Whether `data` is a picture, or refused in a sentence."""
    try:
        picture = normalise(data)
    except ImageError as error:
        return str(error).endswith(".")
    return pixels(picture).size == (picture.width, picture.height)


@settings(max_examples=150)
@given(st.sampled_from(sorted(SMALL)), st.lists(st.tuples(st.integers(0, 5000), st.binary(min_size=1, max_size=4))))
def test_damaged(name, changes):
    """Whatever is changed in a file, it is a picture or an error that says so, and nothing else."""
    data = bytearray(SMALL[name])
    for at, change in changes:
        start = at % len(data)
        data[start : start + len(change)] = change
    assert right(bytes(data))


@settings(max_examples=150)
@given(st.sampled_from([data[:16] for data in SMALL.values()]), st.binary(max_size=300))
def test_headers(head, rest):
    """So it is with anything behind a good beginning."""
    assert right(head + rest)


@given(st.binary(max_size=300))
def test_anything(data):
    """And with anything at all."""
    assert right(data)


# --- looked at without being decoded


@pytest.mark.parametrize("name", FORMATS)
def test_peek(name):
    """The size of a picture is told from its head."""
    assert peek(SMALL[name]) == (64, 48)


@pytest.mark.parametrize("data", [b"", b"<svg>", pictures.bomb(), SMALL["PNG"][:20]])
def test_peek_refuses(data):
    """What is too large, or no picture, is refused here already."""
    with pytest.raises(ImageError):
        peek(data)
