"""Days and times are written in one way."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from lib import dates

AT = datetime(2026, 11, 5, 14, 3, 22, tzinfo=UTC)
LIB = Path(dates.__file__).parent
# Names of backups, which sort, and what a chart writes itself.
OTHERS = {"store/versions.py", "ui/usage/chart.py"}


def test_words() -> None:
    """A day, a month, a time, a moment."""
    assert (dates.day(AT), dates.day(AT.date(), named=True)) == ("5 Nov 2026", "Thu 5 Nov 2026")
    assert dates.month(AT) == "Nov 2026"
    assert (dates.time(AT), dates.time(AT, exact=True)) == ("14:03", "14:03:22")
    assert dates.moment(AT) == "5 Nov 2026, 14:03"


def test_one_way() -> None:
    """No other module writes a day or a time in a way of its own."""
    own = re.compile(r"\{[^{}]*:[^{}]*%[aAbBdHIjmMpSUwyY]|strftime")
    found = {str(file.relative_to(LIB)) for file in LIB.rglob("*.py") if own.search(file.read_text(encoding="utf-8"))}

    assert found - OTHERS == {"dates.py"}


def test_fields() -> None:
    """Whatever takes a day shows it as all others do."""
    fields = [
        line for file in LIB.rglob("*.py") for line in file.read_text("utf-8").splitlines() if "date_input(" in line
    ]

    assert fields
    assert all("dates.FIELD" in line for line in fields)
