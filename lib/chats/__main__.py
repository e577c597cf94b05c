"""Conversations on the command line: `python -m lib.chats import | export`.

The database is DATABASE_URL's, as for the app, which may run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TextIO

from lib.chats.imports import Importer, Report
from lib.config import Settings
from lib.errors import ChatError
from lib.store import LOCAL, Scope, Store
from lib.text import as_name


def main(arguments: Sequence[str], environ: Mapping[str, str], out: TextIO) -> int:
    """Do what the command line says; return 0, or 1 when it could not be done or a file was refused as a whole."""
    options = _parser().parse_args(arguments)
    try:
        with closing(Store.open(Settings.load(environ).database_url)) as store:
            return int(options.run(store, options, out))
    except ChatError as error:
        print(f"{error} {error.hint}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lib.chats", description="Conversations, in and out.")
    commands = parser.add_subparsers(required=True)
    taken = commands.add_parser("import", help="take in conversations from exports, each told in a line of JSON")
    taken.add_argument("files", nargs="+", type=Path, help="JSON or ZIP, as it was exported")
    _add_owner(taken)
    taken.set_defaults(run=_import)
    return parser


def _add_owner(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--owner", default=LOCAL.owner, help="whose they are; without accounts, leave it out")


def _import(store: Store, options: argparse.Namespace, out: TextIO) -> int:
    importer = Importer(store.chats(Scope(options.owner)))
    reports = [_take(importer, path, out) for path in options.files]
    return 1 if any(report.is_refused for report in reports) else 0


def _take(importer: Importer, path: Path, out: TextIO) -> Report:
    try:
        with path.open("rb") as file:
            report = importer.take(file, str(path))
    except OSError as error:
        report = Report(as_name(str(path)))
        report.refuse(report.file, f"The file cannot be opened: {error.strerror}.")
    print(json.dumps(report.dump()), file=out, flush=True)
    return report


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, sys.stdout))
