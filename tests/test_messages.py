"""The nouns of a conversation on the wire."""

from __future__ import annotations

import pytest

from lib.messages import (
    BESIDE,
    Attached,
    Extras,
    Image,
    LinkedImage,
    Message,
    Source,
    WholeFile,
    dump_files,
    load_files,
    normal_finish_reason,
)


def test_text():
    """A message without images is plain text."""
    assert Message("user", "hi").wire() == {"role": "user", "content": "hi"}


def test_images():
    """A message with images is of parts, the text first; bytes go as a data URL, an address as it is."""
    given = (Image(b"\0\1\2", "image/png", "high"), LinkedImage("https://images.test/a.png"))

    assert Message("user", "look", given).wire() == {
        "role": "user",
        "content": [
            {"type": "text", "text": "look"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAEC", "detail": "high"}},
            {"type": "image_url", "image_url": {"url": "https://images.test/a.png", "detail": "auto"}},
        ],
    }


def test_whole_files():
    """A file that goes as it is is a part of its own, and its text goes with the others only where it does not."""
    file = WholeFile(b"%PDF-", "application/pdf", "a.pdf", 2)
    files = (Attached("b.md", 5, 6), Attached("a.pdf", 7, 9, "", file.id, 2))

    assert Message("user", "look B PP", (), files, (file,)).wire()["content"] == [
        {"type": "text", "text": f"look B {BESIDE}"},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
    ]
    assert Message("user", "look B PP", (), files).wire()["content"] == "look B PP"
    assert load_files(dump_files(files)) == files
    assert "whole" not in (dump_files(files[:1]) or "")


def test_repr():
    """An image in a log is not its bytes."""
    assert repr(Image(bytes(5_000_000), "image/png")) == "Image(media_type='image/png', detail='auto', pixels=None)"


@pytest.mark.parametrize(
    ("reason", "norm"),
    [(None, None), ("stop", "stop"), ("MAX_TOKENS", "length"), ("sensitive", "content_filter"), ("odd", "odd")],
)
def test_normal_finish_reason(reason, norm):
    """Finish reasons of other words are put in those of the protocol, unknown ones left as they are."""
    assert normal_finish_reason(reason) == norm


def test_extras() -> None:
    """What came beside a text is kept and read again, and nothing is kept of nothing."""
    extras = Extras((Source("A", "https://example.com"), Source("B")), ("image",), ("x",))

    assert Extras.load(extras.dump()) == extras
    assert Extras().dump() is None
    assert Extras.load(None) == Extras()
