"""The ranking: what evalica says by hand, how sure it is, and the sentence about it."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import evalica
import numpy as np
import pytest

from lib.compare.ranking import MAX_MORE, NOTHING, SURE, Ballot, Pair, drawn, more, rank, solved

STRENGTHS = {f"model {letter}": 1.4 - 0.4 * number for number, letter in enumerate("ABCDEFGH")}


def votes(seed: int, count: int = 1_000, ties: float = 0.1) -> list[Ballot]:
    """Return votes between two of eight models each, as the models' strengths have them."""
    chance = random.Random(seed)
    return [_vote(chance, *chance.sample(list(STRENGTHS), 2), ties) for _ in range(count)]


def _vote(chance: random.Random, left: str, right: str, ties: float) -> Ballot:
    if chance.random() < ties:
        return Ballot(((left, right),))
    wins = chance.random() < 1 / (1 + math.exp(STRENGTHS[right] - STRENGTHS[left]))
    return Ballot(((left,), (right,)) if wins else ((right,), (left,)))


def by_hand(ballots: Sequence[Ballot]) -> dict[str, float]:
    """Return what evalica says of votes, vote by vote, as logarithms with a mean of 0."""
    pairs = [pair for ballot in ballots for pair in ballot.pairs()]
    lefts, rights, ties = zip(*pairs, strict=True)
    won = [evalica.Winner.Draw if tie else evalica.Winner.X for tie in ties]
    logs = np.log(evalica.bradley_terry(lefts, rights, won, limit=1_000).scores)
    return dict(logs - logs.mean())


def duel(wins: int, losses: int) -> list[Ballot]:
    """Return votes between A and B."""
    return [Ballot((("A",), ("B",)))] * wins + [Ballot((("B",), ("A",)))] * losses


def test_as_by_hand() -> None:
    """The strengths of 1,000 votes on eight models are those that evalica has, and so is their order."""
    ballots = votes(0)
    ranking, expected = rank(ballots), by_hand(ballots)

    assert [each.name for each in ranking.standings] == sorted(expected, key=lambda name: -expected[name])
    assert {each.name: each.strength for each in ranking.standings} == pytest.approx(expected, abs=1e-4)
    assert sum(each.votes for each in ranking.standings) == 2 * ranking.votes == 2_000


def test_draws_as_by_hand() -> None:
    """The solver of the draws finds what evalica does."""
    ballots = votes(1)
    wins = np.zeros((1, 8, 8))
    names = list(STRENGTHS)
    for left, right, tie in (pair for ballot in ballots for pair in ballot.pairs()):
        wins[0, names.index(left), names.index(right)] += 0.5 if tie else 1
        wins[0, names.index(right), names.index(left)] += 0.5 if tie else 0

    assert dict(zip(names, solved(wins)[0], strict=True)) == pytest.approx(by_hand(ballots), abs=1e-4)


@pytest.mark.parametrize("seeds", [range(20)])
def test_true_order(seeds: range) -> None:
    """The true order lies inside the intervals, and so do nearly all strengths; a benchmark has 100 seeds of it."""
    found = [coverage(seed) for seed in seeds]

    assert sum(order for order, _ in found) >= 0.9 * len(found)
    assert sum(inside for _, inside in found) >= 0.9 * 8 * len(found)


def coverage(seed: int) -> tuple[bool, int]:
    """Return whether every place that a model truly has is one that it may have, and how many strengths may be true."""
    standings = {each.name: each for each in rank(votes(seed, ties=0), draws=400).standings}
    places = {name: number for number, name in enumerate(STRENGTHS, 1)}
    order = all(each.places[0] <= places[name] <= each.places[1] for name, each in standings.items())
    return order, sum(each.low <= STRENGTHS[name] <= each.high for name, each in standings.items())


def test_nobody_is_infinitely_strong() -> None:
    """Who won all is not infinitely strong, and three votes of three do not decide."""
    (best, other) = rank(duel(3, 0)).standings

    assert (best.name, other.name) == ("A", "B")
    assert 0 < best.strength < 3
    assert best.low < 0 < best.high
    assert rank(duel(3, 0)).sentence.startswith(f"{NOTHING}; ")


def test_decided() -> None:
    """Many votes for one decide; then no place is open."""
    ranking = rank(duel(30, 5))

    assert ranking.sentence == "A is ahead of B; no place is open."
    assert [each.places for each in ranking.standings] == [(1, 1), (2, 2)]
    assert ranking.pairs == (Pair("A", "B", 30, 5, 0, ranking.pairs[0].ahead),)


def test_sentence() -> None:
    """The sentence has both what is decided and how many votes would decide the nearest of what is not."""
    third = [Ballot((("A",), ("C",)))] * 40 + [Ballot((("B",), ("C",)))] * 40 + [Ballot((("C",), ("A", "B")))] * 4
    sentence = rank([*third, *duel(14, 8)]).sentence

    assert sentence.startswith("A is ahead of C; ")
    assert sentence.endswith(" would decide between A and B.")


def test_nothing_to_see() -> None:
    """Of models that are equally good nothing can be said, and no number of votes is named that nobody would cast."""
    assert rank(duel(20, 20)).sentence == f"{NOTHING}."
    assert rank([]).sentence == f"{NOTHING}: nobody has voted."
    assert rank([Ballot((("A",), ("A",)))]).standings == ()


def test_more_votes() -> None:
    """So many more votes in the same proportion decide; half as many do not."""
    wins, losses = 14, 8
    votes = missing(wins, losses)
    share = wins / (wins + losses)

    assert 5 < votes < 200
    assert ahead(wins + 1.2 * votes * share, losses + 1.2 * votes * (1 - share)) >= SURE
    assert ahead(wins + votes / 2 * share, losses + votes / 2 * (1 - share)) < SURE


def test_more_votes_by_simulation() -> None:
    """If the next votes fall as those so far, as many as the sentence says decide about every other time."""
    wins, losses = 14, 8
    votes, chance = int(missing(wins, losses)), np.random.default_rng(7)
    won = chance.binomial(votes, wins / (wins + losses), 60)
    decided = [ahead(wins + more, losses + votes - more) >= SURE for more in won]

    assert 0.3 <= sum(decided) / len(decided) <= 0.75


def missing(wins: int, losses: int) -> float:
    """Return how many more votes would decide."""
    strengths = drawn(["A", "B"], duel(wins, losses), 4_000, 0)
    return more(strengths[:, 0], strengths[:, 1])


def ahead(wins: float, losses: float) -> float:
    """Return in what share of the draws A is ahead."""
    strengths = drawn(["A", "B"], duel(round(wins), round(losses)), 2_000, 0)
    return float((strengths[:, 0] > strengths[:, 1]).mean())


def test_ballots_of_several() -> None:
    """A vote on four says something of every two that are in different places, and of those that share one."""
    ballot = Ballot((("A",), ("B", "C"), ("D",)))

    assert sorted(ballot.pairs()) == [
        *(("A", "B", False), ("A", "C", False), ("A", "D", False)),
        *(("B", "C", True), ("B", "D", False), ("C", "D", False)),
    ]
    assert ballot.names == ("A", "B", "C", "D")


def test_length() -> None:
    """Beside its rank a model has the mean length of its answers, as far as they are known."""
    ballots = [Ballot((("A",), ("B",)), lengths={"A": 100}), Ballot((("B",), ("A",)), lengths={"A": 300})]

    assert {each.name: each.characters for each in rank(ballots).standings} == {"A": 200, "B": None}


def test_far_away() -> None:
    """More votes than anybody would cast are not named."""
    assert missing(101, 99) > MAX_MORE
    assert rank(duel(505, 495)).sentence == f"{NOTHING}."


def test_no_difference() -> None:
    """Of two that are equally strong in the mean no number of votes says who is the better."""
    assert more(np.array([1.0, -1.0]), np.array([-1.0, 1.0])) == math.inf


def test_same_again() -> None:
    """The same votes have the same ranking."""
    assert rank(votes(3, 50)) == rank(votes(3, 50))
