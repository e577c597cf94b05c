"""The nouns of a conversation on the wire."""

from __future__ import annotations

import pytest

from lib.messages import Completion, Image, Message


def test_text():
    """A message without images is plain text."""
    assert Message("user", "hi").wire() == {"role": "user", "content": "hi"}


def test_images():
    """A message with images is of parts, the text first."""
    assert Message("user", "look", (Image("data:x", "high"),)).wire() == {
        "role": "user",
        "content": [
            {"type": "text", "text": "look"},
            {"type": "image_url", "image_url": {"url": "data:x", "detail": "high"}},
        ],
    }


@pytest.mark.parametrize(
    ("reason", "norm"),
    [(None, None), ("stop", "stop"), ("MAX_TOKENS", "length"), ("sensitive", "content_filter"), ("odd", "odd")],
)
def test_finish_norm(reason, norm):
    """Finish reasons of other words are put in those of the protocol, unknown ones left as they are."""
    assert Completion(finish_reason=reason).finish_norm == norm


@pytest.mark.parametrize(
    ("url", "content"),
    [("data:image/png;base64,AAEC", ("image/png", b"\0\1\2")), ("https://pictures.test/a.png", None)],
)
def test_content(url, content):
    """A data URL has its bytes in it, any other has none."""
    assert Image(url).content == content


@pytest.mark.parametrize("data", ["A", "AA*A", "äöü="])
def test_broken_content(data):
    """What is not base64 is refused."""
    with pytest.raises(ValueError, match=r"[Pp]adding|base64|ASCII"):
        Image(f"data:image/png;base64,{data}").content  # noqa: B018  # it is asked for
