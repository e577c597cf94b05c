"""Several models asked at once: their lanes side by side, each a conversation of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib import generations, runtime
from lib.chats.exports import file_name
from lib.compare import handoff, lanes, rounds
from lib.compare.lanes import MAX_LANES, PURPOSE, Lane
from lib.compare.rounds import Round
from lib.errors import ChatError
from lib.files import schema
from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.store import Conversation, Figures, Vote
from lib.ui import hues, mine, problems, uploads
from lib.ui.chat import actions, attachments, files, sidebar
from lib.ui.chat.parameters import NUMBERS
from lib.ui.chat.view import View
from lib.ui.compare import blind, charts, draft, opinions, words
from lib.ui.compare.draft import ADD
from lib.ui.compare.lane import LanePage, contender, focused
from lib.ui.endpoints import session
from lib.ui.markdown import plain
from lib.ui.numbers import cost, many
from lib.ui.streamlit_internals import fresh, yield_to_clicks

BOX, PROBLEM, TO = "compare_prompt", "compare_problem", "compare_to"
JOIN, BLIND, BLIND_OF = "compare_join", "compare_blind", "compare_blind_of"
ALL = "All lanes"
TICK = 0.25  # seconds between two looks at whether an answer has ended


def draw() -> None:
    """Draw the comparison of the address (`?r=`), or the way to begin one."""
    id = st.query_params.get("r") or ""
    found = mine.chats().get(id) if id else None
    found = found if found and found.purpose == PURPOSE else None
    if found:
        st.query_params.from_dict({"r": id})
    view = _view(found)
    with problems.shown():
        sidebar.draw(view)
    actions.draw(view)
    if st.query_params.get("show") == "ranking":
        _ranking()
    else:
        _comparison(id, found)


def _ranking() -> None:
    from lib.ui.compare import ranking  # late: few look there

    with fresh("compare", "ranking"), st.container(key="ranking"), problems.shown():
        ranking.draw()


def _comparison(id: str, found: Conversation | None) -> None:
    seen = blind.own(id) if found else {}
    in_rounds = found is not None and blind.is_shown(id, seen.values())
    parts = mine.chats().parts(id) if found else []
    ids = [part.conversation.id for part in parts]
    pages = [LanePage(part, number, ids) for number, part in enumerate(parts, 1)]
    running = blind.running(ids) if in_rounds else {}  # before the look at what is written
    asked = rounds.rounds(mine.chats(), id) if found else []
    _go_on_blind(id, asked, seen)
    shown = (id, focused())  # of another comparison, or other lanes of it, nothing is to stay
    with st.bottom, fresh("compare-bottom", shown):
        _ask(found, pages, [] if in_rounds else asked, in_rounds=in_rounds)
    with fresh("compare", shown):
        if found is None:
            _begin(is_gone=bool(id))
        elif in_rounds:
            blind.draw(id, asked, seen, running)
        else:
            _lanes(found, pages, asked)


def _go_on_blind(id: str, asked: Sequence[Round], seen: dict[str, Vote]) -> None:
    """Have the next answers without names if the last ones were: a page that is loaded anew does not know it."""
    is_known = BLIND in st.session_state and st.session_state.get(BLIND_OF) == id
    st.session_state[BLIND_OF] = id
    if asked and not is_known:
        last = seen.get(asked[-1].key)
        st.session_state[BLIND] = last is not None and last.blind


def _view(found: Conversation | None) -> View:
    view: View | None = st.session_state.get("view")
    id = found.id if found else None
    if view is None or (view.purpose, view.conversation_id) != (PURPOSE, id):
        view = st.session_state["view"] = View(id, PURPOSE, choice=found.choice if found else None)
    return view


def _ask(found: Conversation | None, pages: Sequence[LanePage], asked: Sequence[Round], *, in_rounds: bool) -> None:
    place = st.empty()  # is always there: see composer
    if problem := st.session_state.pop(PROBLEM, None):
        with place.container():
            problems.show(problem)
    st.button("Stop", key="stop", shortcut="Escape", on_click=_stop, args=(pages,))
    with st.container(key="choices", horizontal=True, vertical_alignment="center", gap="small"):
        if found and pages and not in_rounds:
            names = [ALL, *(f"{page.number}" for page in pages)]
            st.segmented_control("Ask", names, default=ALL, key=TO, required=True, label_visibility="collapsed")
            words.draw(pages)
            opinions.menu(found.id, asked)
            _hand_off(found)
            if len(pages) < MAX_LANES:
                _joiner(found)
        tip = (
            "The next answers have neither names nor figures until you have voted, and stand in an order of their own. "
            "Phones in the room can vote on them as well."
        )
        st.toggle("Blind", key=BLIND, help=tip)
    count = len(pages) or len(draft.current().choices)
    hint = f"Ask {count} models at once" if count >= lanes.MIN_LANES else "Add a model first"
    most, args = uploads.PICTURE, (found, pages)
    with st.bottom:
        files.weigh(None)
    st.chat_input(hint, key=BOX, accept_file="multiple", max_upload_size=most, on_submit=_submit, args=args)


def _hand_off(found: Conversation) -> None:
    """Draw the button that gives the comparison as one web page; it is made when it is asked for."""
    # The doors are opened here: what makes the file is a thread of Streamlit's own.
    ledger = mine.usage()
    colours = partial(charts.usual, zone=hues.zone_of_page(), ledger=ledger)
    data = partial(handoff.written, mine.chats(), mine.votes(), ledger, found.id, colours)
    tip = "One web page with answers, votes, costs and times. It opens offline, fetches nothing, and is sealed."
    about: dict[str, Any] = {"mime": "text/html", "key": "hand-off", "type": "tertiary", "help": tip}
    name = file_name(found.title, "html")
    st.download_button("Hand off", data, name, icon=":material/download:", on_click="ignore", **about)


def _begin(*, is_gone: bool) -> None:
    st.title("Ask several models at once", anchor=False)
    if is_gone:
        st.warning("There is no comparison at this address; it may have been deleted.")
    st.caption("One prompt, two to six lanes. Each is a conversation of its own, which you can go on with in the chat.")
    blind.link_to_ranking()
    was_looking, chosen = draft.is_looking(), draft.current()
    if chosen.problem:
        problems.show(chosen.problem)
    with st.container(key="lanes", horizontal=True, gap="medium"):
        for number, (name, choice) in enumerate(zip(chosen.names, chosen.choices, strict=True), 1):
            _chosen(number, name, choice)
    if len(chosen.choices) < MAX_LANES:
        _picker(ADD, draft.add)
    if was_looking:
        _await()


def _chosen(number: int, name: int, choice: ModelChoice) -> None:
    with st.container(key=f"lane-{number}", gap="small"):
        with st.container(key=f"lane-head-{number}", horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(choice.model or 'default model', 40)}** :small[:gray[{plain(choice.endpoint, 30)}]]")
            with st.popover("Parameters", key=f"lane-tune-{number}", type="tertiary", icon=":material/tune:"):
                _parameters(name, choice)
            key, icon = f"lane-remove-{name}", ":material/close:"
            st.button("Remove", key=key, type="tertiary", icon=icon, on_click=draft.remove, args=(name,))
        st.caption("Its answer will stand here.")
        if draft.is_unlisted(choice):
            where, model = plain(choice.endpoint, 30), plain(choice.model, 40)
            st.warning(f"{where} does not list a model {model}. It is asked all the same: some answer by more names.")


def _parameters(name: int, choice: ModelChoice) -> None:
    common: dict[str, Any] = {"on_change": _tune, "args": (name,)}
    settings, key = choice.parameters, f"lane-system-{name}"
    st.text_area("System prompt", settings.system, height=80, key=key, placeholder="None", **common)
    places = st.columns(2)
    for at, each in enumerate(NUMBERS):
        given, key = getattr(settings, each.name), f"lane-{each.name}-{name}"
        about: dict[str, Any] = {"help": each.help, "placeholder": "Auto", **common}
        places[at % 2].number_input(each.label, each.least, each.most, given, each.step, key=key, **about)
    endpoint = session.find(choice.endpoint)
    if known := list(endpoint.preset.efforts) if endpoint else []:
        index, key = known.index(settings.effort) if settings.effort in known else None, f"lane-effort-{name}"
        st.selectbox("Reasoning effort", known, index, key=key, placeholder="Auto", **common)
    key, text = f"lane-schema-{name}", json.dumps(settings.schema, ensure_ascii=False) if settings.schema else ""
    st.text_area("JSON schema", text, height=80, key=key, placeholder=schema.EXAMPLE, **common)
    if problem := st.session_state.get(f"lane-problem-{name}"):
        st.caption(f":red[{plain(problem)}]")


def _tune(name: int) -> None:
    numbers = {each.name: st.session_state[f"lane-{each.name}-{name}"] for each in NUMBERS}
    system = (st.session_state[f"lane-system-{name}"] or "").strip()
    effort = st.session_state.get(f"lane-effort-{name}") or ""
    chosen = draft.current()
    if (place := chosen.place(name)) is None:
        return
    before = chosen.choices[place].parameters
    form, problem = before.schema, f"lane-problem-{name}"
    st.session_state[problem] = ""
    try:
        form = schema.read(st.session_state[f"lane-schema-{name}"])
    except ValueError as error:
        st.session_state[problem] = str(error)
    draft.change(name, replace(before, system=system, effort=effort, schema=form, **numbers))


def _joiner(found: Conversation) -> None:
    with st.popover("Add a lane", key="compare-join", type="tertiary", icon=":material/add:"):
        st.caption("It answers what was asked so far.")
        _picker(JOIN, _join, found)


def _join(found: Conversation) -> None:
    picked, st.session_state[JOIN] = st.session_state[JOIN] or "", None
    named = draft.read([picked])
    try:
        for choice in named.choices:
            lanes.add(mine.chats(), found.id, contender(choice), runtime.current().settings.max_generations)
    except ChatError as error:
        st.toast(problems.sentences(error))
    if named.problem:
        st.toast(problems.sentences(named.problem))


def _picker(key: str, then: Callable[..., None], *args: object) -> None:
    st.selectbox(
        "Add a lane",
        [f"{endpoint}/{model}" for endpoint, model in draft.models()],
        index=None,
        key=key,
        on_change=then,
        args=args,
        accept_new_options=True,
        placeholder="Add a model, or type endpoint/model",
        label_visibility="collapsed",
    )


@st.fragment(run_every=0.5)
def _await() -> None:
    """Draw the page anew when it is known what each endpoint offers."""
    if not draft.is_looking():
        st.session_state.pop(draft.SEEN, None)
        st.rerun()


def _lanes(found: Conversation, pages: Sequence[LanePage], asked: Sequence[Round]) -> None:
    alone = [page for page in pages if page.part.conversation.id == focused()]
    shown = alone or pages
    with st.container(key=f"abreast-{len(shown)}"), st.container(key="lanes", horizontal=True, gap="medium"):
        for page in shown:
            with problems.shown():
                page.draw()
    with problems.shown():
        opinions.draw(found.id, asked)
        st.fragment(_total, parallel=True, key="total")(found.id, [page.part.conversation.id for page in pages])


def _total(id: str, ids: Sequence[str]) -> None:
    """Draw what all calls come to, and anew whenever an answer has ended: it is the sum of what the lanes show."""
    place = st.empty()
    for running in [generations.follow(mine.chats(), each) for each in ids]:
        _draw_sum(place, id)
        while running and not running.wait(TICK):
            yield_to_clicks()
    _draw_sum(place, id)


def _draw_sum(place: DeltaGenerator, id: str) -> None:
    with problems.shown():
        place.caption(_sum(mine.usage().conversation(id)))


def _sum(figures: Figures) -> str:
    """Return what all calls of a comparison that have ended come to."""
    if not figures.calls:
        return ""
    about = "~" if figures.coverage is not None and figures.coverage < 1 else ""
    costs = (f"{about}{cost(figures.cost(currency), currency)}" for currency, _ in figures.costs)
    tokens = many(figures.total_tokens, "token", about=about)
    return plain(" · ".join((many(figures.calls, "call"), tokens, *costs)))


def _stop(pages: Sequence[LanePage]) -> None:
    lanes.stop(mine.chats(), [page.part.conversation.id for page in pages])


def _submit(found: Conversation | None, pages: Sequence[LanePage]) -> None:
    given = st.session_state[BOX]
    text, added = (given.text, given.files) if given else ("", [])
    if not text.strip() and not added:
        st.toast("Type a message first: this one has only spaces.")
        return
    try:
        model = pages[0].part.conversation.model if pages else draft.current().choices[0].model
        _send(found, pages, _prompt(text if text.strip() else files.question(added), added, model or ""))
    except (ChatError, IndexError) as error:
        refused = error if isinstance(error, ChatError) else None
        st.session_state[PROBLEM], st.session_state[BOX] = refused, text


def _prompt(text: str, added: Sequence[BinaryIO], model: str) -> Message:
    pictures, others = files.told_apart(added)
    said = files.message(text, others, model)
    return replace(said, images=(*(attachments.images(pictures, model) if pictures else ()), *said.images))


def _send(found: Conversation | None, pages: Sequence[LanePage], prompt: Message) -> None:
    """Ask a prompt in the lanes it is for. Raises ChatError when it was asked in none of them."""
    if found is None:
        id, asked = lanes.begin(mine.chats(), [contender(choice) for choice in draft.current().choices], prompt)
        st.query_params.from_dict({"r": id})
    else:
        to = ALL if st.session_state.get(BLIND) else st.session_state.get(TO)
        id, asked = found.id, [page.place for page in pages if to in (None, ALL, f"{page.number}")]
    refused = lanes.ask(mine.chats(), asked, prompt, runtime.current().settings.max_generations)
    if asked and len(refused) == len(asked):
        raise refused[asked[0].id]
    mine.votes().close_room(id)
    _say(refused, asked)
    if st.session_state.get(BLIND) and (begun := rounds.rounds(mine.chats(), id)):
        mine.votes().hide(id, begun[-1].key, blind.voter())


def _say(refused: dict[str, ChatError], asked: Sequence[Lane]) -> None:
    """Say which lanes were not asked, and why."""
    for lane in asked:
        if error := refused.get(lane.id):
            st.toast(f"{plain(lane.contender.name, 60)} was not asked. {problems.sentences(error)}")
