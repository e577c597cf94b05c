"""The frame sizes in an AVIF file, read before anything is decoded.

An AVIF file says its size twice: in the container, which decoders report, and in the AV1 stream, by which they take
memory. A file of 3 kB that claims 100 × 100 outside can be 16,384 × 16,384 inside, so the stream is asked.

The container: ISO/IEC 14496-12, boxes `meta`, `iloc`, `idat`. The stream: AV1 Bitstream & Decoding Process
Specification, 5.3 (OBU header) and 5.5 (sequence header), https://aomediacodec.github.io/av1-spec/
"""

from __future__ import annotations

from collections.abc import Iterator

EXTENTS = 1_000  # pieces of items; a photo has a handful
UNITS = 200  # OBUs of an item, or boxes of a box
SEQUENCE = 1  # the type of an OBU that is a sequence header
NESTED = 4  # bytes of version and flags before the boxes in `meta`


class Bits:
    """Reads numbers of any width, most significant bit first; ValueError past the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, width: int) -> int:
        """Return the next `width` bits as a number."""
        end = self._at + width
        last = (end + 7) // 8
        if last > len(self._data):
            raise ValueError("cut off")
        value = int.from_bytes(self._data[self._at // 8 : last], "big") >> (last * 8 - end)
        self._at = end
        return value & ((1 << width) - 1)


def sizes(data: bytes) -> list[tuple[int, int]]:
    """Return (width, height) of each sequence header in the file; ValueError where there is none or it is not read."""
    found = [size for item in _items(data) for size in _sequences(item)]
    if not found:
        raise ValueError("no sequence header")
    return found


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(UNITS):
        if at + 8 > len(data):
            return
        length, kind, start = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], at + 8
        if length == 1:  # the length does not fit and follows
            length, start = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        end = at + length if length else len(data)
        if end < start:
            raise ValueError("a box shorter than its head")
        yield kind, data[start:end]
        at = end
    raise ValueError("too many boxes")


def _items(data: bytes) -> Iterator[bytes]:
    """Yield the bytes of each item, whatever it is: what is no AV1 has no sequence headers."""
    for _, meta in (box for box in _boxes(data) if box[0] == b"meta"):
        inner = list(_boxes(meta[NESTED:]))
        sources = (data, b"".join(body for kind, body in inner if kind == b"idat"))
        for location in (body for kind, body in inner if kind == b"iloc"):
            yield from _located(location, sources)


def _located(location: bytes, sources: tuple[bytes, bytes]) -> Iterator[bytes]:
    """Yield the items that an `iloc` box points to; `sources` are the file and `idat`, in the box's numbering."""
    spent = 0
    for method, extents in _extents(location):
        if method >= len(sources):
            raise ValueError("an item made of items")
        source = sources[method]
        item = b"".join(source[start : start + length if length else None] for start, length in extents)
        spent += len(item)
        if spent > len(sources[0]):
            raise ValueError("items that overlap")
        yield item


def _extents(location: bytes) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    bits = Bits(location)
    version = bits.take(32) >> 24
    offset, length, base, index = (bits.take(4) * 8 for _ in range(4))
    wide = 32 if version == 2 else 16
    left = EXTENTS
    for _ in range(bits.take(wide)):
        bits.take(wide)  # the item's number
        method = bits.take(16) & 15 if version else 0
        bits.take(16)  # the file it is in: this one
        start, count = bits.take(base), bits.take(16)
        left -= 1 + count
        if left < 0:
            raise ValueError("too many pieces")
        yield method, [_extent(bits, start, index if version else 0, offset, length) for _ in range(count)]


def _extent(bits: Bits, start: int, index: int, offset: int, length: int) -> tuple[int, int]:
    bits.take(index)
    return start + bits.take(offset), bits.take(length)


def _sequences(item: bytes) -> Iterator[tuple[int, int]]:
    """Yield the sizes in an item. What is no AV1 begins with a zero or a letter, and is one unit of no interest."""
    at = 0
    for _ in range(UNITS):
        if at >= len(item):
            return
        kind, start, end = _unit(item, at)
        if kind == SEQUENCE:
            yield _size(Bits(item[start:end]))
        at = end
    raise ValueError("too many units")


def _unit(item: bytes, at: int) -> tuple[int, int, int]:
    """Return type, start and end of the OBU at `at`."""
    head = item[at]
    at += 2 if head & 4 else 1
    if not head & 2:  # without a length it is the last
        return head >> 3, at, len(item)
    length = 0
    for group in range(8):
        byte = item[at] if at < len(item) else 0
        length, at = length | (byte & 127) << 7 * group, at + 1
        if not byte & 128:
            break
    return head >> 3, at, at + length


def _size(bits: Bits) -> tuple[int, int]:
    bits.take(4)  # profile, still picture
    if bits.take(1):  # reduced: the header of a still picture
        bits.take(5)
    else:
        _points(bits)
    across, down = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(across) + 1, bits.take(down) + 1


def _points(bits: Bits) -> None:
    """Skip the operating points. Timing is for films: what has it is not read."""
    if bits.take(1):
        raise ValueError("a film")
    delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay and bits.take(1):
            bits.take(4)
