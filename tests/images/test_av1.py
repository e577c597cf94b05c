"""The sizes inside AVIF files, from real ones and from ones that are built badly on purpose."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lib.images.av1 import sizes
from tests import pictures

# A sequence header of a still picture: profile, still, reduced, level, 16 bits each way, then 100 - 1 and 50 - 1.
REDUCED = f"{'000'}{'1'}{'1'}{'00000'}{15:04b}{15:04b}{99:016b}{49:016b}"


def octets(bits: str) -> bytes:
    """Bits as bytes, filled up with zeros."""
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def unit(body: bytes, kind: int = 1, *, extended: bool = False, length: bytes | None = None) -> bytes:
    """An OBU; without `length`, one byte says how long it is."""
    head = kind << 3 | (4 if extended else 0) | (0 if length == b"" else 2)
    return bytes([head, *([0] if extended else [])]) + (bytes([len(body)]) if length is None else length) + body


SEQUENCE = unit(octets(REDUCED))


def box(kind: bytes, body: bytes) -> bytes:
    """A box whose length is in its first four bytes."""
    return struct.pack(">I", len(body) + 8) + kind + body


def iloc(*extents: tuple[int, int], version: int = 1, method: int = 1, index: int = 0) -> bytes:
    """An `iloc` of one item: offsets and lengths of four bytes, in `idat` by default."""
    wide = ">I" if version == 2 else ">H"
    head = struct.pack(">IBB", version << 24, 0x44, index) + struct.pack(wide, 1) + struct.pack(wide, 1)
    way = struct.pack(">H", method) if version else b""
    places = b"".join((b"\0\0\0\1" if index else b"") + struct.pack(">II", *extent) for extent in extents)
    return box(b"iloc", head + way + b"\0\0" + struct.pack(">H", len(extents)) + places)


def container(*inner: bytes) -> bytes:
    """A file with these boxes in its `meta`."""
    return box(b"ftyp", b"avif\0\0\0\0") + box(b"meta", bytes(4) + b"".join(inner))


def around(item: bytes, **options) -> bytes:
    """A file with one item, in `idat`."""
    return container(iloc((0, len(item)), **options), box(b"idat", item))


@pytest.mark.parametrize("size", [(64, 48), (1, 1), (1000, 3)])
def test_real(size):
    """The size is the one that was encoded; transparency is a second picture."""
    assert sizes(pictures.file(Image.new("RGB", size), "AVIF")) == [size]
    assert sizes(pictures.file(Image.new("RGBA", size), "AVIF")) == [size, size]


def test_not_the_container():
    """What the container claims does not matter."""
    assert sizes(pictures.relabelled(pictures.file(Image.new("RGB", (640, 480)), "AVIF"), 1, 1)) == [(640, 480)]


@pytest.mark.parametrize("options", [{}, {"version": 2}, {"index": 4}])
def test_layouts(options):
    """The ways in which a container may say where an item is."""
    assert sizes(around(SEQUENCE, **options)) == [(100, 50)]


def test_file_offset():
    """The oldest way: bytes of the file itself, to its end if no length is given."""
    head = len(container(iloc((0, 0), version=0)))
    assert sizes(container(iloc((head, 0), version=0)) + SEQUENCE) == [(100, 50)]


def test_pieces():
    """An item may lie in pieces."""
    rest = len(SEQUENCE) - 4
    pieces = container(iloc((rest, 4), (0, rest)), box(b"idat", SEQUENCE[4:] + SEQUENCE[:4]))
    assert sizes(pieces) == [(100, 50)]


@pytest.mark.parametrize("length", [0, 1])
def test_box_lengths(length):
    """A box may say that it goes to the end, or its length in eight bytes."""
    data = around(SEQUENCE)
    ftyp, meta = data[:16], data[16:]
    head = struct.pack(">I", length) + b"meta" + (struct.pack(">Q", len(meta) + 8) if length else b"")
    assert sizes(ftyp + head + meta[8:]) == [(100, 50)]


@pytest.mark.parametrize(
    "item",
    [
        unit(b"", 2) + SEQUENCE,
        unit(octets(REDUCED), extended=True),
        unit(octets(REDUCED), length=b""),
        unit(octets(REDUCED), length=bytes([len(octets(REDUCED)) | 128, 128, 0])),
        unit(octets(REDUCED), length=bytes([len(octets(REDUCED)) | 128, *[128] * 7])),
        SEQUENCE + unit(b"anything", 6),
    ],
)
def test_units(item):
    """The ways in which a stream may say how long its units are."""
    assert sizes(around(item)) == [(100, 50)]


def test_hidden():
    """A second size behind the first is found."""
    larger = unit(octets(REDUCED.replace(f"{99:016b}", f"{16_383:016b}")))
    assert sizes(around(SEQUENCE + unit(b"frame", 6) + larger)) == [(100, 50), (16_384, 50)]


@pytest.mark.parametrize("level", ["00111", "01000" + "1"])
@pytest.mark.parametrize("delay", ["", "0", "1" + "1010"])
def test_full(level, delay):
    """The long form of the header, with two operating points and what may belong to them."""
    points = ("0" * 12 + level + delay) * 2
    bits = f"{'000'}{'0'}{'0'}{'0'}{'1' if delay else '0'}{1:05b}{points}{15:04b}{15:04b}{99:016b}{49:016b}"
    assert sizes(around(unit(octets(bits)))) == [(100, 50)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no sequence"),
        (container(), "no sequence"),
        (around(b"Exif\0\0MM"), "no sequence"),
        (around(b"\0grid"), "no sequence"),
        (around(unit(octets("000" + "0" + "0" + "1"))), "a film"),
        (around(SEQUENCE[:5]), "cut off"),
        (around(SEQUENCE, method=2), "made of items"),
        (container(box(b"iloc", iloc((0, 9))[8:-6]), box(b"idat", SEQUENCE)), "cut off"),
        (container(iloc(*[(0, 1)] * 1000), box(b"idat", SEQUENCE)), "too many pieces"),
        (container(iloc(*[(0, 9)] * 99), box(b"idat", SEQUENCE)), "overlap"),
        (around(unit(b"", 2) * 201), "too many units"),
        (box(b"free", b"") * 201, "too many boxes"),
        (struct.pack(">I", 4) + b"meta" + bytes(8), "shorter"),
    ],
)
def test_refused(data, said):
    """What has no size, or could have another one, is refused."""
    with pytest.raises(ValueError, match=said):
        sizes(data)


@given(st.binary(max_size=400), st.integers(0, 200))
def test_any(data, at):
    """Whatever the bytes, sizes are found or a ValueError says that they are not."""
    for mixed in (data, container(data), around(data), around(SEQUENCE)[:at] + data):
        found = []
        with suppress(ValueError):
            found = sizes(mixed)
        assert all(width > 0 < height for width, height in found)
