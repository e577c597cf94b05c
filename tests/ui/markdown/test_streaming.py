"""An answer looks the same however it came: cut anywhere, followed live, drawn again later."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lib.ui.markdown import Block, Splitter, blocks

PIECES = [
    *("A claim.[^1] ", "See [the guide][g] and [g]. ", "[g][] ", "\n\n", "\n", "word " * 30, "- item\n", "> quote\n"),
    *("[^1]: The source.\n", "    goes on\n", "\n[g]: https://a.b/c\n", "\n[G]: <https://x.y> 'Title'\n", "[^2]: x\n"),
    *("```py\n", "```\n", "```markdown\n", "~~~\n", "$$\n", "x = 1\n", "\\[\n", "\\]\n", "| a | b |\n|---|---|\n"),
    *(
        "<details>\n",
        "<summary>S</summary>\n",
        "</details>",
        "**注意：**请",
        "3~5天",
        "https://a.b/c。好",
        "$x$",
        "<br>",
    ),
]
texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def followed(increments: list[str], **limits: int) -> list[Block]:
    """Return the blocks that following an answer leaves on the page."""
    splitter = Splitter(**limits)
    drawn = [block for text in increments for block in splitter.feed(text)] + splitter.close()
    return [splitter.revised.get(number, block) for number, block in enumerate(drawn)]


@given(texts, st.integers(1, 40))
def test_pace(text: str, size: int) -> None:
    """However many characters come at a time, the blocks are those of a reload."""
    assert followed([text[start : start + size] for start in range(0, len(text), size)]) == blocks(text)


@given(texts)
def test_looking_changes_nothing(text: str) -> None:
    """What is looked at while it grows is the same at the end."""
    splitter = Splitter()
    drawn = []
    for sign in text:
        drawn += splitter.feed(sign)
        assert splitter.tail == splitter.tail
    drawn += splitter.close()
    assert [splitter.revised.get(number, block) for number, block in enumerate(drawn)] == blocks(text)


def shown(text: str) -> str:
    """Return all prose of an answer."""
    return "\n\n".join(block.text for block in blocks(text) if block.language is None)
