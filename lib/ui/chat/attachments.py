"""Pictures beside a prompt: files in, what is sent out, and what is shown of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import streamlit as st

from lib.messages import Image
from lib.store import StoredImage, StoredMessage
from lib.ui import mine, uploads
from lib.ui.markdown import plain

# What the browser offers to choose; what a file is, its bytes tell.
TYPES = ("png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "avif")


def images(files: Sequence[BinaryIO], model: str, detail: str = "auto") -> tuple[Image, ...]:
    """Return uploaded files as they are sent to `model`. Raises ImageError for one that is no picture."""
    from lib.images.normalise import admit, normalise  # the decoders are loaded for who attaches a picture

    contents = [file.read() for file in files]
    uploads.forget(files)
    admit(map(len, contents))
    return tuple(normalise(content, detail=detail, model=model).image(detail) for content in contents)


def draw(message: StoredMessage, width: int) -> None:
    """Draw the pictures of a prompt, `width` pixels wide."""
    with st.container(horizontal=True, gap="small"):
        for image in message.images:
            _draw(image, width)


def _draw(image: StoredImage, width: int) -> None:
    content = mine.chats().image(image.id) if image.id else None
    if content:
        st.image(content.content, width=width)
    else:
        st.caption(plain(image.url or "This picture is not kept any more.", 120))
