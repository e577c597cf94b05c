"""The embedded model is killed in the middle of an answer, as a machine without memory does."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from lib import generations
from lib.api import ChatClient
from lib.config import LOCAL_MODEL
from lib.local.model import LocalModel
from lib.messages import Message
from lib.model_choice import ModelChoice, Parameters
from lib.store import LOCAL, Store
from tests.waiting import until

CHOICE = ModelChoice("local", LOCAL_MODEL, Parameters(max_tokens=400))
LONG = "Write a long story about a fox, a river and a mill, with many details."

pytestmark = pytest.mark.timeout(300)


def test_killed(tmp_path: Path) -> None:
    """It goes before Parley does; the answer keeps its text and says why it ended; the next one is answered."""
    model = LocalModel()
    model.start()
    try:
        assert model.wait(120), model.detail
        first = model.endpoint
        assert first
        [process] = [each for each in psutil.Process().children(recursive=True) if "lib.local.server" in each.cmdline()]
        if Path("/proc/self/oom_score_adj").exists():
            assert Path(f"/proc/{process.pid}/oom_score_adj").read_text().strip() == "500"
        with closing(Store.open(f"sqlite:///{tmp_path / 'parley.db'}")) as store, ChatClient(first) as client:
            chats = store.chats(LOCAL)
            generation = generations.start(chats, client, Message("user", LONG), CHOICE)
            until(lambda: generation.read() or generation.received.is_set(), 60)
            assert not generation.received.is_set(), generation.error
            os.kill(process.pid, signal.SIGKILL)
            outcome = generation.result()
            answer = chats.message(generation.turn.message_id)

            assert outcome.state in ("failed", "incomplete")
            assert outcome.error
            assert answer
            assert answer.text
            until(lambda: model.endpoint, 120)
            assert model.endpoint
            assert model.endpoint != first
            with ChatClient(model.endpoint) as again:
                done = generations.start(chats, again, Message("user", "Say hello."), CHOICE).result()

            assert done.state == "completed"
    finally:
        generations.stop_all()
        model.stop()
