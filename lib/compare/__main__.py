"""Comparisons on the command line: `python -m lib.compare verify FILE | replay PACK | rehearse PACK`.

Who answers a pack is configured as for the app, whose ledger has the calls; with nobody configured it is the embedded
model.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO

from lib.api import ChatClient
from lib.compare import audit, drift, handoff, packs, stage
from lib.compare.lanes import Contender
from lib.compare.packs import Pack
from lib.config import Endpoint, Settings
from lib.errors import ChatError, ConfigError
from lib.local.model import MAX_LOAD_SECONDS, LocalModel
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Ledger, Store

Local = Callable[[Path | None], LocalModel]
Opened = AbstractContextManager[tuple[Ledger, stage.Cast]]  # the ledger, and who answers


def main(arguments: Sequence[str], environ: Mapping[str, str], out: TextIO, local: Local = LocalModel) -> int:
    """Do what the command line says; return 0, or 1 when a file is not as it was, or an answer does not come."""
    options = _parser().parse_args(arguments, argparse.Namespace(environ=environ))
    try:
        return int(options.run(options, out, partial(_opened, environ, local)))
    except ChatError as error:
        print(f"{error} {error.hint}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lib.compare", description="Comparisons of models.")
    commands = parser.add_subparsers(required=True)
    verify = commands.add_parser("verify", help="say whether the page of a comparison or a pack is as Parley wrote it")
    tip = "compare it with the ledger too, and fail where that says otherwise; without this it is told if there is one"
    verify.add_argument("--ledger", action=argparse.BooleanOptionalAction, default=None, help=tip)
    verify.set_defaults(run=_verify)
    replay = commands.add_parser("replay", help="ask the steps of a demo pack now, and say what is different")
    replay.add_argument("--judge", metavar="ENDPOINT/MODEL", default="", help="who says which of two answers is better")
    replay.set_defaults(run=_replay)
    rehearse = commands.add_parser("rehearse", help="ask the steps of a demo pack now, and record the answers in it")
    rehearse.add_argument("--output", type=Path, help="the pack to write, in place of the one that is read")
    rehearse.set_defaults(run=_rehearse)
    for command in (verify, replay, rehearse):
        command.add_argument("file", type=Path)
    return parser


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ChatError(f"{file} cannot be read: {reason}.", hint="Name a file.") from error


def _verify(options: argparse.Namespace, out: TextIO, _: object) -> int:
    content = _content(options.file)
    print(f"As it was written: {handoff.verify(content)}", file=out)
    return 0 if options.ledger is False else audit.told(content, options.environ, out, must=bool(options.ledger))


def _replay(options: argparse.Namespace, out: TextIO, opened: Callable[[], Opened]) -> int:
    pack = packs.read(_content(options.file))
    with opened() as (ledger, cast):
        judge = cast(ModelChoice(*_named(options.judge))) if options.judge else None
        found = stage.drifts(ledger, pack, cast)
        found = drift.judged(ledger, pack, found, judge) if judge else found
    for each in found:
        print(drift.line(each), file=out)
    return int(any(each.now is None for each in found))


def _named(judge: str) -> tuple[str, str]:
    endpoint, _, model = judge.partition("/")
    return endpoint, model


def _rehearse(options: argparse.Namespace, out: TextIO, opened: Callable[[], Opened]) -> int:
    pack = packs.read(_content(options.file))
    with opened() as (ledger, cast):
        made = stage.rehearse(ledger, pack, cast, lambda _: True)
    target = options.output or options.file
    part = target.with_name(f"{target.name}.part")
    part.write_bytes(packs.written(made))
    os.replace(part, target)  # the pack that was there stays until the new one is whole
    new, lanes = _new(pack, made), sum(len(step.lanes) for step in pack.steps)
    print(f"{new} of {lanes} answers recorded in {target}.", file=out)
    return int(new < lanes)


def _new(before: Pack, after: Pack) -> int:
    pairs = zip(before.steps, after.steps, strict=True)
    return sum(new.recorded(at) not in (None, old.recorded(at)) for old, new in pairs for at in range(len(new.lanes)))


@contextmanager
def _opened(environ: Mapping[str, str], local: Local) -> Iterator[tuple[Ledger, stage.Cast]]:
    """Give the ledger, and who answers."""
    settings = Settings.load(environ)
    embedded = None if settings.endpoints else local(settings.local_model_path)
    try:
        endpoints = _ready(embedded) if embedded else settings.endpoints
        with closing(Store.open(settings.database_url)) as store:
            yield store.usage(LOCAL), partial(_contender, endpoints)
    finally:
        if embedded:
            embedded.stop()


def _ready(model: LocalModel) -> tuple[Endpoint, ...]:
    model.start()
    model.wait(MAX_LOAD_SECONDS)
    if model.endpoint is None:
        raise ConfigError("The embedded model does not answer.", hint=model.detail)
    return (model.endpoint,)


def _contender(endpoints: Sequence[Endpoint], lane: ModelChoice) -> Contender:
    for endpoint in endpoints:
        if endpoint.name == lane.endpoint:
            return Contender(ChatClient(endpoint), lane)
    raise ConfigError(f"There is no endpoint called {lane.endpoint}.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, sys.stdout))
