"""Comparisons on the command line: `python -m lib.compare verify FILE`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from lib.compare import handoff
from lib.errors import ChatError


def main(arguments: Sequence[str], out: TextIO) -> int:
    """Do what the command line says; return 0, or 1 when a file is not as it was written."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options, out))
    except ChatError as error:
        print(f"{error} {error.hint}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lib.compare", description="Comparisons of models.")
    commands = parser.add_subparsers(required=True)
    verify = commands.add_parser("verify", help="say whether the page of a comparison is as Parley wrote it")
    verify.add_argument("file", type=Path)
    verify.set_defaults(run=_verify)
    return parser


def _verify(options: argparse.Namespace, out: TextIO) -> int:
    try:
        content = options.file.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ChatError(f"{options.file} cannot be read: {reason}.", hint="Name a file.") from error
    print(f"As it was written: {handoff.verify(content)}", file=out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))
