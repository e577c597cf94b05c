"""Pictures beside a prompt: files in, what is sent out, and what is shown of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

import streamlit as st

from lib.messages import Image
from lib.store import StoredImage, StoredMessage
from lib.ui import mine, uploads
from lib.ui.chat.files import named
from lib.ui.markdown import plain
from lib.ui.numbers import many

MORE = " The page Image analysis offers the others."


def images(files: Sequence[BinaryIO], model: str, detail: str = "auto") -> tuple[Image, ...]:
    """Return uploaded files as they are sent to `model`. Raises ImageError, with its name, for one that is refused."""
    from lib.images.normalise import admit  # the decoders are loaded for who attaches a picture

    contents = [(file.name, file.read()) for file in files]
    uploads.forget(files)
    for name, content in contents:
        with named(name):
            admit([len(content)])
    admit(len(content) for _, content in contents)
    return tuple(_image(name, content, model, detail) for name, content in contents)


def _image(name: str, content: bytes, model: str, detail: str) -> Image:
    from lib.images.normalise import normalise  # as above

    with named(name):
        made = normalise(content, detail=detail, model=model)
    image = made.image(detail)
    return replace(image, note=image.note + MORE) if made.original.reach > 1 else image


def draw(message: StoredMessage, width: int) -> None:
    """Draw the pictures of a prompt, `width` pixels wide; with 0 only how many, where they are seen elsewhere."""
    if not width:
        st.caption(many(len(message.images), "picture"))
        return
    with st.container(horizontal=True, gap="small"):
        for image in message.images:
            _draw(image, width)


def _draw(image: StoredImage, width: int) -> None:
    content = mine.chats().image(image.id) if image.id else None
    if content:
        with st.container(gap=None, width=width):
            st.image(content.content, width=width, alt="An attached picture")
            if image.note:
                st.markdown(f":small[:gray[{plain(image.note)}]]")
    else:
        st.caption(plain(image.url or "This picture is not kept any more.", 120))
