"""What lib/ocr.py uses of rapidocr: a reader of two lines, and of none in a picture of 64 pixels."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

from PIL import Image


class RapidOCR:
    """Says what it was made with, and the size of what it is shown."""

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params

    def __call__(self, content: bytes) -> SimpleNamespace:
        size = Image.open(io.BytesIO(content)).size
        if size[0] == 64:
            return SimpleNamespace(txts=None, scores=None)
        return SimpleNamespace(txts=(f"{size[0]} × {size[1]}", "second"), scores=(0.99, 0.75))
