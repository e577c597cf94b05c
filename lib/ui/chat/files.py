"""Files beside a prompt: what each comes to before it is sent, their texts in it, and what is shown of them then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import PurePath
from typing import BinaryIO

import streamlit as st

from lib.api.complaints import tidy
from lib.documents import document, kinds, reading
from lib.documents.document import Document
from lib.errors import ChatError, DocumentError, ImageError
from lib.images import kinds as pictures
from lib.images import tokens as image_tokens
from lib.messages import Attached, Image, Message, Usage
from lib.store import StoredMessage
from lib.ui import mine, streamlit_internals, uploads
from lib.ui.chat import imports, pdfs, stream
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.pdfs import PAGES, TEXT, WHOLE
from lib.ui.markdown import plain
from lib.ui.numbers import cost, count, many
from lib.ui.parts import MAX_CHARACTERS

READ = "files-read"  # what uploads of this browser session say, by their ids
MAX_FILES = 20  # with text, of a prompt
MAX_TEXT = 1_000_000  # characters of all files of a prompt: what a search looks through
MAX_WHOLE = 32_000_000  # bytes of all PDFs of a prompt that go as they are
MAX_NAME = 60  # characters of a file's name
SHORT = 1_500  # characters that need no height of their own to be scrolled in
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif")
ICON, PDF_ICON = ":material/description:", ":material/picture_as_pdf:"
AS_IT_IS = "Sent as it is"
LOOK, LOOKS, SUM_UP = "Describe this picture.", "Describe each of these pictures.", "Sum up what is attached."
ABOUT = r"\~"  # two bare ones would strike out what is between them


def question(given: Sequence[BinaryIO]) -> str:
    """Return what files ask that have come without a word."""
    _, others = told_apart(given)
    return SUM_UP if others else LOOK if len(given) == 1 else LOOKS


def told_apart(files: Sequence[BinaryIO]) -> tuple[list[BinaryIO], list[BinaryIO]]:
    """Return the pictures among some files, and those that are sent as text; Streamlit keeps none of them any more."""
    found: tuple[list[BinaryIO], list[BinaryIO]] = ([], [])
    for file in files:
        found[0 if is_picture(file.name, file.read()) else 1].append(file)
        file.seek(0)
    uploads.forget(files)
    return found


def is_picture(name: str, data: bytes) -> bool:
    """Whether a file is a picture, or is called one. A drawing that is text, as SVG is, goes as text."""
    head = data[: pictures.HEAD]
    if kinds.is_text(data) or pictures.other(head) == "A PDF document":
        return PurePath(name).suffix.lower() in PICTURES
    return bool(pictures.sniff(head[:128]) or pictures.other(head))


def message(words: str, files: Sequence[BinaryIO], model: str = "") -> Message:
    """Return a prompt with the texts of files behind its words, and those PDFs beside it that go otherwise to `model`.

    Raises DocumentError and ImageError, with its name, for a file that cannot be sent.
    """
    if len(files) > MAX_FILES:
        raise DocumentError(f"These are {len(files)} files; a prompt has at most {MAX_FILES}.", hint="Take some out.")
    ways = [pdfs.way(getattr(file, "file_id", "")) for file in files]
    images = tuple(image for file, way in zip(files, ways, strict=True) if way == PAGES for image in _seen(file, model))
    found = [_read(file, way) for file, way in zip(files, ways, strict=True) if way != PAGES]
    whole = tuple(each.whole for each in found if each.whole)
    if sum(len(each.data) for each in whole) > MAX_WHOLE:
        raise DocumentError(
            f"The PDFs have more than {MAX_WHOLE // 1_000_000} MB together.", hint="Send some of them as text."
        )
    for key in (READ, pdfs.AS):
        st.session_state.pop(key, None)
    text, attached = document.joined(words, found) if found else (words, ())
    if found and len(text) > MAX_TEXT:
        raise DocumentError(
            f"The files have more than {MAX_TEXT:,} characters together.", hint="Send some of them in another prompt."
        )
    return Message("user", text, images, attached, whole)


def _read(file: BinaryIO, way: str = TEXT) -> Document:
    """Return an upload as it is sent. Raises DocumentError with its name."""
    data = file.read()
    found = _kept(getattr(file, "file_id", ""), file.name, data)
    if way == WHOLE:
        return pdfs.as_it_is(found, data)
    _check(found)
    return found


def _seen(file: BinaryIO, model: str) -> tuple[Image, ...]:
    with named(file.name):
        return pdfs.pictures(file.name, file.read(), model)


def _check(found: Document) -> None:
    """Raise DocumentError with its name for what has no text to be sent."""
    if found.problem:
        with named(found.name):
            raise found.problem


def _kept(id: str, name: str, data: bytes) -> Document:
    """Return what an upload says, which is read once. Raises DocumentError with its name."""
    known: dict[str, Document | DocumentError] = st.session_state.setdefault(READ, {})
    found = known.get(id) or _tried(name, data)
    if id:
        known[id] = found
    if isinstance(found, DocumentError):
        raise found
    return found


def _tried(name: str, data: bytes) -> Document | DocumentError:
    try:
        with named(name):
            return reading.read(name, data)
    except DocumentError as error:
        return error


@contextmanager
def named(name: str) -> Iterator[None]:
    """Let an error say which file it is about."""
    try:
        yield
    except (DocumentError, ImageError) as error:
        raise type(error)(f"{tidy(name, MAX_NAME)}: {error}", hint=error.hint) from error


def weigh(who: Answerer | None) -> None:
    """Draw what files come to that are in the input box and not sent yet. Its script looks when there are others.

    Without `who`, because several are asked, that is tokens alone.
    """
    with st.container(key="attached"):
        st.fragment(_weigh)(who)


def _weigh(who: Answerer | None) -> None:
    st.button("What the files come to", key="look-at-files")
    waiting = streamlit_internals.uploaded(imports.uploads_held())
    known: dict[str, object] = st.session_state.get(READ, {})
    for gone in known.keys() - waiting.keys():
        del known[gone]
    tokens = [_line(id, name, data, who) for id, (name, data) in waiting.items()]
    if len(tokens) > 1:
        total = sum(tokens)
        st.caption(f"Together {count(total, ABOUT)} tokens{_price(who, total)}")


def waiting_tokens(model: str) -> int:
    """Return about how many tokens the files are that wait in the input box, of those that can be sent."""
    total = 0
    for id, (name, data) in streamlit_internals.uploaded(imports.uploads_held()).items():
        with suppress(ChatError):
            total += _weight(id, name, data, model)[0]
    return total


def _line(id: str, name: str, data: bytes, who: Answerer | None) -> int:
    """Draw one file, and return about how many tokens it is."""
    place = st.empty()  # its name stands above the ways it can go
    try:
        with st.spinner(f"Reading {plain(name, MAX_NAME)}"):
            tip = _choice(id, name, data, who)
            number, note = _weight(id, name, data, who.model if who else "")
    except ChatError as error:
        why = str(error).removeprefix(f"{tidy(name, MAX_NAME)}: ")
        place.caption(f"{plain(name, MAX_NAME)} · :red[{plain(why)}] {plain(error.hint)}")
        return 0
    facts = f"{plain(name, MAX_NAME)} · {count(number, ABOUT)} tokens{_price(who, number)}"
    place.caption(f"{facts} · {plain(note)}" if note else facts, help=tip)
    return number


def _choice(id: str, name: str, data: bytes, who: Answerer | None) -> str | None:
    """Draw how a PDF can go, with what each way comes to; return why there is only one."""
    if is_picture(name, data) or not kinds.is_pdf(data):
        return None
    found = _kept(id, name, data)
    offered = pdfs.ways(found, who)
    pdfs.choose(id, name, offered, lambda way: _worth(found, way, who))
    return pdfs.UNPROVED if offered == [TEXT] else None


def _worth(found: Document, way: str, who: Answerer | None) -> str:
    if way == TEXT and found.problem:
        return "none in it"
    number = pdfs.tokens(found, way, who.model if who else "")
    return f"{count(number, ABOUT)} tokens{_price(who, number)}"


def _weight(id: str, name: str, data: bytes, model: str) -> tuple[int, str]:
    """Return about how many tokens a file is, and what is left out of it. Raises DocumentError, ImageError."""
    if is_picture(name, data):
        from lib.images import decode  # the decoders are loaded for who attaches a picture

        with named(name):
            return image_tokens.estimate(decode.peek(data), model=model), ""
    found, way = _kept(id, name, data), pdfs.way(id)
    if way == TEXT:
        _check(found)
    return pdfs.tokens(found, way, model), pdfs.note(found, way)


def _price(who: Answerer | None, tokens: int) -> str:
    if who is None:
        return ""
    usage = Usage(prompt_tokens=tokens, completion_tokens=0, total_tokens=tokens)
    found = who.endpoint.tariff.cost(usage, (who.model,), datetime.now(UTC))
    shown = plain(cost(found.amount, found.currency)) if found else ""
    return f" ({shown if '<' in shown else ABOUT + shown})" if shown else ""


def draw(message: StoredMessage) -> None:
    """Draw the files of a prompt by their names; each can be opened."""
    if not message.files:
        return
    with st.container(key=f"files-{message.id}", horizontal=True, gap="small"):
        for number, file in enumerate(message.files):
            key = f"file-{message.id}-{number}"
            tip = AS_IT_IS if file.whole else plain(file.note) or "Show what was sent of it"
            icon = PDF_ICON if file.whole else ICON
            if st.button(plain(file.name, MAX_NAME), key=key, type="tertiary", icon=icon, help=tip):
                show(message.id, number)


# Closed for the server too: what stays open there comes back with the next prompt.
@st.dialog("Attached file", width="large", on_dismiss="rerun")
def show(message_id: int, number: int) -> None:
    """Show what was sent of a file."""
    found = mine.chats().message(message_id)
    if found is None or number >= len(found.files):
        st.caption("This file is not kept any more.")
        return
    _content(found.files[number], found.text)


def _content(file: Attached, text: str) -> None:
    said = text[file.begin : file.end]
    st.markdown(f"**{plain(file.name, MAX_NAME)}**")
    how = f"{AS_IT_IS}, {many(file.pages or 0, 'page')}; below is its text" if file.whole else ""
    st.caption(" · ".join(filter(None, (how, many(len(said), "character"), plain(file.note)))))
    shown = said[:MAX_CHARACTERS]
    is_short = len(shown) < SHORT and shown.count("\n") < SHORT // 100
    st.code(stream.as_written(shown), language=None, wrap_lines=True, height="content" if is_short else 420)
    if len(said) > MAX_CHARACTERS:
        st.caption(f"These are the first {count(MAX_CHARACTERS)}.")
    name = PurePath(file.name).stem[:MAX_NAME] or "file"
    with st.container(horizontal=True, gap="small"):
        data = said.encode("utf-8", "replace")
        st.download_button("Download as text", data, f"{name}.txt", "text/plain", on_click="ignore")
        if kept := mine.chats().image(file.whole) if file.whole else None:
            st.download_button("Download", kept.content, f"{name}.pdf", kept.media_type, on_click="ignore")
