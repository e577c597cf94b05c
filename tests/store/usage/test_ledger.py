"""What the ledger says: figures by days of the viewer's own, from the smallest sums that tell, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from lib.errors import ChatError
from lib.store import LOCAL, FailedAttempt, Outcome, Selection, Store
from lib.store.usage.figures import CALLS, COST, METRICS, Metric
from tests.store.calls import NOON, dollars, foreign, put, tokens
from tests.store.helpers import CHOICE, DONE, begin, execute

DAY = NOON.date()
ALL = Selection(date(2020, 1, 1), date(2030, 12, 31))
AUCKLAND, LISBON = "Pacific/Auckland", "Europe/Lisbon"


def day(day: date, zone: str = "UTC", **filters: tuple[str, ...]) -> Selection:
    """Select one day."""
    return Selection(day, day, zone, **filters)


def test_figures(store: Store) -> None:
    """What calls come to: counts, costs by currency, and how sure it is."""
    put(
        store,
        foreign(usage=tokens(100, 10, cached_tokens=40), cost=dollars("0.5")),
        foreign(usage=tokens(200, 20), cost=dollars("2", "EUR")),
        foreign(usage=None, status="failed"),
    )
    found = store.usage(LOCAL).figures(day(DAY))

    assert (found.calls, found.prompt_tokens, found.completion_tokens, found.total_tokens) == (3, 300, 30, 330)
    assert (found.cached_tokens, found.reasoning_tokens) == (40, None)
    assert found.costs == (("EUR", 2_000_000_000), ("USD", 500_000_000))
    assert (found.counted, found.priced, found.unpriced, found.coverage) == (2, 2, 0, 1.0)


def test_nothing(store: Store) -> None:
    """Where there is no call there are no figures."""
    found = store.usage(LOCAL).figures(day(DAY))

    assert (found.calls, found.costs) == (0, ())
    assert {found.total_tokens, found.coverage, found.ttft_quantile(0.5)} == {None}


def test_coverage(store: Store) -> None:
    """What is estimated is in the sums, but not in what was reported."""
    turn = begin(store)
    store.chats(LOCAL).finish(turn, Outcome("stopped", usage=tokens(70, 20), source="estimated"))
    put(store, foreign(datetime.now(UTC), usage=tokens(5, 5)))

    assert store.usage(LOCAL).figures(ALL).coverage == 0.1


def test_running(store: Store) -> None:
    """A call that is still running is in no figure."""
    store.usage(LOCAL).figures(ALL)
    begin(store)

    assert store.usage(LOCAL).figures(ALL).calls == 0


def test_later(store: Store) -> None:
    """Calls that end after the first question are in the answer to the second."""
    store.usage(LOCAL).figures(ALL)
    store.chats(LOCAL).finish(begin(store), DONE)
    put(store, foreign())

    assert store.usage(LOCAL).figures(ALL).calls == 2


def test_attempts(store: Store) -> None:
    """Attempts that failed are calls, too."""
    store.usage(LOCAL).figures(ALL)
    attempts = (FailedAttempt(NOON, 20.0, "rate_limit", 429), FailedAttempt(NOON, 30.0, "connection"))
    store.chats(LOCAL).finish(begin(store), Outcome("completed", attempts=attempts))

    assert {cell.names: cell.figures.calls for cell in store.usage(LOCAL).cells(ALL, ("status",))} == {
        ("completed",): 1,
        ("failed",): 2,
    }


def test_calls_without_conversation(store: Store) -> None:
    """Calls that belong to no conversation count as the others do."""
    store.usage(LOCAL).finish(store.usage(LOCAL).begin(CHOICE, provider="openai", purpose="doctor"), DONE)

    assert [cell.names for cell in store.usage(LOCAL).cells(ALL, ("purpose",))] == [("doctor",)]


def test_deleted_conversation(store: Store) -> None:
    """Deleting a conversation for good takes nothing away."""
    turn = begin(store)
    store.chats(LOCAL).finish(turn, DONE)
    store.chats(LOCAL).delete(turn.conversation_id)
    store.upkeep.purge(datetime.now(UTC) + timedelta(seconds=1))

    assert store.usage(LOCAL).figures(ALL).total_tokens == 8


@pytest.mark.parametrize("late", [False, True])
def test_viewers_day(store: Store, late: bool) -> None:
    """A call at 23:30 in Auckland is of that day there, and of the day before in Lisbon."""
    if late:  # the zones are known before the call is
        store.usage(LOCAL).figures(day(DAY, AUCKLAND))
        store.usage(LOCAL).figures(day(DAY, LISBON))
    put(store, foreign(datetime(2026, 5, 5, 11, 30, tzinfo=UTC)), foreign(datetime(2026, 5, 4, 22, 30, tzinfo=UTC)))

    found = {
        (zone, number): store.usage(LOCAL).figures(day(date(2026, 5, number), zone)).calls
        for zone, number in product((AUCKLAND, LISBON), (4, 5))
    }
    assert found == {(AUCKLAND, 4): 0, (AUCKLAND, 5): 2, (LISBON, 4): 1, (LISBON, 5): 1}


@pytest.mark.parametrize(
    ("zone", "moment", "local"),
    [
        # Lisbon's clocks go back at 01:00 UTC on 25 October 2026: the day has 25 hours.
        (LISBON, datetime(2026, 10, 24, 22, 59, tzinfo=UTC), date(2026, 10, 24)),
        (LISBON, datetime(2026, 10, 24, 23, 0, tzinfo=UTC), date(2026, 10, 25)),
        (LISBON, datetime(2026, 10, 25, 23, 59, tzinfo=UTC), date(2026, 10, 25)),
        (LISBON, datetime(2026, 10, 26, 0, 0, tzinfo=UTC), date(2026, 10, 26)),
        # Auckland's go forward at 14:00 UTC on 26 September: midnight moves from 12:00 to 11:00 UTC.
        (AUCKLAND, datetime(2026, 9, 26, 11, 59, tzinfo=UTC), date(2026, 9, 26)),
        (AUCKLAND, datetime(2026, 9, 26, 12, 0, tzinfo=UTC), date(2026, 9, 27)),
        (AUCKLAND, datetime(2026, 9, 27, 10, 59, tzinfo=UTC), date(2026, 9, 27)),
        (AUCKLAND, datetime(2026, 9, 27, 11, 0, tzinfo=UTC), date(2026, 9, 28)),
        ("Asia/Kolkata", datetime(2026, 5, 4, 18, 29, tzinfo=UTC), date(2026, 5, 4)),
        ("Asia/Kolkata", datetime(2026, 5, 4, 18, 30, tzinfo=UTC), date(2026, 5, 5)),
        ("Asia/Kathmandu", datetime(2026, 5, 4, 18, 15, tzinfo=UTC), date(2026, 5, 5)),
    ],
)
def test_change_of_clocks(store: Store, zone: str, moment: datetime, local: date) -> None:
    """A day is the zone's own, where clocks change and where the offset is no whole hour; sums and calls agree."""
    put(store, foreign(moment))
    (cell,) = store.usage(LOCAL).cells(replace_zone(ALL, zone), (), "day")

    assert cell.start == local
    assert len(store.usage(LOCAL).calls(day(local, zone)).calls) == 1


def replace_zone(selection: Selection, zone: str) -> Selection:
    """Return the same days of another zone."""
    return Selection(selection.first, selection.last, zone)


def test_no_zone(store: Store) -> None:
    """A time zone that there is not is refused."""
    with pytest.raises(ChatError, match="time zone"):
        store.usage(LOCAL).figures(day(DAY, "Mars/Olympus"))


def test_many_zones(store: Store) -> None:
    """More zones than are kept can be asked for, one after the other."""
    put(store, foreign())
    zones = [f"Etc/GMT+{number}" for number in range(1, 12)] + ["UTC", "Asia/Tokyo", "Asia/Kolkata", "Etc/GMT+1"]

    assert [store.usage(LOCAL).figures(replace_zone(ALL, zone)).calls for zone in zones] == [1] * len(zones)


@pytest.mark.parametrize("step", ["day", "week", "month"])
@pytest.mark.parametrize("first", [date(2026, 1, 1), date(2026, 1, 2), date(2026, 2, 28)])
@pytest.mark.parametrize("last", [date(2026, 4, 30), date(2026, 4, 29), date(2026, 3, 1)])
def test_steps(store: Store, step: str, first: date, last: date) -> None:
    """Whatever days are asked for, and in which steps, each call of them is counted once."""
    put(store, *(foreign(datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=number)) for number in range(130)))
    expected = (last - first).days + 1
    selection = Selection(first, last)

    assert sum(cell.figures.calls for cell in store.usage(LOCAL).cells(selection, (), step)) == expected
    assert store.usage(LOCAL).figures(selection).calls == expected
    chart = store.usage(LOCAL).series(selection, "model", step, CALLS)
    assert sum(value or 0 for value in chart.lines[0].values) == expected


MIXED = [
    foreign(owner=owner, endpoint=endpoint, model=model, purpose=purpose, status=status, cost=cost)
    for owner, (endpoint, model), purpose, (status, cost) in product(
        ("anna", "ben"),
        (("work", "big"), ("work", "small"), ("home", "big")),
        ("chat", "title"),
        (("completed", dollars("1")), ("failed", None)),
    )
]


@pytest.mark.parametrize(
    ("filters", "calls"),
    [
        ({}, 24),
        ({"owners": ("anna",)}, 12),
        ({"endpoints": ("work",)}, 16),
        ({"models": ("big", "small")}, 24),
        ({"endpoints": ("work",), "models": ("big",)}, 8),
        ({"purposes": ("title",), "statuses": ("failed",)}, 6),
        ({"owners": ("ben",), "models": ("small",)}, 4),
        ({"owners": ("ben",), "statuses": ("failed",), "models": ("small",)}, 2),
        ({"sources": ("reported",), "origins": ("elsewhere",)}, 24),
        ({"owners": ("nobody",)}, 0),
    ],
)
def test_filters(store: Store, filters: dict[str, tuple[str, ...]], calls: int) -> None:
    """Filters hold in sums and in lists, alone and together."""
    put(store, *MIXED)
    selection = day(DAY, **filters)

    assert store.usage(LOCAL).figures(selection).calls == calls
    assert len(store.usage(LOCAL).calls(selection).calls) == calls
    assert sum(cell.figures.calls for cell in store.usage(LOCAL).cells(selection, ("status", "owner"))) == calls


@pytest.mark.parametrize("by", ["owner", "endpoint", "model", "purpose", "status", "source", "origin"])
def test_dimensions(store: Store, by: str) -> None:
    """Each dimension can be told apart, and the parts make up the whole."""
    put(store, *MIXED)
    table = store.usage(LOCAL).table(day(DAY), by)

    assert {row.name for row in table.rows} == {getattr(call, by, "reported") for call in MIXED}
    assert (table.total.calls, table.total.cost()) == (24, 12)


def test_pivot(store: Store) -> None:
    """Two dimensions make a table."""
    put(store, *MIXED)
    table = store.usage(LOCAL).table(day(DAY), "endpoint", "status")

    assert [(row.name, row.parts["failed"].calls, row.total.calls) for row in table.rows] == [
        ("work", 8, 16),
        ("home", 4, 8),
    ]


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_metrics(store: Store, metric: Metric) -> None:
    """Each metric can be charted, and is the one that the figures have."""
    put(
        store,
        *(foreign(usage=tokens(50, 5, cached_tokens=3, reasoning_tokens=2), cost=dollars("3"), ttft_ms=500.0),) * 1,
    )
    chart = store.usage(LOCAL).series(day(DAY), "model", "day", metric)

    assert chart.lines[0].values == (store.usage(LOCAL).figures(day(DAY)).value(metric),)


def test_series_money(store: Store) -> None:
    """Money is charted in one currency."""
    put(store, foreign(cost=dollars("3")), foreign(cost=dollars("4", "EUR")))
    chart = store.usage(LOCAL).series(day(DAY), "model", "day", COST, currency="EUR")

    assert chart.lines[0].values == (4.0,)


def test_series_unknown(store: Store) -> None:
    """A step with calls of which nothing is known is unknown, one without calls is zero."""
    put(store, foreign(usage=None), foreign(NOON + timedelta(days=1)))
    chart = store.usage(LOCAL).series(Selection(DAY, DAY + timedelta(days=2)), "model", "day", METRICS["total_tokens"])

    assert chart.lines[0].values == (None, 110, 0)


def test_choices(store: Store) -> None:
    """What can be filtered by is what there is."""
    put(store, *MIXED)

    assert store.usage(LOCAL).choices() == {
        "owner": ["anna", "ben"],
        "endpoint": ["home", "work"],
        "model": ["big", "small"],
        "purpose": ["chat", "title"],
        "status": ["completed", "failed"],
        "source": ["reported"],
        "origin": ["elsewhere"],
    }


def test_pages(store: Store) -> None:
    """Page after page gives every call once, the latest first, those of the same moment too."""
    put(store, *(foreign(NOON + timedelta(minutes=number // 3)) for number in range(20)))
    found, after, pages = [], None, 0
    while pages == 0 or after:
        page = store.usage(LOCAL).calls(day(DAY), 6, after)
        found, after, pages = [*found, *page.calls], page.after, pages + 1

    assert pages == 4
    assert [call.id for call in found] == list(range(20, 0, -1))


def test_call(store: Store) -> None:
    """One call is found by its id; None when there is none."""
    put(store, foreign(owner="anna"))
    (call,) = store.usage(LOCAL).calls(day(DAY)).calls

    assert store.usage(LOCAL).call(call.id) == call
    assert store.usage(LOCAL).call(call.id + 1) is None


def test_conversation(store: Store) -> None:
    """A conversation has its own total, with what a retry replaced, without what still runs."""
    turn = begin(store)
    store.chats(LOCAL).finish(turn, DONE)
    again = store.chats(LOCAL).retry(turn.message_id, CHOICE, provider="openai")
    store.chats(LOCAL).finish(again, Outcome("completed", usage=tokens(1, 1), cost=dollars("0.25")))
    begin(store, "more", turn.conversation_id)
    found = store.usage(LOCAL).conversation(turn.conversation_id)

    assert (found.calls, found.total_tokens, found.cost()) == (2, 10, dollars("0.25").amount)


def test_conversation_unknown(store: Store) -> None:
    """A conversation that there is not has no calls."""
    assert store.usage(LOCAL).conversation("nothing").calls == 0


def test_opened_again(store: Store, url: str, opened: Callable[..., Store]) -> None:
    """Sums last."""
    put(store, foreign())
    store.usage(LOCAL).figures(ALL)

    assert opened(url).usage(LOCAL).figures(ALL).calls == 1
    assert execute(url, "SELECT DISTINCT zone FROM usage_zones") == [("UTC",)]


def test_calls_of_a_conversation(store: Store) -> None:
    """A conversation's calls come in pages, the latest first, and stay when it is deleted."""
    turn = begin(store, "hello")
    store.chats(LOCAL).finish(turn, DONE)
    later = begin(store, "more", turn.conversation_id)
    begin(store, "another")
    store.chats(LOCAL).delete(turn.conversation_id)
    page = store.usage(LOCAL).calls_of(turn.conversation_id, 1)
    rest = store.usage(LOCAL).calls_of(turn.conversation_id, 1, page.after)

    assert [call.id for call in (*page.calls, *rest.calls)] == [later.usage_id, turn.usage_id]
    assert rest.after is None
