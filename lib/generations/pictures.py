"""Images that came with an answer: decoded, made harmless and bounded as those that people attach are."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Sequence

from lib.errors import ImageError
from lib.messages import Extras, Image

HEAD = re.compile(r"data:[\w.+/;=-]{0,200},")
MAX_SIDE = 4_096  # pixels
BROKEN = "It is broken off or no picture."
KIND = "image"


def kept(found: Sequence[str]) -> tuple[tuple[Image, ...], tuple[str, ...]]:
    """Return the images that data URLs or mere base64 hold, and why others cannot be shown, in plain sentences."""
    images: list[Image] = []
    refused: list[str] = []
    for text in found:
        try:
            images.append(_image(text))
        except ImageError as error:
            refused.append(str(error))
        except Exception:  # noqa: BLE001  # libraries fail with whatever comes to hand, and the answer must not
            refused.append(BROKEN)
    return tuple(images), tuple(_told(refused))


def beside(extras: Extras, tried: int, notes: tuple[str, ...]) -> Extras:
    """Return what else came with an answer of which so many images were read, with what is to be said of them."""
    media = list(extras.media)
    for _ in range(min(tried, media.count(KIND))):
        media.remove(KIND)
    return Extras(extras.sources, tuple(media), extras.unread, extras.call, notes)


def _told(refused: Sequence[str]) -> list[str]:
    return [
        f"A picture of this answer is not shown. {why}"
        if number == 1
        else f"{number} pictures of this answer are not shown. {why}"
        for why, number in Counter(refused).items()
    ]


def _image(text: str) -> Image:
    from lib.images.normalise import normalise  # the decoders are loaded for who gets a picture

    head = HEAD.match(text)
    return normalise(_decoded(text[head.end() :] if head else text), fit=_fit).image()


def _decoded(text: str) -> bytes:
    """Return what base64 holds, be it in the alphabet of addresses, in percent signs or without its padding."""
    bare = text.translate({ord("-"): "+", ord("_"): "/"}).replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
    bare = "".join(bare.split()).rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImageError(BROKEN) from error


def _fit(size: tuple[int, int]) -> tuple[int, int]:
    share = min(1.0, MAX_SIDE / max(size))
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))
