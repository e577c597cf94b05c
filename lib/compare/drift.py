"""What has changed since a pack was recorded: length, cost, first word, and what a judge says; in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lib.compare import judging
from lib.compare.lanes import Contender
from lib.compare.packs import Pack, Recording
from lib.compare.stage import Drift
from lib.errors import ChatError
from lib.store import Ledger

BETTER, WORSE, EQUAL, BOTH = "now better", "better before", "equally good", "neither is any good"


def judged(ledger: Ledger, pack: Pack, found: Sequence[Drift], judge: Contender) -> list[Drift]:
    """Return drifts with a model's opinion of each answer that is another one now."""
    return [each if each.is_same or each.now is None else _judged(ledger, pack, each, judge) for each in found]


def _judged(ledger: Ledger, pack: Pack, drift: Drift, judge: Contender) -> Drift:
    texts = [drift.before.text, drift.now.text if drift.now else ""]
    try:
        best, why = judging.weigh(ledger, pack.steps[drift.step - 1].message, texts, judge)
    except ChatError as error:
        return replace(drift, opinion=f"no opinion: {error}")
    said = {0: WORSE, 1: BETTER, judging.TIE: EQUAL, judging.BAD: BOTH}[best]
    return replace(drift, opinion=f"{said}: {why}")


def line(drift: Drift) -> str:
    """Return a line on an answer: whether it is the same, and its figures beside those of before."""
    where = f"step {drift.step}, {drift.lane.model or 'default model'} · {drift.lane.endpoint}"
    if drift.now is None:
        return f"{where}: no answer"
    said = f"; judge: {drift.opinion}" if drift.opinion else ""
    figures = f"{told(drift.now)} (before: {told(drift.before)})"
    return f"{where}: {'the same' if drift.is_same else 'different'}; {figures}{said}"


def told(recording: Recording) -> str:
    """Return the figures of an answer in words."""
    parts = [f"{len(recording.text):,} characters", f"{recording.first:.2f} s to first"]
    if recording.cost is not None:
        parts.append(f"{recording.cost:f} {recording.currency}".rstrip())
    return ", ".join([*parts, *([f"by {recording.model}"] if recording.model else [])])
