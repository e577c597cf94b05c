"""The library as a file: what goes out comes in again as it was; what is no library is refused as a whole."""

from __future__ import annotations

import json

import pytest

from lib.chats import library
from lib.errors import ChatError
from lib.model_choice import ModelChoice, Parameters
from lib.net import redaction
from lib.store import PRESET, PROJECT, PROMPT, Entry

KEY = "sk-library-0123456789"
SET = Parameters(system="Be short: “ü漢”", temperature=0.2, stop=("a", "b"), extra={"top_k": 40, "deep": [{"a": None}]})
ENTRIES = [
    Entry(PROMPT, "French", "En {{language}} 😀\n\n`x`"),
    Entry(PRESET, "Terse", choice=ModelChoice("work", "gpt-x", SET)),
    Entry(PRESET, "Whoever"),
    Entry(PROJECT, "Thesis", choice=ModelChoice("", "m", Parameters(system="Cite."))),
]


def test_round_trip() -> None:
    """What is written is read as it was, and written again the same."""
    data = library.written(ENTRIES)

    assert library.read(data.encode()) == ENTRIES
    assert library.written(library.read(b"\xef\xbb\xbf" + data.encode())) == data


def test_no_key() -> None:
    """A key that somebody wrote into a prompt stays here."""
    redaction.hide(KEY)

    assert KEY not in library.written([Entry(PROMPT, "Secret", f"Use {KEY}.")])


def file(**lists: object) -> bytes:
    """Return a file with these lists."""
    return json.dumps({library.MARK: library.VERSION, **lists}).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"parley_library": 1} x', "not JSON"),
        (b"[1]", "no library that Parley exported"),
        (b'{"parley": 1, "conversations": []}', "no library that Parley exported"),
        (b'{"parley_library": 2}', "no library that Parley exported"),
        (b" " * (library.MAX_BYTES + 1), "larger than 20 MB"),
        (file(prompts=[{"name": "a", "text": "b"}, {"name": " "}]), "Number 2 of its prompts has no name"),
        (file(presets=["x"]), "Number 1 of its presets has no name"),
        (file(prompts=[{}] * 1_001), "more than 1,000 prompts"),
    ],
)
def test_refused(data: bytes, said: str) -> None:
    """What is no library, or has something in it that is nothing, is refused in a sentence."""
    with pytest.raises(ChatError, match=said) as refused:
        library.read(data)

    assert refused.value.hint


def test_hostile() -> None:
    """Values of other kinds are none, numbers that are none too, and what is nested deeply is cut."""
    deep = "[" * 900 + "]" * 900
    preset = '{"name": "a", "endpoint": 7, "params": {"temperature": NaN, "seed": %s, "stop": "x", "extra": {"d": %s}}}'
    data = f'{{"parley_library": 1, "prompts": {{}}, "presets": [{preset % ("9" * 5_000, deep)}]}}'
    [entry] = library.read(data.encode())

    assert (entry.choice.endpoint, entry.choice.parameters.temperature, entry.choice.parameters.seed) == (
        "",
        None,
        None,
    )
    assert len(entry.choice.parameters.dump()) < 300
