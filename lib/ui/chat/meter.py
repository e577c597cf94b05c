"""What the next call sends, beside the model: how much of its window that takes, what it is made of, what it costs.

Near the box stands what the last call came to, which costs nothing to know; the rest is counted once it is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib import runtime
from lib.config import Endpoint
from lib.errors import StoreError
from lib.generations import context
from lib.generations.context import Context, Weight
from lib.images import tokens as image_tokens
from lib.messages import Usage
from lib.pricing import token_estimates, windows
from lib.pricing.prices import Cost
from lib.pricing.token_estimates import FRAME, REPLY
from lib.store import StoredImage, StoredMessage
from lib.ui import mine, problems
from lib.ui.chat import answerer, files, model_menu, turn_chart
from lib.ui.chat.answerer import Answerer
from lib.ui.chat.files import ABOUT
from lib.ui.chat.view import View
from lib.ui.endpoints import session
from lib.ui.markdown import plain
from lib.ui.menu import menu
from lib.ui.numbers import UNKNOWN, cost, count, many, percent
from lib.ui.streamlit_internals import fragment

KEY, NEW, COUNTED, EVERY = "meter", "meter-new", "meter-counted", "meter-every"
SUM_UP = "meter-sum-up"  # how many turns are to be summed up, for the run that follows
MAX_MODELS = 100  # of all endpoints, in the table of prices
MAX_NEW = 1_000_000  # characters of what is in the box
MAX_COUNTED = 10_000  # messages of a browser session whose counts are remembered
NEARLY = 0.85  # of a window, from which on it is worth a look


class Meter:
    """The meter of one page: a menu, and a line beside it that says what the last call came to."""

    def __init__(self, view: View, who: Answerer) -> None:
        self._view = view
        self._who = who
        self._place: DeltaGenerator | None = None
        self._answer: StoredMessage | None = None  # the last, where it is at hand

    def open(self) -> None:
        """Have the menu open, in the run that follows: there it is chosen what stays out."""
        st.session_state[KEY] = True
        st.rerun()

    def draw(self) -> None:
        """Draw the menu, what is in it once it is open, and the line."""
        with menu("Context", KEY, icon=":material/data_usage:") as is_open, problems.shown():
            if is_open:
                st.fragment(_menu)(self._view, self._who)
        self._place = st.empty()
        self.tell()

    def tell(self, answer: StoredMessage | None = None) -> None:
        """Say what the last call came to, in place of what was said before; its `answer` is looked up, unless given."""
        self._answer = answer
        if self._place:
            with self._place:
                fragment(self._line, key=f"context-{self._view.drawing}")(0)

    def _line(self, _: int) -> None:
        used = _used(self._answer or _last_of(self._view))
        window = window_of(self._who.endpoint, self._who.model, windows.loaded)
        if used is None:
            st.empty()
            return
        is_nearly_full = bool(window and used > NEARLY * window)
        said = f"{ABOUT}{short(used)} of {short(window)}" if window else f"{ABOUT}{short(used)} tokens"
        with st.container(key="context-nearly-full" if is_nearly_full else "context-used", width="content"):
            st.caption(f":red[{said}]" if is_nearly_full else said)


def _last_of(view: View) -> StoredMessage | None:
    """Return the last message of a conversation.

    None while the database fails: the box is drawn all the same, with what was typed in it.
    """
    last: Sequence[StoredMessage] = []
    with suppress(StoreError):
        last = mine.chats().path(view.conversation_id, limit=1) if view.conversation_id else []
    return last[0] if last else None


def _used(last: StoredMessage | None) -> int | None:
    """Return what a call came to with its answer: the next one sends that again. None where that is not known."""
    usage = last.usage if last else None
    return (usage.prompt_tokens or 0) + (usage.completion_tokens or 0) if usage else None


def window_of(endpoint: Endpoint, model: str, published: windows.Published = windows.published) -> int | None:
    """Return how many tokens a model takes: as its endpoint says, else as published; None where nobody knows."""
    listed = runtime.current().catalogue.models(endpoint).windows.get(model)
    return listed or published(endpoint.base_url, model)


def short(tokens: int) -> str:
    """Return a number of tokens in few signs: 950, 3.4k, 128k, 1M."""
    if tokens < 1000:
        return f"{tokens}"
    thousands = tokens / 1000
    if thousands >= 999.5:
        return f"{tokens / 1e6:.1f}".removesuffix(".0") + "M"
    return (f"{thousands:.1f}".removesuffix(".0") if thousands < 10 else f"{thousands:.0f}") + "k"


@dataclass(frozen=True)
class Load:
    """What the next call sends, in tokens. `answer` is what the last answer came to."""

    system: int
    earlier: Weight
    waiting: int
    new: int
    answer: int | None

    @property
    def total(self) -> int:
        """All of it."""
        return self.system + self.earlier.tokens + self.waiting + self.new


def _menu(view: View, who: Answerer) -> None:
    # What is in the box is put here by meter.js; nobody sees it.
    st.text_area("New text", key=NEW, max_chars=MAX_NEW)
    said = mine.chats().path(view.conversation_id) if view.conversation_id else []
    sought = model_menu.sought(session.endpoints())
    found = counted(said, who)
    load = _load(found, who, said)
    st.markdown("\n".join(_table(load, found, who)))
    if facts := list(_facts(load, who, said)):
        st.caption(" ".join(facts))
    _room(view, who, found, load)
    if is_wide := st.toggle("The same on every model", key=EVERY):
        st.caption(_measure(load))
        st.markdown("\n".join(_prices(load)))
    turn_chart.draw(said, found)
    model_menu.settle(each for each in sought if is_wide or each == who.endpoint)


def counted(said: Sequence[StoredMessage], who: Answerer) -> Context:
    """Return what of a branch is sent, each message counted once in a browser session."""
    known: dict[int, Weight] = st.session_state.setdefault(COUNTED, {})
    if len(known) > MAX_COUNTED:
        known.clear()
    return Context(said, who.choice.parameters, known, lambda image: _image(image, who.model))


def _image(image: StoredImage, model: str) -> int:
    """Return about how many tokens an image is; none can be told for one that only the endpoint sees."""
    content = mine.chats().image(image.id) if image.id else None
    pixels = content.pixels if content else None
    return image_tokens.estimate(pixels, image.detail, model) if pixels else 0


def _load(found: Context, who: Answerer, said: Sequence[StoredMessage]) -> Load:
    estimate, last = token_estimates.estimate, _last(said)
    system = who.choice.parameters.system or who.endpoint.system
    new = tokens(st.session_state.get(NEW) or "")
    answer = last.usage.completion_tokens if last and last.usage else None
    waiting = files.waiting_tokens(who.model)
    return Load(FRAME + estimate(system) if system else 0, found.weight, waiting, new, answer)


def _last(said: Sequence[StoredMessage]) -> StoredMessage | None:
    return next((each for each in reversed(said) if each.role == "assistant" and each.usage), None)


def _table(load: Load, found: Context, who: Answerer) -> Iterator[str]:
    """Give the rows of what the next call is made of, as markdown."""
    yield "| The next call | Tokens | Cost |\n|---|--:|--:|"
    earlier = load.earlier
    yield _row("System prompt", load.system, who)
    yield _row(many(earlier.turns, "earlier turn"), earlier.text, who)
    known = {
        f"Summary of {many(found.without, 'turn')}": earlier.summary,
        "Files in them": earlier.files,
        "Pictures in them": earlier.images,
        "Attached now": load.waiting,
    }
    yield from (_row(name, tokens, who) for name, tokens in known.items() if tokens)
    yield _row("New text", load.new, who)
    yield f"| **Together** | **{count(load.total, ABOUT)}** | **{_price(who, load.total)}** |"


def _row(name: str, tokens: int, who: Answerer) -> str:
    return f"| {name} | {count(tokens, ABOUT)} | {_price(who, tokens)} |"


def _facts(load: Load, who: Answerer, said: Sequence[StoredMessage]) -> Iterator[str]:
    """Give how much of the window that is, and what the last call was, as the endpoint has reported it."""
    if window := window_of(who.endpoint, who.model):
        yield f"That is {percent(load.total / window)} of the {count(window)} tokens that {plain(who.model, 60)} takes."
    if (last := _last(said)) and last.usage:
        usage, about = last.usage, "reported" if last.source == "reported" else "estimated"
        cached = "" if usage.cached_tokens is None else f", {count(usage.cached_tokens)} of them from its cache"
        yield f"The last call sent {count(usage.prompt_tokens)} ({about}){cached}."


def _room(view: View, who: Answerer, found: Context, load: Load) -> None:
    """Say where it does not fit, and offer what can be done: the person chooses what stays out."""
    window = window_of(who.endpoint, who.model)
    if window and load.total > window:
        st.warning(f"This does not fit: {plain(who.model, 60)} takes {count(window)} tokens.")
    if found.without:
        _left_out(view, who, found.without)
    number = _to_leave_out(found, load, window)
    if number <= found.without:
        return
    with st.container(key="meter-acts", horizontal=True, gap="small"):
        args = (view, number)
        st.button(f"Leave out the {oldest(number)}", key="meter-fit", type="tertiary", on_click=keep, args=args)
        label = "Sum it up" if number == 1 else "Sum them up"
        st.button(label, key="meter-sum", type="tertiary", on_click=_ask, args=(number,))


def _to_leave_out(found: Context, load: Load, window: int | None) -> int:
    """Return how many turns stay out so that the rest fits, with room for an answer; half of them where all fit."""
    room = (window or 0) - load.total + load.earlier.tokens - (load.answer or 0)
    over = found.over(room) if window else 0
    return over if over > found.without else (len(found.turns) + found.without) // 2


def oldest(number: int) -> str:
    """Return so many of the oldest turns in words, for behind an article."""
    return "oldest turn" if number == 1 else f"{number} oldest turns"


def _left_out(view: View, who: Answerer, number: int) -> None:
    """Say what stays out, show what stands in its place, and offer to send it again."""
    summary, stay = who.choice.parameters.summary, "stays" if number == 1 else "stay"
    st.caption(f"The {oldest(number)} {stay} out" + (", a summary goes instead." if summary else "."))
    if summary:
        with st.expander("The summary"):
            st.text(summary)
    st.button("Send all turns again", key="meter-all", type="tertiary", on_click=keep, args=(view, 0))


def _ask(number: int) -> None:
    """Have the way to a summary opened, in the run that follows."""
    st.session_state[KEY] = False
    st.session_state[SUM_UP] = number
    st.rerun()


def keep(view: View, number: int, summary: str = "") -> None:
    """Have so many of the oldest turns stay out from now on, with a summary in their place if there is one."""
    with problems.shown():
        said = mine.chats().path(view.conversation_id) if view.conversation_id else []
        if who := answerer.find(view):
            parameters = context.leaving_out(who.choice.parameters, said, number, summary)
            answerer.choose(view, replace(who.choice, parameters=parameters))
    st.rerun()


def _prices(load: Load) -> Iterator[str]:
    """Give a table of what the same turn costs on each model, the cheapest first and those without a price last."""
    yield "| Model | Window | Cost |\n|---|--:|--:|"
    for endpoint, model, found in sorted(_offers(load), key=_order)[:MAX_MODELS]:
        window = window_of(endpoint, model)
        small = ", too small" if window and load.total > window else ""
        shown = f"{short(window)}{small}" if window else UNKNOWN
        yield f"| {plain(model, 40)} · {plain(endpoint.name, 20)} | {shown} | {_about(found)} |"


def _measure(load: Load) -> str:
    """Return what is priced on every model."""
    answer = f"an answer of {many(load.answer, 'token')}, as the last" if load.answer else "no answer"
    return f"The prompt above with {answer}."


def _offers(load: Load) -> Iterator[tuple[Endpoint, str, Cost | None]]:
    for endpoint in session.endpoints():
        for model in session.models(endpoint).models:
            yield endpoint, model, _cost(endpoint, model, load.total, load.answer or 0)


def _order(offer: tuple[Endpoint, str, Cost | None]) -> tuple[bool, str, float]:
    found = offer[2]
    return (found is None, found.currency if found else "", float(found.amount) if found else 0.0)


def _cost(endpoint: Endpoint, model: str, prompt: int, answer: int) -> Cost | None:
    usage = Usage(prompt_tokens=prompt, completion_tokens=answer, total_tokens=prompt + answer)
    return endpoint.tariff.cost(usage, (model,), datetime.now(UTC))


def tokens(text: str) -> int:
    """Return about how many tokens a prompt is."""
    return FRAME + token_estimates.estimate(text) + REPLY


def weighed(who: Answerer, number: int) -> str:
    """Return a number of tokens, and their price where it is known."""
    found = _cost(who.endpoint, who.model, number, 0)
    return f"{count(number, ABOUT)} tokens" + (f" ({_about(found)})" if found else "")


def _price(who: Answerer, tokens: int) -> str:
    return _about(_cost(who.endpoint, who.model, tokens, 0))


def _about(found: Cost | None) -> str:
    """Return a price as an estimate."""
    shown = plain(cost(found.amount, found.currency)) if found else UNKNOWN
    return shown if not found or "<" in shown else ABOUT + shown
