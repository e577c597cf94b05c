"""The image page: pictures on one side, questions and answers on the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import streamlit as st

from lib.errors import ImageError
from lib.images.tray import Tray
from lib.messages import Image, LinkedImage
from lib.store import StoredImage, StoredMessage
from lib.ui import mine, problems
from lib.ui.chat import actions, answerer, finder, nextgpt_form, sidebar, view, vision_warning
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.composer import Composer
from lib.ui.chat.transcript import Transcript
from lib.ui.chat.view import View
from lib.ui.images import batch, earlier, expected, inputs, ocr, results, tasks
from lib.ui.images import tray as pictures
from lib.ui.streamlit_internals import emptied

TRAY = "tray"
PURPOSE = (
    "Add one or several, then choose a task or type a question. You see what is sent, and about what it costs, before "
    "it is. Nothing but the pixels goes: no place, no date, no name."
)


def draw() -> None:
    """Draw the page, or the one for many pictures at once (`?batch=`)."""
    if st.query_params.get("batch"):
        batch.draw()
        return
    page = view.current("image")
    finder.arrive(page)
    who, composer = answerer.find(page), ImageComposer(page)
    transcript = ImageTranscript(page, composer, who)
    sent, waiting = pictures.sent(_said(page)), tray()
    with st.bottom:
        tasks.draw(len(waiting.items) + len(sent), composer.send)
    composer.draw(who, transcript.turn)
    with problems.shown():
        sidebar.draw(page)
    actions.draw(page)
    with st.container(key="analysis"):
        left, right = st.columns([5, 6], gap="large")
    with left, emptied():
        _pictures(page, who, waiting, sent)
    with right:
        with emptied():
            ocr.draw([*pictures.readable(waiting), *pictures.readable_sent(sent)])
        transcript.draw()
        nextgpt_form.draw(page, who)


def _said(page: View) -> list[StoredMessage]:
    """Return what was said so far: read once, for its pictures and for what its prompts were to cost."""
    said = mine.chats().path(page.conversation_id) if page.conversation_id else []
    expected.of(page.conversation_id).count(said)
    return said


def tray() -> Tray:
    """Return the pictures that wait in this browser session."""
    kept: Tray = st.session_state.setdefault(TRAY, Tray())
    return kept


def _pictures(page: View, who: Answerer | None, waiting: Tray, sent: Sequence[StoredImage]) -> None:
    model, endpoint = (who.model, who.endpoint) if who else ("", None)
    st.title("Ask about pictures", anchor=False)
    is_empty = not (waiting.items or sent or page.conversation_id)
    if is_empty:
        with st.container(key="no-picture"):
            st.caption(PURPOSE)
    vision_warning.draw(page, who)
    inputs.draw(waiting)
    if is_empty:
        earlier.draw()
    pictures.draw(waiting, sent, model, endpoint)
    pictures.draw_sent(sent, model)


class ImageComposer(Composer):
    """The composer of the image page: images come from the tray, and leave it when they are sent."""

    box = "question"
    ready = "Ask about the pictures"
    takes_files = False

    def images(self, files: Sequence[BinaryIO], model: str) -> tuple[Image | LinkedImage, ...]:
        """Return the pictures that wait, as they are sent.

        Raises ImageError if there is none to ask about, or one is refused that the person has not been told of yet.
        """
        waiting = tray()
        inputs.take(waiting)
        waiting.settle(model)
        if not (waiting.items or self.view.conversation_id):
            raise _missing(waiting)
        if waiting.refused and not waiting.is_told:
            hint = "Send the question again to ask it without that picture."
            raise ImageError("The question has not been sent, because a picture was refused.", hint=hint)
        return tuple(item.image(waiting.detail, model) for item in waiting.items)

    def sent(self) -> None:
        """Empty the tray."""
        tray().clear()


def _missing(waiting: Tray) -> ImageError:
    if waiting.refused:
        return waiting.refused[0][1]
    return ImageError("There is no picture to ask about yet.", hint="Choose one, drop it, paste it, or take one.")


class ImageTranscript(Transcript):
    """The transcript of the image page: without images, for they stand beside it; costs and files under answers."""

    width = 0

    def greet(self) -> None:
        """Say what to do next."""
        if tray().items:
            st.caption("Choose a task below, or type a question.")

    def below(self, answer: StoredMessage) -> None:
        """Draw what its prompt was to cost and did, and its table or JSON as a file."""
        results.draw(answer)
