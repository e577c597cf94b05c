"""What answers that were voted on cost, and how soon they came."""

from __future__ import annotations

from lib.compare import votes
from lib.compare.figures import Figures, currency, figures
from lib.compare.lanes import PURPOSE
from lib.compare.rounds import rounds
from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import LOCAL, Outcome, Scope, Store
from tests.store.calls import dollars

CHOICES = [ModelChoice("e", name) for name in ("a", "b")]
OUTCOMES = (
    Outcome("completed", "x", ttft_ms=100.0, cost=dollars("0.25")),
    Outcome("completed", "y", ttft_ms=300.0, cost=dollars("0.5", "EUR")),
)


def voted(store: Store, outcomes: tuple[Outcome, ...] = OUTCOMES) -> str:
    """Return a comparison of two lanes with a vote of two voters."""
    chats, names = store.chats(LOCAL), [choice.model for choice in CHOICES]
    id, lanes = chats.collect("hi", names, CHOICES[0], provider="p", purpose=PURPOSE, each="lane", choices=CHOICES)
    for lane, choice, outcome in zip(lanes, CHOICES, outcomes, strict=True):
        prompt = Message("user", "hi")
        chats.finish(chats.begin(prompt, choice, provider="p", conversation_id=lane, purpose=PURPOSE), outcome)
    (round,) = rounds(chats, id)
    for voter in ("me", "you"):
        store.votes(LOCAL).hide(id, round.key, voter)
        store.votes(LOCAL).cast(id, round.key, voter, votes.ballot(round, []))
    store.votes(LOCAL).hide(id, round.key, "nobody")
    return id


def test_figures(store: Store) -> None:
    """Each answer counts once, however many voted on it; those of others are not known."""
    given = store.votes(LOCAL).of(voted(store))

    found = figures(given, store.usage(LOCAL))
    assert {name: (each.cost("USD"), each.cost("EUR"), each.median) for name, each in found.items()} == {
        "a · e": (0.25, None, 100.0),
        "b · e": (None, 0.5, 300.0),
    }
    assert currency(found.values()) == "USD"
    assert all(each.median is None for each in figures(given, store.usage(Scope("somebody"))).values())
    assert currency([Figures()]) == ""


def test_no_first_token(store: Store) -> None:
    """An answer that was stopped before its first token has none."""
    stopped = Outcome("stopped", "", cost=dollars("0.25"))
    given = store.votes(LOCAL).of(voted(store, (stopped, OUTCOMES[1])))

    assert figures(given, store.usage(LOCAL))["a · e"].median is None


def test_calls_by_their_ids(store: Store) -> None:
    """Calls are found by their ids; what is not there is left out."""
    ledger = store.usage(LOCAL)
    voted(store)
    ids = [call.id for call in ledger.those(list(range(1_000)))]

    assert len(ids) == 2
    assert [call.id for call in ledger.those([*ids, 10_000])] == ids
