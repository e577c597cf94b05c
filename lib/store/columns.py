"""Column types: what both databases would otherwise treat differently, or refuse."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from lib.text import repair

# SQLite numbers rows by itself only in a column of exactly this type.
Key = BigInteger().with_variant(Integer, "sqlite")
MAX_COUNT = 2**63 - 1


def now() -> datetime:
    """Return the present moment, aware and in UTC."""
    return datetime.now(UTC)


class Time(TypeDecorator[datetime]):
    """A moment: aware datetimes in, UTC out. SQLite keeps naive UTC text, PostgreSQL timestamptz."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware datetime into UTC; refuse a naive one, which could mean any moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"expected an aware datetime, got {value!r}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class CleanText(TypeDecorator[str]):
    """Text, cleaned on its way in: in a value as well as in a comparison."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Repair what neither database can store."""
        return None if value is None else repair(value)


class Count(TypeDecorator[int]):
    """A count; one that no database can hold is unknown: an absurd figure must not cost the answer it came with."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        """Let only counts through."""
        return value if value is not None and 0 <= value <= MAX_COUNT else None
