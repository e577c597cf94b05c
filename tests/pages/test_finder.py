"""Search in the sidebar, and the way from what was found to its place."""

from __future__ import annotations

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from lib.model_choice import ModelChoice
from lib.store import LOCAL, Outcome, Store
from tests.pages.test_chat import menu, opened, talked, texts


def find(page: AppTest, query: str) -> list[tuple[str, str]]:
    """Type into the search; return the labels and addresses of what is found."""
    page.text_input(key="search").set_value(query).run()
    links = [link.proto for link in page.sidebar.get("page_link")]
    return [(link.label, link.query_string) for link in links if link.query_string and "m=" in link.query_string]


def test_search(store: Store) -> None:
    """Words of titles and of messages are found and marked, without marks of markdown, while the list waits."""
    id = talked(store, "Schifffahrt nach *Paris*", "東京 ist weit")
    store.chats(LOCAL).rename(id, "Reise nach Paris")
    page = opened(store)
    found = find(page, "paris")

    assert [label for label, _ in found] == [
        ":small[You said Schifffahrt nach :primary-background[Paris].]",
        ":small[Schifffahrt nach :primary-background[Paris]]",
    ]
    assert all(f"c={id}" in address for _, address in found)
    assert "Reise nach :primary-background[Paris]" in [link.proto.label for link in page.sidebar.get("page_link")]
    assert len(find(page, "東京")) == 2
    assert find(page, " ") == []
    assert not page.exception


def test_a_star_that_stays(store: Store) -> None:
    """A sign that is no mark of markdown stands as it was written: it means nothing to the page either."""
    talked(store, "2 * 3 Paris_*")
    found = find(opened(store), "paris")

    assert (":small[2 \\* 3 :primary-background[Paris]\\_\\*]") in [label for label, _ in found]


def test_conversations_with_titles_and_messages(store: Store) -> None:
    """Each conversation stands once, its title above its messages, where several have the words in both."""
    ids = [talked(store, f"tide {number}") for number in range(3)]
    page = opened(store)
    found = find(page, "tide")

    assert not page.exception
    assert not page.error
    assert [address.split("&")[0] for _, address in found] == [f"c={id}" for id in reversed(ids) for _ in range(2)]


@pytest.mark.parametrize("query", ["' OR 1=1 --", "%", "_", '" NEAR('])
def test_signs_are_signs(store: Store, query: str) -> None:
    """Signs that mean something to databases mean nothing here; a sentence says that nothing was found."""
    talked(store, "hello")
    page = opened(store)

    assert find(page, query) == []
    assert "Nothing has all words of" in page.sidebar.caption[0].value


def test_many(store: Store) -> None:
    """Of very many the latest are shown, and how to find fewer."""
    talked(store, *(f"needle {number}" for number in range(11)))
    page = opened(store)

    assert len(find(page, "needle")) == 20
    assert any("More words find fewer" in caption.value for caption in page.sidebar.caption)


def test_arrive(store: Store) -> None:
    """What was found on a branch that is not shown is shown, with as much of the conversation as it takes."""
    chats = store.chats(LOCAL)
    id = talked(store, *(str(number) for number in range(15)))
    first = chats.path(id)[0]
    chats.finish(chats.edit(first.id, "else", ModelChoice("e", "m"), provider="p"), Outcome("completed", "no"))
    page = opened(store, conversation=id)
    assert texts(page) == ["else", "no"]

    page.query_params["m"] = str(first.id)
    page.run()
    assert texts(page)[0] == "0"
    assert len(page.chat_message) == 30
    assert "m" not in page.query_params


@pytest.mark.parametrize("wanted", ["x", "99999"])
def test_arrive_nowhere(store: Store, wanted: str) -> None:
    """An address of a message that is not there opens its conversation."""
    page = opened(store, conversation=talked(store, "one"))
    page.query_params["m"] = wanted

    assert texts(page.run()) == ["one", "You said one."]


def filters(page: AppTest) -> AppTest:
    """Open the menu of filters."""
    page.session_state["filters"] = True
    return page.run()


def test_filters(store: Store) -> None:
    """A search is narrowed in its menu; without words it lists what is left. The filters are cleared at once."""
    id, other = talked(store, "one"), talked(store, "two")
    store.chats(LOCAL).tag(id, ["work"])
    page = opened(store)
    filters(page).selectbox(key="filter-tag").set_value("work").run()
    addresses = [link.proto.query_string for link in page.sidebar.get("page_link")]
    assert [sum(f"c={each}" in address for address in addresses) for each in (id, other)] == [2, 1]  # and in the list
    assert page.sidebar.caption[0].value == "work"

    page.button(key="clear-filters").click().run()
    assert page.sidebar.caption[0].value == "Today"


def test_days(store: Store) -> None:
    """A search is narrowed to some days, as the person has them."""
    talked(store, "one")
    page = opened(store)
    filters(page).date_input(key="filter-since").set_value(date(2020, 1, 1)).run()

    assert page.sidebar.caption[0].value == "Some days"
    assert page.session_state["search-within"].since.year == 2020
    page = opened(store)
    filters(page).date_input(key="filter-until").set_value(date(2020, 1, 2)).run()
    assert page.sidebar.caption[1].value == "Nothing is like that."


def test_tags(store: Store) -> None:
    """A conversation gets tags in its menu."""
    id = talked(store, "one")
    store.chats(LOCAL).tag(id, ["work", "play"])
    page = menu(opened(store, conversation=id))
    page.multiselect[0].set_value(["play"]).run()

    assert store.chats(LOCAL).tags(id) == ["play"]
