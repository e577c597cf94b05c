"""Demo packs: the steps of a demonstration in one file, and how each was answered when it was rehearsed.

A pack is a ZIP with `pack.json`, `images/`, `files/` and `recordings/`. It holds no keys and no code, and is read as
what it is: a file that anybody may have made.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from lib.documents import document
from lib.documents.document import Document
from lib.errors import DocumentError, ImageError
from lib.messages import Image, Message
from lib.model_choice import ModelChoice, Parameters
from lib.net import redaction
from lib.text import repair

VERSION = 1
MAX_BYTES = 50_000_000  # of the file
MAX_UNPACKED = 100_000_000  # bytes of all that is in it
MAX_FILES = 1_000
MAX_STEPS = 100
MAX_LANES = 6
MAX_IMAGES = 8  # of a step
MAX_PICTURES = 100  # of a pack
MAX_DOCUMENTS = 8  # of a step
MAX_TEXT = 100_000  # characters of a prompt, a note, a file, an answer
MAX_TITLE = 200  # characters
MAX_CHUNKS = 50_000  # of an answer
MAX_SECONDS = 900.0  # that an answer takes
MAX_CURRENCY = 10  # characters
MAX_NUMBER = 2**53
HINT = "Rehearse it once more, and save it anew."
NAME = re.compile(r"(?:images|files|recordings)/[\w-]{1,60}\.(?:png|jpg|gif|webp|txt|json)\Z", re.ASCII)
TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
# Parameters that a pack may set.
NUMBERS = {
    "temperature": float,
    "top_p": float,
    "max_tokens": int,
    "seed": int,
    "presence_penalty": float,
    "frequency_penalty": float,
}
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)


@dataclass(frozen=True)
class Recording:
    """An answer as it came: `chunks` are seconds since it was asked for, and text. `model` is the one that answered.

    `tokens` and `cost` (in `currency`) are those of the answer, and `row` is the ledger's of where it was recorded.
    """

    recorded_at: datetime
    model: str
    chunks: tuple[tuple[float, str], ...]
    tokens: int | None = None
    cost: float | None = None
    currency: str = ""
    row: int | None = None

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(text for _, text in self.chunks)

    @property
    def first(self) -> float:
        """Seconds to its first word."""
        return next((at for at, text in self.chunks if text), 0.0)


@dataclass(frozen=True)
class Step:
    """A prompt of a demonstration, who is asked, what the speaker wants to remember, and what was answered before.

    There is a recording, or None, for each lane. The system prompt is that of all lanes that have none of their own.
    A step that `follows` is asked behind what was said in the one before, as the next prompt of a conversation.
    """

    prompt: str
    lanes: tuple[ModelChoice, ...]
    title: str = ""
    note: str = ""
    system: str = ""
    images: tuple[Image, ...] = ()
    files: tuple[Document, ...] = ()
    recordings: tuple[Recording | None, ...] = ()
    follows: bool = False

    @property
    def message(self) -> Message:
        """The prompt as it is sent."""
        text, files = document.joined(self.prompt, self.files) if self.files else (self.prompt, ())
        return Message("user", text, self.images, files)

    @property
    def name(self) -> str:
        """What it is called: its title, else how its prompt begins."""
        return self.title or self.prompt[:MAX_TITLE]

    def recorded(self, lane: int) -> Recording | None:
        """Return the recording of a lane."""
        return self.recordings[lane] if lane < len(self.recordings) else None


@dataclass(frozen=True)
class Pack:
    """A demonstration."""

    title: str
    steps: tuple[Step, ...] = field(default=())


def written(pack: Pack) -> bytes:
    """Return a pack as a file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        steps = [_put(archive, number, step) for number, step in enumerate(pack.steps, 1)]
        about = {"parley_pack": VERSION, "title": pack.title, "steps": steps}
        archive.writestr("pack.json", _json(about))
    return file.getvalue()


def _put(archive: zipfile.ZipFile, number: int, step: Step) -> dict[str, Any]:
    images = [_put_image(archive, f"{number}-{at}", image) for at, image in enumerate(step.images, 1)]
    files = [_put_file(archive, f"{number}-{at}", file) for at, file in enumerate(step.files, 1)]
    answers = [_put_recording(archive, f"{number}-{at}", each) for at, each in enumerate(step.recordings, 1)]
    lanes = [
        {"endpoint": lane.endpoint, "model": lane.model, "parameters": _set(lane.parameters)} for lane in step.lanes
    ]
    texts = {"title": step.title, "prompt": step.prompt, "system": step.system, "note": step.note}
    parts = {"lanes": lanes, "images": images, "files": files, "recordings": answers}
    return {**texts, "follows": step.follows, **parts}


def _set(parameters: Parameters) -> dict[str, Any]:
    found = {name: getattr(parameters, name) for name in ("system", *NUMBERS)}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _put_image(archive: zipfile.ZipFile, name: str, image: Image) -> str:
    ending = next(ending for ending, type in TYPES.items() if type == image.media_type)
    archive.writestr(path := f"images/{name}.{ending}", image.data)
    return path


def _put_file(archive: zipfile.ZipFile, name: str, file: Document) -> dict[str, str]:
    archive.writestr(path := f"files/{name}.txt", redaction.redact(file.text))
    return {"name": file.name, "file": path}


def _put_recording(archive: zipfile.ZipFile, name: str, recording: Recording | None) -> str | None:
    if recording is None:
        return None
    about = {**asdict(recording), "recorded_at": recording.recorded_at.isoformat()}
    archive.writestr(path := f"recordings/{name}.json", _json(about))
    return path


def _json(value: Any) -> str:
    """Return a value as JSON without the keys that are known here."""
    return redaction.redact(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False))


def read(data: bytes) -> Pack:
    """Return the pack in a file. Raises DocumentError, which says what is wrong with it and where."""
    if len(data) > MAX_BYTES:
        raise DocumentError(f"This pack is larger than {MAX_BYTES // 1_000_000} MB.", hint="Leave images out of it.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _Reader(archive).pack()
    except BROKEN as error:
        raise _refused("it is no ZIP file that can be read") from error


def _refused(why: str) -> DocumentError:
    return DocumentError(f"This is no demo pack: {why}.", hint=HINT)


class _Reader:
    """Reads a pack; what is not as it has to be is refused with the place where it stands."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._room = MAX_UNPACKED
        self._images: dict[str, Image] = {}
        entries = archive.infolist()
        if len(entries) > MAX_FILES:
            raise _refused(f"it has more than {MAX_FILES:,} files")
        strange = [each for each in entries if each.filename != "pack.json" and not NAME.match(each.filename)]
        self._names = {each.filename for each in entries if each.compress_type in PACKED}
        if strange or len(self._names) < len(entries):
            raise _refused("it has a file that no pack has")

    def pack(self) -> Pack:
        about = _Place(self._json("pack.json"), "pack.json")
        if about.get("parley_pack") != VERSION:
            raise _refused(f"pack.json does not say that it is one of version {VERSION}")
        steps = [self._step(_Place(step, f"step {number}")) for number, step in about.list("steps", MAX_STEPS)]
        if not steps:
            raise _refused("it has no step")
        return Pack(about.text("title", MAX_TITLE) or "Demonstration", tuple(steps))

    def _step(self, about: _Place) -> Step:
        lanes = [
            _lane(_Place(lane, f"{about.where}, lane {number}")) for number, lane in about.list("lanes", MAX_LANES)
        ]
        if not lanes or not about.text("prompt", MAX_TEXT).strip():
            raise _refused(f"{about.where} has no prompt, or nobody who answers it")
        names = [name for _, name in about.list("recordings", MAX_LANES)]
        answers = [self._recording(name, about.where) for name in (*names, *[None] * len(lanes))]
        return Step(
            about.text("prompt", MAX_TEXT),
            tuple(lanes),
            about.text("title", MAX_TITLE),
            about.text("note", MAX_TEXT),
            about.text("system", MAX_TEXT),
            tuple(self._image(name, about.where) for _, name in about.list("images", MAX_IMAGES)),
            tuple(
                self._file(_Place(file, f"a file of {about.where}")) for _, file in about.list("files", MAX_DOCUMENTS)
            ),
            tuple(answers[: len(lanes)]),
            about.get("follows") is True,
        )

    def _image(self, name: Any, where: str) -> Image:
        if isinstance(name, str) and name in self._images:
            return self._images[name]
        if len(self._images) >= MAX_PICTURES:
            raise _refused(f"it has more than {MAX_PICTURES} pictures")
        content = self._content(name, where)
        try:
            from lib.images.normalise import normalise  # late: most packs have no picture

            made = normalise(content).image()
        except ImageError as error:
            raise _refused(f"{where} has a picture that is none") from error
        self._images[name] = made
        return made

    def _file(self, about: _Place) -> Document:
        text = repair(self._content(about.get("file"), about.where).decode("utf-8", "replace"))
        if len(text) > MAX_TEXT:
            raise _refused(f"{about.where} has more than {MAX_TEXT:,} characters")
        return Document(about.text("name", MAX_TITLE) or "file.txt", text)

    def _recording(self, name: Any, where: str) -> Recording | None:
        if name is None:
            return None
        about = _Place(self._json(name, where), f"a recording of {where}")
        chunks, model = tuple(_chunks(about)), about.text("model", MAX_TITLE)
        figures = [_number(about, name) for name in ("tokens", "cost", "row")]
        tokens, cost, row = figures
        currency = about.text("currency", MAX_CURRENCY)
        return Recording(_moment(about), model, chunks, _whole(tokens), cost, currency, _whole(row))

    def _json(self, name: Any, where: str = "it") -> Any:
        try:
            return json.loads(self._content(name, where))
        except (ValueError, RecursionError) as error:
            raise _refused(f"{where} has a file that is no JSON") from error

    def _content(self, name: Any, where: str) -> bytes:
        if not isinstance(name, str) or name not in self._names:
            raise _refused(f"{where} names a file that is not in it")
        with self._archive.open(name) as file:
            content = file.read(self._room + 1)
        self._room -= len(content)
        if self._room < 0:
            raise _refused(f"it unpacks to more than {MAX_UNPACKED // 1_000_000} MB")
        return content


@dataclass(frozen=True)
class _Place:
    """A JSON object, and where it stands."""

    value: Any
    where: str

    def get(self, name: str) -> Any:
        if not isinstance(self.value, Mapping):
            raise _refused(f"{self.where} is not what it has to be")
        return self.value.get(name)

    def text(self, name: str, most: int) -> str:
        found = self.get(name) or ""
        if not isinstance(found, str) or len(found) > most:
            raise _refused(f'"{name}" of {self.where} is no text of at most {most:,} characters')
        return repair(found)

    def list(self, name: str, most: int) -> Iterator[tuple[int, Any]]:
        found = self.get(name) or []
        if not isinstance(found, list) or len(found) > most:
            raise _refused(f'"{name}" of {self.where} is no list of at most {most:,}')
        return enumerate(found, 1)


def _lane(about: _Place) -> ModelChoice:
    given = _Place(about.get("parameters") or {}, f"the parameters of {about.where}")
    found = {name: _number(given, name) for name in NUMBERS}
    numbers: dict[str, Any] = {name: None if value is None else NUMBERS[name](value) for name, value in found.items()}
    parameters = Parameters(given.text("system", MAX_TEXT), **numbers)
    return ModelChoice(about.text("endpoint", MAX_TITLE), about.text("model", MAX_TITLE), parameters)


def _number(given: _Place, name: str) -> Any:
    value = given.get(name)
    if value is not None and not (_is_number(value) and abs(value) <= MAX_NUMBER):
        raise _refused(f'"{name}" of {given.where} is no number')
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _moment(about: _Place) -> datetime:
    try:
        moment = datetime.fromisoformat(about.text("recorded_at", 40))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _refused(f"{about.where} has no date") from error


def _chunks(about: _Place) -> Iterator[tuple[float, str]]:
    before, room = 0.0, MAX_TEXT
    for _, chunk in about.list("chunks", MAX_CHUNKS):
        pair: tuple[Any, Any] = (*chunk,) if isinstance(chunk, list) and len(chunk) == 2 else (None, None)
        at, text = pair
        if not isinstance(text, str) or not _is_number(at):
            raise _refused(f"{about.where} is not what it has to be")
        room -= len(text)
        if not before <= at <= MAX_SECONDS or room < 0:
            raise _refused(f"{about.where} goes back in time, or is too long")
        before = float(at)
        yield before, repair(text)
