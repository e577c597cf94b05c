"""Keys stay out of the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from lib.net import redaction

KEY = "sk-redaction-0123456789"
log = logging.getLogger("test.redaction")


@pytest.fixture(autouse=True)
def factory() -> Iterator[None]:
    """Leave logging as it was."""
    before = logging.getLogRecordFactory()
    redaction.hide(KEY)
    redaction.install()
    yield
    logging.setLogRecordFactory(before)
    redaction._keys.clear()


def test_message(caplog: pytest.LogCaptureFixture) -> None:
    """A key in a message or its arguments is masked."""
    log.warning("sent %s and %d", f"Bearer {KEY}", 3)

    assert caplog.messages == ["sent Bearer ••• and 3"]


def test_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """A key in an exception is masked in the traceback, too."""
    try:
        raise ValueError(f"no use for {KEY}")
    except ValueError:
        log.exception("failed")

    assert KEY not in caplog.text
    assert "no use for •••" in caplog.text


def test_traceback_of_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A record that wants a traceback where there is none is left alone."""
    log.warning("calm", exc_info=True)  # noqa: LOG014 - what some libraries do

    assert caplog.messages == ["calm"]


def test_wrong_arguments(caplog: pytest.LogCaptureFixture) -> None:
    """A record whose arguments do not fit loses neither text nor mask."""
    log.warning("one %s of %s", KEY)  # noqa: PLE1206 - what is tested

    assert caplog.messages == ["one %s of %s ('•••',)"]


def test_longest_first() -> None:
    """Of a key that begins like another nothing is left."""
    redaction.hide(f"{KEY}-and-more")

    assert redaction.redact(f"{KEY}-and-more {KEY}") == "••• •••"


def test_short_key() -> None:
    """A placeholder is not looked for: it would be found in every word."""
    redaction.hide("x")

    assert redaction.redact("text") == "text"


def test_installed_once() -> None:
    """To install it again changes nothing."""
    before = logging.getLogRecordFactory()
    redaction.install()

    assert logging.getLogRecordFactory() is before


def test_nothing_to_hide(caplog: pytest.LogCaptureFixture) -> None:
    """Without keys, records stay as they are."""
    redaction._keys.clear()
    log.warning("%s", KEY)

    assert caplog.records[0].args == (KEY,)
