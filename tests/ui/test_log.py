"""The log does not fill itself."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator

import pytest

from lib.ui import log
from lib.ui.log import MAX_KINDS, Sparing


class Clock:
    """Seconds, as a test counts them."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def logger(clock: Clock) -> Iterator[logging.Logger]:
    """The logger of asyncio, spared."""
    logger, filter = logging.getLogger("asyncio"), Sparing(most=2, clock=clock)
    logger.addFilter(filter)
    yield logger
    logger.removeFilter(filter)


def test_repeated(logger: logging.Logger, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """A line that comes 2,000 times a second is written a few times a minute; then it is said how many there were."""
    for _ in range(2000):
        logger.error("socket.accept() out of system resource")
    logger.error("Another line.")
    assert len(caplog.messages) == 3

    clock.now = 60.0
    logger.error("socket.accept() out of system resource")
    logger.error("socket.accept() out of system resource")
    assert caplog.messages[3:] == [
        "socket.accept() out of system resource (1998 more like this were left out)",
        "socket.accept() out of system resource",
    ]


def test_few(logger: logging.Logger, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """Of a line that comes now and then nothing is left out, and nothing is said."""
    for clock.now in (0.0, 70.0, 140.0):
        logger.warning("%d of them", 3)

    assert caplog.messages == ["3 of them"] * 3


@pytest.mark.parametrize(("level", "written"), [(logging.ERROR, 4), (logging.WARNING, 2), (logging.INFO, 4)])
def test_own(level: int, written: int) -> None:
    """Parley's own errors are all written, for pages show their numbers; of warnings a few."""
    filter = Sparing(most=2)
    records = [logging.LogRecord("parley", level, "", 0, "Error %s", ("ab",), None) for _ in range(4)]

    assert sum(map(filter.filter, records)) == written


def test_bounded() -> None:
    """Only so many kinds of lines are counted."""
    filter = Sparing()
    for number in range(MAX_KINDS + 10):
        filter.filter(logging.LogRecord("asyncio", logging.ERROR, "", 0, str(number), (), None))

    assert len(filter._kinds) == MAX_KINDS


def test_install() -> None:
    """The log is spared once, however often the app starts."""
    log.install()
    log.install()

    for name in log.LOGGERS:
        assert sum(isinstance(found, Sparing) for found in logging.getLogger(name).filters) == 1


def test_json() -> None:
    """A line of JSON has what was said, the ids that were given, and the trace of an error."""
    record = logging.makeLogRecord({"name": "parley", "msg": "So %s", "args": ("it is",), "levelname": "INFO"})
    record.call, record.status, record.secret = 7, "", "no"
    try:
        raise ValueError("oh")
    except ValueError:
        record.exc_info = sys.exc_info()

    told = json.loads(log.line(record))

    assert (told["message"], told["level"], told["call"]) == ("So it is", "info", 7)
    assert told["trace"].endswith("ValueError: oh")
    assert not {"status", "secret", "page"} & set(told)
    record.exc_text = "as it was cleaned"
    assert json.loads(log.line(record))["trace"] == "as it was cleaned"


def test_all_lines_are_json(capfd: pytest.CaptureFixture[str]) -> None:
    """From then on whoever logs, through whatever handler, writes such lines."""
    before, level = logging.Handler.format, logging.getLogger("parley").level
    try:
        log.install(as_json=True)
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("plain %(message)s"))
        handler.handle(logging.makeLogRecord({"name": "others", "msg": "hello"}))
    finally:
        logging.Handler.format = before
        logging.getLogger("parley").setLevel(level)

    assert json.loads(capfd.readouterr().err)["message"] == "hello"
