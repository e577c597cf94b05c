"""What a file is, told by its first bytes: a picture that is read, or a kind that is known and not taken."""

from __future__ import annotations

import re

READ = "PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC or AVIF"
HEAD = 4_096  # bytes that tell
SIGNATURES = {
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "JPEG": rb"\xff\xd8\xff",
    "GIF": rb"GIF8[79]a",
    "WebP": rb"RIFF....WEBP",
    "BMP": rb"BM",
    "TIFF": rb"II\*\0|MM\0\*",
}
# Of the boxed formats the brand says what is inside; mif1 is any still image. Sequences (avis, hevc) are left out:
# decoders look elsewhere for their pictures than the checks here do.
STILL = (b"avif", b"mif1", b"heic", b"heix", b"heim", b"heis")
OTHERS = {
    "An SVG drawing": rb"(?:\xef\xbb\xbf)?\s*(?=<)(?!(?i:<!doctype html|<html)).{0,4000}?<svg\b",
    "A PDF document": rb"%PDF-",
    "A Photoshop file": rb"8BPS",
    "An icon": rb"\0\0[\x01\x02]\0",
    "A JPEG XL picture": rb"\xff\x0a|\0\0\0\x0cJXL ",
    "A JPEG 2000 picture": rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51",
    "A film or a sequence of pictures": rb"....ftyp",
    "A GIMP file": rb"gimp xcf",
    "An EPS drawing": rb"%!PS|\xc5\xd0\xd3\xc6",
    "A Windows metafile": rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF",
    "An OpenEXR picture": rb"\x76\x2f\x31\x01",
    "A Radiance picture": rb"#\?RADIANCE",
    "A DirectDraw surface": rb"DDS ",
    "A BigTIFF picture": rb"II\+\0|MM\0\+",
    "A Netpbm picture": rb"P[1-7]\s",
    "A QOI picture": rb"qoif",
}


def sniff(head: bytes) -> str:
    """Return the format that the first bytes of a file say, "" if it is none that is read."""
    for name, signature in SIGNATURES.items():
        if re.match(signature, head, re.DOTALL):
            return name
    if head[4:8] != b"ftyp" or head[8:12] not in STILL:
        return ""
    end = min(int.from_bytes(head[:4], "big"), 128)
    brands = {head[at : at + 4] for at in range(8, end, 4)}
    return "AVIF" if b"avif" in brands else "HEIC"


def other(head: bytes) -> str:
    """Return what a file is that is known and not taken, with its article; "" for what is no picture at all."""
    return next((name for name, sign in OTHERS.items() if re.match(sign, head[:HEAD], re.DOTALL)), "")
