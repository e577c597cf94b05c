"""Text in pictures, read on this machine by rapidocr, which is optional (requirements-ocr.txt): letters, no meaning.

Pictures are read one after the other in threads of their own; pages come and go, and find what was read by its key.
Nothing is fetched: the models are in rapidocr's wheel.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from lib.errors import BusyError, ChatError, ImageError
from lib.images import normalise, tokens

log = logging.getLogger("parley")

PACKAGES = ("rapidocr", "onnxruntime")
SIDE = 2000  # pixels each way that are looked at: rapidocr makes everything larger smaller itself
WAITING = 40  # pictures that are being read, or wait for it, at a time
MAX_READINGS = 200  # pictures whose text is kept
DOUBTFUL = 0.8  # a line of less confidence is better looked at

Reader = Callable[[bytes], Iterable[tuple[str, float]]]


@dataclass(frozen=True)
class TextLine:
    """A line of text as it seems to read; `confidence` is from 0 to 1."""

    text: str
    confidence: float


@dataclass(frozen=True)
class Reading:
    """What was read in one picture: `state` is reading, done or failed; `error` says why it failed."""

    state: str = "reading"
    lines: tuple[TextLine, ...] = ()
    error: ChatError | None = None

    @property
    def text(self) -> str:
        """All lines, from top to bottom."""
        return "\n".join(line.text for line in self.lines)

    @property
    def confidence(self) -> float | None:
        """How sure the reader is of a character on average; None where there is no text."""
        letters = sum(len(line.text) for line in self.lines)
        return sum(line.confidence * len(line.text) for line in self.lines) / letters if letters else None

    @property
    def doubtful(self) -> list[int]:
        """The numbers, from 1 on, of lines that are better looked at."""
        return [number for number, line in enumerate(self.lines, 1) if line.confidence < DOUBTFUL]


class Ocr:
    """Reads pictures. `load` makes the reader, at the first picture: that takes a second."""

    def __init__(self, load: Callable[[], Reader] | None = None) -> None:
        self._load = load or engine
        self._reader: Reader | None = None
        self._readings: OrderedDict[str, Reading] = OrderedDict()
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def begin(self, key: str, data: bytes) -> None:
        """Begin to read the picture file `data`, if that was not done yet; it is found by `key`.

        Raises BusyError when too many wait.
        """
        with self._lock:
            if (known := self._readings.get(key)) and known.state != "failed":
                return
            if sum(reading.state == "reading" for reading in self._readings.values()) >= WAITING:
                raise BusyError("Many pictures are being read already.", hint="Wait a moment, then try again.")
            self._keep(key, Reading())
        threading.Thread(target=self._read, args=(key, data), name="ocr", daemon=True).start()

    def find(self, key: str) -> Reading | None:
        """Return what was read, None for a picture that was not."""
        return self._readings.get(key)

    def _keep(self, key: str, reading: Reading) -> None:
        self._readings[key] = reading
        self._readings.move_to_end(key)
        if len(self._readings) > MAX_READINGS:
            self._readings.popitem(last=False)

    def _read(self, key: str, data: bytes) -> None:
        reading = self._reading(data)
        with self._lock:
            self._keep(key, reading)

    def _reading(self, data: bytes) -> Reading:
        try:
            with self._turn:
                self._reader = self._reader or self._load()
                image = normalise.normalise(data, fit=lambda size: tokens.shrink(size, SIDE))
                lines = tuple(TextLine(text, confidence) for text, confidence in self._reader(image.data))
        except ImageError as error:
            return Reading("failed", error=error)
        except Exception:
            log.exception("A picture could not be read by OCR")
            failed = ChatError("The text in this picture could not be read.", hint="Ask a model to read it instead.")
            return Reading("failed", error=failed)
        return Reading("done", lines)


def installed(packages: Iterable[str] = PACKAGES) -> Ocr | None:
    """Return what reads text, None where the optional packages are not installed."""
    return Ocr() if all(map(find_spec, packages)) else None


def engine(module: str = PACKAGES[0]) -> Reader:
    """Load rapidocr; return what takes a picture file and yields lines of text with their confidence."""
    threads = max(1, (os.cpu_count() or 1) // 2)  # others want to be served meanwhile
    params = {"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": threads}
    read = import_module(module).RapidOCR(params=params)  # imported by name: it is not there for most

    def reader(data: bytes) -> Iterable[tuple[str, float]]:
        found = read(data)
        return zip(found.txts or (), found.scores or (), strict=True)

    return reader
