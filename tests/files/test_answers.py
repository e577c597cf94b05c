"""What is taken out of answers: tables as CSV, JSON as JSON, and nothing that a spreadsheet would run."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.files import answers


@pytest.mark.parametrize(
    ("answer", "csv"),
    [
        ('Here:\n```csv\na,b\n1,"x, y"\n```\nThat is all.', 'a,b\r\n1,"x, y"\r\n'),
        ("```CSV\na,b\n1,2", "a,b\r\n1,2\r\n"),
        ("~~~tsv\na\tb\n~~~", "a,b\r\n"),
        ("Text\n| a | b |\n|---|:-:|\n| 1 | x\\|y |\n\nMore | text", "a,b\r\n1,x|y\r\n"),
        ("a | b\n--- | ---\n1 | 2", "a,b\r\n1,2\r\n"),
        ("```csv\n\n```\n| a |\n| - |\n| 1 |", "a\r\n1\r\n"),
        ("| **a** | b |\n|-|-|\n| x<br>y | 2 ** 3 ** 4 __z__ |", 'a,b\r\n"x\ny",2 ** 3 ** 4 z\r\n'),
    ],
)
def test_table(answer, csv):
    """A block of CSV or TSV, or a table in markdown, comes out as CSV."""
    assert answers.table(answer) == csv.encode("utf-8-sig")


@pytest.mark.parametrize("answer", ["", "a, b", "| a | b |", "---", "```python\na,b\n```", "a\n---\nb"])
def test_no_table(answer):
    """An answer without a table has none."""
    assert answers.table(answer) is None


def test_time():
    """Work grows with the answer, not with its square: a million spaces are read at once."""
    assert answers.table("a | b\n" + " " * 900_000 + "\n" + "`" * 50_000) is None


def test_field_that_is_too_long():
    """A field longer than the library takes is no table, and no error."""
    assert answers.table("```csv\n" + "x" * 200_000 + "\n```") is None


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("+x", "'+x"),
        ("-x", "'-x"),
        ("-3.5", "-3.5"),
        ("+1 %", "+1 %"),
        ("-1\u202f000", "-1\u202f000"),
        ("-1-2", "'-1-2"),
        ("-", "'-"),
        ("＝1", "'＝1"),
        ("a\0b", "a\ufffdb"),
    ],
)
def test_formulas(cell, written):
    """What a spreadsheet would run is made text; numbers stay numbers."""
    assert answers.dump([[cell]]) == f"{written}\r\n".encode("utf-8-sig")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("**Total:** 3<br/>of <BR> 4", "Total: 3\nof\n4"),
        ("- a\n  * **b**\n+ c", "• a\n  • b\n• c"),
        ("2**3**4", "2**3**4"),
        ("a ** b ** c, snake__case__name", "a ** b ** c, snake__case__name"),
        ("\\**a**", "\\**a**"),
        ("-5\n-", "-5\n-"),
    ],
)
def test_prose(text, cell):
    """In a cell a line end is a line end, and bold is not marked."""
    assert answers.prose(text) == cell


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ('{"a": [1, "é"]}', {"a": [1, "é"]}),
        ("Here:\n```json\n[1]\n```", [1]),
        ('```\n{"a": 1}\n```', {"a": 1}),
        ('```json\n{broken\n```\n```json\n{"b": 2}\n```', {"b": 2}),
    ],
)
def test_document(answer, value):
    """An object or a list, alone or in a block, comes out indented."""
    found = answers.document(answer)
    assert json.loads(found) == value
    assert found == json.dumps(value, indent=2, ensure_ascii=False)


@pytest.mark.parametrize("answer", ["", "text", "42", '"text"', "```json\nnope\n```", "[" * 100_000, "{}"])
def test_no_document(answer):
    """An answer without an object or a list, or with an empty one, has none."""
    assert answers.document(answer) is None


@given(st.text(alphabet='|-: \n`~csvjson=a,"\\\0'))
def test_anything(answer):
    """No answer makes it fail."""
    answers.table(answer)
    answers.document(answer)


def test_deep():
    """A document that is deeper than anyone reads is not indented: a megabyte would become gigabytes."""
    inner = ",".join(["1"] * 1_000)
    written = answers.document("[" * 500 + inner + "]" * 500)
    assert written
    assert len(written) < 10_000
    assert answers.document("[" * 60 + "1" + "]" * 60).count("\n") == 120
