"""A comparison as one web page to hand on: it opens offline, fetches nothing, and shows whether it was changed.

Under what is shown stands its SHA-256: that of the whole file, with zeros in the place of the number.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256

from lib import dates
from lib.chats import exports, page
from lib.compare import audience, judging, votes
from lib.compare.ranking import Ranking, Standing, rank
from lib.compare.rounds import Entry, Round, rounds
from lib.errors import ChatError
from lib.net import redaction
from lib.pricing.prices import BILLION
from lib.store import Call, Chats, Ledger, StoredMessage, Vote, Votes

MAX_CALLS = 1_000  # of the ledger that a page names
NONE = "0" * 64
SEAL = re.compile(rb'<code id="sha256">([0-9a-f]{64})</code>')  # never of what was said: its signs are escaped
COSTS = "<h2>Costs and times</h2>"  # after it, nothing that was said is on the page
FIGURES = ("Round", "Who", "First token", "Time", "Prompt tokens", "Answer tokens", "Cost", "Ledger row")
UNSEALED = f'<code id="sha256">{NONE}</code>'
STYLE = """<style>
body{max-width:76rem}.lanes{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));gap:0 2rem}
.lanes>div{border-top:3px solid var(--line);min-width:0}.lanes h3{margin:.75rem 0 0;font-size:1rem}
.lanes .message{margin:.5rem 0}.lanes .message>.about{display:none}td{font-variant-numeric:tabular-nums}
td,th{overflow-wrap:normal;border:0;border-bottom:1px solid var(--line);padding:.35rem 1.25rem .35rem 0}
th{color:var(--grey);font-size:.85rem;font-weight:500}table{margin:1rem 0}
.sheet :is(td,th){white-space:nowrap}.sheet td+td+td,.sheet th+th+th{text-align:right}
svg{display:block;width:100%;max-width:45rem;font:14px system-ui,sans-serif;font-variant-numeric:tabular-nums}
.seal{border-top:1px solid var(--line);margin-top:3rem}
h2{font-size:1.15rem;margin-top:2.5rem}
</style>"""
GREY = "#8A8D92"  # of who was voted on in another comparison
HUES = ("#0F766E", "#79CBB8", "#3B6FA3", "#8DB4E2", "#87963A")
Colours = Callable[[list[str]], Mapping[str, str]]  # of those who answer, by their names
ROW = 46  # pixels of a name in the chart, and of the line below it
EDGE = 2  # percent of the chart's width that stay free on either side


def in_turn(names: list[str]) -> dict[str, str]:
    """Return a colour for each name, in the order of names."""
    return {name: HUES[at % len(HUES)] for at, name in enumerate(names)}


def written(chats: Chats, kept: Votes, ledger: Ledger, id: str, colours: Colours = in_turn) -> bytes:
    """Return the web page of a comparison. Raises ChatError where there is none."""
    title, made = exports.found(chats, id).title, rounds(chats, id)
    names = [entry.name for each in made for entry in each.entries]
    pieces = _pieces(chats, kept.of(id), title, made, _calls(ledger, id), colours(list(dict.fromkeys(names))))
    return sealed(redaction.redact("".join(pieces)))


def sealed(text: str) -> bytes:
    """Return a page with the SHA-256 of it in its place."""
    content = text.encode("utf-8", "replace")
    return content.replace(UNSEALED.encode(), UNSEALED.replace(NONE, sha256(content).hexdigest()).encode())


def verify(content: bytes) -> str:
    """Return the SHA-256 of a page that is as it was written. Raises ChatError for any other file."""
    found = list(SEAL.finditer(content))
    if len(found) != 1:
        raise ChatError("This is no page that Parley has sealed.", hint="Take the file as it was downloaded.")
    begin, end = found[0].span(1)
    seal = found[0][1].decode()
    if sha256(content[:begin] + NONE.encode() + content[end:]).hexdigest() != seal:
        raise ChatError("This page was changed after Parley wrote it.", hint="Ask whoever sent it for the original.")
    return seal


def _calls(ledger: Ledger, id: str) -> dict[int, int]:
    """Return by message the row of its call in the ledger."""
    found = ledger.calls_of(id, MAX_CALLS).calls
    return {call.message_id: call.id for call in reversed(found) if call.message_id}


def _pieces(
    chats: Chats,
    given: Sequence[Vote],
    title: str,
    made: Sequence[Round],
    calls: Mapping[int, int],
    colours: Mapping[str, str],
) -> Iterator[str]:
    yield page.head(title).replace("</head>", f"{STYLE}</head>")
    yield f"<h1>{html.escape(title)}</h1>"
    for number, each in enumerate(made, 1):
        yield f"<h2>Round {number}</h2>" + page.message(each.prompt, "Prompt", chats.image, redaction.redact)
        yield '<div class="lanes">' + "".join(_lane(chats, entry, colours) for entry in each.entries) + "</div>"
        yield from _votes([vote for vote in given if vote.round == each.key])
    yield from _figures(made, calls)
    yield from _ranking(rank(votes.read(vote for vote in given if vote.blind)), colours)
    yield _seal(made, calls) + page.FOOT


def _lane(chats: Chats, entry: Entry, colours: Mapping[str, str]) -> str:
    said = (
        page.message(entry.answer, "Answer", chats.image, redaction.redact) if entry.answer else "<p>Not answered.</p>"
    )
    return f'<div style="border-color:{colours[entry.name]}"><h3>{html.escape(entry.name)}</h3>{said}</div>'


def _votes(given: Sequence[Vote]) -> Iterator[str]:
    people = [vote for vote in given if vote.ballot and not vote.voter.startswith((judging.VOTER, audience.VOTER))]
    if room := Counter(votes.in_words(vote.ballot or "") for vote in given if audience.is_here(vote)):
        yield table(("Votes of the room", "Phones"), [(said, str(count)) for said, count in room.most_common()])
    if people:
        rows = [(vote.voter, votes.in_words(vote.ballot or ""), "yes" if vote.blind else "no") for vote in people]
        yield table(("Voter", "Vote", "Blind"), rows)
    for vote in given:
        if vote.ballot and vote.voter.startswith(judging.VOTER):
            name, said = vote.voter.removeprefix(judging.VOTER), votes.in_words(vote.ballot)
            yield f'<p class="about">A model\'s opinion: {html.escape(name)}</p><p><strong>{html.escape(said)}</strong>'
            yield f"<br>{html.escape(votes.reason(vote.ballot))}</p>"


def _figures(made: Sequence[Round], calls: Mapping[int, int]) -> Iterator[str]:
    rows = [
        _row(number, entry, entry.answer, calls)
        for number, each in enumerate(made, 1)
        for entry in each.entries
        if entry.answer
    ]
    yield COSTS + table(FIGURES, rows)


def _row(number: int, entry: Entry, answer: StoredMessage, calls: Mapping[int, int]) -> Sequence[str]:
    return str(number), entry.name, *figures(answer), str(calls.get(answer.id, "–"))


def figures(of: StoredMessage | Call) -> Sequence[str]:
    """Return what an answer, or the call that it came by, took and cost: the cells from the first token to the cost."""
    about, usage = "~" if of.source == "estimated" else "", of.usage if isinstance(of, StoredMessage) else of
    counts = (usage.prompt_tokens, usage.completion_tokens) if usage else (None, None)
    tokens = ("–" if count is None else f"{about}{count:,}" for count in counts)
    times = ("–" if time is None else f"{time / 1000:.2f} s" for time in (of.ttft_ms, of.duration_ms))
    cost = "–" if of.cost is None else f"{about}{of.cost / BILLION:f} {of.currency}"
    return *times, *tokens, cost


def _ranking(ranking: Ranking, colours: Mapping[str, str]) -> Iterator[str]:
    if not ranking.standings:
        return
    count = "1 blind vote" if ranking.votes == 1 else f"{ranking.votes:,} blind votes"
    yield f"<h2>Ranking by {count}</h2><p><strong>{html.escape(ranking.sentence)}</strong></p>"
    yield _chart(ranking.standings, colours)
    names = ("Place", "Who", "Strength", "95 %", "Votes", "Mean length")
    yield table(names, [_standing(each) for each in ranking.standings])
    pairs = [
        (each.left, each.right, *map(str, (each.wins, each.ties, each.losses)), f"{each.ahead:.0%}")
        for each in ranking.pairs
    ]
    yield table(("Who", "Against", "Better", "Equal", "Worse", "Is ahead"), pairs)


def _standing(each: Standing) -> Sequence[str]:
    first, last = each.places
    place = str(first) if first == last else f"{first}–{last}"
    length = "–" if each.characters is None else f"{each.characters:.0f} characters"
    low, strength, high = (
        f"{round(value, 2) + 0.0:.2f}".replace("-", "−") for value in (each.low, each.strength, each.high)
    )
    return place, each.name, strength, f"{low} to {high}", str(each.votes), length


def _chart(standings: Sequence[Standing], colours: Mapping[str, str]) -> str:
    """Return the strengths with their intervals as a picture as wide as there is room; thin lines are the mean."""
    low, high = min(0.0, *(each.low for each in standings)), max(0.0, *(each.high for each in standings))
    scale: Callable[[float], float] = lambda value: EDGE + (value - low) / (high - low or 1) * (100 - 2 * EDGE)  # noqa: E731  # its type has to be said
    drawn = "".join(_line(at, each, scale, colours.get(each.name, GREY)) for at, each in enumerate(standings))
    height = ROW * len(standings)
    about = f'<text x="{scale(0):.2f}%" y="{height + 16}" text-anchor="middle" fill="currentColor">mean</text>'
    return f'<svg height="{height + 22}" role="img" aria-label="Ranking">{drawn}{about}</svg>'


def _line(at: int, each: Standing, scale: Callable[[float], float], colour: str) -> str:
    y = ROW * at + 32
    begin, middle, end, mean = (f"{scale(value):.2f}%" for value in (each.low, each.strength, each.high, 0))
    name = html.escape(each.name if len(each.name) <= 40 else f"{each.name[:39]}…")
    return (
        f'<text x="0" y="{y - 14}" fill="currentColor">{name}</text>'
        f'<line x1="{mean}" x2="{mean}" y1="{y - 9}" y2="{y + 9}" stroke="currentColor" stroke-opacity=".3"/>'
        f'<line x1="{begin}" x2="{end}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
        f'<circle cx="{middle}" cy="{y}" r="6" fill="{colour}"/>'
    )


def _seal(made: Sequence[Round], calls: Mapping[int, int]) -> str:
    answers = [entry.answer for each in made for entry in each.entries if entry.answer]
    ids = ", ".join(str(calls[answer.id]) for answer in answers if answer.id in calls)
    at = max((answer.updated_at for answer in answers), default=None)
    last = f", the last answer of {dates.moment(at)} UTC" if at else ""
    return (
        f'<p class="about seal">Written by Parley{last}. Rows of the ledger: {ids or "none"}.<br>SHA-256 of this page, '
        f"with zeros for this number: {UNSEALED}.<br>"
        "<code>python -m lib.compare verify FILE</code> says whether it is as it was written.</p>"
    )


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; what stands in it is escaped."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table class="sheet"><tr>{head}</tr>{body}</table>'
