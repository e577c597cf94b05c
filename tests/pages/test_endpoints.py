"""The endpoints page as a script: what it says of endpoints, and what a session can give and add."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.config import Endpoint, Settings
from lib.endpoints.catalogue import Catalogue
from lib.runtime import Runtime
from lib.store import Store
from lib.ui.endpoints import new, session
from tests.fake_lister import FakeLister
from tests.fake_local import FakeLocal
from tests.fake_vendor import FakeVendor
from tests.waiting import until

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "main.py")
KEY, TYPED = "sk-configured-0123456789", "sk-typed-0123456789"
ENDPOINT = Endpoint("work", "http://127.0.0.1:9/v1?secret=sk-query-0123456789", KEY, model="m")


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    """A vendor that wants a key."""
    vendor = FakeVendor(key=TYPED)
    yield vendor
    vendor.stop()


def opened(store: Store, *endpoints: Endpoint, lister: Any = None, local: Any = None, **settings: Any) -> AppTest:
    """Open the endpoints page with these endpoints."""
    catalogue = Catalogue(lister) if lister else Catalogue()
    runtime.use(Runtime(Settings(endpoints=endpoints, **settings), store, local, catalogue))
    page = AppTest.from_file(PAGE, default_timeout=20).run()
    page.switch_page("endpoints.py").run()
    assert not page.exception
    return page


def texts(page: AppTest) -> str:
    """Return everything that the page was sent."""
    elements = [*page.main, *page.sidebar]
    return "\n".join(str(getattr(element, "proto", "")) for element in elements)


def facts(page: AppTest) -> list[str]:
    """Return the line of facts of each endpoint."""
    return [caption.value for caption in page.main.caption if " · " in caption.value]


def settle(page: AppTest) -> None:
    """Wait until nothing is being found out, then draw the page again."""
    catalogue = runtime.current().catalogue

    def settled() -> bool:
        checkups = [catalogue.checkup(endpoint) for endpoint in known]
        looking = any(catalogue.models(endpoint).state == "looking" for endpoint in known)
        return not looking and not any(checkup and checkup.running for checkup in checkups)

    known = [*runtime.current().endpoints, *page.session_state[session.ADDED].values()]
    keys = page.session_state[session.KEYS]
    known = [
        Endpoint(each.name, each.base_url, keys.get((each.name, each.base_url), each.api_key), model=each.model)
        for each in known
    ]
    until(settled)
    page.run()


def typed(page: AppTest, name: str) -> Any:
    """Return a field of the form."""
    return next(field for field in page.text_input if str(field.key).startswith(name))


def vendor_of(page: AppTest) -> Any:
    """Return the choice of a vendor."""
    return page.selectbox[0]


def add(page: AppTest, **fields: str) -> None:
    """Fill in the form and send it."""
    for name, text in fields.items():
        typed(page, getattr(new, name.upper())).set_value(text).run()
    page.button(key="add").click().run()


def test_facts(store: Store) -> None:
    """Of an endpoint are shown: name, vendor, URL, where the key comes from; never a key."""
    page = opened(store, ENDPOINT, lister=FakeLister(["m", "n"]))
    settle(page)

    assert page.title[0].value == "Endpoints"
    assert "work" in page.header[0].value
    assert "OpenAI-compatible" in page.header[0].value
    assert page.text[0].value == "http://127.0.0.1:9/v1?secret=…"
    assert facts(page)[0] == "Key from secrets.toml · 2 models"
    assert "secret=…" in texts(page)
    assert "sk-" not in texts(page)


def test_sidebar(store: Store) -> None:
    """The sidebar is the chat's."""
    assert [link.label for link in opened(store, ENDPOINT).sidebar.get("page_link")] == ["New chat"]


def test_nothing_is_waited_for(store: Store) -> None:
    """The page is drawn while no endpoint has answered, and asks none in its own thread."""
    lister = FakeLister(["m"])
    lister.gate.clear()
    page = opened(store, ENDPOINT, Endpoint("other", "http://127.0.0.1:8/v1"), lister=lister)

    assert facts(page) == ["Key from secrets.toml · looking for models …", "No key · looking for models …"]
    lister.gate.set()
    until(lambda: len(lister.threads) == 2)
    assert {thread.name for thread in lister.threads} == {"lookup"}


def test_dead(store: Store) -> None:
    """An endpoint that refuses connections is told, with what to do; the other is as it was."""
    page = opened(store, Endpoint("dead", "http://127.0.0.1:9/v1"), ENDPOINT)
    settle(page)

    assert "the connection was refused" in page.main.markdown[0].value
    assert "then check again" in page.main.markdown[0].value
    assert len(page.header) == 2


def test_check(store: Store, vendor: FakeVendor) -> None:
    """A check shows each step, and what the endpoint can do."""
    page = opened(store, Endpoint("work", vendor.url, TYPED, model="m"))
    page.button(key="check-work").click().run()
    settle(page)

    badges, steps = (markdown.value for markdown in page.main.markdown)
    assert badges.startswith(":gray-badge[models] :gray-badge[streams]")
    assert steps.count("\n- ") == 10
    assert "**First token**" in steps
    assert "checked " in facts(page)[0]


def test_too_many_checks(store: Store) -> None:
    """A check that cannot begin says so."""
    lister = FakeLister(["m"])
    lister.gate.clear()
    page = opened(store, *(Endpoint(str(number), ENDPOINT.base_url) for number in range(9)), lister=lister)
    for number in range(9):
        page.button(key=f"check-{number}").click().run()

    assert "Several endpoints are being checked" in page.toast[0].value
    lister.gate.set()


def test_proposal(store: Store, vendor: FakeVendor) -> None:
    """A URL that lacks its path is found out; a click uses the right one, and checks it."""
    page = opened(store, Endpoint("work", vendor.root, TYPED, model="m"))
    page.button(key="check-work").click().run()
    settle(page)
    assert page.code[0].value == vendor.url

    page.button(key="move-work").click().run()

    assert page.text[0].value == vendor.url
    assert any("until you reload" in caption.value for caption in page.main.caption)
    until(lambda: vendor.asked[-1].path == "/v1/chat/completions")
    assert vendor.asked[-1].key == TYPED


def test_key(store: Store, vendor: FakeVendor) -> None:
    """A key for this session is used at once, and can be taken back."""
    page = opened(store, Endpoint("work", vendor.url))
    page.text_input(key="key-work-0").set_value(TYPED)
    page.button(key="FormSubmitter:key-form-work-Use this key").click().run()
    settle(page)
    assert facts(page)[0] == "Key of this session · 2 models"
    assert page.text_input(key="key-work-1").value == ""
    assert TYPED not in texts(page)

    page.button(key="forget-work").click().run()

    assert facts(page)[0].startswith("No key")


def test_wrong_key(store: Store) -> None:
    """What cannot be a key is refused in its place."""
    page = opened(store, ENDPOINT, lister=FakeLister(["m"]))
    page.text_input(key="key-work-0").set_value("schlüssel")
    page.button(key="FormSubmitter:key-form-work-Use this key").click().run()

    assert "expected one line of plain characters" in page.error[0].value
    assert page.text_input(key="key-work-0").value == "schlüssel"


def test_add(store: Store, vendor: FakeVendor) -> None:
    """An endpoint is added, checked, and shown with the lines that keep it; the form is empty again."""
    page = opened(store, ENDPOINT)
    add(page, url=vendor.url, key=TYPED, name="mine")
    settle(page)

    assert [heading.value.split()[0] for heading in page.header] == ["work", "mine"]
    assert page.code[0].value == f'[endpoints.mine]\nbase_url = "{vendor.url}"\napi_key = "…"'
    assert any("All is well" in expander.label for expander in page.expander)
    assert [field.value for field in page.text_input if field.key.startswith("new_")] == [""] * 4
    assert TYPED not in texts(page)


def test_remove(store: Store, vendor: FakeVendor) -> None:
    """What was added can be removed; what is configured cannot."""
    page = opened(store, ENDPOINT)
    add(page, url=vendor.url, name="mine")
    page.button(key="remove-mine").click().run()

    assert len(page.header) == 1
    assert not [button for button in page.button if str(button.key).startswith("remove")]


def test_add_nonsense(store: Store) -> None:
    """What cannot work is told in one sentence with a hint, and what was typed stays."""
    page = opened(store, ENDPOINT)
    add(page, url="https:/nonsense", key=TYPED, name="mine")

    assert "Base URL: expected an http or https URL" in page.error[0].value.replace("\u2060", "")
    assert "Correct it here" in page.error[0].value
    assert typed(page, new.URL).value == "https:/nonsense"
    assert typed(page, new.KEY).value == TYPED
    assert len(page.header) == 1


def test_name_taken(store: Store) -> None:
    """A name that is taken is told, with its own hint; the next change of the URL takes the error away."""
    page = opened(store, ENDPOINT)
    add(page, url="http://127.0.0.1:9/v1", name="work")
    assert "Choose another name" in page.error[0].value

    typed(page, new.URL).set_value("http://127.0.0.1:8/v1").run()

    assert not page.error


@pytest.mark.parametrize(
    ("url", "vendor", "name"),
    [
        ("https://openrouter.ai/api/v1", "OpenRouter", "openrouter"),
        ("api.groq.com/openai/v1", "Groq", "groq"),
        ("localhost:11434/v1", "Ollama", "ollama"),
        ("https://api.webraft.in/freeapi", "WebraftAI (free)", "webraftai-free"),
        ("https://ai.example.org/v1", "OpenAI-compatible", "ai-example-org"),
        ("http://[bad", "OpenAI-compatible", "openai-compatible"),
    ],
)
def test_guess(store: Store, url: str, vendor: str, name: str) -> None:
    """The vendor is guessed from the URL, and a name made of it."""
    page = opened(store, ENDPOINT)
    typed(page, new.URL).set_value(url).run()

    assert vendor_of(page).value == vendor
    assert typed(page, new.NAME).placeholder == name


def test_guess_again(store: Store) -> None:
    """A vendor that the URL no longer looks like is not it; one that was chosen and has no such look stays."""
    page = opened(store, ENDPOINT)
    for url in ("https://openrouter.ai/api/v1", "https://ai.example.org/v1"):
        typed(page, new.URL).set_value(url).run()
    assert vendor_of(page).value == "OpenAI-compatible"

    vendor_of(page).set_value("NEXTgpt").run()
    typed(page, new.URL).set_value("https://next.example.org").run()

    assert vendor_of(page).value == "NEXTgpt"


def test_example(store: Store) -> None:
    """A vendor that is chosen brings its URL, if that is the same for everybody; what was typed stays."""
    page = opened(store, ENDPOINT)
    for vendor, url in (
        ("Mistral", "https://api.mistral.ai/v1"),
        ("Azure OpenAI", ""),
        ("Together", "https://api.together.xyz/v1"),
    ):
        vendor_of(page).set_value(vendor).run()
        assert typed(page, new.URL).value == url
    typed(page, new.URL).set_value("https://mine.example.org").run()
    vendor_of(page).set_value("Groq").run()

    assert typed(page, new.URL).value == "https://mine.example.org"


def test_provider(store: Store) -> None:
    """The vendor that was chosen decides how the endpoint is talked to."""
    page = opened(store, ENDPOINT)
    vendor_of(page).set_value("NEXTgpt").run()
    add(page, url="127.0.0.1:9", model="GPT3")

    added = page.session_state[session.ADDED]["nextgpt"]
    assert (added.provider, added.model, added.base_url) == ("nextgpt", "GPT3", "http://127.0.0.1:9")


def test_names_differ(store: Store) -> None:
    """Two endpoints of a vendor get two names."""
    page = opened(store, ENDPOINT)
    for _ in range(2):
        add(page, url="http://127.0.0.1:9/v1")

    assert list(page.session_state[session.ADDED]) == ["127-0-0-1", "127-0-0-1-2"]


def test_not_allowed(store: Store) -> None:
    """Where nobody may add endpoints, there is no form."""
    page = opened(store, ENDPOINT, session_endpoints=False)

    assert not page.selectbox
    assert "configured" in page.main.caption[-1].value


def test_empty(store: Store) -> None:
    """With nothing configured the page says who answers, and how to add an endpoint."""
    page = opened(store, local=FakeLocal(), lister=FakeLister(["tiny"]))

    assert "No endpoint is configured" in page.main.caption[0].value
    assert "add its endpoint here" in page.main.caption[0].value
    assert page.text[0].value == "on this machine, in Parley itself"
    assert not [field for field in page.text_input if str(field.key).startswith("key-")]
    assert facts(page)[0].startswith("No key needed")


def test_empty_and_not_allowed(store: Store) -> None:
    """Where nobody may add endpoints, the page does not ask for one."""
    page = opened(store, local=FakeLocal(), session_endpoints=False)

    assert "add its endpoint" not in page.main.caption[0].value


@pytest.mark.parametrize("state", ["starting", "failed"])
def test_embedded_model_is_not_ready(store: Store, state: str) -> None:
    """How far the embedded model is, is told."""
    page = opened(store, local=FakeLocal(state))
    told = page.main.caption[1] if state == "starting" else page.error[0]

    assert told.value == "The model is starting."


def test_threads_of_the_chat(store: Store) -> None:
    """The chat page waits for no endpoint either."""
    lister = FakeLister(["m"])
    lister.gate.clear()
    opened(store, ENDPOINT, lister=lister)
    page = AppTest.from_file(PAGE, default_timeout=20).run()
    lister.gate.set()

    assert page.chat_input
    until(lambda: lister.threads)
    assert {thread.name for thread in lister.threads} == {"lookup"}
