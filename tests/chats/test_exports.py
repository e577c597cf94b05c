"""Exports: JSON comes back as it was, markdown reads, and the web page shows all and fetches nothing."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.chats import exports, page
from lib.chats.exports import html_of, json_of, markdown_of
from lib.chats.imports import Importer, Report
from lib.documents.document import Document, joined
from lib.errors import ChatError
from lib.images.normalise import normalise
from lib.messages import Attached, Extras, LinkedImage, Source, WholeFile
from lib.model_choice import Parameters
from lib.net import redaction
from lib.store import LOCAL, Chats, ForeignConversation, ForeignMessage, Store
from tests import pictures
from tests.store.helpers import begin, chat

THEN = datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=UTC)
IMAGES = [
    normalise(pictures.file(pictures.quarters())).image("low"),
    normalise(pictures.file(pictures.quarters(), "JPEG")).image(),
    LinkedImage("https://a.b/c.png"),
]
PAPER = WholeFile(b"%PDF-1.7 of three pages", "application/pdf", "a.pdf", 3)
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30)
PARAMETERS = st.sampled_from(
    [None, Parameters("Be brief.", temperature=0.5, stop=("a", ""), extra={"b": [None, ""]}).dump()]
)
CALLS = st.sampled_from(
    [{}, {"usage": {"prompt_tokens": 0}, "source": "reported", "ttft_ms": 1.5, "cost": 7, "currency": "USD"}]
)
EXTRAS = st.builds(
    Extras,
    st.just(()) | st.just((Source("S", "https://a.b"), Source("\u202e", ""))),
    st.just(("image",)),
    st.tuples(TEXTS),
    CALLS,
)


@st.composite
def trees(draw: Callable[..., object], name: str = "c") -> ForeignConversation:
    """A conversation with branches, images, reasoning, errors and unicode."""
    size = draw(st.integers(0, 6))
    messages = [
        ForeignMessage(
            role=draw(st.sampled_from(["user", "assistant"])),
            text=(said := draw(TEXTS)),
            reasoning=draw(TEXTS),
            state=draw(st.sampled_from(["completed", "stopped", "failed", "incomplete", "interrupted"])),
            created_at=draw(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
            updated_at=THEN,
            parent=draw(st.none() | st.integers(0, number - 1)) if number else None,
            model=draw(st.none() | st.just("m")),
            error=draw(st.none() | TEXTS),
            rating=draw(st.sampled_from([None, 1, -1])),
            rating_note=draw(st.none() | st.just("Because")),
            continues=draw(st.none() | st.integers(0, number - 1)) if number else None,
            hint=draw(st.none() | TEXTS),
            params=draw(PARAMETERS),
            images=tuple(draw(st.lists(st.sampled_from(IMAGES), max_size=2))),
            extras=draw(EXTRAS),
            files=(
                files := draw(
                    st.just(())
                    | st.just((Attached("a.md", 0, len(said) // 2), Attached("", len(said), len(said), "!")))
                    | st.just((Attached(PAPER.name, 0, 0, "", PAPER.id, PAPER.pages),))
                )
            ),
            whole_files=(PAPER,) if any(file.whole for file in files) else (),
        )
        for number in range(size)
    ]
    leaf = draw(st.none() | st.integers(0, size - 1)) if size else None
    kept = draw(st.sampled_from([{}, {"tags": ("paint", "漢字")}, {"pinned_at": THEN}, {"archived_at": THEN}]))
    choice = ("work", "m", draw(PARAMETERS))
    return ForeignConversation(name, draw(TEXTS), THEN, THEN, tuple(messages), leaf, *choice, **kept)


def whole(chats: Chats, **options: object) -> str:
    return "".join(json_of(chats, chats.all()))


def empty(store: Store) -> Chats:
    """Return the door to nothing: what was there is removed for good."""
    chats = store.chats(LOCAL)
    for id in chats.all():
        chats.delete(id)
    store.upkeep.purge(datetime(2200, 1, 1, tzinfo=UTC))
    return chats


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=trees(), other=trees("d"), part=trees("p"))
def test_round_trip(
    store: Store, tree: ForeignConversation, other: ForeignConversation, part: ForeignConversation
) -> None:
    """Export, import and export again give the same JSON."""
    chats = empty(store)
    for each in (replace(tree, project="Thesis"), replace(other, parts=(part,), purpose="batch")):
        chats.take_in(each)
    before = whole(chats)
    report = Importer(empty(store)).take(io.BytesIO(before.encode()), "parley.json")

    assert '"project": "Thesis"' in before
    assert report.refused == []
    assert (report.format, report.conversations) == ("parley", 2)
    assert whole(chats) == before
    assert Importer(chats).take(io.BytesIO(before.encode()), "parley.json").known == 2


def test_made_here(store: Store) -> None:
    """What was asked here goes out with its figures and comes back with them, a running answer as far as it is."""
    chats = store.chats(LOCAL)
    chat(store, "Which colour? 漢字", "And now?")
    turn = begin(store, "running")
    chats.save(turn, "so far", "")
    before = whole(chats)
    Importer(empty(store)).take(io.BytesIO(before.encode()), "parley.json")

    assert '"usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}' in before
    assert '"state": "interrupted"' in before
    assert whole(chats) == before


def own(**message: object) -> dict:
    """Return a document of ours with one message."""
    said = {"id": 0, "role": "user", "text": "1", **message}
    return {
        "parley": 1,
        "images": [],
        "conversations": [{"id": "x", "title": "t", "purpose": "chat", "messages": [said]}],
    }


def taken(chats: Chats, document: dict) -> Report:
    return Importer(chats).take(io.BytesIO(json.dumps(document).encode()), "x.json")


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"role": "root"}, "neither"),
        ({"id": None}, "same id, or one has none"),
        ({"parent": 0}, "follows one"),
        ({"parent": "gone"}, "follows one"),
        ({"images": [{"image": "gone"}]}, "not in the file"),
        ({"images": [{"image": "../../etc/passwd"}]}, "not in the file"),
        ({"images": [{"url": "javascript:alert(1)"}]}, "none of the web"),
    ],
)
def test_refused(store: Store, message: dict, why: str) -> None:
    """A conversation of ours that cannot be is refused."""
    report = taken(store.chats(LOCAL), own(**message))

    assert why in report.refused[0]["why"]
    assert store.chats(LOCAL).all() == []


def test_odd_values(store: Store) -> None:
    """Values of other types than they have are left out; the owner of the file is nobody's business."""
    odd = {"params": {"temperature": "hot", "stop": [1], "extra": 1, "stream": 0, "seed": True}, "state": "streaming"}
    odd |= {"call": {"ttft_ms": "x", "cost": -1, "source": "guessed", "usage": {"prompt_tokens": -5}}, "images": 5}
    odd |= {"extras": {"sources": [{"title": 5, "url": "file:///"}], "media": [1], "unread": 3}, "created_at": "never"}
    odd |= {"rating": 5, "continues": 0}
    document = own(**odd)
    document["conversations"][0] |= {"owner": "ben", "leaf": "nowhere", "parts": [5], "tags": [5, ""], "pinned_at": "x"}
    report = taken(store.chats(LOCAL), document)
    (said,) = store.chats(LOCAL).whole("x")

    assert report.refused == []
    assert (said.state, said.params, said.usage, said.images) == ("interrupted", None, None, ())
    assert (said.rating, said.continues_id, store.chats(LOCAL).tags("x")) == (None, None, [])
    document["conversations"][0] |= {"id": "y", "messages": [3]}
    assert "not an object" in taken(store.chats(LOCAL), document).refused[0]["why"]


def test_foreign_files(store: Store) -> None:
    """A file in our JSON that went as it is does so again if it is a PDF; else its text goes."""
    entries = [exports.parley.image(id, "x/y", data) for id, data in (("a1", b"%PDF-1.7"), ("b2", b"MZ"))]
    files = [{"name": id, "begin": 0, "end": 0, "whole": id, "pages": 1} for id in ("a1", "b2", "c3")]
    document = own(files=files)
    document["images"] = entries
    report = taken(store.chats(LOCAL), document)
    first, *others = store.chats(LOCAL).whole("x")[0].files

    assert report.refused == []
    assert store.chats(LOCAL).image(first.whole).content == b"%PDF-1.7"
    assert [file.whole for file in others] == [None, None]


def test_foreign_pictures(store: Store) -> None:
    """A picture in our JSON that we would not have written is made as uploads are; one that is none is refused."""
    turned = pictures.file(pictures.quarters(), "JPEG", exif=pictures.exif(6))
    entries = [{"id": "a1", "data": exports.parley.image("", "", turned)["data"]}, {"id": "b2", "data": "eA=="}]
    document = own(images=[{"image": "a1", "detail": "odd"}])
    document["images"] = [*entries, {"id": "c3", "data": "?"}, {"id": "../x", "data": "eA=="}]
    report = taken(store.chats(LOCAL), document)
    stored = store.chats(LOCAL).whole("x")[0].images[0]

    assert [each["why"] for each in report.refused] == ["The picture is damaged in the file."]
    assert store.chats(LOCAL).image(stored.id).pixels == (48, 64)
    document["conversations"][0] |= {"id": "z"}
    document["conversations"][0]["messages"][0]["images"] = [{"image": "b2"}]
    assert "not taken" in taken(store.chats(LOCAL), document).refused[1]["why"]


HOSTILE = (
    "<script>alert(1)</script><img src=https://evil.example/x> ![x](https://evil.example/y) [l](javascript:alert(1))"
)


def shown(store: Store) -> str:
    """Return the web page of a conversation with everything in it."""
    image = IMAGES[0]
    answer = (
        f"# Head\n{HOSTILE}\n\n- one\n- **two**\n\n1. first\n\n> said\n> *more*\n\n"
        "| a | b |\n|---|---|\n| `c` | 2 |\n\n"
        "text\n```py\ndef f():  # no\n    return \"a\" < 'b'\n```\n```\nplain </code>\n```\n[a link](https://a.b/?x=1&y=2)"
    )
    call = {"usage": {"completion_tokens": 1234}, "source": "estimated", "served_model": "m-1"}
    tree = (
        ForeignMessage("user", HOSTILE, THEN, THEN, images=(image, IMAGES[2])),
        ForeignMessage("assistant", answer, THEN, THEN, 0, "Hm <b>", error=HOSTILE, model=HOSTILE, extras=Extras(
            (Source("S", "https://a.b/s"), Source(HOSTILE, "javascript:1")), call=call)),
        ForeignMessage("assistant", "", THEN, THEN, 1),
    )  # fmt: skip
    params = Parameters("Secret system").dump()
    store.chats(LOCAL).take_in(ForeignConversation("c", HOSTILE, THEN, THEN, tree, 2, params=params))
    return "".join(html_of(store.chats(LOCAL), ["c"]))


def test_web_page(store: Store) -> None:
    """The page has all that was said, as text, and nothing that runs or fetches."""
    written = shown(store)

    assert "<script" not in written
    assert set(re.findall(r'src="([^"]{0,11})', written)) == {"data:image/"}
    assert set(re.findall(r'href="([^"]*)"', written)) == {"https://a.b/s", "https://a.b/?x=1&amp;y=2"} | set(
        re.findall(r"https://evil\.example/y", written)
    )
    assert "default-src &#x27;none&#x27;" in written or "default-src 'none'" in written
    for piece in (
        "<h2>Head</h2>",
        "<strong>two</strong>",
        "<em>more</em>",
        "<td>2</td>",
        "<ol><li>first</li></ol>",
        '<b class="w">def</b>',
        '<i class="n"># no</i>',
        "plain &lt;/code&gt;",
        "~1,234",
        "m-1",
        "Hm &lt;b&gt;",
    ):
        assert piece in written  # fmt: skip
    assert "Secret system" not in written
    assert "Secret system" in "".join(html_of(store.chats(LOCAL), ["c"], with_system=True))


def test_files(store: Store) -> None:
    """Files of a prompt are folded in the page, in fences in markdown, and come back by JSON."""
    text, files = joined("See:", [Document("a<b>.md", f"# Inside\n{HOSTILE}", "Cut.")])
    tree = (ForeignMessage("user", text, THEN, THEN, files=files),)
    chats = store.chats(LOCAL)
    chats.take_in(ForeignConversation("c", "Files", THEN, THEN, tree, 0))
    written = "".join(html_of(chats, ["c"]))

    assert "<details><summary>a&lt;b&gt;.md Cut.</summary><pre># Inside" in written
    assert "<script" not in written
    assert "See:\n\nFile: a<b>.md\n```\n# Inside" in "".join(markdown_of(chats, ["c"]))
    assert chats.whole("c")[0].typed == "See:"


@pytest.mark.parametrize(
    "files",
    [[{"begin": 2, "end": 1}], [{"begin": 0, "end": 9}], [{"begin": "0", "end": 1}], [{"begin": 0}] * 2, [1], 5],
)
def test_odd_files(store: Store, files: object) -> None:
    """Files of our JSON that cannot stand in the text are not told apart from it."""
    report = taken(store.chats(LOCAL), own(files=files))
    (said,) = store.chats(LOCAL).whole("x")

    assert report.refused == []
    assert (said.typed, said.files) == ("1", ())


def test_markdown(store: Store) -> None:
    """Markdown has the branch that is shown, with who said it, links and sources."""
    shown(store)
    chat(store, "Second")
    chats = store.chats(LOCAL)
    written = "".join(markdown_of(chats, chats.all()))

    assert "## You\n\n<script>" in written
    assert "## Answer (m-1)" in written
    assert "[Image: https://a.b/c.png]" in written
    assert "1. S https://a.b/s" in written
    assert written.count("\n---\n") == 1


def test_parts(store: Store) -> None:
    """What is to read has the parts of a conversation after it, as JSON has."""
    said = {number: (ForeignMessage("user", f"asked {number}", THEN, THEN),) for number in range(2)}
    part = ForeignConversation("p", "The lane", THEN, THEN, said[1], 0)
    chats = store.chats(LOCAL)
    chats.take_in(ForeignConversation("c", "The whole", THEN, THEN, said[0], 0, purpose="compare", parts=(part,)))

    for form in (exports.markdown_of, exports.html_of):
        written = "".join(form(chats, chats.all()))
        assert 0 < written.index("asked 0") < written.index("asked 1")
    assert "asked 1" in whole(chats)


def test_file_names() -> None:
    """A file is called by words of the title, whatever that has in it."""
    assert exports.file_name("../../a b: 漢字?", "html") == "a-b-漢字.html"
    assert exports.file_name("…", "markdown") == "conversation.md"
    assert len(exports.file_name("a" * 500, "json")) == exports.MAX_NAME + 5


def test_keys(store: Store) -> None:
    """No key that is configured is in an export, whatever the format."""
    redaction.hide("sk-test-export-0123")
    chat(store, "my key is sk-test-export-0123")
    chats = store.chats(LOCAL)
    text, files = joined("sk-test-export-0123 and", [Document("a.env", "KEY=sk-test-export-0123\nrest")])
    chats.take_in(
        ForeignConversation("c", "K", THEN, THEN, (ForeignMessage("user", text, THEN, THEN, files=files),), 0)
    )
    (said,) = json.loads("".join(json_of(chats, ["c"])))["conversations"][0]["messages"]

    (file,) = said["files"]
    assert said["text"][file["begin"] : file["end"]].endswith("\nrest")

    for form in exports.FORMATS.values():
        assert "sk-test-export-0123" not in "".join(form(chats, chats.all()))


def test_nothing(store: Store) -> None:
    """An export of nothing is one; what is not there is said so."""
    chats = store.chats(LOCAL)

    assert json.loads(whole(chats)) == {"parley": 1, "images": [], "conversations": []}
    assert "<main>" in "".join(html_of(chats, []))
    with pytest.raises(ChatError, match="no such conversation"):
        exports.found(chats, "nowhere")


def test_odd_markdown() -> None:
    """A block that is never closed, and one that is only begun, are shown."""
    assert "<pre><code>a</code></pre>" in page.rendered("~~~\na")
    assert page.rendered("|") == "<p>|</p>"
    assert page.rendered("a | b\nc | d") == "<p>a | b<br>c | d</p>"
    assert page.rendered("a | b\n:-- | --:\nc | d").count("<t") == 7


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (r"**so $a*b*c=d$** is", r"<p><strong>so <code>$a*b*c=d$</code></strong> is</p>"),
        (r"\(x*y*z\), \[ *u* \]", r"<p><code>\(x*y*z\)</code>, <code>\[ *u* \]</code></p>"),
        (r"and $$*v*$$", r"<p>and <code>$$*v*$$</code></p>"),
        ("so\n$$\n*a* | <b>\n$$\nend", "<p>so</p>\n<pre><code>$$\n*a* | &lt;b&gt;\n$$</code></pre>\n<p>end</p>"),
        ("\\[ x\n\\[ *y* \\]", "<p>\\[ x</p>\n<pre><code>\\[ *y* \\]</code></pre>"),
        ("$$\n*a*", "<p>$$<br><em>a</em></p>"),
        ("*$5* and *$10*, $HOME/$USER", "<p><em>$5</em> and <em>$10</em>, $HOME/$USER</p>"),
        (r"\(<script>&\)", r"<p><code>\(&lt;script&gt;&amp;\)</code></p>"),
        ("\x000\x00 `a`", "<p>0 <code>a</code></p>"),
        ("[l](https://a`b`c) **`d`**", "<p>[l](https://a<code>b</code>c) <strong><code>d</code></strong></p>"),
    ],
)  # fmt: skip
def test_formulas(text: str, html: str) -> None:
    """Formulas lose none of their signs to emphasis and tables, and stand like code; money is none."""
    assert page.rendered(text) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("1. a\n\n1. b\n\n\n1. c", "<ol><li>a</li><li>b</li><li>c</li></ol>"),
        ("3. c\n4) d\n\nend", '<ol start="3"><li>c</li><li>d</li></ol>\n<p>end</p>'),
        ("1. a\n\n   more\n\n2. b", '<ol><li>a</li></ol>\n<p>   more</p>\n<ol start="2"><li>b</li></ol>'),
        (
            "1. a\n   - x\n     * y\n   - z\n2. b",
            "<ol><li>a<ul><li>x<ul><li>y</li></ul></li><li>z</li></ul></li><li>b</li></ol>"),
        ("- a\n1. b\n- c", "<ul><li>a</li></ul><ol><li>b</li></ol><ul><li>c</li></ul>"),
        ("  - a\n- b", "<ul><li>a</li><li>b</li></ul>"),
    ],
)  # fmt: skip
def test_lists(text: str, html: str) -> None:
    """Items count on over blank lines, or from where they begin, and stand within each other."""
    assert page.rendered(text) == html


def test_command_line(store: Store, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """The command writes one conversation or all, to a file or the terminal, and says what it cannot do."""
    from lib.chats.__main__ import main

    id = chat(store, "漢字")
    environ, target = {"DATABASE_URL": f"sqlite:///{tmp_path / 'parley.db'}"}, tmp_path / "out.html"
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")

    assert main(["export", "--format", "json"], environ, out) == 0
    assert json.loads(out.buffer.getvalue())["conversations"][0]["messages"][0]["text"] == "漢字"
    assert main(["export", "--format", "html", "--conversation", id, "--output", str(target)], environ, out) == 0
    assert "漢字" in target.read_text("utf-8")
    assert (
        main(["export", "--format", "html", "--conversation", "none", "--output", str(tmp_path / "no")], environ, out)
        == 1
    )
    assert main(["export", "--format", "html", "--output", str(tmp_path)], environ, out) == 1
    assert not (tmp_path / "no").exists()
