"""The one place where the errors of databases and their drivers become StoreError."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from lib.errors import StoreError


class Fault(NamedTuple):
    """What to say when one of `signs` is in the driver's SQLSTATE and message, in lower case."""

    signs: tuple[str, ...]
    sentence: str
    hint: str


# The first that fits counts. SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html
FAULTS = (
    Fault(
        ("53100", "is full", "no space left", "could not extend file"),
        "The disk is full: the database {place} cannot grow.",
        "Free some space, then try again.",
    ),
    Fault(
        ("58030", "disk i/o", "input/output error"),
        "The database {place} cannot be read or written: its disk reports errors.",
        "Look at the disk and the system's log before anything else; then try again.",
    ),
    Fault(
        ("session is read-only", "in hot standby", "not accepting connections"),
        "No database server at {place} takes what is written, for the moment.",
        "Another one may be taking its place. Try again in a moment; if it stays, look at the servers.",
    ),
    Fault(
        ("25006", "readonly", "read-only"),
        "The database {place} is read-only.",
        "Make it and its folder writable for Parley, then try again.",
    ),
    Fault(
        ("xx001", "xx002", "malformed", "not a database"),
        "The database {place} is damaged, or is no database at all.",
        "Move it away or put a backup in its place, then start Parley again.",
    ),
    Fault(
        ("53300", "too many c", "connection slots"),
        "The database server at {place} takes no more connections.",
        "Each process has up to 25, or what ?connections= at the end of DATABASE_URL says: all together must fit "
        "into its max_connections.",
    ),
    Fault(
        ("55p03", "is locked", "queuepool limit"),
        "The database {place} is busy: something else holds it for too long.",
        "Close other programs that use it, then try again.",
    ),
    Fault(
        ("authentication failed", "no password supplied", "pg_hba.conf", "fatal:  role", "fatal:  database"),
        "The database server at {place} refuses this user, password or database name.",
        "Check DATABASE_URL.",
    ),
    Fault(
        ("57p0", "connection", "resolve host", "unreachable"),
        "The database server at {place} does not answer.",
        "Check that it is running and that DATABASE_URL is right.",
    ),
    Fault(
        (
            "unable to open",
            "permission denied",
            "not a directory",
            "file exists",
            "no module",
            "load plugin",
        ),
        "The database {place} cannot be opened.",
        "Check that DATABASE_URL is right and that Parley may write to its folder.",
    ),
)
OTHER = Fault((), "The database {place} reports an error ({error}).", "Try again; if it stays, see the log.")


@contextmanager
def faults(place: str) -> Iterator[None]:
    """Raise StoreError in place of what the database at `place` raises.

    The driver's own words stay in `__cause__`: they may quote what no page should show.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError, ImportError) as error:
        fault = _diagnose(error)
        name = type(_origin(error)).__name__
        raise StoreError(fault.sentence.format(place=place, error=name), hint=fault.hint) from error


def _diagnose(error: Exception) -> Fault:
    origin = _origin(error)
    words = f"{getattr(origin, 'sqlstate', None)} {origin}".lower()
    return next((fault for fault in FAULTS if any(sign in words for sign in fault.signs)), OTHER)


def _origin(error: Exception) -> BaseException:
    return getattr(error, "orig", None) or error
