"""Whether a comparison that was handed on says what the ledger says: each of its rows is looked up there."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from lib.compare import handoff
from lib.config import Settings
from lib.errors import ChatError
from lib.store import LOCAL, Call, Ledger, Store

SQLITE = "sqlite:///"

ROWS = re.compile(r"<tr>((?:<td>[^<]*</td>){%d})</tr>" % len(handoff.FIGURES))  # noqa: UP031, braces are signs here
CELL = re.compile(r"<td>([^<]*)</td>")


@dataclass(frozen=True)
class Audit:
    """The numbers of rows in the ledger, by whether they agree with a page, say something else, or are not there."""

    agree: tuple[int, ...]
    differ: tuple[int, ...]
    missing: tuple[int, ...]

    @property
    def is_good(self) -> bool:
        """Whether all rows of the page are in the ledger as they are on it."""
        return not (self.differ or self.missing)

    def __str__(self) -> str:
        kinds = {"agree": self.agree, "differ": self.differ, "are missing": self.missing}
        told = [f"{len(ids)} {kind}" + (f" ({', '.join(map(str, ids))})" if ids else "") for kind, ids in kinds.items()]
        return f"Rows of the ledger: {', '.join(told)}."


def audit(content: bytes, ledger: Ledger) -> Audit:
    """Compare the rows of a page with a ledger. Raises ChatError for a page that is not as it was written."""
    handoff.verify(content)
    rows = {int(cells[-1]): cells for cells in _rows(content.decode("utf-8", "replace")) if cells[-1].isdecimal()}
    found = {call.id: call for call in ledger.those(list(rows))}
    same = {id for id, call in found.items() if _agrees(rows[id], call)}
    return Audit(
        tuple(id for id in rows if id in same),
        tuple(id for id in rows if id in found and id not in same),
        tuple(id for id in rows if id not in found),
    )


def told(content: bytes, environ: Mapping[str, str], out: TextIO, *, must: bool) -> int:
    """Print how a page compares with the ledger of DATABASE_URL; return 0, or with `must` 1 where that is not good.

    Where there is none nothing is printed, and none is made, but with `must`. Raises ChatError with `must`.
    """
    try:
        url = Settings.load(environ).database_url
        if not must and url.startswith(SQLITE) and not Path(url.removeprefix(SQLITE)).is_file():
            return 0
        with closing(Store.open(url)) as store:
            found = audit(content, store.usage(LOCAL))
    except ChatError as error:
        if must:
            raise
        print(f"The ledger was not asked: {error}", file=out)
        return 0
    print(found, file=out)
    return int(must and not found.is_good)


def _rows(text: str) -> list[Sequence[str]]:
    """Return the cells of the table of costs and times: what was said stands before it, and has no such heading."""
    _, heading, rest = text.rpartition(handoff.COSTS)
    table = rest.partition("</table>")[0] if heading else ""
    return [[html.unescape(cell) for cell in CELL.findall(row)] for row in ROWS.findall(table)]


def _agrees(cells: Sequence[str], call: Call) -> bool:
    _, who, *figures, _ = cells
    named = f"{call.model or 'default model'} · {call.endpoint}"
    return (who == named or who.startswith(f"{named} · ")) and figures == list(handoff.figures(call))
