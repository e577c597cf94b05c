"""docs/rendering.md is true, and its cases look the same however they come."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from lib.ui.markdown import blocks
from tests.ui.markdown import cases
from tests.ui.markdown.cases import KINDS, Case
from tests.ui.markdown.test_streaming import followed

ANSWERS = [case for kind in KINDS if not kind.own for case in kind.cases]


def test_page() -> None:
    """The page is that of the cases; `python -m tests.ui.markdown.cases` writes it."""
    assert cases.PAGE.read_text(encoding="utf-8") == cases.page()


WORDS = "word " * 100


@pytest.mark.parametrize("case", ANSWERS, ids=[case.written[:30] for case in ANSWERS])
def test_cut_anywhere(case: Case) -> None:
    """Cut at every character, and with a block that is already frozen before it, it is what a reload draws."""
    before = f"{WORDS}\n\n"
    text = f"{before}{case.written}\n\n{WORDS}\n\nend"
    around = {*range(len(before) - 5, len(before) + len(case.written) + 5), *range(0, len(text), 17)}
    assert_same(case.written, range(len(case.written)))
    assert_same(text, around)


def assert_same(text: str, cuts: Iterable[int]) -> None:
    """See that it is drawn as a whole text is, character by character and cut in two."""
    drawn = blocks(text)
    assert followed(list(text)) == drawn
    assert all(followed([text[:cut], text[cut:]]) == drawn for cut in cuts)
