"""A demo pack as one web page to hand on: its steps with the recorded answers, sealed as a comparison's page is."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Mapping

from lib import dates
from lib.chats import page
from lib.chats.page import rendered
from lib.compare.handoff import STYLE, UNSEALED, in_turn, sealed, table
from lib.compare.packs import Pack, Recording, Step
from lib.compare.rounds import name
from lib.model_choice import ModelChoice
from lib.net import redaction

FIGURES = ("Step", "Who", "First token", "Time", "Answer tokens", "Cost", "Ledger row")
ABOUT = "The answers are recordings, each with the day on which it was given."


def written(pack: Pack) -> bytes:
    """Return the web page of a pack; the speaker's notes stay out of it."""
    return sealed(redaction.redact("".join(_pieces(pack))))


def _pieces(pack: Pack) -> Iterator[str]:
    yield page.head(pack.title).replace("</head>", f"{STYLE}</head>")
    yield f'<h1>{html.escape(pack.title)}</h1><p class="about">{ABOUT}</p>'
    lanes = ((lane, step.recorded(at)) for step in pack.steps for at, lane in enumerate(step.lanes))
    colours = in_turn(list(dict.fromkeys(_name(*each) for each in lanes)))
    for number, step in enumerate(pack.steps, 1):
        yield from _step(number, step, colours)
    rows = [row for number, step in enumerate(pack.steps, 1) for row in _rows(number, step)]
    yield "<h2>Costs and times</h2>" + table(FIGURES, rows)
    yield _seal(pack) + page.FOOT


def _step(number: int, step: Step, colours: Mapping[str, str]) -> Iterator[str]:
    title = f"{number} · {step.title}" if step.title else f"Step {number}"
    images = "".join(
        f'<img alt="" src="data:{html.escape(image.media_type)};base64,{base64.b64encode(image.data).decode()}">'
        for image in step.images
    )
    files = "".join(
        f"<details><summary>{html.escape(file.name)}</summary><pre>{html.escape(file.text)}</pre></details>"
        for file in step.files
    )
    system = f"<details><summary>System prompt</summary>{rendered(step.system)}</details>" if step.system else ""
    yield f'<h2>{html.escape(title)}</h2>{system}<section class="message user">'
    yield f'<div class="said">{images}{rendered(step.prompt)}{files}</div></section><div class="lanes">'
    yield "".join(_lane(lane, step.recorded(at), colours) for at, lane in enumerate(step.lanes)) + "</div>"


def _lane(lane: ModelChoice, recording: Recording | None, colours: Mapping[str, str]) -> str:
    name = _name(lane, recording)
    head = f'<div style="border-color:{colours[name]}"><h3>{html.escape(name)}</h3>'
    if recording is None:
        return f"{head}<p>Not recorded.</p></div>"
    when = f"Recorded on {dates.moment(recording.recorded_at)} UTC"
    return f'{head}{rendered(recording.text)}<p class="about">{when}</p></div>'


def _name(lane: ModelChoice, recording: Recording | None) -> str:
    return name(lane.endpoint, lane.model or (recording.model if recording else ""), lane.parameters)


def _rows(number: int, step: Step) -> Iterator[tuple[str, ...]]:
    for at, lane in enumerate(step.lanes):
        if recording := step.recorded(at):
            cost = "–" if recording.cost is None else f"{recording.cost:f} {recording.currency}"
            times = (f"{recording.first:.2f} s", f"{recording.chunks[-1][0] if recording.chunks else 0:.2f} s")
            counts = ("–" if count is None else str(count) for count in (recording.tokens, recording.row))
            tokens, row = counts
            yield str(number), _name(lane, recording), *times, tokens, cost, row


def _seal(pack: Pack) -> str:
    recordings = [each for step in pack.steps for each in step.recordings if each]
    ids = ", ".join(str(each.row) for each in recordings if each.row is not None)
    return (
        f'<p class="about seal">Written by Parley. Rows of the ledger: {ids or "none"}.<br>SHA-256 of this page, '
        f"with zeros for this number: {UNSEALED}.<br>"
        "<code>python -m lib.compare verify FILE</code> says whether it is as it was written.</p>"
    )
