"""What a transparent picture is laid on: white, unless what is drawn in it could not be seen there."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter

WHITE = 255
OTHERS = {32: "dark grey", 128: "grey"}  # brightness, and what that is called
NEAR = 40  # levels of brightness that one does not tell apart in thin lines
MAX_LOST = 0.2  # of the rim of what is drawn: more must not vanish
CLEAR = 64  # below this it counts as transparent
LOOKED_AT = 512  # pixels a side that are looked at
RIM = 5  # pixels around what is transparent, in which lines and outlines lie
EMPTY = "The picture is wholly transparent: there is nothing to see in it."


def lay(image: Image.Image) -> tuple[Image.Image, str]:
    """Return an RGBA picture on what keeps it visible, as RGB, and what is to be said of that, "" for white."""
    alpha = image.getchannel("A")
    least, most = alpha.getextrema()
    if least == 255:
        return image.convert("RGB"), ""
    level = _level(image) if most else WHITE
    laid = Image.new("RGB", image.size, (level, level, level))
    laid.paste(image, mask=alpha)
    if not most:
        return laid, EMPTY
    return laid, "" if level == WHITE else f"Laid on {OTHERS[level]}: on white, its light parts would not be seen."


def _level(image: Image.Image) -> int:
    """Return the brightness of a ground on which the outlines of what is drawn are seen best."""
    levels = _outlines(image)
    if _lost(levels, WHITE) <= MAX_LOST:
        return WHITE
    return min((*OTHERS, WHITE), key=lambda level: _lost(levels, level))


def _outlines(image: Image.Image) -> list[int]:
    """Return how many pixels have each brightness, beside what is transparent."""
    small = image.copy()
    small.thumbnail((LOOKED_AT, LOOKED_AT))
    alpha = small.getchannel("A")
    drawn = alpha.point(lambda value: 255 if value >= CLEAR else 0)
    rim = ImageChops.multiply(drawn, ImageChops.invert(drawn).filter(ImageFilter.MaxFilter(RIM)))
    mask = rim if rim.getextrema()[1] else drawn if drawn.getextrema()[1] else alpha.point(lambda value: value and 255)
    return small.convert("RGB").convert("L").histogram(mask)


def _lost(levels: list[int], ground: int) -> float:
    return sum(levels[max(0, ground - NEAR) : ground + NEAR + 1]) / max(1, sum(levels))
