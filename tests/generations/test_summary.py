"""Summaries: what is asked for one, cut to what fits, and its row in the ledger."""

from __future__ import annotations

from lib.generations import summary
from lib.generations.summary import ANSWER, CHARACTERS, GAP, MAX_CHARACTERS, TASK, room, text
from lib.messages import Completion, Delta, Message, Usage
from lib.model_choice import ModelChoice, Parameters
from lib.store import LOCAL, Store
from tests.fake_client import FakeClient, FakeStream
from tests.store.helpers import calls

SAID = [Message("user", "How far is it?"), Message("assistant", "A mile.")]


def test_text() -> None:
    """What is summed up is told apart by who said it, behind what was summed up before."""
    assert text(SAID, "", 1000) == f"{TASK}\n\nUser:\nHow far is it?\n\nAssistant:\nA mile."
    assert text(SAID, "They met.", 1000).startswith(f"{TASK}\n\nSummary of what was said before:\nThey met.\n\nUser:")
    assert text([], "", 10) == TASK


def test_cut() -> None:
    """What is too long is cut in its middle; short messages stay whole."""
    said = [Message("user", "short"), Message("assistant", "a" * 50 + "b" * 50)]

    assert text(said, "", 25) == f"{TASK}\n\nUser:\nshort\n\nAssistant:\n{'a' * 10}\n{GAP}\n{'b' * 10}"
    assert text(said, "", 0).endswith(f"Assistant:\n\n{GAP}\n")
    assert room(None) == MAX_CHARACTERS
    assert room(100_000) == (100_000 - ANSWER) * CHARACTERS
    assert room(ANSWER) == ANSWER // 2 * CHARACTERS


def test_call(store: Store) -> None:
    """It is a call of its own purpose, without the parameters and instructions of the conversation."""
    done = Completion(text="In short.", finish_reason="stop", usage=Usage(9, 2, 11))
    client = FakeClient(FakeStream([Delta("In "), Delta("short.")], done))
    choice = ModelChoice("fake", "m", Parameters("Be long.", temperature=2.0))
    made = summary.start(store.usage(LOCAL), client, choice, SAID, window=100_000)  # type: ignore[arg-type]
    (row,) = calls(store)

    assert made.result().text == "In short."
    assert (row.purpose, row.model) == ("summary", "m")
    (messages, model, params) = client.asked[0]
    assert ([message.text for message in messages], model) == ([text(SAID, "", 10**6)], "m")
    assert "temperature" not in params
