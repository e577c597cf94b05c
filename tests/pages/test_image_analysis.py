"""The image page as a script: what it takes, shows, sends and refuses. Browser tests show the rest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import runtime
from lib.api import ChatClient
from lib.config import Endpoint, Settings
from lib.generations import batches
from lib.generations.batches import Asker, Row
from lib.images.fetch import Fetcher
from lib.images.normalise import normalise
from lib.images.ocr import Ocr, engine, installed
from lib.messages import Completion, Message, Usage
from lib.pricing import prices as pricing
from lib.pricing.budgets import Budget
from lib.pricing.prices import Prices
from lib.runtime import Runtime
from lib.store import LOCAL, Store
from lib.ui.chat import actions
from lib.ui.chat.view import View
from tests import pictures, web
from tests.fake_client import ENDPOINT, FakeClient, FakeStream, answer
from tests.fake_vision import FakeVision
from tests.statements import heard
from tests.store.calls import dollars, foreign, put
from tests.store.helpers import CHOICE, DONE, calls
from tests.waiting import until

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "main.py")
PHOTO = pictures.file(pictures.photo(), "JPEG", exif=pictures.exif().tobytes())
RED = pictures.file(pictures.quarters())
PRICES = pricing.parse({"*": {"input": 10.0, "output": 76.0}}, "a test")
BLIND = Endpoint("local", "http://127.0.0.1:9/v1", provider="local", model="small")

BATCH = {"provider": "openai", "purpose": "batch", "each": "image"}


class FakeRuntime(Runtime):
    """A runtime whose endpoint is a script, and whose web is inside this process."""

    def __init__(
        self,
        store: Store,
        *streams: FakeStream,
        endpoints: tuple[Endpoint, ...] = (ENDPOINT,),
        ocr: Ocr | None = None,
    ) -> None:
        self.web = web.Web(web.answer(RED))
        fetcher = Fetcher(self.web.resolve, self.web.connect)
        super().__init__(Settings(endpoints=endpoints), store, fetcher=fetcher, ocr=ocr)
        self.fake = FakeClient(*streams)

    def client(self, endpoint: Endpoint | None = None) -> FakeClient:  # type: ignore[override]
        return self.fake


def opened(store: Store, *streams: FakeStream, conversation: str | None = None, **options: Any) -> AppTest:
    """Open the image page on `store`."""
    runtime.use(FakeRuntime(store, *streams, **options))
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.switch_page("image_analysis.py")
    if conversation:
        page.query_params["c"] = conversation
    page.run()
    assert not page.exception
    return page


def add(page: AppTest, *files: bytes | tuple[str, bytes]) -> AppTest:
    """Upload pictures."""
    named = [file if isinstance(file, tuple) else (f"{number}.jpg", file) for number, file in enumerate(files)]
    page.file_uploader[0].set_value([(name, data, "image/jpeg") for name, data in named]).run()
    assert not page.exception
    return page


def ask(page: AppTest, text: str) -> AppTest:
    """Type a question."""
    page.chat_input[0].set_value(text).run()
    assert not page.exception
    return page


def texts(page: AppTest) -> list[str]:
    """Return the first text of each message."""
    return [message.markdown[0].value for message in page.chat_message]


def captions(page: AppTest) -> str:
    """Return all small print."""
    return "\n".join(caption.value for caption in page.main.caption).replace("\u2009", " ")


def sent() -> list[Any]:
    """Return the pictures of the last prompt that was sent."""
    client = runtime.current().client()
    return [image for message in client.asked[-1][0] for image in message.images]


def test_empty(store: Store) -> None:
    """The empty page says what it is for, and has a place for files and an input box."""
    page = opened(store)

    assert page.title[0].value == "Ask about pictures"
    assert page.file_uploader[0].accept_multiple_files
    assert page.chat_input[0].placeholder == "Ask about the pictures"
    assert page.button(key="stop").label == "Stop"
    assert not [button for button in page.button if str(button.key).startswith("task")]


def test_what_is_sent_is_shown_before(store: Store) -> None:
    """Of a picture are shown: format, pixels and bytes as it came and as it is sent, and about how many tokens."""
    page = add(opened(store), ("holiday.jpg", PHOTO))

    assert "holiday.jpg\nJPEG 640 × 480" in captions(page)
    assert "Sent: JPEG 640 × 480" in captions(page)
    assert "~425 tokens" in captions(page)
    assert "To be sent: 1 picture" in captions(page)


def test_question(store: Store) -> None:
    """A question goes with the picture, without its EXIF; the conversation is one of images, at its own address."""
    page = ask(add(opened(store, answer("A photo")), PHOTO), "What is it?")

    [conversation] = store.chats(LOCAL).recent()
    [call] = calls(store)
    assert texts(page) == ["What is it?", "Aphoto"]
    assert page.query_params["c"] in (conversation.id, [conversation.id])
    assert (call.purpose, conversation.purpose) == ("image", "image")
    assert sent()[0].media_type == "image/jpeg"
    assert page.session_state["tray"].items == []


def test_upload_and_question_at_once(store: Store) -> None:
    """A question that comes together with its picture is asked about it."""
    page = opened(store, answer("yes"))
    page.file_uploader[0].set_value([("a.png", RED, "image/png")])
    ask(page, "Seen?")

    assert len(sent()) == 1


def test_follow_up_keeps_the_pictures(store: Store) -> None:
    """A second question has the picture again, from the store."""
    page = add(opened(store, answer("one"), answer("two")), PHOTO)
    ask(page, "first")
    ask(page, "second")

    assert texts(page) == ["first", "one", "second", "two"]
    assert len(sent()) == 1
    assert sent()[0].media_type == "image/jpeg"


def test_conversation_is_found_again(store: Store) -> None:
    """An address opens the conversation with its pictures; the sidebar leads there."""
    ask(add(opened(store, answer("one")), PHOTO), "first")
    [conversation] = store.chats(LOCAL).recent()

    page = opened(store, conversation=conversation.id)

    assert texts(page) == ["first", "one"]
    assert "JPEG 640 × 480" in captions(page)
    assert [link.proto.page for link in page.sidebar.get("page_link")][-1].startswith("image_analysis")


def test_no_picture(store: Store) -> None:
    """A question without any picture is not sent, and the page says what is missing."""
    page = ask(opened(store), "typed with care")

    assert "There is no picture to ask about yet." in page.error[0].value
    assert store.chats(LOCAL).recent() == []


def test_expected_and_reported(store: Store) -> None:
    """Under the answer stands what the prompt was about to cost beside what the endpoint reports."""
    page = add(opened(store, answer("one", usage=Usage(812, 5, 817))), PHOTO)
    ask(page, "first")

    assert "Prompt: ~433 tokens expected, 812 reported" in captions(page)


def talk(store: Store, turns: int) -> str:
    """Store a conversation about one picture, and return its id."""
    prompt, conversation_id = Message("user", "look", (normalise(PHOTO).image(),)), None
    for _ in range(turns):
        turn = store.chats(LOCAL).begin(
            prompt, CHOICE, provider="openai", conversation_id=conversation_id, purpose="image"
        )
        store.chats(LOCAL).finish(turn, DONE)
        prompt, conversation_id = Message("user", "and now?"), turn.conversation_id
    return turn.conversation_id


def test_statements_do_not_grow_with_the_answers(store: Store) -> None:
    """The page asks the store as often for ten answers as for two: the conversation is read and counted once."""
    asked = []
    for turns in (2, 10):
        conversation = talk(store, turns)
        with heard() as said:
            page = opened(store, conversation=conversation)
        asked.append(len(said))
        assert captions(page).count("tokens expected, 3 reported") == turns

    assert asked[0] == asked[1]


def test_detail(store: Store) -> None:
    """At detail low the picture is smaller, and the word goes with it."""
    page = add(opened(store, answer("one")), pictures.file(pictures.photo(2000, 1500), "JPEG"))
    assert "Sent: JPEG 1 024 × 768" in captions(page)
    page.get("button_group")[0].set_value("low").run()

    assert "Sent: JPEG 512 × 384" in captions(page)
    ask(page, "small")
    assert [image.detail for image in sent()] == ["low"]


def test_order(store: Store) -> None:
    """Pictures are sent in the order that they were put in."""
    page = add(opened(store, answer("one")), ("a.png", RED), ("b.jpg", PHOTO))
    first, second = page.session_state["tray"].items
    page.button(key=f"later-{first.number}").click().run()
    assert page.session_state["tray"].items == [second, first]
    ask(page, "order")

    assert [image.media_type for image in sent()] == ["image/jpeg", "image/png"]


def test_remove(store: Store) -> None:
    """A picture can be taken out again."""
    page = add(opened(store), RED)
    page.button(key=f"remove-{page.session_state['tray'].items[0].number}").click().run()

    assert page.session_state["tray"].items == []


def test_task(store: Store) -> None:
    """A task asks with one click; comparing is there for two pictures."""
    page = add(opened(store, answer("one")), RED)
    tasks = {button.label: button for button in page.button if str(button.key).startswith("task")}
    assert "Compare these two" not in tasks
    tasks["Describe"].click().run()

    assert [text.replace("\\", "") for text in texts(page)] == ["Describe this picture.", "one"]


@pytest.mark.parametrize(("text", "label"), [("```csv\na,b\n1,2\n```", "Download CSV"), ('{"a": 1}', "Download JSON")])
def test_download(store: Store, text: str, label: str) -> None:
    """An answer that is a table or JSON can be had as a file."""
    stream = FakeStream([], Completion(text=text, finish_reason="stop"))
    page = ask(add(opened(store, stream), RED), "go")

    assert [button.label for button in page.get("download_button")] == [label]


def test_address(store: Store) -> None:
    """A picture from the web is fetched by Parley and sent as bytes."""
    page = named(opened(store, answer("one")), "http://pictures.example/cat.png")

    assert "cat.png\nPNG 64 × 48" in captions(page)
    ask(page, "web")
    assert sent()[0].media_type == "image/png"


def test_address_for_the_endpoint(store: Store) -> None:
    """An address that the endpoint is to fetch is sent as it is; Parley does not ask there."""
    page = named(opened(store, answer("one")), "http://pictures.example/cat.png", "The endpoint fetches it")

    assert "Tokens are not known" in captions(page)
    ask(page, "web")
    assert [image.url for image in sent()] == ["http://pictures.example/cat.png"]
    assert runtime.current().web.connected == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://169.254.169.254/", "not on the public internet"),
        ("http://127.0.0.1/", "not on the public internet"),
        ("http://127.1/", "no web address"),
        ("http://2130706433/", "no web address"),
        ("http://[::ffff:127.0.0.1]/", "not on the public internet"),
        ("file:///etc/passwd", "begin with http"),
        ("ftp://example.org/a.png", "begin with http"),
        ("data:image/png;base64,AAAA", "begin with http"),
        ("http://evil\\@host/", "no web address"),
    ],
)
def test_address_that_is_refused(store: Store, url: str, said: str) -> None:
    """Nothing is fetched from within the network, and the person is told so in a sentence."""
    page = named(opened(store), url)

    assert said in page.error[0].value
    assert runtime.current().web.connected == []


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (web.redirect("http://127.0.0.1/cat.png"), "0.0.1 is not on the public internet"),
        (web.redirect("http://inside.example/"), "inside.example is not on the public internet"),
        (web.answer(b"<!doctype html>", Content_Type="image/png"), "not a picture that Parley reads"),
        (web.answer(RED, Content_Length=99_000_000), "larger than 10 MB"),
        (web.answer(RED[:100], Content_Length=len(RED)), "ended before it was complete"),
    ],
)
def test_address_that_leads_astray(store: Store, script: web.Script, said: str) -> None:
    """What a server does instead of sending a picture is told; the address and what was chosen before stay."""
    page = add(opened(store), ("good.png", RED))
    fake = runtime.current().web
    fake.names["inside.example"], fake.scripts = [web.PUBLIC, "10.0.0.1"], [script]
    number = page.session_state["pictures_taken"]
    named(page, "http://pictures.example/cat.png", number=number)

    assert said in page.error[0].value
    assert page.text_input(key=f"address-{number}").value == "http://pictures.example/cat.png"
    assert [item.name for item in page.session_state["tray"].items] == ["good.png"]
    assert fake.connected == [(web.PUBLIC, 80)]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "data:image/png;base64,AAAA", "http://evil\\@host/"])
def test_address_that_no_endpoint_gets(store: Store, url: str) -> None:
    """What is no address of the web is not sent to the endpoint either."""
    page = named(opened(store), url, "The endpoint fetches it")

    assert page.error
    assert page.session_state["tray"].items == []


def named(page: AppTest, url: str, who: str = "Parley fetches it", number: int = 0) -> AppTest:
    """Give the address of a picture; `number` is how often pictures were taken before."""
    page.text_input(key=f"address-{number}").set_value(url).run()
    page.radio[0].set_value(who).run()
    page.button(key=f"add-{number}").click().run()
    assert not page.exception
    return page


@pytest.mark.parametrize("name", ["../../etc/passwd.png", "a\0b.png", "x" * 5_000, "<img src=x>![](http://x/y)"])
def test_hostile_names_of_bad_pictures(store: Store, name: str) -> None:
    """The name of a picture that is refused is shown short and inert as well."""
    page = add(opened(store), (name, b"<svg>"))
    [error] = page.error

    assert "An SVG drawing is not taken." in error.value
    assert len(error.value) < 300
    assert "\0" not in error.value
    assert "![" not in error.value


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.png", "a\0b.png", "x" * 5_000, "<img src=x>![](http://x/y)", "no-extension", ""]
)
def test_hostile_names(store: Store, name: str) -> None:
    """What a file is called decides nothing, and is shown as plain text of bounded length."""
    page = add(opened(store, answer("one")), (name, RED))

    assert "PNG 64 × 48" in captions(page)
    assert "\0" not in captions(page)
    assert "![" not in captions(page)
    assert max(map(len, captions(page).splitlines())) < 200


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty."),
        (b"<svg onload=alert(1)>", "An SVG drawing is not taken."),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "An EPS drawing is not taken."),
        (RED[:-40], "cut off"),
        (pictures.bomb(), "megapixels"),
        (RED + bytes(20_000_000), "at most 20 MB are taken"),
    ],
)
def test_bad_pictures(store: Store, data: bytes, said: str) -> None:
    """A bad picture is refused in a sentence under its name; the good one beside it stays."""
    page = add(opened(store), ("bad.png", data), ("good.png", RED))

    assert said in page.error[0].value
    assert "bad.png" in page.error[0].value
    assert [item.name for item in page.session_state["tray"].items] == ["good.png"]


@pytest.mark.parametrize("bad", [b"<svg>", b""])
def test_refused_with_a_question(store: Store, bad: bytes) -> None:
    """A question that comes together with a bad picture stays in the box, with the good one; asked again, it goes."""
    page = opened(store, answer("yes"))
    page.file_uploader[0].set_value([("bad.png", bad, "image/png"), ("good.png", RED, "image/png")])
    ask(page, "typed with care")
    assert "has not been sent" in "".join(error.value for error in page.error)
    assert page.chat_input[0].proto.value == "typed with care"
    assert [item.name for item in page.session_state["tray"].items] == ["good.png"]
    ask(page, "typed with care")

    assert (len(sent()), texts(page)[0]) == (1, "typed with care")
    assert not page.error


def test_only_a_bad_picture(store: Store) -> None:
    """A question that comes with nothing but a bad picture is not sent; what is wrong with it is said."""
    page = opened(store)
    page.file_uploader[0].set_value([("bad.png", b"<svg/>", "image/png")])
    ask(page, "typed with care")

    assert "not taken" in "".join(error.value for error in page.error)
    assert page.chat_input[0].proto.value == "typed with care"


def test_many_reasons(store: Store) -> None:
    """Where pictures are refused for many reasons, the first of them are told, and how many more there are."""
    bad = (b"", b"<svg/>", RED[:-40], pictures.bomb(), pictures.bomb())
    page = add(opened(store), *((f"{number}.png", data) for number, data in enumerate(bad)))

    assert len(page.error) == 3
    assert "2 pictures more cannot be taken either." in captions(page)


def test_refused_before_a_question(store: Store) -> None:
    """A picture that was refused does not keep the others from being asked about."""
    page = add(opened(store, answer("yes")), ("bad.png", b"<svg>"), ("good.png", RED))
    ask(page, "What is it?")

    assert len(sent()) == 1


def test_too_many(store: Store) -> None:
    """More pictures than go with one prompt are refused, with the way to a batch; the others stay."""
    page = add(opened(store), *[RED] * 22)

    assert len(page.session_state["tray"].items) == 20
    assert "20 pictures are as many as go with one prompt." in page.error[0].value
    assert "batch" in page.error[0].value


def test_too_much_together(store: Store) -> None:
    """Pictures of more than 50 MB together are refused from there on; the others stay."""
    page = add(opened(store), *[RED + bytes(18_000_000)] * 3)

    assert len(page.session_state["tray"].items) == 2
    assert "54 MB together; at most 50 MB are taken" in page.error[0].value


def test_blind(store: Store) -> None:
    """A model that cannot see says so before anything is added, and those that can are proposed."""
    seeing = Endpoint("eyes", "http://127.0.0.1:9/v1", models=("gpt-4o", "text-only"))
    page = opened(store, endpoints=(BLIND, seeing))
    assert "small cannot see pictures." in page.warning[0].value
    [proposal] = [button for button in page.button if str(button.key).startswith("seeing")]
    assert proposal.label == "gpt-4o"
    proposal.click().run()

    assert not page.warning


def test_blind_is_not_asked(store: Store) -> None:
    """Pictures do not go to a model that cannot see: nothing is called, and they wait for another one."""
    page = ask(add(opened(store, endpoints=(BLIND,)), RED), "what is this?")

    assert "small cannot see pictures." in page.error[0].value
    assert len(page.session_state["tray"].items) == 1
    assert page.chat_input[0].proto.value == "what is this?"
    assert calls(store) == []


def test_blind_without_another(store: Store) -> None:
    """Where no model can see, the way to the endpoints is shown."""
    page = add(opened(store, endpoints=(BLIND,)), RED)

    assert page.warning
    assert "Add an endpoint" in [link.proto.label for link in page.main.get("page_link")]


def test_ocr(store: Store) -> None:
    """Where OCR is installed, text is read on this machine and said to be OCR, with its confidence; nothing is sent."""
    page = add(opened(store, ocr=Ocr(partial(engine, "tests.fake_rapidocr"))), ("scan.jpg", PHOTO))
    page.button(key="read").click().run()
    [item] = page.session_state["tray"].items
    until(lambda: runtime.current().ocr.find(f"staged-{item.number}").state == "done")
    page.run()

    assert page.code[0].value == "640 × 480\nsecond"
    assert "scan.jpg · 2 lines read by OCR on this machine, not by a model · 89 % confidence" in captions(page)
    assert "least sure of line 2" in captions(page)
    assert calls(store) == []


def test_ocr_of_a_conversation(store: Store) -> None:
    """The pictures of a conversation can be read as well; one without text says so."""
    ask(add(opened(store, answer("one")), RED), "first")
    [conversation] = store.chats(LOCAL).recent()
    ocr = Ocr(partial(engine, "tests.fake_rapidocr"))
    page = opened(store, conversation=conversation.id, ocr=ocr)
    page.button(key="read").click().run()
    [image] = store.chats(LOCAL).path(conversation.id)[0].images
    until(lambda: ocr.find(image.id).state == "done")
    page.run()

    assert "Picture 1 · OCR on this machine found no text" in captions(page)


def test_ocr_that_fails(store: Store) -> None:
    """A reader that fails says so under the picture's name."""
    page = add(opened(store, ocr=Ocr(partial(engine, "tests.no_such_module"))), ("scan.jpg", PHOTO))
    page.button(key="read").click().run()
    [item] = page.session_state["tray"].items
    until(lambda: runtime.current().ocr.find(f"staged-{item.number}").state == "failed")
    page.run()

    assert "scan.jpg" in page.error[0].value
    assert "could not be read" in page.error[0].value


@pytest.mark.skipif(installed() is not None, reason="rapidocr is installed here")
def test_without_ocr(store: Store) -> None:
    """Where OCR is not installed, it is not offered."""
    page = add(opened(store), RED)

    assert not [button for button in page.button if button.key == "read"]


def test_uploads_are_not_kept_twice(store: Store) -> None:
    """What is in the tray is gone from Streamlit's own memory, and the place for files is empty again."""
    page = add(opened(store), RED)

    assert not page.file_uploader[0].value


def test_chat_keeps_its_own(store: Store) -> None:
    """The chat page does not load the decoders' page, and has its own input box."""
    runtime.use(FakeRuntime(store))
    page = AppTest.from_file(PAGE, default_timeout=20).run()

    assert page.chat_input[0].placeholder == "Message Parley"
    assert not page.file_uploader


# --- many pictures at once


@pytest.fixture
def vision() -> Iterator[FakeVision]:
    """An endpoint that sees."""
    vision = FakeVision()
    yield vision
    batches.stop_all()
    vision.stop()


def batch(store: Store, url: str, id: str = "new", prices: Prices | None = None, **settings: Any) -> AppTest:
    """Open the page of a batch."""
    eyes = Endpoint("eyes", url, model="gpt-4o", prices=prices or {})
    runtime.use(Runtime(Settings(endpoints=(eyes,), **settings), store))
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.switch_page("image_analysis.py")
    page.query_params["batch"] = id
    page.run()
    assert not page.exception
    return page


def address(page: AppTest) -> str:
    """Return the id of the batch in the address."""
    id = page.query_params["batch"]
    return id if isinstance(id, str) else id[0]


def rows(page: AppTest) -> list[str]:
    """Return the texts of the table."""
    return [element.value for element in page.main.markdown][1:]


def test_batch(store: Store, vision: FakeVision) -> None:
    """One question goes to each picture on its own; answers, errors and costs are in the table and in the ledger."""
    dark = pictures.file(pictures.Image.new("RGB", (64, 64)))
    page = add(batch(store, f"{vision.url}"), ("red.png", RED), ("dark.png", dark), ("broken.png", b"<svg>"))
    assert "3 pictures" in page.main.markdown[0].value
    assert "~510 tokens" in page.main.markdown[0].value.replace("\u2009", " ")
    assert "1 cannot be read" in page.main.markdown[0].value
    page.chat_input[0].set_value("What is it?").run()

    assert not page.exception
    assert rows(page)[0] == "I see 1 pictures."
    assert "too dark" in rows(page)[1]
    assert "not taken" in rows(page)[2]
    assert "1 of 3 answered · 2 without an answer · 812 / 5 tokens reported" in captions(page)
    assert sorted((call.purpose, call.status) for call in calls(store)) == [
        ("image", "completed"),
        ("image", "failed"),
    ]


def test_batch_after_a_reload(store: Store, vision: FakeVision) -> None:
    """The address of a batch leads to its results, which can be had as CSV."""
    page = add(batch(store, vision.url), ("=red.png", RED))
    page.chat_input[0].set_value("What is it?").run()

    page = batch(store, vision.url, address(page))

    assert rows(page) == ["I see 1 pictures."]
    assert [button.label for button in page.get("download_button")] == ["Download CSV"]


def test_batch_after_a_restart(store: Store, vision: FakeVision) -> None:
    """So it does when Parley was started anew; what failed is asked again about the stored picture."""
    dark = pictures.file(pictures.Image.new("RGB", (64, 64)))
    page = add(batch(store, vision.url), ("red.png", RED), ("dark.png", dark))
    page.chat_input[0].set_value("What is it?").run()
    id = address(page)
    batches.stop_all()
    batches._batches.clear()

    page = batch(store, vision.url, id)

    assert rows(page)[0] == "I see 1 pictures."
    assert "too dark" in rows(page)[1]
    assert len(page.get("image")) == 2
    assert "1 of 2 answered · 1 without an answer · 812 / 5 tokens reported" in captions(page)
    page.button(key="again").click().run()
    assert not page.exception
    assert len(vision.prompts) == 3


def test_batch_in_the_list(store: Store, vision: FakeVision) -> None:
    """A batch is in the list of conversations under its question, once, and goes and comes back with its pictures."""
    page = add(batch(store, vision.url), ("red.png", RED))
    page.chat_input[0].set_value("What is it?").run()
    id = address(page)
    assert [chat.title for chat in store.chats(LOCAL).recent()] == ["What is it?"]
    page.session_state["conversation-menu"] = True
    page.run()
    page.button(key="delete").click().run()
    assert store.chats(LOCAL).recent() == store.chats(LOCAL).parts(id) == []
    page.button(key="restore").click().run()

    assert not page.exception
    assert address(page) == id
    assert rows(page) == ["I see 1 pictures."]


def test_batch_that_is_deleted_while_it_runs(store: Store, vision: FakeVision) -> None:
    """It is stopped then."""
    runtime.use(Runtime(Settings(), store))
    gate = threading.Event()
    asker = Asker(store.chats(LOCAL), ChatClient(Endpoint("eyes", vision.url)), CHOICE, lambda: gate.wait(20))
    running = batches.start(asker, "What is it?", [Row("a.png", RED)])
    actions.delete(View(running.id, "batch"))
    gate.set()

    assert [row.state for row in running.rows] == ["stopped"]


def test_batch_as_a_conversation(store: Store, vision: FakeVision) -> None:
    """Its address as a conversation leads to the batch."""
    id, _ = store.chats(LOCAL).collect("What is it?", ["a.png"], CHOICE, **BATCH)
    runtime.use(Runtime(Settings(endpoints=(Endpoint("eyes", vision.url, model="m"),)), store))
    page = AppTest.from_file(PAGE, default_timeout=20)
    page.query_params["c"] = id
    page.run()

    assert not page.exception
    assert page.title[0].value == "One question, many pictures"


def test_batch_task(store: Store, vision: FakeVision) -> None:
    """A task is asked of every picture with one click."""
    page = add(batch(store, vision.url), ("a.png", RED), ("b.jpg", PHOTO))
    next(button for button in page.button if button.label == "Describe").click().run()

    assert vision.prompts == ["Describe this picture."] * 2


def test_costs(store: Store, vision: FakeVision) -> None:
    """Where prices are known, what pictures are about to cost is shown before, and what a batch did cost after."""
    page = add(batch(store, vision.url, prices=PRICES), ("a.png", RED), ("b.png", RED))
    assert "~510 tokens of pictures (~0.0051 USD), and the answers" in page.main.markdown[0].value
    page.chat_input[0].set_value("What is it?").run()

    assert "1 624 / 10 tokens reported · 0.0170 USD" in captions(page)


def test_cost_of_a_prompt(store: Store) -> None:
    """So is what the pictures of one prompt are about to cost."""
    page = add(opened(store, endpoints=(replace(ENDPOINT, prices=PRICES),)), RED)

    assert "~255 tokens (~0.0026 USD), and your question" in captions(page)


def test_batch_asks_again(store: Store, vision: FakeVision) -> None:
    """What failed can be asked again."""
    dark = pictures.file(pictures.Image.new("RGB", (64, 64)))
    page = add(batch(store, vision.url), ("dark.png", dark))
    page.chat_input[0].set_value("What is it?").run()
    page.button(key="again").click().run()

    assert not page.exception
    assert len(vision.prompts) == 2


def test_batch_whose_files_are_gone(store: Store, vision: FakeVision) -> None:
    """Where a picture was never asked about before the process ended, the page says so: its file is gone."""
    id, _ = store.chats(LOCAL).collect("What is it?", ["a.png"], CHOICE, **BATCH)
    page = batch(store, vision.url, id)

    assert "The files of 1 are not kept any more" in captions(page)
    assert "again" not in [button.key for button in page.button]


def test_batch_asks_again_later(store: Store, vision: FakeVision, monkeypatch: pytest.MonkeyPatch) -> None:
    """While several batches run, none is asked again; the page says why."""
    dark = pictures.file(pictures.Image.new("RGB", (64, 64)))
    page = add(batch(store, vision.url), ("dark.png", dark))
    page.chat_input[0].set_value("What is it?").run()
    monkeypatch.setattr(batches, "MAX_RUNNING", 0)
    page.button(key="again").click().run()

    assert "batches are running already" in page.toast[0].value
    assert len(vision.prompts) == 1


def test_batch_of_nothing(store: Store, vision: FakeVision) -> None:
    """A question without pictures is not sent."""
    page = batch(store, vision.url)
    page.chat_input[0].set_value("What is it?").run()

    assert "no pictures" in page.error[0].value


def test_batch_that_is_gone(store: Store, vision: FakeVision) -> None:
    """The address of a batch that is not there says so, and offers a new one."""
    page = batch(store, vision.url, "nonsense")

    assert "no batch at this address" in page.warning[0].value
    assert page.file_uploader


def test_batch_of_too_many(store: Store, vision: FakeVision) -> None:
    """More than a hundred pictures are refused in a sentence."""
    page = add(batch(store, vision.url), *[RED] * 101)

    assert "at most 100" in page.error[0].value


def test_batch_is_emptied(store: Store, vision: FakeVision) -> None:
    """What was chosen can be taken out."""
    page = add(batch(store, vision.url), RED)
    page.button(key="batch_clear").click().run()

    assert page.session_state["batch_rows"] == []


def test_batch_over_budget(store: Store, vision: FakeVision) -> None:
    """A spent budget refuses a batch as it refuses a prompt; nothing is sent."""
    put(store, foreign(datetime.now(UTC), endpoint="eyes", cost=dollars("2")))
    page = add(batch(store, vision.url, budgets=(Budget(Decimal(1), stop=True),)), RED)
    page.chat_input[0].set_value("What is it?").run()

    assert "is spent" in page.error[0].value
    assert vision.prompts == []
