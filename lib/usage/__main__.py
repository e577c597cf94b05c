"""Usage on the command line: `python -m lib.usage report | rebuild | import | purge`.

The database is DATABASE_URL's, as for the app, which may run meanwhile.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TextIO

from lib.config import Settings
from lib.errors import ChatError
from lib.files.tables import FORMATS, Table
from lib.store import LOCAL, ForeignCall, Selection, Store
from lib.store.usage.days import STEPS, zone
from lib.store.usage.rollups import BY_NAME
from lib.usage import imports, tables

BATCH = 1000
FILTERS = ("owner", "endpoint", "model", "purpose", "status")


def main(arguments: Sequence[str], environ: Mapping[str, str], out: TextIO) -> int:
    """Do what the command line says; return 0, or 1 when it could not be done or the sums were not right."""
    options = _parser().parse_args(arguments)
    try:
        with closing(Store.open(Settings.load(environ).database_url)) as store:
            return int(options.run(store, options, out))
    except ChatError as error:
        print(f"{error} {error.hint}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lib.usage", description="What was used, by whom, of which model.")
    commands = parser.add_subparsers(required=True)
    _add_report(commands.add_parser("report", help="figures of a range of days"))
    rebuild = commands.add_parser("rebuild", help="make all sums anew from the ledger, and compare both")
    rebuild.set_defaults(run=_rebuild)
    taken = commands.add_parser("import", help=f"take in calls from {imports.KINDS}")
    taken.add_argument("files", nargs="+", type=Path)
    taken.set_defaults(run=_import)
    purge = commands.add_parser("purge", help="remove old calls from the ledger and all sums, for good")
    purge.add_argument("--before", type=date.fromisoformat, required=True, help="a day: calls before it go (UTC)")
    purge.set_defaults(run=_purge)
    return parser


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", type=date.fromisoformat, help="the first day; 30 days ago if not given")
    parser.add_argument("--until", type=date.fromisoformat, help="the last day; today if not given")
    parser.add_argument("--zone", default="UTC", help="the time zone that days are of, such as Europe/Lisbon")
    parser.add_argument("--by", action="append", choices=BY_NAME, default=[], help="a row for each; may be repeated")
    parser.add_argument("--step", choices=STEPS, help="a row for each of these as well")
    for name in FILTERS:
        parser.add_argument(f"--{name}", action="append", default=[], help="only this; may be repeated")
    parser.add_argument("--format", choices=["text", *FORMATS], default="text")
    parser.add_argument("--output", type=Path, help="the file to write; to the terminal if not given")
    parser.set_defaults(run=_report)


def _report(store: Store, options: argparse.Namespace, out: TextIO) -> int:
    selection, by = _selection(options), tuple(options.by)
    cells = store.usage(LOCAL).cells(selection, by, options.step, with_ttft=True)
    table = tables.figures(cells, selection, by, options.step)
    content = _text(table).encode() if options.format == "text" else FORMATS[options.format](table)
    if options.output:
        options.output.write_bytes(content)
    else:
        out.buffer.write(content)
        out.flush()
    return 0


def _selection(options: argparse.Namespace) -> Selection:
    last = options.until or datetime.now(zone(options.zone)).date()
    filters = {name: getattr(options, name) for name in FILTERS}
    return Selection(options.since or last - timedelta(days=29), last, options.zone).where(**filters)


def _text(table: Table) -> str:
    rows = [table.columns, *([_shown(cell) for cell in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    notes = (f"{name}: {value}" for name, value in table.about.items())
    return "\n".join([*lines, "", *notes, ""])


def _shown(cell: object) -> str:
    if cell is None:
        return "–"
    text = f"{cell:.6g}" if isinstance(cell, float) else str(cell)
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _rebuild(store: Store, _options: argparse.Namespace, out: TextIO) -> int:
    wrong = store.upkeep.differences()
    print(f"{wrong} sums were not what the ledger adds up to.", file=out)
    store.upkeep.rebuild()
    left = store.upkeep.differences()
    print(f"All sums are made anew; {left} differ from the ledger.", file=out)
    return 1 if left else 0


def _import(store: Store, options: argparse.Namespace, out: TextIO) -> int:
    for path in options.files:
        seen, new = _take_in(store, imports.read(path))
        print(f"{path.name}: {new} new of {seen}", file=out)
    return 0


def _take_in(store: Store, calls: Iterable[ForeignCall]) -> tuple[int, int]:
    seen = new = 0
    for batch in _batches(calls):
        seen, new = seen + len(batch), new + store.upkeep.take_in(batch)
    return seen, new


def _batches(calls: Iterable[ForeignCall]) -> Iterator[list[ForeignCall]]:
    rest = iter(calls)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _purge(store: Store, options: argparse.Namespace, out: TextIO) -> int:
    moment = datetime(options.before.year, options.before.month, options.before.day, tzinfo=UTC)
    number = store.upkeep.purge_calls(moment)
    print(f"{number} {'call is' if number == 1 else 'calls are'} removed for good.", file=out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, sys.stdout))
