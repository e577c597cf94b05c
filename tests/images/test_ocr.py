"""Text read in pictures on this machine, by a reader that is given, and once by the real one."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from PIL import Image, ImageDraw, ImageFont

from lib.errors import BusyError
from lib.images import ocr
from lib.images.ocr import Ocr, Reading, TextLine, engine
from tests import pictures
from tests.waiting import until

RED = pictures.file(pictures.quarters(3000, 1500))
FAKE = partial(engine, "tests.fake_rapidocr")
LINES = ("Invoice 2026-117", "Total: 1,249.50 EUR", "Thank you, see you soon!")


def read(reader: Ocr, data: bytes) -> Reading:
    """Read one picture to the end."""
    reader.begin("key", data)
    until(lambda: reader.find("key").state != "reading", 60)
    return reader.find("key")


def test_lines():
    """Lines come with their confidence; the picture is scaled to what the reader looks at."""
    assert read(Ocr(FAKE), RED) == Reading("done", (TextLine("2000 × 1000", 0.99), TextLine("second", 0.75)))


def test_no_text():
    """A picture without text has no lines and no confidence."""
    reading = read(Ocr(FAKE), pictures.file(pictures.quarters()))

    assert (reading.state, reading.text, reading.confidence) == ("done", "", None)


def test_confidence():
    """Long lines weigh more than short ones; a line that the reader is not sure of is named."""
    reading = Reading("done", (TextLine("a" * 30, 1.0), TextLine("b" * 10, 0.6)))

    assert reading.confidence == pytest.approx(0.9)
    assert reading.doubtful == [2]
    assert reading.text == "a" * 30 + "\n" + "b" * 10


def test_bad_picture():
    """What is no picture never reaches the reader, and says what it is."""
    reading = read(Ocr(FAKE), b"no picture")

    assert (reading.state, str(reading.error)) == ("failed", "This is not a picture that Parley reads.")


def test_reader_that_fails():
    """A reader that cannot be loaded, or fails, is told in a sentence; it may be tried again."""
    modules = ["tests.no_such_module", "tests.fake_rapidocr"]
    reader = Ocr(lambda: engine(modules.pop(0)))

    assert str(read(reader, RED).error) == "The text in this picture could not be read."
    assert read(reader, RED).state == "done"


def test_once():
    """A picture is read once, in the background, however often that is asked for; the reader is loaded once."""
    gate, asked = threading.Event(), []

    def slow(data: bytes) -> list[tuple[str, float]]:
        asked.append(data)
        gate.wait(20)
        return []

    reader = Ocr(lambda: slow)
    reader.begin("key", RED)
    reader.begin("key", RED)
    assert reader.find("key") == Reading()
    gate.set()
    assert read(reader, RED).state == "done"
    read(reader, RED)

    assert len(asked) == 1


def test_unknown():
    """Nothing was read in a picture that nobody asked about."""
    assert Ocr(FAKE).find("key") is None


def test_bounds():
    """So many pictures wait at a time and no more; of those that were read the latest are kept."""
    gate = threading.Event()

    def slow(_: bytes) -> list[tuple[str, float]]:
        gate.wait(20)
        return []

    reader = Ocr(lambda: slow)
    small = pictures.file(pictures.quarters())
    for number in range(ocr.WAITING):
        reader.begin(str(number), small)
    with pytest.raises(BusyError, match="being read already"):
        reader.begin("more", small)
    gate.set()
    until(lambda: reader.find(str(ocr.WAITING - 1)).state == "done")
    until(lambda: all(reader.find(str(number)).state == "done" for number in range(ocr.WAITING)))
    for number in range(ocr.WAITING, ocr.MAX_READINGS + 1):
        reader.begin(str(number), small)
        until(lambda number=number: reader.find(str(number)).state == "done")

    assert len([number for number in range(ocr.MAX_READINGS + 1) if reader.find(str(number))]) == ocr.MAX_READINGS


def test_installed():
    """There is a reader where the optional packages are, and none where they are not."""
    assert ocr.installed(("json", "csv"))
    assert ocr.installed(("json", "no_such_package")) is None


@pytest.mark.skipif(ocr.installed() is None, reason="rapidocr is not installed: it is in requirements-ocr.txt")
@pytest.mark.filterwarnings("default")  # of libraries that are not ours to mend
def test_for_real():
    """The real reader reads what is printed, without asking the network."""
    page = Image.new("RGB", (1200, 420), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(56)
    for number, line in enumerate(LINES):
        draw.text((60, 50 + number * 110), line, fill="black", font=font)
    reading = read(Ocr(), pictures.file(page))

    assert tuple(line.text for line in reading.lines) == LINES
    assert reading.confidence > 0.9
