"""Images that come with answers: what is kept of them, and what is said of others."""

from __future__ import annotations

import base64

import pytest

from lib.generations import pictures
from lib.generations.outcome import conclude
from lib.images import header
from lib.messages import Completion, Extras, Message
from tests import pictures as made
from tests.fake_client import FakeStream

PNG = made.file(made.quarters())


def url(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize(
    "text",
    [
        url(PNG),
        base64.b64encode(PNG).decode().rstrip("="),
        base64.urlsafe_b64encode(PNG).decode(),
        url(PNG).replace("+", "%2B").replace("/", "%2F").replace("data:image%2Fpng", "data:image/png"),
        url(PNG, "jpeg"),
    ],
)
def test_kept(text: str) -> None:
    """A picture is decoded from a data URL or mere base64, in any alphabet, whatever it is called, and made anew."""
    (image,), notes = pictures.kept([text])

    assert (image.media_type, image.pixels, notes) == ("image/png", (64, 48), ())


def test_large() -> None:
    """A picture of many pixels is scaled down."""
    (image,), _ = pictures.kept([url(made.file(made.quarters(6_000, 60)))])

    assert header.pixels(image.data) == (4_096, 41)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (url(made.bomb()), "pixels"),
        (url(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg+xml"), "SVG"),
        (url(PNG)[:-400], ""),
        ("data:image/png;base64,@@@@", pictures.BROKEN),
        ("a", pictures.BROKEN),
        ("data:image/png;base64,", "empty"),
        (5, pictures.BROKEN),
    ],
)
def test_hostile(text: str, why: str) -> None:
    """What is too large, no picture, or broken is told in a sentence."""
    images, (note,) = pictures.kept([text])

    assert images == ()
    assert note.startswith("A picture of this answer is not shown. ")
    assert why in note


def test_many() -> None:
    """Of several that fail alike one sentence tells."""
    assert pictures.kept(["a", "b", url(PNG)])[1] == (f"2 pictures of this answer are not shown. {pictures.BROKEN}",)


def test_outcome() -> None:
    """An outcome has the pictures; what else came is still counted; when the process ends nothing is decoded."""
    completion = Completion("", images=(url(PNG), "a"), extras=Extras(media=("image", "audio", "image", "image")))
    stream, asked = FakeStream([], completion), [Message("user", "draw")]
    outcome = conclude(stream, asked)  # type: ignore[arg-type]

    assert [image.pixels for image in outcome.pictures] == [(64, 48)]
    assert outcome.extras.media == ("audio", "image")
    assert len(outcome.extras.notes) == 1
    assert conclude(stream, asked, hurried=True).pictures == ()  # type: ignore[arg-type]
