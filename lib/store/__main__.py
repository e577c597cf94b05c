"""The database on the command line: `python -m lib.store backup FILE | restore FILE | check`.

It is DATABASE_URL's, as for the app, which may run during `backup` and `check`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from lib.config import Settings
from lib.errors import ChatError
from lib.store import backups


def main(arguments: Sequence[str], environ: Mapping[str, str], out: TextIO) -> int:
    """Do what the command line says; return 0, or 1 when it could not be done or something is not right."""
    options = _parser().parse_args(arguments)
    try:
        url = Settings.load(environ).database_url
        if options.command == "check":
            return _check(url, out)
        {"backup": backups.backup, "restore": backups.restore}[options.command](url, options.file, environ)
    except ChatError as error:
        print(f"{error} {error.hint}", file=sys.stderr)
        return 1
    print(f"Done: {options.command}, {options.file}", file=out)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lib.store", description="The database of DATABASE_URL.")
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("backup", help="copy all of it into a new file").add_argument("file", type=Path)
    commands.add_parser("restore", help="fill an empty one from such a file").add_argument("file", type=Path)
    commands.add_parser("check", help="schema, integrity, sums against the ledger, and what is open")
    return parser


def _check(url: str, out: TextIO) -> int:
    found = list(backups.check(url))
    for holds, said in found:
        print(f"{'ok ' if holds else 'NOT'} {said}", file=out)
    return 0 if all(holds for holds, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, sys.stdout))
