"""Keys stay out of the log, and every record stays what its formatter takes it for."""

from __future__ import annotations

import io
import logging
import traceback
from collections import OrderedDict, namedtuple
from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.logging import AccessFormatter

from lib.net import redaction

KEY = "sk-redaction-0123456789"
log = logging.getLogger("test.redaction")
Pair = namedtuple("Pair", "name secret")  # noqa: PYI024 - its values are of any kind


class Carrier:
    """An object whose text has the key."""

    def __str__(self) -> str:
        return f"carrier of {KEY}"

    def __repr__(self) -> str:
        return f"Carrier({KEY!r})"


class Broken:
    """An object without a text."""

    def __str__(self) -> str:
        raise RuntimeError(KEY)

    __repr__ = __str__


class JsonFormatter(logging.Formatter):
    """A formatter that goes its own way: it reads every field, and formats the exception itself."""

    def format(self, record: logging.LogRecord) -> str:
        error = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        return f"{record.getMessage()} {vars(record)} {error}"


@pytest.fixture(autouse=True)
def hidden() -> Iterator[None]:
    """Hide one key."""
    redaction.hide(KEY)
    redaction.install()
    yield
    redaction._keys.clear()


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a formatter that looks everywhere has written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    log.addHandler(handler)
    yield stream
    log.removeHandler(handler)


def test_message(caplog: pytest.LogCaptureFixture) -> None:
    """A key in a message or its arguments is masked, and there are as many arguments as before."""
    log.warning("sent %s and %d", f"Bearer {KEY}", 3)

    assert caplog.messages == ["sent Bearer ••• and 3"]
    assert caplog.records[0].args == ("Bearer •••", 3)


def test_access_line() -> None:
    """The formatter of uvicorn finds the five arguments that it takes apart."""
    args = ("127.0.0.1:9", "GET", f"/?q={KEY}", "1.1", 200)
    record = log.makeRecord(log.name, logging.INFO, "f", 1, '%s - "%s %s HTTP/%s" %d', args, None)
    redaction._redact(record)

    line = AccessFormatter('%(client_addr)s - "%(request_line)s" %(status_code)s', use_colors=False).format(record)

    assert line == '127.0.0.1:9 - "GET /?q=••• HTTP/1.1" 200 OK'


def test_no_key() -> None:
    """A record without a key is left as it is, to the last object."""
    args = ("a", 1, Carrier, ["b"], {"c": None}, datetime.now(UTC), b"d", Pair("e", 2.5))
    record = log.makeRecord(log.name, logging.INFO, "f", 1, "%s " * len(args), args, None, extra={"more": [args]})
    before = dict(vars(record))
    redaction._redact(record)

    assert all(vars(record)[name] is value for name, value in before.items())
    assert vars(record).keys() == before.keys()


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        (f"a {KEY}", "a •••"),
        (f"a {KEY}".encode(), "a •••".encode()),
        (bytearray(b"plain"), bytearray(b"plain")),
        ([KEY, 1], ["•••", 1]),
        ((1, (KEY,)), (1, ("•••",))),
        ({KEY}, {"•••"}),
        (frozenset({KEY}), frozenset({"•••"})),
        ({"a": {KEY: [KEY]}}, {"a": {"•••": ["•••"]}}),
        (OrderedDict(a=KEY), {"a": "•••"}),
        (MappingProxyType({"a": KEY}), {"a": "•••"}),
        (Pair("a", KEY), Pair("a", "•••")),
        (Carrier(), "carrier of •••"),
        ([Carrier()], ["carrier of •••"]),
        (ValueError(KEY), "•••"),
        (Broken(), "<Broken>"),
    ],
)
def test_kinds(value: object, cleaned: object) -> None:
    """What has a key becomes another of its kind; an object becomes a text."""
    made = redaction.clean(value)

    assert made == cleaned
    assert KEY not in repr(made)


def test_text_of_an_object() -> None:
    """The text of an object is its text in both forms."""
    assert f"{redaction.clean(Carrier())!s} {redaction.clean(Carrier())!r}" == "carrier of ••• Carrier('•••')"


def test_number() -> None:
    """A number that has a key of digits in it becomes another number."""
    redaction.hide("123456")

    assert (redaction.clean(91234567), redaction.clean(0.123456), redaction.clean(12345)) == (0, 0.0, 12345)


def test_container_in_itself() -> None:
    """A list that contains itself has an end."""
    endless: list[Any] = [KEY]
    endless.append(endless)

    assert KEY not in repr(redaction.clean(endless))


def test_form_in_a_url() -> None:
    """A key is found in the form that it has in a URL."""
    redaction.hide("secret/key+of=many")

    assert redaction.redact("/a/secret/key%2Bof%3Dmany?k=secret%2Fkey%2Bof%3Dmany") == "/a/•••?k=•••"


def test_named_arguments(caplog: pytest.LogCaptureFixture) -> None:
    """Arguments by name stay arguments by name."""
    log.warning("%(user)s has %(key)r", {"user": "A", "key": KEY})

    assert caplog.messages == ["A has '•••'"]
    assert caplog.records[0].args == {"user": "A", "key": "•••"}


def test_key_in_two_parts(caplog: pytest.LogCaptureFixture, written: io.StringIO) -> None:
    """A key that only the formatted message has is masked there."""
    log.warning("%s-%s", KEY[:7], KEY[8:])
    assert caplog.messages == [f"{KEY[:7]}-{KEY[8:]}"]  # not the key: its parts are not put together
    log.warning("%s%s", KEY[:7], KEY[7:])

    assert caplog.messages[1] == "•••"
    assert caplog.records[1].args == (KEY[:7], KEY[7:])


def test_number_with_the_text_of_a_key(caplog: pytest.LogCaptureFixture) -> None:
    """An object that was formatted as a number, and became a text, does not end the record."""

    class Odd(Carrier):
        def __int__(self) -> int:
            return 7

        __index__ = __int__

    log.warning("%d of 9", Odd())

    assert caplog.messages == ["7 of 9"]


def test_object_as_message(caplog: pytest.LogCaptureFixture) -> None:
    """A message may be an object."""
    log.warning(Carrier())

    assert caplog.messages == ["carrier of •••"]


def test_wrong_arguments(caplog: pytest.LogCaptureFixture) -> None:
    """A record whose arguments do not fit loses neither text nor mask."""
    log.warning("one %s of %s", KEY)  # noqa: PLE1206 - what is tested

    assert caplog.messages == ["one %s of %s ('•••',)"]
    assert caplog.records[0].args == ("•••",)


def test_broken_argument(caplog: pytest.LogCaptureFixture, written: io.StringIO) -> None:
    """A record whose argument has no text is not lost."""
    log.warning("one %s of %s", Broken(), KEY)
    log.warning("%s", Broken())

    assert "one %s of %s <tuple>" in caplog.messages[0]
    assert "%s" in caplog.messages[1]
    assert KEY not in written.getvalue()


def test_extra_fields(written: io.StringIO) -> None:
    """Fields of others are masked as well, and so is the stack."""
    log.warning("calm", extra={"headers": {"Authorization": KEY}, "carrier": Carrier()}, stack_info=True)
    record = logging.makeLogRecord({"levelno": logging.INFO, "msg": "calm", "stack_info": KEY, "exc_text": KEY})
    log.handle(record)

    assert "'Authorization': '•••'" in written.getvalue()
    assert KEY not in written.getvalue()


def test_traceback(caplog: pytest.LogCaptureFixture, written: io.StringIO) -> None:
    """A key in an exception is masked in the traceback, whoever formats it, and so are what led to it and its notes."""
    try:
        try:
            raise KeyError(KEY)
        except KeyError as error:
            error.add_note(f"with {KEY}")
            raise ValueError(f"no use for {KEY}") from error
    except ValueError:
        log.exception("failed")

    for text in (caplog.text, written.getvalue()):
        assert KEY not in text
        assert "KeyError: '•••'\nwith •••" in text
        assert "ValueError: no use for •••" in text
        assert "in test_traceback" in text


def test_exceptions_in_a_circle(written: io.StringIO) -> None:
    """Exceptions that led to one another have an end."""
    one, other = ValueError(KEY), TypeError(KEY)
    one.__context__, other.__context__ = other, one
    log.error("failed", exc_info=one)

    assert "TypeError: •••" in written.getvalue()
    assert KEY not in written.getvalue()


def test_calm_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """An exception without a key stays the object it is."""
    error = ValueError("calm")
    log.error("failed", exc_info=error)

    assert caplog.records[0].exc_info == (ValueError, error, None)


def test_traceback_of_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A record that wants a traceback where there is none is left alone."""
    log.warning("calm", exc_info=True)  # noqa: LOG014 - what some libraries do

    assert caplog.messages == ["calm"]


def test_longest_first() -> None:
    """Of a key that begins like another nothing is left."""
    redaction.hide(f"{KEY}-and-more")

    assert redaction.redact(f"{KEY}-and-more {KEY}") == "••• •••"


def test_short_key() -> None:
    """A placeholder is not looked for: it would be found in every word."""
    redaction.hide("x")

    assert redaction.redact("text") == "text"


def test_installed_once(caplog: pytest.LogCaptureFixture) -> None:
    """To install it again changes nothing."""
    before = logging.Logger.handle
    redaction.install()
    log.warning(KEY)

    assert logging.Logger.handle is before
    assert caplog.messages == ["•••"]


def test_nothing_to_hide(caplog: pytest.LogCaptureFixture) -> None:
    """Without keys, records stay as they are."""
    redaction._keys.clear()
    log.warning("%s", KEY)

    assert caplog.records[0].args == (KEY,)


leaves = st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.binary(), st.builds(Carrier))
secrets = st.tuples(st.text(), st.text()).map(KEY.join)
values = st.recursive(
    leaves | secrets,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | secrets, inner),
    max_leaves=8,
)


def record_of(msg: object, args: object, extra: object = None) -> logging.LogRecord:
    """Return a record as a logger makes it, redacted."""
    record = log.makeRecord(log.name, logging.INFO, "f", 1, msg, args, None, extra={"more": extra})
    redaction._redact(record)
    return record


@given(args=st.lists(values, min_size=1, max_size=4), extra=values)
def test_any_arguments(args: list[object], extra: object) -> None:
    """Whatever the arguments are, they keep their number and kinds, the message is formatted, and no key is in it."""
    record = record_of(" ".join(["%s", "%r"][number % 2] for number in range(len(args))), tuple(args), extra)
    kept = record.args if isinstance(record.args, tuple) else (record.args,)

    assert len(kept) == len(args)
    assert all(
        isinstance(one, type(other) if type(other) is not Carrier else str)
        for one, other in zip(kept, args, strict=True)
    )
    assert KEY not in JsonFormatter().format(copy(record))


@given(msg=st.text() | secrets, args=st.lists(values, max_size=3))
def test_any_message(msg: str, args: list[object]) -> None:
    """Whether the arguments fit the message or not, the record can be formatted, and no key is in it."""
    assert KEY not in JsonFormatter().format(record_of(msg, tuple(args)))
