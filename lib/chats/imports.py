"""Conversations taken in from exports: our own JSON, and those of ChatGPT, Open WebUI, LibreChat and Claude.

Which one it is shows in each conversation. All of a conversation is taken or nothing; it is the importer's from then
on, and the same file, or a longer one of the same, can be taken in again.
"""

from __future__ import annotations

import base64
import binascii
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, Any

from lib.chats import chatgpt, claude, librechat, openwebui, parley
from lib.chats.archive import FAULTS, Archive
from lib.chats.grafting import Grafted, graft, leaves
from lib.chats.json_stream import AS_EXPORTED, BrokenError, JsonStream, Readable, TooLargeError
from lib.chats.seen import Seen
from lib.chats.source import Picture, Record, RefusedError, name, record
from lib.errors import ChatError, ImageError, StoreError
from lib.images import normalise, plain
from lib.messages import Image
from lib.store import Chats, ForeignConversation, TakenIn

KINDS = "Parley's own JSON, or an export of ChatGPT, Open WebUI, LibreChat or Claude"
READERS = {module.NAME: module.read for module in (chatgpt, openwebui, librechat, claude)}
MAX_REFUSED = 1_000  # that are told one by one
MAX_MADE = 5  # conversations that were made of a file, to be named
# What a document that is one conversation has; else of an object only a list of conversations is read.
OF_ONE = frozenset((
    *("mapping", "current_node", "title", "create_time", "update_time", "id", "default_model_slug"),
    *("conversationId", "conversation_id", "messages", "messagesTree", "options", "endpoint", "history"),
    *("chat", "created_at", "updated_at", "timestamp", "models", "params", "chat_messages", "uuid", "name"),
))  # fmt: skip
UNEXPECTED = (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError)


@dataclass
class Report:
    """What became of a file: what was made, what is here already (`known`), and what was left out.

    `leaves` are those of all trees that were made or have grown, `hidden` the nodes that the source would not show
    either, `absent` the pictures that it only names. `refused` has where and why. `stopped` by who asked for it.
    `made` are the ids of the first that were made or have grown.
    """

    file: str
    format: str | None = None
    conversations: int = 0
    known: int = 0
    messages: int = 0
    leaves: int = 0
    images: int = 0
    hidden: int = 0
    absent: int = 0
    refused: list[dict[str, str]] = field(default_factory=list)
    stopped: bool = False
    made: list[str] = field(default_factory=list)

    def refuse(self, where: str, why: str) -> None:
        """Note what is not taken; of very many, how many."""
        if len(self.refused) < MAX_REFUSED:
            self.refused.append({"where": where, "why": why})
        elif len(self.refused) == MAX_REFUSED:
            self.refused.append({"where": self.file, "why": f"More than {MAX_REFUSED} were refused."})

    def fail(self, where: str, error: ChatError, *more: str) -> None:
        """Note what cannot be read, `more` that is to be said of it, and what to do."""
        self.refuse(where, " ".join((str(error), *more, error.hint)))

    def make(self, id: str) -> None:
        """Note what is made; of many the first."""
        if len(self.made) < MAX_MADE and id not in self.made:
            self.made.append(id)

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing in the file, not even something to refuse."""
        return not (self.refused or self.conversations or self.known or self.stopped)

    @property
    def is_refused(self) -> bool:
        """Whether nothing of the file was taken that could have been."""
        return bool(self.refused) and not self.conversations and not self.known

    def dump(self) -> dict[str, Any]:
        """Return it for a program."""
        return {name: value for name, value in asdict(self).items() if name != "made"}


Watch = Callable[[Report, float], bool]  # what is done of a file, from 0 to 1; returns whether to go on


def _go_on(_report: Report, _done: float) -> bool:
    return True


class Importer:
    """Takes files in for one person. `dry`: only says what would become of them, after others with what was `seen`."""

    def __init__(self, chats: Chats, *, dry: bool = False, watch: Watch = _go_on, seen: Seen | None = None) -> None:
        self._chats = chats
        self._dry = dry
        self._watch = watch
        self._seen = Seen() if seen is None else seen

    def take(self, file: IO[bytes], title: str) -> Report:
        """Take in a file. What cannot be read is in the report; raises StoreError when the database fails."""
        report = Report(name(title))
        try:
            self._take(Archive(file, report.file), report)
        except StoreError:
            raise
        except ChatError as error:
            report.fail(report.file, error)
        except FAULTS:
            report.refuse(report.file, f"The file is damaged: it cannot be read. {AS_EXPORTED}")
        if report.is_empty:
            report.refuse(report.file, f"There are no conversations in it; expected {KINDS}.")
        return report

    def _take(self, archive: Archive, report: Report) -> None:
        for where, why in archive.refused:
            report.refuse(name(where), why)
        came: set[str] = set()
        with tempfile.TemporaryDirectory(prefix="parley-") as folder:
            for title, file in archive.documents():
                job = _Job(self._chats, report, archive, Path(folder), self._dry, self._seen, came)
                for _ in job.work(title, file):
                    report.stopped = not self._watch(report, min(1.0, archive.done / max(1, archive.size)))
                    if report.stopped:
                        return


@dataclass(frozen=True)
class _Job:
    """One document on its way in. `came` are the ids of what came in with its file."""

    chats: Chats
    report: Report
    archive: Archive
    folder: Path
    dry: bool
    seen: Seen
    came: set[str]

    def work(self, title: str, file: Readable) -> Iterator[None]:
        """Take in its conversations, one after the other, with a pause after each."""
        stream = JsonStream(file)
        try:
            yield from self._list(stream, title) if stream.peek() == "[" else self._object(stream, title)
            if stream.peek():
                raise BrokenError("Behind its end there is something else.", hint=AS_EXPORTED)
        except BrokenError as error:
            self.report.fail(title, error, *(["What stands before is taken in."] if self.report.format else []))

    def _list(self, stream: JsonStream, title: str) -> Iterator[None]:
        for number in stream.items():
            try:
                self._conversation(stream.value(), f"{title}, conversation {number + 1}")
            except TooLargeError as error:
                self.report.fail(f"{title}, conversation {number + 1}", error)
            yield

    def _object(self, stream: JsonStream, title: str) -> Iterator[None]:
        """Take in a list of conversations in an object, or one conversation that is the object."""
        one: dict[str, Any] = {}
        has_list = False
        for item in stream.names():
            is_list = stream.peek() == "["
            if item == "conversations" and is_list:
                has_list = True
                yield from self._list(stream, title)
            elif item == "images" and is_list:
                yield from self._images(stream, title)
            elif item in OF_ONE:
                one[item] = self._value(stream, title)
            else:
                stream.pass_over()
        if not has_list:
            self._conversation(one, title)
            yield

    def _value(self, stream: JsonStream, title: str) -> Any:
        try:
            return stream.value()
        except TooLargeError as error:
            self.report.fail(title, error)
            return None

    def _images(self, stream: JsonStream, title: str) -> Iterator[None]:
        """Keep the images of our own JSON until the conversations come that have them."""
        for number in stream.items():
            try:
                id, data = parley.decoded(record(stream.value()))
                if id.isalnum() and len(id) <= 64:
                    (self.folder / id).write_bytes(data)
            except ChatError as error:
                self.report.refuse(f"{title}, image {number + 1}", str(error))
            yield

    def _conversation(self, raw: Any, where: str) -> None:
        where = f"{where} “{_title(raw)}”" if _title(raw) else where
        kind = recognised(raw)
        if kind is None:
            self.report.refuse(where, f"It is no conversation that is known; expected {KINDS}.")
            return
        try:
            self._keep(kind, raw, where)
        except RefusedError as error:
            self.report.refuse(where, str(error))
        except UNEXPECTED:
            self.report.refuse(where, "Something in it is not as expected, so all of it is left out.")

    def _keep(self, kind: str, raw: Record, where: str) -> None:
        self.report.format = self.report.format or kind
        if kind == parley.NAME:
            own = parley.read(raw, self._own, _admitted)
            given = Grafted(own, 0, [], sum(leaves(each.messages) for each in (own, *own.parts)))
        else:
            given = graft(READERS[kind](raw), self.chats.scope.owner, kind, partial(self._see, where))
        self._count(given, where)

    def _count(self, given: Grafted, where: str) -> None:
        for id, why in given.refused:
            self.report.refuse(f"{where}, message {name(id)}", why)
        if given.conversation is None:
            self.report.hidden += given.hidden
            self.report.refuse(where, "It has no messages to show.")
            return
        taken, leaves = self._taken(given.conversation)
        is_again = taken.id in self.came
        if is_again or not (taken.is_new or taken.messages):
            self.report.known += 1
        else:
            self.report.conversations += 1
            self.report.hidden += given.hidden
            self.came.add(taken.id)
        if taken.id in self.came:
            self.report.messages += taken.messages
            self.report.images += taken.images
            self.report.leaves += leaves if is_again else given.leaves
            self.report.make(taken.id)

    def _taken(self, given: ForeignConversation) -> tuple[TakenIn, int]:
        """Return what is made of a conversation, or would be behind what was seen; and the leaves that it adds."""
        taken = self.chats.take_in(given, dry=self.dry)
        is_new = taken.is_new and taken.id not in self.seen
        growth = self.seen.add(taken.id, given)
        messages, images = min(taken.messages, growth.messages), min(taken.images, growth.images)
        return TakenIn(taken.id, is_new, messages, images) if self.dry else taken, growth.leaves

    def _own(self, id: str) -> bytes | None:
        path = self.folder / id
        return path.read_bytes() if id.isalnum() and path.is_file() else None

    def _see(self, where: str, message: str, picture: Picture) -> Image | None:
        """Return a picture as it is kept; None for one that is not there or not taken, which the report says."""
        try:
            data = _of_url(picture.data) if picture.data else self.archive.picture(picture.name)
            if data is None:
                self.report.absent += 1
                return None
            return normalise.normalise(data).image()
        except ImageError as error:
            self.report.refuse(f"{where}, message {name(message)}, image {name(picture.name)}", str(error))
            return None


def recognised(raw: Any) -> str | None:
    """Return whose conversation something is, None for what is none."""
    found = record(raw)
    if isinstance(found.get("chat_messages"), list):
        return claude.NAME
    if "mapping" in found:
        return chatgpt.NAME
    chat = record(found.get("chat"))
    if "history" in chat or "messages" in chat or isinstance(found.get("history"), dict):
        return openwebui.NAME
    if "conversationId" in found and ("messages" in found or "messagesTree" in found):
        return librechat.NAME
    return parley.NAME if isinstance(found.get("messages"), list) and "purpose" in found else None


def _title(raw: Any) -> str:
    found = record(raw)
    return name(found.get("title")) or name(found.get("name")) or name(record(found.get("chat")).get("title"))


def _of_url(url: str) -> bytes:
    """Return the bytes of a data URL. Raises ImageError."""
    try:
        return base64.b64decode(url.partition(",")[2])
    except binascii.Error as error:
        raise ImageError("The picture is damaged in the file.") from error


def _admitted(data: bytes, detail: str, note: str) -> Image:
    """Return a picture of our own JSON: as it is if it is as we write them, else made so."""
    if plain.is_plain(data):
        return Image(data, plain.media_type(data), detail, note=note)
    try:
        return replace(normalise.normalise(data, detail=detail).image(detail), note=note)
    except ImageError as error:
        raise RefusedError(f"One of its pictures is not taken: {error}") from error
