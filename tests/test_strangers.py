"""Every door of the running app, tried by people whose it is not: by address, by widget, by raw message, by file.

Ann has one of each: conversation, picture, comparison, batch, demonstration, library, links. Ben is a user, Fay an
analyst, Kim an admin, and one is nobody. None of them is sent a word of hers or changes what is hers, and she has it
by the same doors. And no key is anywhere that it must not be.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from operator import methodcaller
from typing import Any
from urllib.parse import urljoin
from zipfile import ZipFile

import pytest
import requests
from sqlalchemy import create_engine
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from lib.messages import Image, Message
from lib.model_choice import ModelChoice
from lib.store import Entry, Outcome, Scope, Store, backups
from tests import pictures
from tests.browser.app import App
from tests.endpoint import FakeEndpoint
from tests.protocol import Client
from tests.served import Asked, Handler, Served
from tests.store.test_foreign import TABLES
from tests.waiting import until

pytestmark = pytest.mark.timeout(300)

SECRET = "OnlyAnnKnows7f3a9c"
WORD = "zanzibar"  # that is in a text of hers, to be looked for
KEYS = ("sk-sentinel-one-51d0c7a2", "sk-sentinel-two-9be13f60", "sk-sentinel-three-c44a7d18")
TOKEN = "metrics-token-sentinel-77"
SECRETS = f"""
[accounts]
proxies = ["127.0.0.1"]
admins = ["it"]
analysts = ["finance"]
headers = {{{{ id = "X-User", groups = "X-Groups" }}}}

[endpoints.second]
base_url = "{{url}}"
api_key = "{KEYS[1]}"
headers = {{{{ "X-Team" = "{KEYS[2]}" }}}}
"""
CHOICE = ModelChoice("environment", "fake")
GROUPS = {"fay": "finance", "kim": "it"}
STRANGERS = ("ben", "fay", "kim", "")
MEDIA = re.compile(rb"/media/[0-9a-f]+\.[0-9a-z]+")
IS_MADE = methodcaller("HasField", "backend_operation_response")
DOORS = (  # pages and addresses, and what of hers Ann has there that she has not without the address
    ("", "c={chat}", "Chat"),
    ("", "c={chat}&m={message}", "Chat"),
    ("", "c={lane}", ""),
    ("", "c={row}", ""),
    ("", "c={temporary}", "Temporary"),
    ("", "c={compare}", "Lane"),
    ("", "c={batch}", "Batch"),
    ("", "m={message}", ""),
    ("", "project={project}", ""),
    ("", "preset={preset}", ""),
    ("", "prompt={prompt}", ""),
    ("image_analysis", "c={picture}", "Picture"),
    ("image_analysis", "batch={batch}", "Batch"),
    ("image_analysis", "batch={chat}", ""),
    ("compare", "r={compare}", "Lane"),
    ("compare", "r={chat}", ""),
    ("compare", "r={compare}&show=ranking", ""),
    ("demo", "d={show}", "Chat"),
    ("demo", "d={show}&on=stage", "Chat"),
    ("demo", "d={show}&on=notes", "Chat"),
    ("demo", "from={chat}", "Chat"),
    ("demo", "from={compare}", "Lane"),
    ("library", "prompt={prompt}", ""),
    ("usage", "conversation={chat}", ""),
    ("usage", "owner=ann&days=30", ""),
    ("endpoints", "", ""),
    ("admin", "", ""),
)
LINKS = ("share={revoked}", "share={chat}", "share={room}", "vote={closed}", "vote={compare}", "vote={share}")


def rerun(fragment: str, page: str = "") -> BackMsg:
    """Return the message that has a fragment, or without one a page, drawn again as if by itself."""
    return BackMsg(rerun_script={"fragment_id": fragment, "page_script_hash": page, "is_auto_rerun": True})


def wanted(file: str, session: str) -> BackMsg:
    """Return the message that has a file made."""
    about = {"request_id": "1", "session_id": session, "deferred_file": {"file_id": file}}
    return BackMsg(backend_operation_request=about)


@dataclass
class House:
    """The app, and what Ann has in it; `tried` are ways in, `open` those that let somebody in."""

    app: App
    endpoint: FakeEndpoint
    collector: Served
    ids: dict[str, str]
    loop: asyncio.AbstractEventLoop
    tried: int = 0
    open: list[str] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run what is asynchronous, in the thread of the pages."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)

    def check(self, way: str, sent: bytes, count: int = 1) -> None:
        """Note ways in, and whether they gave anything of hers."""
        self.tried += count
        self.sent.append(sent)
        if SECRET.encode() in sent:
            self.open.append(f"{way}: {sent[max(0, sent.find(SECRET.encode()) - 80) :][:160]!r}")

    def rows(self) -> dict[str, set[str]]:
        """Return all that is kept, by table."""
        with database(self.app) as db:
            return {name: {repr(tuple(row)) for row in db.exec_driver_sql(f"SELECT * FROM {name}")} for name in TABLES}

    def settle(self) -> None:
        """Wait until what was asked is stored, and findable: the app sees to that in a while, and changes rows."""
        with closing(Store.open(f"sqlite:///{self.app.database}")) as store:
            until(lambda: store.upkeep.unfinished() == (0, 0))
            store.upkeep.index()

    def unchanged(self, before: Mapping[str, set[str]]) -> None:
        """Whether nobody was let in, and all rows are as they were."""
        after = self.rows()
        assert self.open == []
        assert [rows - after[name] for name, rows in before.items()] == [set()] * len(before)

    def proof(self, who: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return what shows who somebody is: headers, as from the proxy, and cookies."""
        return ({"X-User": who, "X-Groups": GROUPS.get(who, "")} if who else {}), {}

    @contextmanager
    def as_(self, who: str, query: str = "", session: str = "") -> Iterator[Person]:
        """Have somebody open a page; "" is nobody."""
        person = Person(self, who, query, session)
        self.do(person.client.open())
        try:
            self.do(person.client.still())
            yield person
        finally:
            self.do(person.client.close())


class Person:
    """Somebody's page, and what they ask for beside it."""

    def __init__(self, house: House, who: str, query: str, session: str) -> None:
        headers, cookies = house.proof(who)
        cookie = "; ".join(map("=".join, cookies.items()))
        self.who = who or "nobody"
        self._house = house
        self.client = Client(house.app.url.rstrip("/"), cookie, headers, query, session=session, frames=[])
        self.web = requests.Session()
        self.web.headers.update(headers)
        for name, value in cookies.items():
            self.web.cookies.set(name, value, domain="127.0.0.1")

    def run(self, page: str = "", query: str = "", widgets: Iterable[WidgetState] = (), *before: BackMsg) -> bytes:
        """Have a page run; return what came."""
        sent: bytes = self._house.do(self.client.run(page, query, widgets, *before))
        return sent

    @property
    def messages(self) -> list[ForwardMsg]:
        """What came, as messages."""
        return list(map(ForwardMsg.FromString, self.client.frames or ()))

    @property
    def widgets(self) -> dict[str, str]:
        """The kinds of the widgets in what came, by their ids."""
        deltas = [each.delta for each in self.messages]
        drawn = [each.new_element for each in deltas] + [each.add_block for each in deltas]
        found = ((getattr(getattr(each, kind), "id", ""), kind) for each in drawn if (kind := each.WhichOneof("type")))
        return {id: kind for id, kind in found if id.startswith("$$ID-")}

    def widget(self, key: str) -> str:
        """The id of the widget with a key."""
        return next(id for id in self.widgets if id.endswith(f"-{key}"))

    def answered(self, message: BackMsg) -> bytes:
        """Say something that has the page drawn, or a part of it; return what came."""
        sent: bytes = self._house.do(self.client.answered(message))
        return sent

    @property
    def fragments(self) -> set[str]:
        """The parts in what came that are drawn again by themselves."""
        return {each.delta.fragment_id for each in self.messages} - {""}

    def made(self, file: str, session: str = "") -> str:
        """Have a file made; return its address, "" where that is refused."""
        self.client.frames = []
        self._house.do(self.client.say(wanted(file, session or self.client.session)))
        self._house.do(self.client.until(lambda _: any(map(IS_MADE, self.messages))))
        return next(each.backend_operation_response.deferred_file.url for each in self.messages if IS_MADE(each))

    def files(self) -> list[str]:
        """The files that are made when they are asked for."""
        elements = [each.delta.new_element.download_button for each in self.messages]
        return [each.deferred_file_id for each in elements if each.deferred_file_id]

    def ask(self, path: str, method: str = "GET", data: bytes | None = None) -> requests.Response:
        """Ask for an address."""
        token, address = self.web.cookies.get("_streamlit_xsrf") or "", urljoin(self._house.app.url, path)
        files = {"file": data} if data else None
        return self.web.request(method, address, files=files, headers={"X-Xsrftoken": token}, timeout=60)


class Collector(Served):
    """Takes spans."""

    def answer(self, asked: Asked, reply: Handler) -> None:
        """Take them."""
        reply.json(200, {})


@contextmanager
def database(app: App) -> Iterator[Any]:
    """The app's database."""
    engine = create_engine(f"sqlite:///{app.database}")
    try:
        with engine.connect() as db:
            yield db
    finally:
        engine.dispose()


def fill(store: Store, owner: Scope) -> dict[str, str]:
    """Give somebody one of each, with the secret in it; return their ids."""
    chats, library, votes = store.chats(owner), store.library(owner), store.votes(owner)
    picture = Image(pictures.file(pictures.quarters()), "image/png", "auto")

    def say(kind: str, *images: Image, **about: Any) -> Any:
        choice = about.pop("choice", CHOICE)
        turn = chats.begin(Message("user", f"{SECRET}{kind} {WORD}", images), choice, provider="openai", **about)
        chats.finish(turn, Outcome("completed", f"{SECRET}{kind}, I see"))
        if not about.get("temporary"):
            chats.rename(turn.conversation_id, f"{SECRET}Title")
        return turn

    chat, shown = say("Chat", picture), say("Picture", picture, purpose="image")
    compare, lanes = chats.collect(f"{SECRET}Q", ["a"], CHOICE, provider="openai", purpose="compare", each="compare")
    batch, rows = chats.collect(f"{SECRET}Batch", ["a"], CHOICE, provider="openai", purpose="batch", each="image")
    for id in (compare, batch):
        chats.rename(id, f"{SECRET}Title")
    say("Lane", conversation_id=lanes[0], purpose="compare")
    say("Row", picture, conversation_id=rows[0], purpose="image")
    kept = {
        "prompt": library.keep(Entry("prompt", f"{SECRET}P", f"{SECRET}Prompt")),
        "preset": library.keep(Entry("preset", f"{SECRET}S", f"{SECRET}System")),
        # What projects are called those see who see what all used: budgets are by project.
        "project": library.keep(Entry("project", "Atlas")),
    }
    chats.move(chat.conversation_id, kept["project"])
    links = {"share": chats.share(chat.conversation_id), "revoked": chats.share(chat.conversation_id)}
    chats.revoke(links["revoked"])
    links |= {"closed": votes.open_room(compare, "1")}
    votes.close_room(compare)
    links |= {"room": votes.open_room(compare, "1")}
    private = Image(pictures.file(pictures.photo()), "image/png", "auto")  # on no page that a link opened for others
    second = say("Second", private, choice=ModelChoice("second", "fake"))
    made = {"chat": chat, "picture": shown, "temporary": say("Temporary", temporary=True), "second": second}
    ids = {name: turn.conversation_id for name, turn in made.items()}
    parts = {"compare": compare, "lane": lanes[0], "batch": batch, "row": rows[0], "message": chat.message_id}
    return {name: str(id) for name, id in {**ids, **parts, **kept, **links}.items()}


def shown(person: Person, chat: str) -> str:
    """Have somebody make a demonstration of a conversation; return its id."""
    person.run("demo", f"from={chat}")
    return re.findall(r"\bd=([\w-]+)", person.client.query)[0]


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A thread in which pages live."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, loop: asyncio.AbstractEventLoop) -> Iterator[House]:
    """The running app behind a proxy that says who comes, an endpoint, a collector, and what Ann has."""
    endpoint, collector, folder = FakeEndpoint(), Collector(), tmp_path_factory.mktemp("house")
    about = {"API_BASE_URL": endpoint.url, "API_KEY": KEYS[0], "API_MODEL": "fake", "METRICS_TOKEN": TOKEN}
    tracing = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.root, "OTEL_EXPORTER_OTLP_HEADERS": f"api-key={TOKEN}"}
    app = App(folder, SECRETS.format(url=endpoint.url), LOG_FORMAT="json", **about, **tracing).start()
    try:
        with closing(Store.open(f"sqlite:///{app.database}")) as store:
            ids = fill(store, Scope("ann"))
            store.upkeep.index()  # as the app does in a while: from now on nobody else changes a row
        house = House(app, endpoint, collector, ids, loop)
        with house.as_("ann") as ann:
            ids["show"] = shown(ann, ids["chat"])
            yield house
    finally:
        app.stop()
        collector.stop()
        endpoint.stop()


@pytest.mark.parametrize("who", STRANGERS)
def test_addresses(house: House, who: str) -> None:
    """By no address anybody is shown what is another's."""
    before = house.rows()
    with house.as_(who) as person:
        for page, query, _ in DOORS:
            house.check(f"{person.who} by /{page}?{query}", person.run(page, query.format(**house.ids)))
        assert ("admin" in person.client.pages) is (who in ("kim", ""))  # who signs in may come back to any page
    for query in LINKS:
        with house.as_(who, query.format(**house.ids)) as visitor:
            house.check(f"{visitor.who} by ?{query}", b"".join(visitor.client.frames or ()))

    house.unchanged(before)


def test_what_ann_has(house: House) -> None:
    """Ann has what is hers by the very addresses that others are tried with, and by those only.

    She comes after them: a temporary chat is gone once it is left.
    """
    with house.as_("ann") as ann:
        without = {page: ann.run(page) for page, _, kind in DOORS if kind or page == "library"}
        found = {(page, query): ann.run(page, query.format(**house.ids)) for page, query, _ in DOORS}
    missing = [each for each in DOORS if each[2] and f"{SECRET}{each[2]}".encode() not in found[each[:2]]]
    there = [each for each in DOORS if each[2] and f"{SECRET}{each[2]}".encode() in without[each[0]]]

    assert f"{SECRET}Prompt".encode() in without["library"]
    assert (missing, there) == ([], [])
    for who in ("", "ben"):  # a link that opens something does so for all
        with house.as_(who, f"share={house.ids['share']}") as visitor:
            assert f"{SECRET}Chat".encode() in b"".join(visitor.client.frames or ())


@dataclass
class Hers:
    """What somebody's own pages were sent: widgets, and the fragments of the pages."""

    session: str
    widgets: dict[str, str]
    fragments: set[str]


def opened(person: Person, *places: tuple[str, str]) -> Hers:
    """Have somebody go to some pages, one after the other, and stay on the last."""
    widgets, fragments = dict[str, str](), set[str]()
    for page, query in places:
        person.run(page, query)
        widgets |= person.widgets
        fragments |= person.fragments
    return Hers(person.client.session, widgets, fragments)


def media(sent: bytes) -> set[str]:
    """Return the addresses of files in what came."""
    return {found.decode() for found in MEDIA.findall(sent)}


def values(id: str, ids: Mapping[str, str]) -> Iterator[WidgetState]:
    """Give what a widget of each kind would say: pressed, picked, typed."""
    yield WidgetState(id=id, trigger_value=True)
    yield WidgetState(id=id, string_value=ids["chat"])
    yield WidgetState(id=id, string_trigger_value={"data": ids["chat"]})
    yield WidgetState(id=id, chat_input_value={"data": ids["chat"]})
    yield WidgetState(id=id, string_array_value={"data": [*ids.values()]})
    yield WidgetState(id=id, int_value=int(ids["message"]))
    yield WidgetState(id=id, bool_value=True)
    yield WidgetState(id=id, json_value=f'{{"id": "{ids["chat"]}"}}')
    yield WidgetState(id=id, json_trigger_value=f'[{{"event": "id", "value": "{ids["chat"]}"}}]')


@pytest.fixture(scope="module")
def ann(house: House) -> Iterator[Person]:
    """Ann, with a page open."""
    with house.as_("ann") as ann:
        yield ann


@pytest.fixture(scope="module")
def hers(house: House, ann: Person) -> Hers:
    """What she has on her pages, of which that of her conversation stays open."""
    ids = house.ids
    others = (("compare", f"r={ids['compare']}"), ("image_analysis", f"batch={ids['batch']}"), ("library", ""))
    with house.as_("kim") as kim:
        admins = opened(kim, ("admin", ""))
    found = opened(ann, *others, ("usage", ""), ("demo", f"d={ids['show']}"), ("", f"c={ids['chat']}"))
    with_menu(ann, f"c={ids['chat']}")
    return replace(found, widgets={**admins.widgets, **found.widgets, **ann.widgets})


def with_menu(person: Person, query: str) -> list[str]:
    """Open the menu of a conversation; return the files that it would make, as what it is exported as."""
    person.run("", query)
    person.run("", query, [WidgetState(id=person.widget("conversation-menu"), bool_value=True)])
    return person.files()


def test_foreign_widgets(house: House, hers: Hers) -> None:
    """Whatever is said for a widget of hers, or an admin's, on whichever page: it gives and changes nothing."""
    before, tried = house.rows(), house.tried
    with house.as_("ben") as ben:
        own = opened(ben, *((page, "") for page in ("", "compare", "library", "usage", "image_analysis", "demo")))
        foreign = sorted(set(hers.widgets) - set(own.widgets))
        for page in ("", "compare", "library"):
            for kind in zip(*(values(each, house.ids) for each in foreign), strict=True):
                sent = ben.run(page, f"c={house.ids['chat']}&r={house.ids['compare']}", kind)
                house.check(f"widgets on /{page}", sent, len(kind))

    assert len(foreign) > 50
    assert any("-open-" in id and id.endswith("ann") for id in foreign)  # that of the list of people
    house.unchanged(before)
    print(f"{house.tried - tried} values of widgets")


def test_own_widgets(house: House) -> None:
    """Whatever of hers is typed, picked or chosen in one's own widgets: it gives and changes nothing."""
    before = house.rows()
    with house.as_("ben") as ben:
        for page in ("", "compare", "library", "usage"):
            ben.run(page)
            fields = {id: kind for id, kind in ben.widgets.items() if kind in ("text_input", "text_area", "selectbox")}
            for value in ("chat", "message", "project"):
                typed = [WidgetState(id=id, string_value=house.ids[value]) for id in fields]
                house.check(f"typed on /{page}", ben.run(page, "", typed), len(typed))
            joints = [id for id, kind in ben.widgets.items() if kind == "bidi_component"]
            said = [WidgetState(id=id, json_value=f'{{"value": "{house.ids["chat"]}"}}') for id in joints]
            house.check(f"said on /{page}", ben.run(page, "", said), len(said))

    house.unchanged(before)


def ask(person: Person, query: str, prompt: str) -> bytes:
    """Have somebody ask at an address of the chat; return what came."""
    person.run("", query)
    box = next(id for id, kind in person.widgets.items() if kind == "chat_input")
    return person.run("", query, [WidgetState(id=box, chat_input_value={"data": prompt})])


def test_search_and_prompt(house: House, ann: Person) -> None:
    """A search finds one's own, and a prompt at the address of hers goes out without a word of what was said there."""
    before = house.rows()
    with house.as_("ben") as ben:
        for who in (ann, ben):
            who.run("", f"c={house.ids['chat']}")
            looked = who.run("", "", [WidgetState(id=who.widget("search"), string_value=WORD)])
            assert (f"{SECRET}Chat".encode() in looked) is (who is ann)
        house.check("search", looked)
        house.check("prompt", ask(ben, f"c={house.ids['chat']}", "n3"))
    until(lambda: house.endpoint.asked and house.endpoint.asked[-1].finished)
    house.settle()

    assert house.endpoint.asked[-1].prompt == "n3"
    assert SECRET not in str(house.endpoint.asked[-1].body)
    house.unchanged(before)


def test_messages(house: House, ann: Person, hers: Hers) -> None:
    """By no message of a socket: neither her fragments, nor her files, nor her session give or change anything."""
    before, here = house.rows(), f"c={house.ids['chat']}"
    ann.run("", here)
    assert any(f"{SECRET}Chat".encode() in ann.answered(rerun(each)) for each in sorted(ann.fragments))
    with house.as_("ben") as ben, house.as_("kim") as kim:
        installs = ({"session_id": each, "install_skills": {}} for each in (hers.session, ben.client.session))
        odd = [
            *map(rerun, sorted(hers.fragments | ann.fragments)),
            *(BackMsg(backend_operation_request=each) for each in installs),
            BackMsg(file_urls_request={"request_id": "1", "file_names": ["x"], "session_id": hers.session}),
            BackMsg(debug_shutdown_runtime=True),
            BackMsg(clear_cache=True),
            BackMsg(set_run_on_save=True),
            BackMsg(load_git_info=True),
        ]
        sent = [ben.run("", here, (), *odd), ben.run("", here, (), BackMsg(stop_script=True))]
        sent += [ben.answered(rerun("", page)) for page in (kim.client.pages["admin"], "x")]
        house.check("messages", b"".join(sent), len(odd) + 3)
        assert hers.session.encode() not in b"".join(sent)
        assert b"admin-find" not in b"".join(sent)
        assert b"admin-find" in kim.run("admin")
    assert not (house.app.root / ".agents").exists()
    house.unchanged(before)


def test_sessions(house: House) -> None:
    """Nobody gets into a session of hers, be it open or closed; she does."""
    here = f"c={house.ids['chat']}"
    with house.as_("ann", here) as ann:
        hers = ann.client.session
        for who in STRANGERS:
            with house.as_(who, session=hers) as thief:
                house.check(f"{who} in her session", b"".join(thief.client.frames or ()))
                assert thief.client.session != hers
        assert ann.client.is_connected
    for who in (*STRANGERS, "ann"):
        with house.as_(who, session=hers) as again:
            assert (again.client.session == hers) is (who == "ann")
            house.check(f"{who} in what was her session", b"" if who == "ann" else b"".join(again.client.frames or ()))
            if who == "ann":
                assert f"{SECRET}Chat".encode() in again.run("", here)

    assert house.open == []


def test_files(house: House, ann: Person, hers: Hers) -> None:
    """Pictures and files of hers are given to nobody else, and nobody puts a file into a session of hers."""
    files = with_menu(ann, f"c={house.ids['second']}")
    shown = media(b"".join(ann.client.frames or ()))
    made = [ann.made(file) for file in files]
    with ExitStack() as stack:
        people = [stack.enter_context(house.as_(who)) for who in STRANGERS]
        for person in (ann, *people):
            assert person.ask("_stcore/health").ok
            assert person.web.cookies["_streamlit_xsrf"]  # with which uploads come
        everybodys = media(people[0].run())
        asked = [(person, path) for person in people for path in (*made, *(shown - everybodys))]
        refused = [person.made(file, session) for person in people for file in files for session in ("", hers.session)]
        with ThreadPoolExecutor(len(asked)) as pool:
            answers = list(pool.map(lambda each: each[0].ask(each[1]), asked))
        upload = f"_stcore/upload_file/{hers.session}/x"
        answers += [person.ask(upload, method, b"x") for person in people for method in ("PUT", "DELETE")]

    for person, path in asked:
        house.check(f"{person.who} for {path}", b"")
    house.check("files that others make", b"", len(refused))
    house.check("uploads", b"", 2 * len(people))
    assert shown - everybodys
    assert refused == [""] * len(refused)
    assert {answer.status_code for answer in answers} == {404}
    assert [ann.ask(path).status_code for path in (*made, *shown)] == [200] * len({*made, *shown})
    assert ann.ask(upload, "PUT", b"x").status_code == 204


def exported(person: Person, files: list[str]) -> bytes:
    """Return what is in files that are made for somebody, unpacked."""
    made = [person.made(file) for file in files]
    answers = [person.ask(path) for path in made]
    assert all(made)
    assert {answer.status_code for answer in answers} == {200}
    contents = [answer.content for answer in answers]
    packed = [ZipFile(BytesIO(each)) for each in contents if each[:2] == b"PK"]
    return b"".join([*contents, *(each.read(name) for each in packed for name in each.namelist())])


def places(house: House, ann: Person) -> dict[str, bytes]:
    """Return all that is seen from outside, by where."""
    app, copy, frames = house.app, house.app.folder / "backup.db", list(ann.client.frames or ())
    backups.backup(f"sqlite:///{app.database}", copy)
    with house.as_("fay") as fay, house.as_("kim") as kim:
        fay.run("usage")
        menus = [id for id, kind in fay.widgets.items() if kind == "popover"]
        fay.run("usage", "", [WidgetState(id=id, bool_value=True) for id in menus])
        shown = b"".join(fay.client.frames or ()) + kim.run("admin")
        figures = exported(fay, fay.files())
        done = exported(kim, kim.files())
        pages = [kim.ask(path).content for path in ("", "healthz", "readyz", "_stcore/host-config", "_stcore/health")]
    metrics = requests.get(f"{app.url}metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60).content
    return {
        "database": b"".join(path.read_bytes() for path in app.folder.glob("parley.db*")),
        "backup": copy.read_bytes(),
        "her frames": b"".join(frames),
        "her exports": exported(ann, with_menu(ann, f"c={house.ids['chat']}")),
        "others' frames": b"".join(house.sent) + shown,
        "exports of usage": figures,
        "exports of the log": done,
        "pages": b"".join(pages),
        "metrics": metrics,
        "traces": b"".join(asked.content for asked in house.collector.asked),
        "log": app.log.read_bytes(),
    }


def test_sentinels(house: House, ann: Person) -> None:
    """No key is anywhere, not even one that an endpoint repeats; a prompt is where it is kept, and nowhere else."""
    asked = len(house.endpoint.asked)
    for id, prompt in (("chat", f"say {SECRET}Asked"), ("second", f"say {SECRET}There"), ("second", "status 401")):
        ask(ann, f"c={house.ids[id]}", f"{prompt} {SECRET}")
    calls = house.endpoint.asked[asked:]
    ann.ask(f"?q={SECRET}Typed")
    until(lambda: sum(each.content.count(b"startTimeUnixNano") for each in house.collector.asked) >= len(calls), 60)
    found = places(house, ann)
    keys = [(where, key) for where, content in found.items() for key in (*KEYS, TOKEN) if key.encode() in content]
    prompts = {where for where, content in found.items() if SECRET.encode() in content}

    assert [each.headers["Authorization"].removeprefix("Bearer ") for each in calls] == [KEYS[0], KEYS[1], KEYS[1]]
    assert calls[-1].headers["X-Team"] == KEYS[2]
    assert all(len(content) > 100 for content in found.values())
    assert b"gen_ai" in found["traces"]
    assert b'"call"' in found["log"]
    assert keys == []
    assert prompts == {"database", "backup", "her frames", "her exports"}
    assert tables(house.app) <= {"conversations", "messages", "library"}
    print(f"{house.tried} ways in, {len(house.open)} succeeded; in {len(found)} places {len(keys)} keys")


def tables(app: App) -> set[str]:
    """Return the tables that have texts."""
    with database(app) as db:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'message_search%'"  # an index
        names = [row[0] for row in db.exec_driver_sql(query)]
        return {name for name in names if SECRET in str(db.exec_driver_sql(f'SELECT * FROM "{name}"').fetchall())}
