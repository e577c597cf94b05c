"""The text of a prompt with files: what was typed comes back, and so does each file, whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.documents.document import Document, joined, retyped, typed
from lib.text import as_name, repair

TEXTS = st.text(st.characters(codec=None) | st.sampled_from("`\n\r\0"), max_size=40)
DOCUMENTS = st.lists(st.builds(Document, TEXTS, TEXTS), min_size=1, max_size=3)


@given(words=TEXTS, others=TEXTS, documents=DOCUMENTS)
def test_files_are_found(words: str, others: str, documents: list[Document]) -> None:
    """Words and files are found again in the text, also once other words stand in place of the first."""
    text, files = joined(words, documents)
    again, moved = retyped(others, text, files)

    assert typed(text, files) == repair(words).rstrip()
    assert typed(again, moved) == repair(others).rstrip()
    for whole, each in ((text, files), (again, moved)):
        assert [whole[file.begin : file.end] for file in each] == [
            repair(each.text, line_ends=True) for each in documents
        ]
    assert [file.name for file in moved] == [as_name(each.name) for each in documents]
    assert joined(others, documents) == (again, moved)


def test_without_files() -> None:
    """A text without files is all typed, and stays as it is."""
    assert typed("Hello\n", ()) == "Hello\n"
    assert retyped(" Hi ", "Hello", ()) == (" Hi ", ())


@pytest.mark.parametrize("inside", ["```\nnot the end\n```", "`" * 40])
def test_fence(inside: str) -> None:
    """The fence around a file is longer than any in it."""
    text, _ = joined("Look", [Document("a.md", inside, "Cut.")])
    fence = text.splitlines()[-1]

    assert fence == "`" * len(fence)
    assert fence not in inside
    assert text == f"Look\n\nFile: a.md\n{fence}\n{inside}\n{fence}"
