"""SIGKILL, two hundred times: a hundred on either database."""

from __future__ import annotations

import pytest

from tests.endpoint import FakeEndpoint
from tests.generations.test_processes import database, kill_again_and_again

__all__ = ["database"]
KILLS = 100

pytestmark = pytest.mark.timeout(1800)


def test_two_hundred(database: str, endpoint: FakeEndpoint) -> None:
    """No answer that was begun is lost or stays "streaming", and none is asked for twice."""
    kill_again_and_again(database, endpoint, KILLS)
