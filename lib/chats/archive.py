"""The file that an export came as: one JSON document, or a ZIP with documents and pictures in it.

Nothing is ever unpacked to disk. What a ZIP says of itself is not believed: what is read is counted.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from lib.chats import chatgpt
from lib.chats.json_stream import AS_EXPORTED
from lib.errors import ChatError, ImageError
from lib.images.normalise import LIMITS

ZIP = b"PK"
MAX_DIRECTORY = 32_000_000  # bytes that a ZIP's list of its files may take: some 200,000 files
MAX_UNPACKED = 8_000_000_000  # bytes of all documents
MAX_RATIO, SMALL = 400, 50_000_000  # times its size that a document may unpack to, beyond so many bytes
CONVERSATIONS = re.compile(r"conversations[^/]*\.json", re.IGNORECASE)
# What ChatGPT and Claude export beside conversations.
BESIDE = re.compile(
    r"(users?|projects|memories|message_feedback|shared_conversations|group_chats|shopping|sora|model_comparisons"
    r"|export_manifest|conversation_asset_file_names)\.json",
    re.IGNORECASE,
)
DESIGN = "design_chats"  # a folder of Claude's
HIDDEN = "."  # what a Mac adds beside each file
DRIVE = re.compile(r"[A-Za-z]:")
FAULTS = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError)


@dataclass
class Counted:
    """A binary file of which it is counted what was read, and not more than so much at once."""

    file: IO[bytes]
    done: int = 0

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        if size > MAX_DIRECTORY:
            raise ChatError("The ZIP has too many files in it.", hint=AS_EXPORTED)
        data = self.file.read(size)
        self.done += len(data)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


class Archive:
    """An export that is open. `refused` says which files of a ZIP are not taken, and why; `size` is what is to read."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        self.refused: list[tuple[str, str]] = []
        self._file = Counted(file)
        self._now = self._file
        self._before = 0
        self._zip = self._open_zip(file)
        self._entries = self._safe() if self._zip else {}
        self._documents = self._chosen()
        self._pictures = self._index()
        self.size = sum(entry.file_size for entry in self._documents) if self._zip else _length(file)

    @property
    def done(self) -> int:
        """How many bytes of the documents have been read."""
        return self._before + self._now.done

    def documents(self) -> Iterator[tuple[str, Counted]]:
        """Give the names of the documents, and each open, one after the other. Raises ChatError."""
        if self._zip and not self._documents:
            raise ChatError("The ZIP has no conversations in it.", hint=AS_EXPORTED)
        if self._zip and self.size > MAX_UNPACKED:
            raise ChatError(f"The ZIP unpacks to more than {MAX_UNPACKED // 1_000_000_000} GB.", hint=AS_EXPORTED)
        if self._zip is None:
            self._file.file.seek(0)
            self._now = Counted(self._file.file)
            yield self.name, self._now
        for entry in self._documents:
            with closing(self._open(entry)) as file:
                self._before, self._now = self.done, Counted(file)
                yield entry.filename, self._now

    def picture(self, name: str) -> bytes | None:
        """Return a picture of a ZIP by its name in the documents, None if it is not there. Raises ImageError."""
        entry = self._pictures.get(name)
        if entry is None or self._zip is None:
            return None
        try:
            with self._zip.open(entry) as file:
                return file.read(LIMITS.size + 1)
        except FAULTS as error:
            raise ImageError("The picture is damaged in the ZIP.", hint=AS_EXPORTED) from error

    def _open_zip(self, file: IO[bytes]) -> zipfile.ZipFile | None:
        head = file.read(len(ZIP))
        file.seek(0)
        if head != ZIP:
            return None
        try:
            return zipfile.ZipFile(self._file)
        except FAULTS as error:
            raise ChatError("The ZIP is damaged or not complete.", hint=AS_EXPORTED) from error

    def _safe(self) -> dict[str, zipfile.ZipInfo]:
        entries = {}
        for entry in self._zip.infolist() if self._zip else ():
            if why := _danger(entry):
                self.refused.append((entry.filename, why))
            elif not entry.is_dir():
                entries[entry.filename] = entry
        return entries

    def _chosen(self) -> Sequence[zipfile.ZipInfo]:
        """Return the files with conversations: those that are called so, else whatever is JSON."""
        paths = {name: PurePosixPath(name) for name in sorted(self._entries) if name.lower().endswith(".json")}
        found = [self._entries[name] for name, path in paths.items() if not path.name.startswith(HIDDEN)]
        named = [entry for entry in found if _is_named(PurePosixPath(entry.filename))]
        others = [entry for entry in found if not BESIDE.fullmatch(PurePosixPath(entry.filename).name)]
        return named or others

    def _index(self) -> dict[str, zipfile.ZipInfo]:
        """Return the other files by the ids that their names begin with, and by their names."""
        index: dict[str, zipfile.ZipInfo] = {}
        for entry in self._entries.values():
            base = PurePosixPath(entry.filename).name
            found = chatgpt.FILE.match(base)
            for name in {base, base.partition(".")[0], *([found[0]] if found else [])}:
                index.setdefault(name, entry)
        return index

    def _open(self, entry: zipfile.ZipInfo) -> IO[bytes]:
        try:
            return self._zip.open(entry)  # type: ignore[union-attr]  # entries are a ZIP's
        except FAULTS as error:
            raise ChatError(f"{entry.filename} cannot be unpacked.", hint=AS_EXPORTED) from error


def _is_named(path: PurePosixPath) -> bool:
    """Return whether a file is called as those with conversations are."""
    return bool(CONVERSATIONS.fullmatch(path.name)) or path.parent.name == DESIGN


def _danger(entry: zipfile.ZipInfo) -> str:
    """Return why a file of a ZIP is not touched, "" where it may be."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or DRIVE.match(entry.filename):
        return "Its name leads out of the ZIP, as in no export: it is not unpacked."
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "It is a link to another file: it is not followed."
    if entry.flag_bits & 0x1:
        return "It is encrypted. Unpack the ZIP with its password, then choose what was in it."
    if entry.file_size > SMALL and entry.file_size > MAX_RATIO * entry.compress_size:
        return f"It unpacks to more than {MAX_RATIO} times its size, as no export does: it is not unpacked."
    return ""


def _length(file: IO[bytes]) -> int:
    end = file.seek(0, 2)
    file.seek(0)
    return end
