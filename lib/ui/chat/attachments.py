"""Pictures beside a prompt: files in, what is sent out, and what is shown of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

import streamlit as st

from lib.messages import Image
from lib.store import Chats, StoredImage, StoredMessage
from lib.ui import mine, uploads
from lib.ui.chat.files import named
from lib.ui.markdown import plain
from lib.ui.numbers import many

MADE = 400  # pixels that a picture of an answer is wide
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


def draw_made(message: StoredMessage) -> None:
    """Draw the pictures that came with an answer, each to be downloaded."""
    for number, image in enumerate(message.images):
        with st.container(key=f"made-{message.id}-{number}", gap=None):
            _draw(image, MADE, "A picture of this answer")
            if image.id:
                _download(image.id, f"picture-{message.id}-{number + 1}", mine.chats())


def _download(id: str, name: str, chats: Chats) -> None:
    """Draw the button; the file is read when it is wanted, in a thread of Streamlit's."""
    content = chats.image(id)
    kind = content.media_type if content else ""
    st.download_button(
        "Download",
        lambda: found.content if (found := chats.image(id)) else b"",
        f"{name}.{'jpg' if kind == 'image/jpeg' else 'png'}",
        kind or None,
        key=f"download-{name}",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
    )


def _draw(image: StoredImage, width: int, alt: str = "An attached picture") -> None:
    content = mine.chats().image(image.id) if image.id else None
    if content:
        with st.container(gap=None, width=width):
            st.image(content.content, width=width, alt=alt)
            if image.note:
                st.markdown(f":small[:gray[{plain(image.note)}]]")
    else:
        st.caption(plain(image.url or "This picture is not kept any more.", 120))
