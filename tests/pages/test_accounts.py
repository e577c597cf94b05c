"""The gate: who is not signed in sees one quiet page, and who is has what is theirs."""

from __future__ import annotations

import contextlib
import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_network
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.accounts import identity
from lib.config import ROOT, Endpoint, Settings
from lib.config.accounts import Accounts
from lib.config.rules import Access, Limit
from lib.errors import SignInError, StoreError
from lib.messages import Message
from lib.model_choice import ModelChoice
from lib.pricing.budgets import Budget
from lib.runtime import Runtime
from lib.store import Entry, Outcome, Replica, Scope, Store
from lib.ui import mine, standing
from lib.ui.accounts import audit, log, replicas
from lib.ui.accounts.archive import archive
from tests.store.helpers import execute
from tests.waiting import until

ENDPOINT = Endpoint("first", "http://127.0.0.1:9/v1", "sk-first", model="m-1")
LOGIN = Accounts(providers=("default", "work"), admins=frozenset({"it"}), analysts=frozenset({"finance"}))
CHOICE = ModelChoice("first", "m-1")


def claims(sub: str, *groups: str) -> dict[str, Any]:
    """Return what the cookie of somebody says."""
    about = {"iss": "https://id.example.org", "is_logged_in": True, "signed_in": int(time.time() * 1000)}
    return {**about, "sub": sub, "name": sub.title(), "parley_groups": list(groups)}


def owner(sub: str) -> Scope:
    """Return whose everything of somebody is."""
    return Scope(f"https://id.example.org {sub}")


@pytest.fixture
def as_(store: Store) -> Callable[..., AppTest]:
    """Open a page as somebody, of a Parley where people sign in."""

    def opened(sub: str | None, *groups: str, **query: str) -> AppTest:
        page = AppTest.from_file(ROOT / "pages" / "main.py", default_timeout=30)
        page.user = claims(sub, *groups) if sub else {}
        page.query_params.update(query)
        return page.run()

    runtime.use(Runtime(Settings(endpoints=(ENDPOINT,), accounts=LOGIN), store))
    return opened


def test_nobody(as_) -> None:
    """Who is not signed in sees how to, and nothing else."""
    page = as_(None)

    assert [button.label for button in page.button] == ["Sign in", "Sign in with Work"]
    assert not page.chat_input
    assert not page.warning
    page.button[1].click().run()
    assert not page.exception


def test_visit(as_, store: Store) -> None:
    """A link opens for whoever has it, without a login."""
    page = as_(None, share="none")

    assert page.title[0].value == "Not found"
    assert not page.button


def test_failed(as_) -> None:
    """A login that failed is told in a sentence, and how to go on in another."""
    page = as_(None, **{"sign-in": "failed"})

    assert "did not answer, or did not let you in" in page.warning[0].value


def test_nobody_behind_a_proxy(as_, store: Store) -> None:
    """Where a proxy says who comes, and said nothing, there is no button that could help."""
    headers = Accounts(headers={"id": "X-User"}, proxies=(ip_network("10.0.0.7"),))
    runtime.use(Runtime(Settings(endpoints=(ENDPOINT,), accounts=headers), store))
    page = AppTest.from_file(ROOT / "pages" / "main.py", default_timeout=30).run()

    assert not page.button
    assert "the gateway in front of it" in page.caption[0].value


def test_setting_that_cannot_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a setting that cannot work nobody has anything."""
    monkeypatch.setenv("MAX_GENERATIONS", "none")
    page = AppTest.from_file(ROOT / "pages" / "main.py", default_timeout=30).run()

    assert page.exception
    assert not page.button


def test_one_s_own(as_, store: Store) -> None:
    """People have what is theirs, and find nothing of others, by address or in the list."""
    turn = store.chats(owner("ann")).begin(Message("user", "What is ours?"), CHOICE, provider="openai")
    own, foreign = as_("ann", c=turn.conversation_id), as_("ben", c=turn.conversation_id)

    assert [message.markdown[0].value for message in own.chat_message][:1] == ["What is ours?"]
    assert not foreign.chat_message
    assert "There is no conversation at this address" in foreign.error[0].value


@pytest.mark.parametrize(("group", "sees"), [("staff", False), ("finance", True), ("it", True)])
def test_usage(as_, store: Store, group: str, sees: bool) -> None:
    """Analysts and admins see what all used."""
    at = as_("fay", group)
    assert not at.exception
    who = identity.person(claims("fay", group), LOGIN, datetime.now(UTC))
    assert who is not None
    assert who.sees_usage is sees


def test_over(as_) -> None:
    """Whose session is over in the middle of it is told so, and asked to load the page again."""
    page = as_("ann")
    page.user = {**claims("ann"), "signed_in": 1}
    page.run()

    assert [button.label for button in page.button] == ["Sign in", "Sign in with Work"]
    with pytest.raises(SignInError):
        mine.scope()


def note(store: Store, *subs: str) -> None:
    """Have people come in."""
    for sub in subs:
        store.people.note(owner(sub).owner, name=sub.title(), email=f"{sub}@example.org", role="user")


def press(page: AppTest, key: str) -> AppTest:
    """Press a button."""
    return page.button(key=key).click().run()


def events(store: Store) -> list[tuple[str, str]]:
    """Return what was done, and to whom, the first first."""
    return [(each.event, each.about) for each in reversed(store.people.events())]


def test_sign_out(as_, store: Store) -> None:
    """Signing out ends all sessions of a person, of another browser too, and is logged."""
    one, other = as_("ann"), as_("ann")
    assert "Ann" in [caption.value for caption in one.caption]
    press(one, "sign-out")

    assert events(store) == [("signed out", "")]
    other.run()
    assert [button.label for button in other.button] == ["Sign in", "Sign in with Work"]
    other.user = claims("ann")  # who signs in again is in again
    other.run()
    assert other.chat_input


def test_switched_off(as_, store: Store) -> None:
    """Who was switched off is told so, and has nothing."""
    page = as_("ann")
    store.people.switch(owner("ann").owner, on=False)
    standing.look(store)
    page.run()

    assert "switched off" in page.caption[0].value
    assert not page.button
    assert not page.chat_input


@pytest.mark.parametrize("groups", [(), ("finance",)])
def test_admin_is_for_admins(as_, groups) -> None:
    """Users and analysts have no page of admins."""
    page = as_("ann", *groups)
    with pytest.raises(ValueError, match="admin"):
        page.switch_page("admin.py").run()


def admin(as_) -> AppTest:
    """Return the page of admins."""
    return as_("kim", "it").switch_page("admin.py").run()


def test_admin(as_, store: Store) -> None:
    """Admins see who has come in, find them by name, and open one."""
    note(store, "ann", "ben", *(f"p{number}" for number in range(60)))
    page = admin(as_)
    assert not page.exception
    assert "63 people" in " ".join(caption.value for caption in page.caption)
    page.text_input(key="admin-find").input("ANN@").run()

    assert any("**Ann**" in text.value for text in page.markdown)
    assert not any("**Ben**" in text.value for text in page.markdown)
    press(page, f"open-{owner('ann').owner}")
    assert not page.exception


def test_admin_before_anything(as_, store: Store) -> None:
    """Where nothing was done there is no log to take away, and a call without a price has no cost beside it."""
    note(store, "ann")
    chats = store.chats(owner("ann"))
    chats.finish(chats.begin(Message("user", "hi"), CHOICE, provider="openai"), Outcome("completed", "ho"))
    page = admin(as_)

    assert "Nothing has been done yet that is logged." in [caption.value for caption in page.caption]
    assert not [each for each in page.get("download_button") if each.proto.label == "CSV"]
    assert any(text.value.endswith("· 1 call]") for text in page.markdown)


def test_admin_acts(as_, store: Store) -> None:
    """An admin signs out, switches off and on, hands over, and deletes; all of it is logged."""
    note(store, "ann", "ben")
    ann, ben = owner("ann"), owner("ben")
    turn = store.chats(ann).begin(Message("user", "What is ours?"), CHOICE, provider="openai")
    page = admin(as_)
    press(page, f"open-{ann.owner}")
    for label in ("Sign out everywhere", "Switch off", "Switch on"):
        press(page, f"admin-{label}-{ann.owner}")
        assert not page.exception
    page.selectbox(key="admin-to").set_value("Ben (ben@example.org)").run()
    press(page, f"admin-Hand over-{ann.owner}")
    assert store.chats(ben).get(turn.conversation_id)
    press(press(page, "admin-back"), f"open-{ben.owner}")
    page.checkbox(key="admin-sure").check().run()
    press(page, f"admin-Delete person-{ben.owner}")

    assert store.chats(ben).get(turn.conversation_id) is None
    done = events(store)
    assert done[:4] == [
        ("signed somebody out", ann.owner),
        ("switched off", ann.owner),
        ("switched on", ann.owner),
        ("handed conversations over", ann.owner),
    ]
    assert done[4][0] == "deleted a person"
    assert done[4][1].startswith("former-")


def test_rules(as_, store: Store) -> None:
    """Admins read what people may, and of a person what is spent of their own."""
    note(store, "ann")
    limits = (Limit(3, 2, "user"), Limit(calls_a_minute=9))
    rules = replace(LOGIN, limits=limits, access=(Access("first", frozenset({"user"})),))
    ten = Decimal(10)
    lab = Budget(ten, each=True, group="lab", stop=True)
    budgets = (Budget(ten, each=True), Budget(ten, unit="calls", stop=True), lab)
    page = admin(as_)
    runtime.use(Runtime(Settings(endpoints=(ENDPOINT,), accounts=rules, budgets=budgets, conversation_days=30), store))
    page.run()
    said = " ".join(each.value for each in page.markdown)

    assert not page.exception
    for words in (
        "10 USD a month for each person, then only a warning",
        "budget of 10 calls for all calls: 0 spent (0",
        "for each person of group lab, then calls are refused",
        "3 calls a minute and 2 answers at once for each of user",
        "all models of first: only user",
        "Conversations go 30 days after the last prompt",
    ):
        assert words in said.replace("\u2009", " ").replace("\\", "")
    press(page, f"open-{owner('ann').owner}")
    assert any("budget of 10 USD for each person" in each.value for each in page.caption)


def test_no_rules(as_) -> None:
    """Where nothing is limited the page says so."""
    assert "Everybody may ask every model." in [each.value for each in admin(as_).caption]


def test_shares(as_, store: Store) -> None:
    """Analysts see by name who used how much and in which project; others their own projects, and no names."""
    note(store, "ann")
    turn = store.chats(owner("ann")).begin(Message("user", "What is ours?"), CHOICE, provider="openai")
    store.chats(owner("ann")).finish(turn, Outcome("completed", "x"))
    store.chats(owner("ann")).move(turn.conversation_id, store.library(owner("ann")).keep(Entry("project", "Atlas")))
    frames = [as_(who, *groups).switch_page("usage.py").run().dataframe for who, groups in PEOPLE]
    shown = [[list(each.value.columns[:2]) for each in some] for some in frames]
    found = [[each for each in some if each[0] in ("Person", "Project")] for some in shown]

    assert found == [[["Project", "Calls"]], [["Person", "Calls"], ["Project", "Person"]], []]


PEOPLE = (("ann", ()), ("fay", ("finance",)), ("ben", ()))


def test_export(as_, store: Store) -> None:
    """A person goes into one ZIP, which is logged, with nothing of others."""
    note(store, "ann", "ben")
    for sub in ("ann", "ben"):
        store.chats(owner(sub)).begin(Message("user", f"What is {sub}'s?"), CHOICE, provider="openai")
    admin(as_)
    known = next(each for each in store.people.all() if each.name == "Ann")
    with zipfile.ZipFile(io.BytesIO(archive(known, "kim"))) as made:
        files = {name: made.read(name).decode("utf-8-sig") for name in made.namelist()}

    assert set(files) == {"conversations.json", "conversations.html", "library.json", "calls.csv", "log.csv"}
    assert "What is ann's?" in files["conversations.json"]
    assert "ben" not in "".join(files.values())
    assert events(store) == [("exported a person", known.owner)]
    assert b"exported a person" in log.made("json")


def test_admin_sees_replicas(as_, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Admins see who serves, since when, in which version, what drains or is gone, and that secrets differ."""
    url = f"sqlite:///{store._database.file}"
    store.lease.describe("b-7", "cafe")
    store.lease.hold()
    others = [Store.open(url) for _ in range(3)]
    others[0].lease.drain()
    others[1].lease.describe("", "beef")
    for each in others:
        each.lease.hold()
    others[0].lease.drain()
    execute(url, "UPDATE processes SET version = NULL WHERE id = :id", id=others[1].lease.name)
    silent = "UPDATE processes SET seen_at = '2026-01-01 12:00:00.000000', version = '0009' WHERE id = :id"
    execute(url, silent, id=others[2].lease.name)
    monkeypatch.setattr(replicas, "SHOWN", 3)
    at = admin(as_)
    for each in others:
        each.close()

    assert not at.exception
    assert "cookie_secret" in at.warning[0].value
    told = "\n".join(text.value for text in at.markdown)
    for words in ("(this one)", "serves", "build b-7", "draining since", "an older Parley"):
        assert words in told
    assert "The first 3 are shown." in [caption.value for caption in at.caption]


def test_replica_of_another_schema() -> None:
    """A replica of another release, and one that is not heard of, are told as such."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    gone = Replica("a/1/b", "a", 1, moment, moment, None, "0009", None, None, is_alive=False, answers=0)

    assert replicas._version(gone) == "build unknown, schema 0009"
    assert replicas.state(gone).startswith("not heard of since ")


def test_no_admin_any_more(as_, store: Store) -> None:
    """Who is no admin any more does nothing on a page that is still open."""
    note(store, "ann")
    at = press(admin(as_), f"open-{owner('ann').owner}")
    at.user = claims("kim")
    with contextlib.suppress(KeyError):
        press(at, f"admin-Switch off-{owner('ann').owner}")

    assert store.people.barred() == {}


def test_foreign_id_is_logged(as_, store: Store) -> None:
    """Who asks for what is another's finds nothing, and that is logged; what there is not is not."""
    turn = store.chats(owner("ann")).begin(Message("user", "What is ours?"), CHOICE, provider="openai")
    as_("ben", c=turn.conversation_id)
    as_("ben", c="none")
    until(lambda: events(store))

    assert events(store) == [("asked for what is another's", turn.conversation_id)]


def test_came(as_, store: Store) -> None:
    """Who signs in is noted, and that is logged; a log that cannot be written holds nobody up."""
    as_(None)
    who = identity.person(claims("ann", "it"), LOGIN, datetime.now(UTC))
    assert who is not None
    audit.came(who)
    until(lambda: events(store))

    assert [(each.name, each.role) for each in store.people.all()] == [("Ann", "admin")]
    assert events(store) == [("signed in", "")]
    audit._quietly(_fails)


def test_leaving(as_, store: Store) -> None:
    """Who signs out has no more, but the page has a moment to go where the provider ends its own login."""
    as_(None)
    note(store, "ann")
    who = identity.person({**claims("ann"), "signed_in": int(1000 * (time.time() - 60))}, LOGIN, datetime.now(UTC))
    assert who is not None
    store.people.sign_out(who.owner)
    may_stay = audit.look()

    assert may_stay(who)
    assert not standing.is_known_in(who)
    store.people._set(who.owner, out_at=datetime.now(UTC) - timedelta(seconds=standing.LEAVING_SECONDS))
    assert not audit.look()(who)


def _fails() -> None:
    raise StoreError("The disk is full.")


def test_look(as_, store: Store) -> None:
    """What runs for who is switched off is stopped wherever it runs."""
    as_(None)
    note(store, "ann")
    store.people.switch(owner("ann").owner, on=False)
    who = identity.person(claims("ann"), LOGIN, datetime.now(UTC))

    assert who is not None
    assert not audit.look()(who)


def test_out_of_a_proxy(as_, store: Store) -> None:
    """Where a proxy says who comes, its own sign-out is where one is led."""
    headers = Accounts(headers={"id": "X-User"}, proxies=(ip_network("10.0.0.7"),), sign_out="/oauth2/sign_out")
    runtime.use(Runtime(Settings(endpoints=(ENDPOINT,), accounts=headers), store))
    at = AppTest.from_file(ROOT / "pages" / "main.py", default_timeout=30)
    at.user = {"proxy_id": "ann"}
    press(at.run(), "sign-out")

    assert not at.exception
    assert events(store) == [("signed out", "")]
