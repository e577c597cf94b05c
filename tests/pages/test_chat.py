"""The chat page as a script: what it draws, and what a person makes of it. Browser tests show the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import generations, runtime
from lib.config import Endpoint, Settings
from lib.errors import RequestError, StoreError
from lib.messages import Completion, Delta, LinkedImage, Message
from lib.model_choice import ModelChoice
from lib.runtime import Runtime
from lib.store import LOCAL, Chats, Outcome, Store
from lib.ui.chat import stream
from lib.ui.parts import MAX_CHARACTERS
from tests.fake_client import ENDPOINT, FakeClient, FakeStream, answer
from tests.fake_local import FakeLocal
from tests.waiting import until

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "main.py")


class FakeRuntime(Runtime):
    """A runtime whose endpoint is a script."""

    def __init__(self, store: Store, *streams: FakeStream, endpoint: Endpoint | None = ENDPOINT) -> None:
        super().__init__(Settings(endpoints=(ENDPOINT,)), store)
        self.fake = FakeClient(*streams)
        self._endpoint = endpoint

    @property
    def endpoint(self) -> Endpoint | None:
        return self._endpoint

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return (self._endpoint,) if self._endpoint else ()

    def client(self, endpoint: Endpoint | None = None) -> FakeClient:  # type: ignore[override]
        return self.fake


def menu(page: AppTest) -> AppTest:
    """Open the menu of the open conversation."""
    page.session_state["conversation-menu"] = True
    return page.run()


def opened(store: Store, *streams: FakeStream, conversation: str | None = None, **options: Endpoint | None) -> AppTest:
    """Open the chat page on `store`."""
    runtime.use(FakeRuntime(store, *streams, **options))
    page = AppTest.from_file(PAGE, default_timeout=20)
    if conversation:
        page.query_params["c"] = conversation
    return page.run()


def talked(store: Store, *texts: str) -> str:
    """Store a conversation of prompts and answers; return its id."""
    conversation: str | None = None
    for text in texts:
        turn = store.chats(LOCAL).begin(
            Message("user", text), ModelChoice("e", "m"), provider="p", conversation_id=conversation
        )
        store.chats(LOCAL).finish(turn, Outcome("completed", text=f"You said {text}.", model="m"))
        conversation = turn.conversation_id
    assert conversation
    return conversation


def texts(page: AppTest) -> list[str]:
    """Return the first text of each message on the page."""
    return [message.markdown[0].value for message in page.chat_message]


def test_empty_state(store: Store) -> None:
    """A newcomer sees a greeting, which model answers, and starter prompts."""
    page = opened(store)

    assert page.title[0].value == "What would you like to know?"
    assert page.main.caption[0].value == "m at fake answers ·"
    assert page.main.get("page_link")[0].label == "add your own model"
    assert [button.key for button in page.main.button if str(button.key).startswith("starter")]
    assert not page.exception


def test_answer(store: Store) -> None:
    """A prompt gets its answer on the page, in the address and in the store."""
    page = opened(store, answer("Hel lo"))
    page.chat_input[0].set_value("hi").run()

    [conversation] = store.chats(LOCAL).recent()
    assert texts(page) == ["hi", "Hello"]
    assert page.query_params["c"] in (conversation.id, [conversation.id])
    assert not page.exception


@pytest.mark.parametrize(("is_new", "shown"), [(True, ["hi", "Hello"]), (False, [])])
def test_request_from_before(store: Store, shown: list[str], *, is_new: bool) -> None:
    """What was asked before the browser had the new address does not lead away from it; New chat does."""
    page = opened(store, answer("Hel lo"))
    page.chat_input[0].set_value("hi").run()
    if is_new:
        page.session_state["view"].touched = 0.0

    page.query_params.clear()
    page.run()

    assert texts(page) == shown
    assert bool(page.query_params) == bool(shown)


def test_history(store: Store) -> None:
    """An address opens its conversation."""
    page = opened(store, conversation=talked(store, "one", "two"))

    assert texts(page) == ["one", "You said one.", "two", "You said two."]


def test_window(store: Store) -> None:
    """Of a long conversation the last 20 messages are drawn, the others on demand."""
    page = opened(store, conversation=talked(store, *(str(number) for number in range(15))))
    assert len(page.chat_message) == 20

    page.button(key="earlier").click().run()

    assert len(page.chat_message) == 30


def test_reasoning(store: Store) -> None:
    """Opened again, an answer has its reasoning folded above it."""
    chats = store.chats(LOCAL)
    turn = chats.begin(Message("user", "Well?"), ModelChoice("e", "m"), provider="p")
    chats.finish(turn, Outcome("completed", text="Yes.", reasoning="Let me see.", model="m"))
    page = opened(store, conversation=turn.conversation_id)

    assert page.chat_message[1].expander[0].markdown[0].value == "Let me see."


def long(name: str, length: int) -> str:
    """Return a text of many lines, each of which says where it is."""
    return "".join(f"{name}{at:09}\n" for at in range(0, length, 11))[:length]


def test_long_texts(store: Store) -> None:
    """Of a long prompt, reasoning and answer the first part is drawn, the others on demand, and the whole is a file."""
    chats = store.chats(LOCAL)
    size = 3 * MAX_CHARACTERS
    turn = chats.begin(Message("user", long("p", size)), ModelChoice("e", "m"), provider="p")
    answer = "```py\n" + long("a", size)
    chats.finish(turn, Outcome("completed", text=answer, reasoning=long("r", size), model="m"))
    page = opened(store, conversation=turn.conversation_id)

    prompt, said = page.chat_message
    assert len(prompt.markdown[0].value.replace("&#10;", "\n")) <= MAX_CHARACTERS
    assert len(said.expander[0].markdown[0].value) <= MAX_CHARACTERS
    first = said.code[0].value
    page.button(key=f"go-on-text-{turn.message_id}").click().run()
    second = page.chat_message[1].code[1].value
    page.button(key=f"go-on-text-{turn.message_id}").click().run()
    third = page.chat_message[1].code[1].value
    page.button(key=f"go-on-text-{turn.message_id}").click().run()
    last = page.chat_message[1].code[1].value

    assert f"{first}\n{second}\n{third}\n{last}" == answer.removeprefix("```py\n")
    assert not [button for button in page.button if button.key == f"go-on-text-{turn.message_id}"]
    page.button(key=f"back-text-{turn.message_id}").click().run()
    assert page.chat_message[1].code[1].value == third


def test_window_of_long_texts(store: Store) -> None:
    """Of long messages fewer are drawn at once, and the last two in any case."""
    page = opened(store, conversation=talked(store, *["x" * 2 * MAX_CHARACTERS] * 6))
    assert len(page.chat_message) == 4

    page.button(key="earlier").click().run()

    assert len(page.chat_message) == 8


def test_list_of_conversations(store: Store) -> None:
    """The sidebar lists the latest conversations, and more of them on demand."""
    for number in range(20):
        talked(store, f"Talk {number}")
    page = opened(store)
    assert len(page.sidebar.get("page_link")) == 1 + 15

    page.button(key="more").click().run()

    assert len(page.sidebar.get("page_link")) == 1 + 20


def test_usage(store: Store) -> None:
    """The menu of a conversation tells what it used."""
    page = opened(store, conversation=talked(store, "one"))
    menu(page).button(key="conversation-usage").click().run()

    assert any("1 call that has ended" in text.value for text in page.markdown)


def test_unknown_address(store: Store) -> None:
    """An address of nothing says so and offers a new conversation."""
    page = opened(store, conversation="nonsense")

    assert "There is no conversation at this address" in page.error[0].value
    assert "c" not in page.query_params


def test_spaces(store: Store) -> None:
    """A prompt of only spaces is not sent."""
    page = opened(store)
    page.chat_input[0].set_value("   ").run()

    assert store.chats(LOCAL).recent() == []
    assert "only spaces" in page.toast[0].value


def test_no_endpoint(store: Store) -> None:
    """While no model answers, the box is closed."""
    page = opened(store, endpoint=None)

    assert page.chat_input[0].disabled


def embedded(store: Store, state: str) -> AppTest:
    """Open the chat page with nothing but the embedded model."""
    runtime.use(Runtime(Settings(), store, FakeLocal(state)))  # type: ignore[arg-type]
    return AppTest.from_file(PAGE, default_timeout=20).run()


def test_embedded_model(store: Store) -> None:
    """The embedded model says how small it is, before anybody trusts it."""
    assert "makes mistakes" in embedded(store, "ready").main.caption[0].value


@pytest.mark.parametrize("state", ["starting", "failed"])
def test_embedded_model_that_is_not_ready(store: Store, state: str) -> None:
    """How far the embedded model is stands above the closed box; what went wrong is an error."""
    page = embedded(store, state)
    told = page.error[0] if state == "failed" else page.caption[-1]

    assert told.value == "The model is starting."
    assert page.chat_input[0].disabled


def test_embedded_model_that_gets_ready(store: Store) -> None:
    """Once the embedded model is ready, the box is open."""
    page = embedded(store, "starting")
    runtime.current().local.state = "ready"  # type: ignore[union-attr, misc]

    assert not page.run().chat_input[0].disabled


def test_picture_that_parley_has_not_seen(store: Store) -> None:
    """Of a picture that the endpoint fetched, the address is shown and nothing is fetched."""
    prompt = Message("user", "What is it?", (LinkedImage("https://example.org/photo.jpg"),))
    turn = store.chats(LOCAL).begin(prompt, ModelChoice("e", "m"), provider="p")
    store.chats(LOCAL).finish(turn, Outcome("completed", text="A photo.", model="m"))
    page = opened(store, conversation=turn.conversation_id)

    assert "example.org" in page.chat_message[0].caption[0].value


def test_failure_offers_retry(store: Store) -> None:
    """A failed answer shows the error, and Retry asks again in its place."""
    page = opened(store, FakeStream([RequestError("The connection broke off.")], Completion()), answer("bet ter"))
    page.chat_input[0].set_value("hi").run()
    [retry] = [button for button in page.button if str(button.key).startswith("retry")]

    retry.click().run()

    assert texts(page) == ["hi", "better"]


def test_retry_that_cannot_be_sent(store: Store) -> None:
    """A Retry while no model answers says so, and the failed answer stays."""
    page = opened(store, FakeStream([RequestError("The connection broke off.")], Completion()))
    page.chat_input[0].set_value("hi").run()
    runtime.use(FakeRuntime(store, endpoint=None))
    [retry] = [button for button in page.button if str(button.key).startswith("retry")]

    retry.click().run()

    assert "No model answers yet." in page.toast[0].value
    assert any("The connection broke off." in error.value for error in page.error)


def test_store_that_refuses(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt that cannot be stored is not sent; the reason stands above the box."""
    page = opened(store)

    def refuse(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(Chats, "begin", refuse)
    page.chat_input[0].set_value("typed with care").run()

    assert "The disk is full." in page.error[0].value
    assert page.chat_input


def test_asked_by_the_address(store: Store) -> None:
    """What an address asks stands in the box, once, and nothing is sent."""
    runtime.use(FakeRuntime(store))
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.query_params["q"] = "say of pears"
    page.run()

    assert "say of pears" in str(page.chat_input[0].proto)
    assert (dict(page.query_params), store.chats(LOCAL).all()) == ({}, [])


def test_running_answer_is_followed(store: Store) -> None:
    """A page opened in mid-stream follows the answer to its end."""
    gate = threading.Event()
    parley = FakeRuntime(store, FakeStream([Delta("be"), gate, Delta("gun")], Completion(text="begun")))
    runtime.use(parley)
    generation = generations.start(store.chats(LOCAL), parley.fake, Message("user", "hi"), ModelChoice("fake", "m"))  # type: ignore[arg-type]
    threading.Timer(0.5, gate.set).start()
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.query_params["c"] = generation.turn.conversation_id

    page.run()

    assert texts(page) == ["hi", "begun"]


def test_answer_that_cannot_be_stored(store: Store) -> None:
    """An answer that the database does not take is on the page, which says that it is not stored, until it is."""
    page = opened(store, answer("hello"))
    with store._database.write() as database:
        database.exec_driver_sql("CREATE TRIGGER full BEFORE UPDATE ON usage BEGIN SELECT RAISE(ABORT, 'full'); END")
    page.chat_input[0].set_value("hi").run()

    assert texts(page) == ["hi", "hello"]
    assert "not stored yet" in page.chat_message[1].warning[0].value

    generation = generations.find(LOCAL, store.chats(LOCAL).recent()[0].id)
    with store._database.write() as database:
        database.exec_driver_sql("DROP TRIGGER full")
    assert generation
    until(lambda: generation.is_stored)
    page.run()

    assert texts(page) == ["hi", "hello"]
    assert not page.warning


def test_store_that_goes_while_words_come(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be done with a prompt is drawn while its answer comes, though the database answers nothing then."""
    follow = stream.follow

    def refused(*arguments: Any, aside: Callable[[], object], **options: Any) -> stream.Sheet:
        with store._database.write() as database:
            database.exec_driver_sql("ALTER TABLE messages RENAME TO gone")
        aside()
        with store._database.write() as database:
            database.exec_driver_sql("ALTER TABLE gone RENAME TO messages")
        return follow(*arguments, aside=aside, **options)

    monkeypatch.setattr(stream, "follow", refused)
    page = opened(store, answer("hello"))
    page.chat_input[0].set_value("hi").run()

    assert (texts(page), page.error.values) == (["hi", "hello"], [])
    assert "Edit" in [button.label for button in page.chat_message[0].button]


def test_prompt_while_the_page_is_being_drawn(store: Store) -> None:
    """A prompt that is sent before its place on the page is there gets its answer all the same."""
    page = opened(store, answer("Hel lo"))
    page.session_state["view"].begin([])  # a drawing that another run cuts short
    page.session_state["view"].touched = 0.0
    page.chat_input[0].set_value("hi").run()

    assert texts(page) == ["hi", "Hello"]
    assert not page.error


def test_stop_button_is_there(store: Store) -> None:
    """Stop has the key that other programs know."""
    assert opened(store).button(key="stop").label == "Stop"


def test_delete_and_restore(store: Store) -> None:
    """A deleted conversation leaves the list and comes back with Undo."""
    page = opened(store, conversation=talked(store, "one"))
    menu(page).button(key="delete").click().run()
    assert store.chats(LOCAL).recent() == []

    page.button(key="restore").click().run()

    assert len(store.chats(LOCAL).recent()) == 1
    assert texts(page) == ["one", "You said one."]


@pytest.mark.parametrize("key", ["stop", "delete"])
def test_end_of_an_answer(store: Store, key: str) -> None:
    """Stop ends the answer that is being written, and so does deleting its conversation."""
    page = menu(opened(store, FakeStream([threading.Event()], Completion()), conversation=talked(store, "one")))
    parley, conversation_id = runtime.current(), store.chats(LOCAL).recent()[0].id
    generation = generations.start(
        store.chats(LOCAL),
        parley.client(),
        Message("user", "hi"),
        ModelChoice("fake", "m"),
        conversation_id=conversation_id,
    )

    page.button(key=key).click().run()

    until(lambda: store.chats(LOCAL).message(generation.turn.message_id).state == "stopped")


def test_late_clicks(store: Store) -> None:
    """Stop after the answer's end changes nothing, nor does Delete after another page has deleted the conversation."""
    page = opened(store, conversation=talked(store, "one"))
    page.button(key="stop").click().run()
    assert texts(page) == ["one", "You said one."]

    menu(page)
    store.chats(LOCAL).delete(store.chats(LOCAL).recent()[0].id)
    page.button(key="delete").click().run()

    assert not page.exception
    assert "deleted" not in page.session_state


def test_receipt(store: Store) -> None:
    """A stopped answer tells, when it is opened again, what had come until then."""
    chats = store.chats(LOCAL)
    turn = chats.begin(Message("user", "hi"), ModelChoice("e", "m"), provider="p")
    chats.finish(turn, Outcome("stopped", text="Half an", model="m", deltas=2, closed_ms=3.0))
    page = opened(store, conversation=turn.conversation_id)

    assert "2 tokens received" in page.chat_message[1].markdown[-1].value


def listed(page: AppTest) -> list[str]:
    """Return the conversations of the sidebar."""
    return [link.proto.label for link in page.sidebar.get("page_link")][1:]


def test_old_conversation(store: Store) -> None:
    """A conversation that is too old for the list is in it while it is open; the list goes on by hundreds."""
    made = [talked(store, str(number)) for number in range(18)]
    page = opened(store, conversation=made[0])

    assert listed(page) == [*(str(number) for number in range(17, 2, -1)), "0"]
    page.button(key="more").click().run()
    assert listed(page) == [str(number) for number in range(17, -1, -1)]


def test_rename_to_nothing(store: Store) -> None:
    """A title of only spaces changes nothing."""
    page = opened(store, conversation=talked(store, "one"))
    menu(page).text_input(key="rename").set_value("  ").run()

    assert [each.title for each in store.chats(LOCAL).recent()] == ["one"]


def test_rename(store: Store) -> None:
    """Renaming begins with the title that a conversation has, and gives it the one that was typed."""
    page = opened(store, conversation=talked(store, "one"))
    assert menu(page).text_input(key="rename").value == "one"
    page.text_input(key="rename").set_value("  Better ").run()

    assert [each.title for each in store.chats(LOCAL).recent()] == ["Better"]


def test_broken_store_leaves_the_rest_of_the_page(store: Store) -> None:
    """When the list cannot be read, the page says so and still has its box."""
    page = opened(store)
    with store._database.write() as database:
        database.exec_driver_sql("ALTER TABLE conversations RENAME TO gone")

    page.run()

    assert page.error
    assert page.chat_input


def test_generation_of_another_process(store: Store) -> None:
    """An answer that another process writes is followed to its end; Stop marks it there, and it is shown as stopped."""
    with closing(Store.open(f"sqlite:///{store._database.file}")) as other:
        other.lease.hold()
        chats = other.chats(LOCAL)
        turn = chats.begin(Message("user", "hi"), ModelChoice("e", "m"), provider="p")
        chats.save(turn, "so far", "")
        threading.Timer(0.5, chats.finish, (turn, Outcome("completed", "so far, and more"))).start()

        page = opened(store, conversation=turn.conversation_id)
        assert texts(page) == ["hi", "so far, and more"]

        turn = chats.begin(
            Message("user", "on"), ModelChoice("e", "m"), provider="p", conversation_id=turn.conversation_id
        )
        threading.Timer(0.5, store.chats(LOCAL).stop, (turn,)).start()
        page.run()
        assert other.chats(LOCAL).stopped_elsewhere() == {turn.message_id}
        assert "Retry" in [button.label for button in page.chat_message[3].button]


def test_generation_that_nobody_follows(store: Store) -> None:
    """An answer that nothing here is known of is shown as far as it is stored."""
    turn = store.chats(LOCAL).begin(Message("user", "hi"), ModelChoice("e", "m"), provider="p")
    store.chats(LOCAL).save(turn, "so far", "")

    page = opened(store, conversation=turn.conversation_id)

    assert texts(page) == ["hi", "so far"]
    until(lambda: "Another Parley process" in page.chat_message[1].markdown[1].value)


def test_pin_and_archive(store: Store) -> None:
    """A conversation is pinned above the others, and archived out of the list, in its menu."""
    id = talked(store, "one")
    page = opened(store, conversation=id)
    menu(page).button(key="pin").click().run()
    assert "Pinned" in [caption.value for caption in page.sidebar.caption]

    menu(page).button(key="archive").click().run()
    assert "Pinned" not in [caption.value for caption in page.sidebar.caption]
    assert store.chats(LOCAL).recent() == []
    assert menu(page).button(key="archive").label == "Unarchive"


def test_delete_for_good(store: Store) -> None:
    """What was deleted is removed at once for good, on demand."""
    id = talked(store, "one")
    page = opened(store, conversation=id)
    menu(page).button(key="delete").click().run()
    page.button(key="erase").click().run()
    store.chats(LOCAL).restore(id)

    assert store.chats(LOCAL).get(id) is None
    assert "for good" in page.toast[0].value
