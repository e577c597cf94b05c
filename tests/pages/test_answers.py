"""Answers with more than text on the chat page."""

from __future__ import annotations

import base64
from pathlib import Path

from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.config import Endpoint, Settings
from lib.endpoints.catalogue import Catalogue
from lib.runtime import Runtime
from lib.store import LOCAL, Store
from tests import pictures
from tests.endpoint import FakeEndpoint
from tests.fake_lister import FakeLister

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "main.py")
PIXELS = base64.b64encode(pictures.file(pictures.quarters())).decode()


def asked(store: Store, endpoint: FakeEndpoint, prompt: str) -> AppTest:
    """Ask for an answer, and open the page anew once it is there."""
    settings = Settings(endpoints=(Endpoint("work", endpoint.url, model="fake"),))
    runtime.use(Runtime(settings, store, catalogue=Catalogue(FakeLister(["fake"]))))
    page = AppTest.from_file(PAGE, default_timeout=20).run()
    page.chat_input[0].set_value(prompt).run()
    assert not page.exception
    return page


def test_pictures(store: Store, endpoint: FakeEndpoint) -> None:
    """A picture in an answer is shown and can be downloaded, at once and after a reload; it is not sent again."""
    page = asked(store, endpoint, f"say Here: ![a](data:image/png;base64,{PIXELS}) Done.")
    id = page.query_params["c"]
    again = AppTest.from_file(PAGE, default_timeout=20)
    again.query_params["c"] = id
    for shown in (page, again.run()):
        assert len(shown.get("download_button")) == len(shown.get("image")) == 1
        assert "Here:  Done." in [each.value.strip() for each in shown.chat_message[-1].markdown]
    (image,) = store.chats(LOCAL).path(str(id[0] if isinstance(id, list) else id))[-1].images

    assert image.id
    again.chat_input[0].set_value("n1 r0").run()
    assert endpoint.asked[-1].body["messages"][1]["content"] == "Here:  Done."


def test_picture_alone(store: Store, endpoint: FakeEndpoint) -> None:
    """An answer that is a picture and nothing else is one: the next prompt has it as said."""
    page = asked(store, endpoint, f"say data:image/png;base64,{PIXELS}")
    page.chat_input[0].set_value("n1 r0").run()

    assert [message["content"] for message in endpoint.asked[-1].body["messages"]][1:] == ["(a picture)", "n1 r0"]


def test_broken_picture(store: Store, endpoint: FakeEndpoint) -> None:
    """One that cannot be shown is told in a sentence."""
    page = asked(store, endpoint, "say Look: ![a](data:image/png;base64,iVBORw0KGgo=)")

    assert any("is not shown" in each.value for each in page.chat_message[-1].markdown)
    assert not page.get("image")


def marked(page: AppTest) -> str:
    """Return all text of the last message."""
    return "\n".join(each.value for each in page.chat_message[-1].markdown)


def structured(store: Store, endpoint: FakeEndpoint, schema: str, answer: str) -> AppTest:
    """Ask for an answer with a schema, and open the page anew: it shows what it showed when the answer had come."""
    page = asked(store, endpoint, "n1 r0")
    page.session_state["parameters"] = True
    page.run()
    next(box for box in page.text_area if box.label == "JSON schema").set_value(schema).run()
    page.chat_input[0].set_value(f"say {answer}").run()
    again = AppTest.from_file(PAGE, default_timeout=20)
    again.query_params["c"] = page.query_params["c"]
    again.run()
    assert not again.exception
    assert marked(page) == marked(again)
    return again


ROWS = '{"type": "array", "items": {"properties": {"price": {"type": "number"}}}}'


def test_table(store: Store, endpoint: FakeEndpoint) -> None:
    """A list of objects is a table, in which what does not fit is marked and told; what came stays at hand."""
    page = structured(store, endpoint, ROWS, '[{"name": "*Ulm*", "price": 2}, {"name": "Bonn", "price": "dear"}, {}]')
    said = marked(page)

    assert endpoint.asked[-1].body["response_format"]["json_schema"]["schema"]["type"] == "array"
    assert "| name | price |" in said
    assert "| Bonn | :red[dear] |" in said
    assert "| – | – |" in said
    assert "**row 2, price** is a string, not a number" in said
    assert r"| \*Ulm\* | 2 |" in said
    assert [each.label for each in page.chat_message[-1].expander] == ["As it came"]


def test_tree(store: Store, endpoint: FakeEndpoint) -> None:
    """Any other value is a tree."""
    page = structured(store, endpoint, '{"type": "object"}', '{"a": {"b": [1, {"c": ""}]}, "d": [], "": null}')
    said = marked(page)

    for line in ("- **a**", "  - **b**", "    - :gray[1] 1", '      - **c** ""', r"- **d** \[\]", "- **–** null"):
        assert line in said.splitlines()
    assert "Fits its schema." in said


def test_no_json(store: Store, endpoint: FakeEndpoint) -> None:
    """An answer that is no JSON shows as it came, and is told; a schema that is none is not used."""
    page = structured(store, endpoint, ROWS, "Well, no.")
    assert "This answer is no JSON." in marked(page)
    assert "Well, no." in marked(page)

    page.session_state["parameters"] = True
    page.run()
    next(box for box in page.text_area if box.label == "JSON schema").set_value('{"$ref": "https://a.b"}').run()
    assert any("nothing is fetched" in each.value for each in page.caption)
