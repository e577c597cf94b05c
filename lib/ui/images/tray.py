"""The pictures of the image page, large: those that wait to be sent, then those of the conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from urllib.parse import urlsplit

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.config import Endpoint
from lib.errors import ImageError
from lib.images import tokens as image_tokens
from lib.images.normalise import NormalisedImage
from lib.images.tray import Staged, Tray
from lib.messages import Usage
from lib.store import StoredImage, StoredMessage
from lib.ui import mine, problems
from lib.ui.images.ocr import Source
from lib.ui.markdown import plain
from lib.ui.numbers import UNKNOWN, count, money

DETAILS = ("auto", "low", "high")
HELP = "How closely the model looks. low: at most 512 pixels, few tokens. auto is left to the model."
TIPS = {"earlier": "Move it forward", "later": "Move it back", "remove": "Remove it"}
REASONS, NAMED = 3, 3  # that are shown of many that were refused
UNSEEN = ":material/link: The endpoint fetches this picture; Parley has not seen it."


def draw(tray: Tray, images: Sequence[StoredImage], model: str, endpoint: Endpoint | None = None) -> None:
    """Draw the pictures that wait, with what is sent of each, what it costs at `endpoint`, and their order.

    `images` are those of the conversation, which are sent again.
    """
    with st.spinner("Reading the pictures …", show_time=False):
        items = list(tray.settle(model))
    _refusals(tray)
    if not items:
        return
    with st.container(key="sending", horizontal=True, vertical_alignment="bottom", gap="small", wrap=False):
        tray.detail = choose_detail(tray.detail, "detail")
        st.caption(_total(tray, items, model, endpoint) + _again(images, model))
    for place, column in zip(range(len(items)), _places(len(items)), strict=True):
        with column:
            _item(tray, items, place, model)


def _refusals(tray: Tray) -> None:
    """Say which pictures were refused, those for the same reason together; on a phone the place may be out of sight."""
    if tray.refused and not tray.is_told:
        what = "Some pictures" if len(tray.refused) > 1 else "A picture"
        st.toast(f"{what} cannot be taken.", icon=":material/error:")
    tray.is_told = True
    reasons: dict[str, list[tuple[str, ImageError]]] = {}
    for refused in tray.refused:
        reasons.setdefault(str(refused[1]), []).append(refused)
    for same in list(reasons.values())[:REASONS]:
        st.error(f"**{_names([name for name, _ in same])}**  \n{problems.sentences(same[0][1])}")
    if more := sum(map(len, list(reasons.values())[REASONS:])):
        st.caption(f"{number_of(more)} more cannot be taken either.")


def _names(names: Sequence[str]) -> str:
    """Return what a few files are called, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(plain(name, 60 if len(names) == 1 else 24) for name in names[:NAMED]) + more


def draw_sent(images: Sequence[StoredImage], model: str) -> None:
    """Draw the pictures of the conversation, which go along with every question."""
    for image, column in zip(images, _places(len(images)), strict=True):
        with column:
            _sent(image, model)


def sent(said: Sequence[StoredMessage]) -> list[StoredImage]:
    """Return the pictures of a conversation, in their order."""
    return list(dict.fromkeys(image for message in said for image in message.images))


def readable(tray: Tray) -> list[Source]:
    """Return the pictures that wait and whose text can be read here."""
    waiting = [item for item in tray.items if not item.url]
    return [Source(f"staged-{item.number}", _short(item.name), partial(getattr, item, "data")) for item in waiting]


def readable_sent(images: Sequence[StoredImage]) -> list[Source]:
    """Return the pictures of the conversation whose text can be read here."""
    return [
        Source(image.id, f"Picture {place}", partial(_content, image.id))
        for place, image in enumerate(images, 1)
        if image.id
    ]


def _content(id: str) -> bytes:
    content = mine.chats().image(id)
    return content.content if content else b""


def tokens(image: StoredImage, model: str) -> int | None:
    """Return about how many prompt tokens a picture of a conversation is, None for one that nobody here has seen."""
    size = _size(image.id) if image.id else None
    return image_tokens.estimate(size, image.detail, model) if size else None


def _places(number: int) -> Sequence[DeltaGenerator]:
    """Return a place for each picture: one is large, several are in two columns."""
    if number < 2:
        return [st.container() for _ in range(number)]
    rows = [st.columns(2, gap="small", wrap=False) for _ in range(-(-number // 2))]
    return [column for row in rows for column in row][:number]


def choose_detail(current: str, key: str) -> str:
    """Draw the choice of `detail`, and return it."""
    chosen = st.segmented_control("Detail", DETAILS, default=current, key=key, help=HELP, required=True)
    return chosen or current


def _item(tray: Tray, items: Sequence[Staged], place: int, model: str) -> None:
    item = items[place]
    image = item.normalised(tray.detail, model)
    if image:
        st.image(image.data, width="stretch", alt=item.name)
    else:
        st.caption(UNSEEN)
    with st.container(key=f"order-{item.number}", gap=None):
        with st.container(horizontal=True, gap=None):
            st.caption(plain(_short(item.name) if image else item.name, 60))
            _buttons(tray, item, place, len(items))
        st.caption(_facts(item, image, tray.detail, model))
    if image:
        _frames(item, image)


def _frames(item: Staged, image: NormalisedImage) -> None:
    """Say what became of a picture that one would not expect, and offer the others that are in its file."""
    if image.note:
        st.caption(f":material/info: {plain(image.note)}")
    if image.original.reach > 1:
        key, label = f"frame-{item.number}", f"Which of the {image.original.reach} to send"
        first = image.original.frame + 1
        st.number_input(label, 1, image.original.reach, first, key=key, on_change=_choose_frame, args=(item, key))


def _choose_frame(item: Staged, key: str) -> None:
    item.frame = int(st.session_state[key]) - 1


def _buttons(tray: Tray, item: Staged, place: int, number: int) -> None:
    if number > 1:
        _button("earlier", "arrow_back", tray.move, item.number, -1, disabled=place == 0)
        _button("later", "arrow_forward", tray.move, item.number, 1, disabled=place == number - 1)
    _button("remove", "close", tray.remove, item.number)


def _button(name: str, icon: str, do: Callable[..., None], number: int, *by: int, disabled: bool = False) -> None:
    key, args, sign, tip = f"{name}-{number}", (number, *by), f":material/{icon}:", TIPS[name]
    st.button(tip, key=key, type="tertiary", icon=sign, on_click=do, args=args, disabled=disabled)


def _facts(item: Staged, image: NormalisedImage | None, detail: str, model: str) -> str:
    if image is None:
        return "Tokens are not known before it is fetched."
    came, sent = image.original, f"{_kind(image.media_type)} {_pixels(image.width, image.height)}"
    about = count(item.tokens(detail, model), "~")
    return (
        f"{came.format} {_pixels(came.width, came.height)}, {size(came.size)}  \n"
        f"Sent: {sent}, {size(image.size)} · {about} tokens"
    )


def _total(tray: Tray, items: Sequence[Staged], model: str, endpoint: Endpoint | None) -> str:
    known = [item.tokens(tray.detail, model) for item in items]
    made = [image for item in items if (image := item.normalised(tray.detail, model))]
    about = sum(number or 0 for number in known) if None not in known else None
    cost = price(endpoint, model, about, images=len(items))
    heavy = f", {size(sum(image.size for image in made))}" if made else ""
    return f"To be sent: {number_of(len(items))}{heavy}, {count(about, '~')} tokens{cost}, and your question"


def number_of(images: int) -> str:
    """Return how many pictures there are, in words."""
    return "1 picture" if images == 1 else f"{count(images)} pictures"


def price(endpoint: Endpoint | None, model: str, tokens: int | None, *, images: int, calls: int = 1) -> str:
    """Return about what pictures of so many tokens cost in so many calls, to follow the tokens; "" if nobody knows."""
    if endpoint is None or not tokens:
        return ""
    usage = Usage(prompt_tokens=tokens, completion_tokens=0, total_tokens=tokens)
    cost = endpoint.tariff.what_if(usage, calls, model, datetime.now(UTC), images)
    return f" (~{money(cost.amount)} {cost.currency})" if cost else ""


def _again(images: Sequence[StoredImage], model: str) -> str:
    """Return what the pictures of the conversation add to the next prompt."""
    known = [tokens(image, model) for image in images]
    about = count(sum(number or 0 for number in known), "~") if None not in known else UNKNOWN
    return f" – and what was sent before, {about} tokens of pictures" if images else ""


def _sent(image: StoredImage, model: str) -> None:
    content = mine.chats().image(image.id) if image.id else None
    if content is None:
        st.caption(f":material/link: {plain(image.url or 'This picture is not kept any more.', 120)}")
        return
    st.image(content.content, width="stretch", alt=f"A picture of the conversation, {_kind(content.media_type)}")
    pixels = f" {_pixels(*content.pixels)}" if content.pixels else ""
    facts = f"{_kind(content.media_type)}{pixels}, {size(len(content.content))}"
    st.caption(f"{facts} · {count(tokens(image, model), '~')} tokens · detail {plain(image.detail, 8)}")
    if image.note:
        st.caption(f":material/info: {plain(image.note)}")


@lru_cache(maxsize=512)  # a stored picture never changes
def _size(id: str) -> tuple[int, int] | None:
    content = mine.chats().image(id)
    return content.pixels if content else None


def size(number: int) -> str:
    """Return bytes as a person reads them."""
    if number < 1000:
        return f"{number} bytes"
    return f"{number / 1000:.0f} kB" if number < 999_500 else f"{number / 1e6:.1f} MB"


def _pixels(width: int, height: int) -> str:
    return f"{count(width)} × {count(height)}"


def _kind(media_type: str) -> str:
    return media_type.removeprefix("image/").upper()


def _short(name: str) -> str:
    """Return the end of an address: the picture's own name."""
    return urlsplit(name).path.rsplit("/", 1)[-1] or name if name.startswith(("http://", "https://")) else name
