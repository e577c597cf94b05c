"""Who is better, told from votes, and how sure that is: Bradley-Terry strengths with intervals.

The strengths are evalica's. How far they may be off is told by a Bayesian bootstrap of the votes: each draw weighs them
anew. Of every two models each wins one more vote in it, of a weight that is small where there are many models: so
three votes of three prove little, and nobody is infinitely strong. One set of draws says the intervals, who is ahead of
whom, and how many more votes would decide.

Source: https://en.wikipedia.org/wiki/Bradley-Terry_model, Newman, https://www.jmlr.org/papers/v24/22-1086.html.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DRAWS = 1_000
SURE = 0.975  # of the draws: as many must agree on who is ahead; with the same on the other side, 95 %
WIDTH = 1.96  # standard deviations that this is
MAX_MORE = 1_000  # votes; more than that nobody asks for
MAX_STEPS, CLOSE = 200, 1e-7  # of the solver, and how near two of its steps are at the end
NOTHING = "No difference can be seen yet"


@dataclass(frozen=True)
class Ballot:
    """A vote: who stood in which place, the best first; those in one place are equally good.

    `bad`: all were bad, which says nothing about who is better. `lengths` are those of the answers, in characters.
    """

    places: tuple[tuple[str, ...], ...]
    bad: bool = False
    lengths: Mapping[str, int] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Who stood in it."""
        return tuple(name for place in self.places for name in place)

    def pairs(self) -> Iterator[tuple[str, str, bool]]:
        """Give every two that were told apart or found equal: the better one first, and whether they are equal."""
        for number, place in enumerate(self.places):
            for at, name in enumerate(place):
                yield from ((name, other, True) for other in place[at + 1 :] if other != name)
                rest = (other for below in self.places[number + 1 :] for other in below)
                yield from ((name, other, False) for other in rest if other != name)


@dataclass(frozen=True)
class Standing:
    """Where a model stands.

    `strength` is the logarithm of its odds against one of mean strength, which lies between `low` and `high` with 95 %;
    `places` are those that it may have by what is decided. `characters` is the mean length of its answers.
    """

    name: str
    strength: float
    low: float
    high: float
    places: tuple[int, int]
    votes: int
    characters: float | None


@dataclass(frozen=True)
class Pair:
    """How two did against each other: `wins` of the left, `losses`, and how often they were equal."""

    left: str
    right: str
    wins: int
    losses: int
    ties: int
    ahead: float  # the share of the draws in which the left is the stronger


@dataclass(frozen=True)
class Ranking:
    """The models from the strongest to the weakest, the pairs that met, and the sentence about it."""

    standings: tuple[Standing, ...]
    pairs: tuple[Pair, ...]
    sentence: str
    votes: int


def rank(ballots: Iterable[Ballot], draws: int = DRAWS, seed: int = 0) -> Ranking:
    """Rank who stands in votes. The same votes have the same ranking."""
    cast = [ballot for ballot in ballots if len(set(ballot.names)) > 1]
    names = sorted({name for ballot in cast for name in ballot.names})
    if not names:
        return Ranking((), (), f"{NOTHING}: nobody has voted.", 0)
    return _Ranked(names, cast, draws, seed).ranking()


class _Ranked:
    """Names in their order, and a matrix for each draw: who won how often against whom."""

    def __init__(self, names: Sequence[str], ballots: Sequence[Ballot], draws: int, seed: int) -> None:
        self._ballots = ballots
        met = Counter((*pair,) for ballot in ballots for pair in ballot.pairs())
        strengths = points(names, met)
        self._names = sorted(names, key=lambda name: (-strengths[name], name))
        self._strengths = strengths
        self._met = met
        self._drawn = drawn(self._names, ballots, draws, seed)

    def ranking(self) -> Ranking:
        ahead = (self._drawn[:, :, None] > self._drawn[:, None, :]).mean(axis=0)
        standings = tuple(self._standing(at, ahead) for at in range(len(self._names)))
        return Ranking(standings, tuple(self._pairs(ahead)), self._sentence(ahead), len(self._ballots))

    def _standing(self, at: int, ahead: Array) -> Standing:
        import numpy as np  # late: few look at rankings

        name, last = self._names[at], len(self._names)
        low, high = np.quantile(self._drawn[:, at], (1 - SURE, SURE))
        better, worse = int((ahead[:, at] >= SURE).sum()), int((ahead[at] >= SURE).sum())
        lengths = [ballot.lengths[name] for ballot in self._ballots if name in ballot.lengths]
        votes = sum(name in ballot.names for ballot in self._ballots)
        mean = sum(lengths) / len(lengths) if lengths else None
        places = (better + 1, last - worse)
        return Standing(name, self._strengths[name], float(low), float(high), places, votes, mean)

    def _pairs(self, ahead: Array) -> Iterator[Pair]:
        for at, left in enumerate(self._names):
            for beside, right in enumerate(self._names[at + 1 :], at + 1):
                wins, losses = self._met[left, right, False], self._met[right, left, False]
                ties = self._met[left, right, True] + self._met[right, left, True]
                if wins or losses or ties:
                    yield Pair(left, right, wins, losses, ties, float(ahead[at, beside]))

    def _sentence(self, ahead: Array) -> str:
        """Say who is ahead of whom, and how many more votes would decide what is not decided."""
        count = len(self._names)
        decided = [(a, b) for a in range(count) for b in range(a + 1, count) if ahead[a, b] >= SURE]
        beside = [(a, a + 1) for a in range(count - 1) if (a, a + 1) not in decided]
        parts = [f"{self._names[a]} is ahead of {self._names[b]}" for a, b in decided[:1]] or [NOTHING]
        wanted = [(more(self._drawn[:, a], self._drawn[:, b]), -a) for a, b in beside]
        if wanted and min(wanted)[0] <= MAX_MORE:
            votes, at = min(wanted)
            left, right = self._names[-at], self._names[1 - at]
            parts.append(f"{votes:,} more {'vote' if votes == 1 else 'votes'} would decide between {left} and {right}")
        elif decided and not beside:
            parts.append("no place is open")
        return "; ".join(parts) + "."


def points(names: Sequence[str], met: Mapping[tuple[str, str, bool], int]) -> dict[str, float]:
    """Return the strength of each: the most likely one, or where that is infinite, as some lost or won all, a near one.

    `met` says how often who was better than whom, or as good. The strengths have a mean of 0.
    """
    import evalica  # late: it loads pandas and scipy

    near = 0 if _is_connected(names, met) else 1 / (len(names) - 1)
    weights: dict[tuple[str, str, bool], float] = {(a, b, False): near for a in names for b in names if a != b and near}
    for pair, count in met.items():
        weights[pair] = weights.get(pair, 0) + count
    lefts, rights, ties = zip(*weights, strict=True)
    won = [evalica.Winner.Draw if tie else evalica.Winner.X for tie in ties]
    given = list(weights.values())
    scores = evalica.bradley_terry(lefts, rights, won, weights=given, limit=10 * MAX_STEPS).scores
    logs = {name: math.log(scores[name]) for name in names}
    middle = sum(logs.values()) / len(names)
    return {name: log - middle for name, log in logs.items()}


def _is_connected(names: Sequence[str], met: Iterable[tuple[str, str, bool]]) -> bool:
    """Whether everyone has won, be it by others, against everyone: then the strengths are finite."""
    beaten: dict[str, set[str]] = {name: set() for name in names}
    for left, right, tie in met:
        beaten[left].add(right)
        beaten[right].update([left] if tie else [])
    backwards = {name: {other for other in names if name in beaten[other]} for name in names}
    return all(len(_reached(names[0], links)) == len(names) for links in (beaten, backwards))


def _reached(first: str, links: Mapping[str, set[str]]) -> set[str]:
    seen, ahead = {first}, [first]
    while ahead:
        new = links[ahead.pop()] - seen
        seen |= new
        ahead += new
    return seen


def drawn(names: Sequence[str], ballots: Iterable[Ballot], draws: int, seed: int) -> Array:
    """Return the strengths in each draw, a row for each and a column for each name."""
    import numpy as np

    chance, count = np.random.default_rng(seed), len(names)
    kinds = Counter(tuple(sorted(ballot.pairs())) for ballot in ballots)
    wins = np.array([_wins(names, pairs) for pairs in kinds])
    # Votes of one kind weigh together what each of them weighs by itself.
    weights = chance.gamma(np.array(list(kinds.values()), dtype=float), size=(draws, len(kinds)))
    extra = chance.gamma(1 / (count - 1), size=(draws, count, count)) * (1 - np.eye(count))
    return solved(np.tensordot(weights, wins, 1) + extra)


def _wins(names: Sequence[str], pairs: Iterable[tuple[str, str, bool]]) -> Any:
    import numpy as np

    places = {name: number for number, name in enumerate(names)}
    found = np.zeros((len(names), len(names)))
    for left, right, tie in pairs:
        a, b, half = places[left], places[right], 0.5 if tie else 0.0
        found[a, b] += 1 - half
        found[b, a] += half
    return found


def solved(wins: Array) -> Array:
    """Return the strengths for each matrix of wins: Newman's steps, one after the other, in all matrices at once."""
    import numpy as np

    scores, change, steps = np.ones(wins.shape[:2]), math.inf, 0
    while change > CLOSE and steps < MAX_STEPS:
        before, steps = scores.copy(), steps + 1
        for at in range(wins.shape[1]):
            both = scores + scores[:, [at]]
            won = (wins[:, at] * scores / both).sum(axis=1)
            scores[:, at] = won / (wins[:, :, at] / both).sum(axis=1)
        scores /= np.exp(np.log(scores).mean(axis=1, keepdims=True))
        change = float(np.abs(np.log(scores / before)).max())
    return np.log(scores)


def more(left: Array, right: Array) -> float:
    """Return how many more votes between two would decide who is ahead if they went as those so far; inf for no end.

    A vote between them tells the more of their difference, the closer it is.
    """
    difference = left - right
    mean, spread = abs(float(difference.mean())), float(difference.std())
    if mean < spread / 100:
        return math.inf
    share = 1 / (1 + math.exp(-mean))
    needed = ((WIDTH / mean) ** 2 - 1 / spread**2) / (share * (1 - share))
    return max(1, math.ceil(needed))
