"""Model text made safe: what is broken, what is left alone, and where a growing answer is cut."""

from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lib.ui.markdown import JOINER, Block, Splitter, blocks, plain, safe

FRAGMENTS = [
    *[
        "!",
        "[",
        "]",
        "(",
        ")",
        "`",
        "```",
        "~~~",
        "$",
        "$$",
        "\\",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "<",
        ">",
        "&",
        ":",
        "|",
        "#",
    ],
    *["\n", "\n\n", "\r\n", "\r", " ", "    ", "\t", "- ", "1. ", "> ", "mermaid", ":help[", ":material/x:", "![x](u)"],
    *[
        "a",
        "b5",
        "5",
        "é",
        "\ud83d",
        "\ude00",
        "\u2028",
        "\0",
        "&#109;",
        "<b>",
        "http://a.b",
        "{",
        "}",
        "word",
        "_",
        "*",
    ],
    *["](", "]: ", "data:", "<data:", "&#109;ail:", "[^"],
]
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=60).map("".join)


def parts(text: str, cuts: list[int]) -> list[str]:
    """Cut a text at places given modulo its length."""
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in pairwise(places)]


def split(increments: list[str], **limits: int) -> list[Block]:
    """Return what a splitter makes of increments."""
    splitter = Splitter(**limits)
    return [block for text in increments for block in splitter.feed(text)] + splitter.close()


def one_space(text: str) -> str:
    """Return a text without the spaces that keep its line ends."""
    return text.replace("  \n", "\n")


def letters(text: str) -> str:
    """Return what must never be lost."""
    decoded = re.sub(r"&#(\d{1,6});", lambda match: chr(int(match[1])), text.replace("&lt;", ""))
    return "".join(re.findall(r"\w", decoded))


def harmless(text: str) -> bool:
    """Say whether nothing stands in the text that could fetch."""
    words = re.findall(r"(?:`{3,}|~{3,})[ \t]*([^ \t\n`~][^ \t\n]*)", text)
    links = re.sub(r"(?<!\\)\[\^[^\s\[\]\\]+\]:", "", text)
    if re.search(r"\][(:][ \t\n>]*<?(data:|&#109;ail:)[^ \t]|<data:[^\s<>]*>", links):
        return False
    return (
        "![" not in text
        and ":help[" not in text
        and all(re.match(r"(?!mermaid)\w|\u2060\u2063$", word) for word in words)
    )


# --- images, charts, directives


@pytest.mark.parametrize(
    "text",
    ["![x](tel:1)", "`![x](u)`", "\\![x](tel:1)", "    ![x](u)", "<b>![x](tel:1)", "- ```\n  ![\n  ```"],
)
def test_image(text: str) -> None:
    """An image is broken by a joiner, whatever is around it, and nothing else changes."""
    assert safe(text).replace("&lt;", "<") == text.replace("![", f"!{JOINER}[")


@pytest.mark.parametrize(
    "word", ["mermaid", "Mermaid", "mermaid-x", "{mermaid}", "&#109;ermaid", "+language-mermaid", "é"]
)
@pytest.mark.parametrize("fence", ["```", "~~~~", "- ```", "> ~~~ ", "    ```\t"])
def test_fence(fence: str, word: str) -> None:
    """A fence whose language is not plainly harmless gets a joiner as its language."""
    assert safe(fence + word).startswith(fence.rstrip() + f"{JOINER} ")


@pytest.mark.parametrize("text", ["- ```python\n  x\n  ```", "```c++ title=a", "~~~ objective-c", "```", "``` \nx"])
def test_language(text: str) -> None:
    """A fence in an ordinary language stays, and so does one in none."""
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (":red[x]", "\\:red[x]"),
        (":color[x]{a=b}", "\\:color[x]{a=b}"),
        (":help[x]", f"\\:help{JOINER}[x]"),
        (":material/home:", f":{JOINER}material/home:"),
        ("`:material/home:`", f"`:{JOINER}material/home:`"),
        ("(:smile:)", f"(:{JOINER}smile:)"),
        (":+1:", f":{JOINER}+1:"),
        ("a:b:c", f"a:{JOINER}b:c"),
        ("a:streamlit:", f"a:{JOINER}streamlit:"),
        (":::note", "\\:\\:\\:note"),
    ],
)
def test_directive(text: str, shown: str) -> None:
    """A directive shows as written."""
    assert safe(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "10:30:45",
        "std::vector",
        "a: b",
        "arn:aws:s3:::bucket",
        "http://h:80/a:b[1]",
        "`:red[x]`",
        "|:---|:---:|---:|",
        "::",
    ],
)
def test_colon(text: str) -> None:
    """A colon that means nothing special is left alone."""
    assert safe(text) == text


# --- HTML and math


@pytest.mark.parametrize("text", ["<b>", "\\<b>", "</b>", "<!-- x -->", "<?x?>"])
def test_html(text: str) -> None:
    """HTML shows as written."""
    assert safe(text) == "&lt;" + text.lstrip("\\<")


@pytest.mark.parametrize(
    "text", ["`<b>`", "a < b", "<3", "<https://a.b>", "[x](<http:a b>)", "$a <b$", "    <b>", "``<b>` <i>``"]
)
def test_less_than(text: str) -> None:
    """A sign in code, in math, of an address or alone is left alone."""
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\\(a+b\\)", "$a+b$"),
        ("\\( a\n+ b \\)", "$a + b$"),
        ("so \\[x\\] is", "so $$x$$ is"),
        ("\\[x\\]", "$$\nx\n$$"),
        ("1. a\n   \\[\n   x\n   y\n   \\]", "1. a\n   $$\n   x\n   y\n   $$"),
        ("> \\[ x \\]", "> $$\n> x\n> $$"),
        ("$$x$$", "$$\nx\n$$"),
        ("$$\nx\n$$", "$$\nx\n$$"),
    ],
)
def test_math(text: str, shown: str) -> None:
    """Math comes in the dollars that the page knows, on lines of its own where it stands alone."""
    assert safe(text) == shown


@pytest.mark.parametrize(
    "text", ["$x^2$", "a $$x$$ b", "$x$.", "\\\\(a\\\\)", "`\\(a\\)`", "\\(a", "\\(a\n\nb\\)", "\\$5"]
)
def test_math_left(text: str) -> None:
    """Math in dollars stays, and what is not math stays."""
    assert safe(text) == text


@pytest.mark.parametrize("text", ["$5", "$5 and $10", "from $5-$10", "5$ and 6$", "$ x$", "$x $", "US$1, US$2"])
def test_price(text: str) -> None:
    """A dollar that opens no formula is money."""
    assert safe(text) == text.replace("$", "\\$")


@pytest.mark.parametrize(
    "text", ["`$5`", "```sh\n$x <b>\n```", "- ~~~\n  $x\n\n  $y\n  ~~~", "    $x\n\n    $y", "http://a/$x"]
)
def test_verbatim(text: str) -> None:
    """Code and addresses get no escapes."""
    assert safe(text) == text


@pytest.mark.parametrize(
    "text", ["- ```\n  a\nb $5", "> ```\n> a\nb $5", "- a\n\n      $5", "a\n    $5", "- a\n\nb\n\n c $5"]
)
def test_prose(text: str) -> None:
    """Code that its list or quote has left behind, and what only looks like code, is prose."""
    assert one_space(safe(text)) == text.replace("$", "\\$")


def test_surrogates() -> None:
    """Halves of a character are joined, lone ones replaced."""
    assert safe("\ud83d\ude00 \ud83d \ude00") == "😀 \ufffd \ufffd"


# --- links

KEPT = ["http://a", "https://a.b/c?d=e#f", "HTTPS://A", "mailto:a@b.c", "tel:+49-1", "TEL:1"]
ADDRESSES = [
    *(
        "data:text/html,x",
        "blob:http://a",
        "file:///etc/passwd",
        "intent://x#Intent;end",
        "view-source:https://a",
        "x:",
    ),
    *("javascript:alert(1)", "JaVaScRiPt:x", "vbscript:x", "about:blank", "a.b+c-d:x", "ftp://a", "xmpp:a@b", "sms:1"),
    *("&#106;avascript:x", "&#x6A;avascript:x", "java&Tab;script:x", "java&NewLine;script:x", "javascript&colon;x"),
    *("javascript\\:x", "view\\-source:x", "http&#115;x:y", "httpsx:y", "http\\:x", "\x01data:x", "da\x02ta:x"),
]
WAYS = [
    *("[x]({})", "[x]( {} )", "[x](\n{})", "[x](<{}>)", "[x]( <{}> 'title')", '[x]({} "title")', "![x]({})"),
    *("[x\\]]({})", "[x]: {}", "[x]:{}", "[x]:\n  {}", "> [x]:\n> {}", "[x]: <{}>", "[x]: {} 'title'", "- [x]: {}"),
    *("[^x y]: {}", "\\[^1]: {}", "[a\\[^1]: {}", "`[x]({})`", "    [x]({})", "- ```\n  [x]({})\n  ```"),
]


@pytest.mark.parametrize("address", KEPT)
@pytest.mark.parametrize("way", ["[x]({})", "[x](<{}>)", "[x]( {} 'title')", "[x]: {}", "[x]:\n  <{}>", "<{}>", "{}"])
def test_link(way: str, address: str) -> None:
    """A link to the web, to an address or a number stays."""
    assert one_space(safe(way.format(address))) == way.format(address)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("address", ADDRESSES)
def test_link_broken(way: str, address: str) -> None:
    """Any other link shows as written, whatever its address is hidden in, and nothing else changes."""
    text = way.format(address)
    shown = one_space(safe(text))
    assert shown.replace(JOINER, "").replace("&lt;", "<") == text
    assert re.search(f"\\]{JOINER}[(:]", shown)


@pytest.mark.parametrize("text", ["<data:x>", "<JAVASCRIPT:x>", "<view-source:https://a>", "<a.b+c-d:>", "<xmpp:a@b>"])
@pytest.mark.parametrize("way", ["{}", "`{}`", "    {}", "- ```\n  {}\n  ```", "`a\n\n{}`", "[x]({})"])
def test_autolink_broken(way: str, text: str) -> None:
    """An address in angle brackets that is no web address shows as written, in code as well."""
    shown = safe(way.format(text))
    assert text not in shown
    assert shown.replace(JOINER, "").replace("&lt;", "<") == way.format(text)


@pytest.mark.parametrize("address", ["u", "/u", "./u", "?q=u", "//a.b", "", "\\/u", "u:v w"])
@pytest.mark.parametrize("way", ["[x]({})", "[x](<{}>)", "[x]: {}"])
def test_relative_link(way: str, address: str) -> None:
    """A link that would lead into this app shows as written."""
    shown = safe(way.format(address))
    assert shown.replace(JOINER, "").replace("&lt;", "<") == way.format(address)
    assert re.search(f"\\]{JOINER}[(:]", shown)


@pytest.mark.parametrize("text", ["[x](#a)", "[x](<#a>)", "[x]: #a", "> [^1]: doi:10.1/2", "- [^1]: std::x"])
def test_fragment(text: str) -> None:
    """A link within the page stays, and so does a footnote in a list or a quote, whatever it begins with."""
    assert safe(text) == text


@pytest.mark.parametrize(
    "code",
    [
        "a[i](x)",
        "f[T](x: int, y: str)",
        "a[i](&x)",
        "d[k]: v",
        "d[k]: Note: x",
        "vector<std::string>",
        "a<b, c:d>",
        "a<b",
    ],
)
@pytest.mark.parametrize("way", ["`{}`", "    {}", "- ```\n  {}\n  ```"])
def test_code_copied(way: str, code: str) -> None:
    """Code that only looks like a link gets nothing that would be copied along with it."""
    assert safe(way.format(code)) == way.format(code)


@pytest.mark.parametrize("text", ["[x](", "[x](h", "[x](<", "[x](mailto", "[x](tel", "[x]:", "[x]: #"])
def test_growing_link(text: str) -> None:
    """While it grows, what may yet be a link is one: nothing is taken back a moment later."""
    splitter = Splitter()
    splitter.feed(text)
    assert splitter.tail == Block(text)


# --- labels


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Plain words, (really): 50% of them!", "Plain words, (really): 50% of them!"),
        ("a\n b\r\n\u2028c\x00\u202ed", "a b c\ufffd d"),
        ("# a", "\\# a"),
        ("1. a", "1\\. a"),
        ("- a", "\\- a"),
        ("::a", "\\::a"),
        ("*a* _b_ `c`", "\\*a\\* \\_b\\_ \\`c\\`"),
        ("![x](http://a.b)", f"!{JOINER}\\[x\\](http:{JOINER}//a.b)"),
        ("<b>$x$ &amp; ~y~ |", "\\<b\\>\\$x\\$ \\&amp; \\~y\\~ \\|"),
        (":red[x] :smile: :100: 10:30:45", f":red\\[x\\] :{JOINER}smile: :{JOINER}100: 10:30:45"),
        (":material/home:", f":{JOINER}material/home:"),
        ("www.a.b a@b.c", f"www{JOINER}.a.b a@{JOINER}b.c"),
        ("[x](data:y) <data:z>", f"\\[x\\]{JOINER}(data:y) \\<{JOINER}data:z\\>"),
        ("a -> b -- c", f"a \\-{JOINER}\\> b \\-{JOINER}\\- c"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    """A label is one line, with nothing left that is markdown."""
    assert plain(text) == shown


@pytest.mark.parametrize(("limit", "shown"), [(9, "abc def"), (7, "abc def"), (6, "abc d…"), (5, "abc…"), (1, "…")])
def test_limit(limit: int, shown: str) -> None:
    """A long label is cut to the limit, its ellipsis included."""
    assert plain("abc  def", limit) == shown


def test_giant() -> None:
    """Of a text of megabytes no more is read than may be shown, and a thin space stays one."""
    assert plain("x" * 5_000_000) == "x" * 1_999 + "…"
    assert plain(" " * 9_000 + "x", 10) == "…"
    assert plain("5\u2009000\u202fa") == "5\u2009000\u202fa"


# --- blocks


def test_blocks() -> None:
    """Fences at the top level are code, the rest is prose."""
    text = "a\n\n```py title\nx\n```\n- b\n  ```js\n  y\n  ```\n - c\n\n ~~~\nz\n~~~\n```d`e"
    assert blocks(text) == [
        Block("a"),
        Block("x", "py"),
        Block("- b\n  ```js\n  y\n  ```\n - c"),
        Block("z", ""),
        Block(f"```{JOINER} d`e"),
    ]


def test_fences() -> None:
    """A fence ends at one of its own kind that is as long, and not indented."""
    assert blocks(" ~~~~\n~~~\n````\n    ~~~~\n\t~~~~\n~~~~~ \nc") == [
        Block("~~~\n````\n    ~~~~\n\t~~~~", ""),
        Block("c"),
    ]


@pytest.mark.parametrize(
    "text", ["```py\nx", "```py\nx\n", "```py\r\nx\r\n```\r\n", "~~~py\nx\n~~~", "   ```py\nx\n   ```"]
)
def test_code(text: str) -> None:
    """Code is code with and without its end, whatever ends its lines."""
    assert blocks(text) == [Block("x", "py")]


def test_chart() -> None:
    """A chart is code in no language."""
    assert blocks("```mermaid\nA\n```") == [Block("A", "")]


@pytest.mark.parametrize("text", ["", "\n \n", "```\n```", "```"])
def test_nothing(text: str) -> None:
    """What shows nothing makes no block."""
    assert blocks(text) == []


# --- a growing answer


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a", Block("a")),
        ("a\n\n", Block("a")),
        ("a\n``", Block("a")),
        ("a\n```merm", Block("a")),
        ("a\n- ~~~", Block("a")),
        ("```py\nx\n``", Block("x", "py")),
        ("```py\n", None),
        ("", None),
        ("!", Block("!")),
        ("![", Block(f"!{JOINER}[")),
        ("a `<b", Block("a `<b")),
        ("a \\", Block("a \\")),
        ("$5", Block("\\$5")),
        ("a\ud83d", Block("a")),
    ],
)
def test_tail(text: str, shown: Block | None) -> None:
    """The unfinished rest is safe, and shows nothing that is about to become a fence."""
    splitter = Splitter()
    for sign in text:
        splitter.feed(sign)
    assert splitter.tail == shown


PARAGRAPH = "word " * 20


def test_blocks_are_long_where_there_are_many() -> None:
    """The further an answer is, the longer its blocks: each costs the browser, and what comes at once comes in many."""
    text = "".join(f"Paragraph {number}.\n\n" for number in range(6_000))

    sizes = [len(block.text) for block in blocks(text)]

    assert len(sizes) < 200
    assert max(sizes[:20]) < 500
    assert sizes[-2] > 2_000


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ([PARAGRAPH, ""] * 9, 3),
        ([PARAGRAPH] * 9, 1),
        ([PARAGRAPH] * 90, 2),
        (["- " + PARAGRAPH, ""] * 9, 1),
        (["- " + PARAGRAPH, ""] * 25, 2),
        (["- " + PARAGRAPH] * 25, 2),
        (["| " + PARAGRAPH] * 90, 1),
        (["- ```"] + ["  " + PARAGRAPH, ""] * 90, 1),
        ([PARAGRAPH] + ["", "    " + PARAGRAPH] * 9, 1),
        (["```"] + [PARAGRAPH] * 600, 1),
    ],
)
def test_cut(lines: list[str], count: int) -> None:
    """Prose is cut between paragraphs, later in lists, last in one paragraph, never in tables and code."""
    assert len(split(["\n".join(lines)])) == count


def test_speed() -> None:
    """8,000 tokens, one by one, take a fraction of a second of the processor."""
    text = ("# T\n\n" + PARAGRAPH + "\n\n- a\n- b $5\n\n```py\nx = 1\n```\n\n| a |\n|---|\n| b |\n\n") * 200
    start = time.process_time()
    split([text[place : place + 5] for place in range(0, 40_000, 5)])
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("a" + "`" * 40_000, ""),
        ("a" + "~" * 40_000, ""),
        ("]: " * 20_000, "x"),
        ("- ~~~\n" * 9_000, "~"),
        ("[^" * 9_000, "]"),
    ],
)
def test_hostile_length(text: str, end: str) -> None:
    """A text made to be slow is not; tests/test_linear.py looks at many more."""
    start = time.thread_time()
    blocks(text + end)
    assert time.thread_time() - start < 2


def test_tail_is_read_once() -> None:
    """Looking at the unfinished block again costs nothing until it grows."""
    splitter = Splitter()
    splitter.feed("a")
    tail = splitter.tail
    assert splitter.tail is tail
    splitter.feed("b")
    assert splitter.tail == Block("ab")
    splitter.close()
    assert splitter.tail is None


# --- what holds for every text


@given(texts, st.lists(st.integers(0, 1000)))
@example("a!\n```mer", [2])
def test_safety(text: str, cuts: list[int]) -> None:
    """Nothing that could fetch is ever drawn as markdown, whole or growing."""
    splitter, drawn = Splitter(short=20, long=40, limit=60), [*blocks(text), Block(safe(text))]
    for increment in parts(text, cuts):
        drawn += splitter.feed(increment)
        drawn += [splitter.tail] if splitter.tail else []
    drawn += [*splitter.close(), *splitter.revised.values(), Block(plain(text))]
    assert all(harmless(block.text) for block in drawn if block.language is None)


@given(texts, st.lists(st.integers(0, 1000)))
def test_increments(text: str, cuts: list[int]) -> None:
    """An answer comes out the same however it came in."""
    assert split(parts(text, cuts)) == blocks(text)


@given(texts, st.lists(st.integers(0, 1000)))
def test_cuts(text: str, cuts: list[int]) -> None:
    """Cuts lose nothing."""
    pieces = split(parts(text, cuts), short=5, long=10, limit=20)
    assert letters("".join(block.text for block in pieces)) == letters("".join(block.text for block in blocks(text)))


@given(texts)
def test_letters(text: str) -> None:
    """No letter of prose is lost."""
    assert letters(safe(text)) == letters(text)


@given(texts)
def test_line(text: str) -> None:
    """A label is one line."""
    assert len(plain(text).splitlines()) <= 1


@given(st.text(alphabet="ab \n.,()-"))
def test_untouched(text: str) -> None:
    """Plain prose is left alone."""
    assert re.sub(" *\n", "\n", safe(text)).replace(JOINER, "") == re.sub(" *\n", "\n", text)
