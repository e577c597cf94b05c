"""Pictures that wait to be sent: what came, what will be sent of it, and about what that costs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from weakref import WeakSet

from lib.errors import ImageError
from lib.images import normalise
from lib.images import tokens as image_tokens
from lib.images.normalise import NormalisedImage
from lib.messages import Image, LinkedImage

MAX_IMAGES = 20  # of one prompt
MAX_TOTAL_BYTES = 600_000_000  # of the files in all trays of this process

_numbers = count(1)
_lock = threading.Lock()


@dataclass(eq=False)
class Staged:
    """One picture: a file's bytes, or only an address, `url`, where the endpoint is to fetch it.

    `frame` is the number of the one that is wanted of several in the file, None for whichever tells something.
    """

    name: str
    data: bytes = field(default=b"", repr=False)
    url: str = ""
    frame: int | None = None
    number: int = field(default_factory=lambda: next(_numbers))
    _made: dict[tuple[object, ...], NormalisedImage] = field(default_factory=dict, repr=False)

    def normalised(self, detail: str, model: str) -> NormalisedImage | None:
        """Return it as it is sent, None if the endpoint fetches it. Raises ImageError; the first time takes a while."""
        if self.url:
            return None
        key = (detail == "low", image_tokens.rule(model), self.frame)
        if key not in self._made:
            self._made = {key: normalise.normalise(self.data, detail=detail, model=model, frame=self.frame)}
        return self._made[key]

    def image(self, detail: str, model: str) -> Image | LinkedImage:
        """Return it as a part of a prompt. Raises ImageError."""
        made = self.normalised(detail, model)
        return made.image(detail) if made else LinkedImage(self.url, detail)

    def tokens(self, detail: str, model: str) -> int | None:
        """Return about how many prompt tokens it is, None for one that nobody here has seen. Raises ImageError."""
        made = self.normalised(detail, model)
        return image_tokens.estimate((made.width, made.height), detail, model) if made else None


class Tray:
    """The pictures of the next prompt, in their order, with the `detail` that they are sent in.

    `refused` are those that could not be taken, by name, until others are added; `is_told` once the person has seen it.
    """

    def __init__(self) -> None:
        self.items: list[Staged] = []
        self.detail = "auto"
        self.refused: list[tuple[str, ImageError]] = []
        self.is_told = True
        with _lock:
            _trays.add(self)

    @property
    def size(self) -> int:
        """The bytes of its files."""
        return sum(len(item.data) for item in self.items)

    def add(self, given: Iterable[Staged]) -> None:
        """Add pictures at the end; those that are too large, or too many, are refused."""
        self.refused = []
        for item in given:
            try:
                self._admit(item)
            except ImageError as error:
                self.refuse(item.name, error)
            else:
                self.items.append(item)

    def refuse(self, name: str, error: ImageError) -> None:
        """Note that something could not be taken, and why."""
        self.refused.append((name, error))
        self.is_told = False

    def settle(self, model: str) -> Sequence[Staged]:
        """Return the pictures, read; those that cannot be are refused."""
        for item in list(self.items):
            try:
                item.normalised(self.detail, model)
            except ImageError as error:
                self.items.remove(item)
                self.refuse(item.name, error)
        return self.items

    def move(self, number: int, by: int) -> None:
        """Move a picture by so many places."""
        places = {item.number: place for place, item in enumerate(self.items)}
        if number in places:
            item = self.items.pop(places[number])
            self.items.insert(max(0, places[number] + by), item)

    def remove(self, number: int) -> None:
        """Take a picture out."""
        self.items = [item for item in self.items if item.number != number]

    def clear(self) -> None:
        """Take everything out."""
        self.items, self.refused = [], []

    def _admit(self, item: Staged) -> None:
        if len(self.items) >= MAX_IMAGES:
            hint = "Send these first, or ask one question about many pictures in a batch."
            raise ImageError(f"{MAX_IMAGES} pictures are as many as go with one prompt.", hint=hint)
        if not item.url:
            normalise.admit([len(each.data) for each in (*self.items, item) if not each.url])
            if _held() + len(item.data) > MAX_TOTAL_BYTES:
                said = "There is no room for more pictures at the moment, for others have some, too."
                raise ImageError(said, hint="Try again in a few minutes.")


# Those that are in use: one goes with the session of its page.
_trays: WeakSet[Tray] = WeakSet()


def _held() -> int:
    """Return the bytes of the files in all trays."""
    with _lock:
        return sum(tray.size for tray in _trays)
