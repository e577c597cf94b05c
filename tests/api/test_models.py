"""How much models take, as lists of models say it in their several ways."""

from __future__ import annotations

from typing import Any

import pytest

from lib.api.models import windows


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([{"data": [{"id": "a", "max_model_len": 32_768}, {"id": "b"}, "c"]}], {"a": 32_768}),
        ([{"data": [{"id": "a", "context_length": 131_072}]}], {"a": 131_072}),
        (
            [{"models": [{"name": "a"}], "data": [{"id": "a", "meta": {"n_ctx_train": 8192, "n_ctx": 4096}}]}],
            {"a": 4096},
        ),
        ([[{"id": "a", "context_window": 200_000}]], {"a": 200_000}),
        ([{"id": "a", "max_model_len": 1000}, {"id": "b", "max_model_len": 2000}], {"a": 1000, "b": 2000}),
        ([{"data": [{"id": "a", "max_model_len": value} for value in (0, -1, True, "4096", 1e9, 2**40)]}], {}),
        ([{"data": [{"max_model_len": 4096}, {"id": "a", "meta": 5}]}], {}),
        ([{"a": {}}], {}),
        ([5], {}),
        ([], {}),
    ],
)
def test_windows(documents: list[Any], expected: dict[str, int]) -> None:
    """Of each model the first count that can be one is taken, and nothing where there is none."""
    assert windows(documents) == expected
