"""What comes beside the text of an answer: sources, pictures and sound, and pieces that nobody can read.

Where vendors put sources: `citations` and `search_results` (Perplexity), `annotations` (OpenAI, OpenRouter),
`context.citations` (Azure), `web_search` (Zhipu), `search_info` (DashScope), `groundingMetadata` (Gemini), `sources`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lib.api.content import MORE, NOTHING, UNTYPED, dump, flat, has_text
from lib.messages import Extras, Source
from lib.text import repair

MAX_SOURCES = 200
MAX_MEDIA = 200  # pieces
MAX_IMAGES = 20  # whose data is kept
MAX_IMAGE_CHARACTERS = 60_000_000  # characters of their data, all together
MAX_UNREAD = 20  # pieces
MAX_CHARACTERS = 300  # of a title, and of a piece that is not read
MAX_URL_CHARACTERS = 2_000
MAX_DEPTH = 6  # levels in which a source may lie
LISTS = ("citations", "sources", "references")  # in these a mere text is a source
SOURCES = (
    *LISTS,
    *("annotations", "search_results", "web_search", "search_info", "grounding_metadata", "groundingMetadata"),
    "context",
)
URLS = ("url", "uri", "link", "href", "source_url", "source")
TITLES = ("title", "name", "site_name", "filename", "file_name", "filepath")
MEDIA = {"images": "image", "image": "image", "audio": "audio", "video": "video", "videos": "video"}
FIELDS = frozenset((*SOURCES, *MEDIA))
KINDS = ("image", "audio", "video", "file")  # in the types of parts
# Types of parts that have nothing to show: what is encrypted, and what only holds text that is empty.
QUIET = ("text", "redacted", "encrypted", "signature", "thinking", "reasoning")


class Beside:
    """Collects it while an answer comes. What is said again is not counted again."""

    def __init__(self) -> None:
        self._sources: dict[str, Source] = {}
        self._media: dict[tuple[str, int], None] = {}
        self._unread: dict[str, None] = {}
        self._images: dict[str, None] = {}
        self._room = MAX_IMAGE_CHARACTERS
        self._latest: dict[str, Any] = {}

    @property
    def extras(self) -> Extras:
        """What has come."""
        return self.masked(str)

    @property
    def images(self) -> tuple[str, ...]:
        """The data of the images that came, as data URLs or mere base64; those on the web are sources."""
        return tuple(self._images)

    def image(self, data: str) -> None:
        """Take an image that stood in the text."""
        self._show(data, "image")

    def masked(self, hide: Callable[[str], str]) -> Extras:
        """Return what has come, with `hide` applied to each text of it."""
        sources = tuple(Source(hide(source.title), hide(source.url)) for source in self._sources.values())
        return Extras(sources, tuple(kind for kind, _ in self._media), tuple(map(hide, self._unread)))

    def take(self, holder: Mapping[str, Any]) -> None:
        """Take what a document, a choice or a message has beside its text."""
        if FIELDS.isdisjoint(holder):
            return
        for name in SOURCES:
            if name in holder and holder[name] != self._latest.get(name):
                self._latest[name] = holder[name]
                self._gather(holder[name], is_list=name in LISTS)
        for name, kind in MEDIA.items():
            if holder.get(name) not in NOTHING:
                self._show(holder[name], kind)

    def part(self, part: Any) -> None:
        """Take a part of a content that has no text."""
        if not isinstance(part, dict):
            return
        self.take(part)
        if (kind := _medium(part)) and not has_text(part):
            self._show(part, kind)
        elif "type" in part and not has_text(part) and not any(word in _type(part) for word in QUIET):
            self.unread(part)

    def unread(self, piece: Any) -> None:
        """Note a piece of which no sense can be made."""
        if piece not in NOTHING and len(self._unread) < MAX_UNREAD:
            self._unread[_short(piece if isinstance(piece, str) else dump(piece))] = None

    def _show(self, value: Any, kind: str) -> None:
        """Count the pieces of media in a value; those that lie on the web are sources as well."""
        pieces = value if isinstance(value, list) else [value]
        for piece in pieces[:MAX_MEDIA]:
            text = _longest(piece)
            if len(self._media) < MAX_MEDIA:
                self._media[kind, 0 if kind == "audio" else hash(text)] = None
            if _url(text):
                self._add(kind.capitalize(), text)
            elif kind == "image":
                self._keep(text)

    def _keep(self, data: str) -> None:
        is_new = data not in self._images and not data[:8].lower().startswith(("http:", "https:"))
        if is_new and 0 < len(data) <= self._room and len(self._images) < MAX_IMAGES:
            self._images[data] = None
            self._room -= len(data)

    def _gather(self, value: Any, *, is_list: bool, depth: int = MAX_DEPTH) -> None:
        if isinstance(value, str):
            if is_list or _url(value):
                self._add("", value)
        elif isinstance(value, list) and depth:
            for item in value[:MAX_SOURCES]:
                self._gather(item, is_list=is_list, depth=depth - 1)
        elif isinstance(value, dict) and depth:
            self._gather_dict(value, depth)

    def _gather_dict(self, value: dict[str, Any], depth: int) -> None:
        urls = [value[key] for key in URLS if isinstance(value.get(key), str)]
        url = next((url for url in urls if _url(url)), urls[0] if urls else "")
        title = next((text for key in TITLES if (text := flat(value.get(key)))), "")
        if url or title:
            self._add(title, url)
            return
        for item in list(value.values())[:MAX_SOURCES]:
            self._gather(item, is_list=False, depth=depth - 1)

    def _add(self, title: str, where: str) -> None:
        title, url = _short(title), _url(where)
        known = self._sources.get(url or title or where)
        if known and known.title != known.url:
            return
        if known or len(self._sources) < MAX_SOURCES:
            self._sources[url or title or where] = Source(title or url or _short(where), url)


def _medium(part: Mapping[str, Any]) -> str:
    """Return what kind of media a part is, "" if it is none."""
    if "type" in part:
        return next((kind for kind in KINDS if kind in _type(part)), "")
    return next((kind for key, kind in UNTYPED.items() if key in part), "")


def _type(part: Mapping[str, Any]) -> str:
    return flat(part["type"]).lower()[:MAX_CHARACTERS]


def _longest(value: Any, depth: int = MAX_DEPTH) -> str:
    """Return the longest text in a value: of a picture, that is its address or its data."""
    if isinstance(value, str):
        return value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max((_longest(item, depth - 1) for item in inner), key=len, default="") if depth else ""


def _url(text: str) -> str:
    """Return an address of the web, "" for what is none."""
    is_web = text[:8].lower().startswith(("http://", "https://")) and len(text) <= MAX_URL_CHARACTERS
    return text if is_web and text.isprintable() and not any(char.isspace() for char in text) else ""


def _short(text: str) -> str:
    line = " ".join(repair(text[: 4 * MAX_CHARACTERS]).split())
    return line if len(line) <= MAX_CHARACTERS else line[: MAX_CHARACTERS - 1] + MORE
