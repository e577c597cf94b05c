"""What a lane says of an answer while it comes: time to first token, speed, tokens, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from lib.generations import Generation
from lib.messages import Usage
from lib.pricing import token_estimates
from lib.store import StoredMessage
from lib.ui.markdown import plain
from lib.ui.numbers import cost, count, kept, rate, seconds


class Badges:
    """The figures of an answer so far; each delta counts as a token, and `said` is what it answers."""

    def __init__(self, generation: Generation, model: str, said: Sequence[StoredMessage]) -> None:
        self._generation = generation
        self._tariff = generation.client.endpoint.tariff
        self._model = model
        self._asked = sum(token_estimates.estimate(each.text, token_estimates.loaded) for each in said)

    def line(self) -> str:
        """Return them as one line; "~" stands before all that is not known before the end."""
        stream = self._generation.stream
        if stream is None or stream.ttft_ms is None:
            return "Writing"
        speed = rate(stream.deltas, (stream.elapsed_ms or 0.0) - stream.ttft_ms, "~")
        figures = (f"{seconds(stream.ttft_ms)} to first", f"{speed} tokens/s", f"{count(stream.deltas, '~')} tokens")
        return " · ".join(kept(each) for each in (*figures, *self._cost(stream.deltas)))

    def _cost(self, tokens: int) -> tuple[str, ...]:
        usage = Usage(self._asked, tokens, self._asked + tokens)
        found = self._tariff.cost(usage, (self._model,), datetime.now(UTC))
        return (f"~{plain(cost(found.amount, found.currency))}",) if found else ()
