"""Files made whole that decoders refuse though all of the picture is there, and files told that are cut off.

PNG: of the chunks beside the picture only those stay that change what is seen; one with a wrong checksum goes, as
https://www.w3.org/TR/png-3/#13Decoders asks. JPEG: an end is put where none is. A JPEG that is cut off has its missing
part filled by decoders with whatever is in their hands, so it is decoded twice, with two fillings: what is whole is
the same both times.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

PNG = b"\x89PNG\r\n\x1a\n"
# Beside the picture: transparency, how it was held, and of an animation the frames.
SEEN = (b"tRNS", b"eXIf", b"acTL", b"fcTL", b"fdAT")
PROFILE = b"iCCP"
MAX_CHUNKS = 200_000  # of a PNG; one of 20 MB has a few thousand
MAX_PROFILE = 16_000_000  # bytes of a colour profile, unpacked
CRITICAL = 0x20  # a bit that the first letter of such a chunk has not
END = b"\xff\xd9"
# Markers of JPEG; those without a length, and bytes of a picture that look like one, are passed over.
MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
SCAN = b"\xff\xda"
FRAMES = frozenset(bytes((0xFF, code)) for code in range(0xC0, 0xD0) if code not in (0xC4, 0xC8, 0xCC))
SEGMENTS = 10_000  # of a JPEG: a photo has a few dozen
FILLING = bytes((37 * place * place + 101 * place + 170) % 255 for place in range(1_024))  # like nothing, and no marker
ALL = (1 << 64) - 1  # the coefficients of a block


@dataclass(frozen=True)
class Whole:
    """A file as decoders take it. `profile` is its colour profile, where that was taken out.

    `other` is the same file with another filling where its end may be missing: all is there if both decode alike.
    """

    data: bytes
    profile: bytes | None = None
    other: bytes | None = None


@dataclass(frozen=True)
class Walk:
    """What a walk over a JPEG found: its scans, whether it has an end, and whether they have all of the picture.

    `behind` is where something else begins behind the last of them.
    """

    scans: int
    ended: bool
    complete: bool
    behind: int


def whole(name: str, data: bytes) -> Whole:
    """Return a file of the format `name` made whole. Raises ValueError for a PNG of too many pieces."""
    if name == "PNG":
        return _png(data)
    if name == "JPEG" and not (found := walk(data)).ended:
        body = data[: found.behind].rstrip(b"\xff")  # which would be half a marker
        return Whole(body + END, None, body + FILLING + END if found.complete else b"")
    return Whole(data)


def is_cut(name: str, data: bytes) -> bool:
    """Whether a file ends before the end that it speaks of."""
    test = CUT.get(name)
    return bool(test and test(data))


def _png(data: bytes) -> Whole:
    parts, profile = [PNG], None
    for kind, chunk in _chunks(data):
        if kind == PROFILE:
            profile = _unpacked(chunk[8:-4])
        elif not kind[0] & CRITICAL or kind in SEEN:
            parts.append(chunk)
    return Whole(b"".join((*parts, b"\0\0\0\0IEND\xae\x42\x60\x82")), profile)


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return the chunks up to the end; those beside the picture only where their checksum is right."""
    found: list[tuple[bytes, bytes]] = []
    at = len(PNG)
    for _ in range(MAX_CHUNKS):
        kind, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4], "big")
        if len(kind) < 4 or kind == b"IEND":
            return found
        if not kind[0] & CRITICAL:
            found.append((kind, data[at:end] if end <= len(data) else _closed(kind, data[at + 8 :])))
        elif end <= len(data) and zlib.crc32(data[at + 4 : end - 4]) == int.from_bytes(data[end - 4 : end], "big"):
            found.append((kind, data[at:end]))
        at = end
    raise ValueError("too many chunks")


def _closed(kind: bytes, content: bytes) -> bytes:
    """Return a chunk that was cut off with what there is of it."""
    sum_ = zlib.crc32(kind + content)
    return len(content).to_bytes(4, "big") + kind + content + sum_.to_bytes(4, "big")


def _unpacked(content: bytes) -> bytes | None:
    _, _, packed = content.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[1:], MAX_PROFILE)
    except zlib.error:
        return None


def walk(data: bytes) -> Walk:
    """Walk over the segments of a JPEG up to its end: behind it, telephones put films."""
    at, count, behind = 0, 0, len(data)
    seen: dict[int, int] = {}
    for _ in range(SEGMENTS):
        marker = MARKER.search(data, at + 2)
        if not marker or marker[0] == END:
            is_complete = bool(seen) and all(mask == ALL for mask in seen.values())
            return Walk(count, marker is not None, is_complete, behind)
        length = int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        segment = data[marker.end() + 2 : marker.end() + length]
        if marker[0] in FRAMES:
            seen = dict.fromkeys(segment[6::3], 0)
        elif marker[0] == SCAN:
            count, behind = count + 1, len(data)
            _note(segment, seen)
        elif count:
            behind = min(behind, marker.start())
        at = marker.end() + length - 2
    return Walk(SEGMENTS, False, False, behind)


def _note(segment: bytes, seen: dict[int, int]) -> None:
    """Note which coefficients of which components a scan has brought to their last bit."""
    if len(segment) < 6 or segment[-1] & 15:
        return
    first, last = segment[-3], min(segment[-2], 63)
    for component in segment[1 : 1 + 2 * segment[0] : 2]:
        seen[component] = seen.get(component, 0) | ((1 << (last + 1)) - (1 << first) if first <= last else 0)


def _png_is_cut(data: bytes) -> bool:
    at = len(PNG)
    for _ in range(MAX_CHUNKS):
        if data[at + 4 : at + 8] == b"IEND":
            return False
        at += 12 + int.from_bytes(data[at : at + 4], "big")
        if at >= len(data):
            return True
    return False


def _boxes_are_cut(data: bytes) -> bool:
    at = 0
    for _ in range(SEGMENTS):
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 8 > len(data) or length == 0:
            return False
        at += int.from_bytes(data[at + 8 : at + 16], "big") if length == 1 else max(length, 8)
        if at > len(data):
            return True
    return False


CUT: dict[str, Callable[[bytes], bool]] = {
    "PNG": _png_is_cut,
    "JPEG": lambda data: not walk(data).ended,
    "GIF": lambda data: b"\x3b" not in data[-64:],
    "WebP": lambda data: int.from_bytes(data[4:8], "little") + 8 > len(data),
    "BMP": lambda data: int.from_bytes(data[2:6], "little") > len(data),
    "AVIF": _boxes_are_cut,
    "HEIC": _boxes_are_cut,
}
