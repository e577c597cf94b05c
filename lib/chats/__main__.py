"""Conversations on the command line: `python -m lib.chats import | export`.

The database is DATABASE_URL's, as for the app, which may run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, TextIO

from lib.chats import exports
from lib.chats.imports import Importer, Report
from lib.config import Settings
from lib.errors import ChatError
from lib.net import redaction
from lib.store import LOCAL, Scope, Store
from lib.text import as_name


def main(arguments: Sequence[str], environ: Mapping[str, str], out: TextIO) -> int:
    """Do what the command line says; return 0, or 1 when it could not be done or a file was refused as a whole."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.load(environ)
        redaction.hide(*(secret for endpoint in settings.endpoints for secret in endpoint.secrets))
        with closing(Store.open(settings.database_url)) as store:
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
    given = commands.add_parser("export", help="write conversations as a file")
    given.add_argument("--format", choices=[*exports.FORMATS], required=True)
    given.add_argument("--conversation", metavar="ID", help="only this one, as its address has it; all if not given")
    given.add_argument("--output", type=Path, help="the file to write; to the terminal if not given")
    _add_owner(given)
    given.set_defaults(run=_export)
    return parser


def _add_owner(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--owner", default=LOCAL.owner, help="whose they are; without accounts, leave it out")


def _import(store: Store, options: argparse.Namespace, out: TextIO) -> int:
    importer = Importer(store.chats(Scope(options.owner)))
    reports = [_take(importer, path, out) for path in options.files]
    return 1 if any(report.is_refused for report in reports) else 0


def _export(store: Store, options: argparse.Namespace, out: TextIO) -> int:
    chats = store.chats(Scope(options.owner))
    ids = [options.conversation] if options.conversation else chats.all()
    if options.conversation:
        exports.found(chats, options.conversation)  # before a file is made
    pieces = exports.FORMATS[options.format](chats, ids)
    try:
        if options.output is None:
            _write(pieces, out.buffer)
        else:
            with options.output.open("wb") as file:
                _write(pieces, file)
    except OSError as error:
        raise ChatError(
            f"{options.output} cannot be written: {error.strerror}.", hint="Choose another file."
        ) from error
    return 0


def _write(pieces: Iterable[str], file: BinaryIO) -> None:
    file.writelines(piece.encode("utf-8", "replace") for piece in pieces)
    file.flush()


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
