"""Chunked bodies without their sizes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.net.chunked import Dechunker


def dechunk(body: bytes, size: int = 1) -> tuple[bytes, Dechunker]:
    """Return the content of a body that comes in pieces."""
    dechunker = Dechunker()
    return b"".join(dechunker.feed(body[start : start + size]) for start in range(0, len(body), size)), dechunker


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.integers(1, 50))
def test_content(chunks, size):
    """The content is that of the chunks, in whatever pieces they come."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    content, dechunker = dechunk(body, size)

    assert (content, dechunker.ended, dechunker.broken) == (b"".join(chunks), True, False)


@pytest.mark.parametrize("size", [1, 3, 99])
def test_extensions_and_trailers(size):
    """Extensions of sizes and trailers are no content."""
    assert dechunk(b"3;a=b\r\nabc\r\n00\r\nX: y\r\n\r\nrest", size)[0] == b"abc"


@pytest.mark.parametrize("size", [1, 99])
@pytest.mark.parametrize("line", [b"zz\r\n", b"\r\n", b"-1\r\n", b"0x3\r\n", b"f" * 5000, b"1" * 16 + b"\r\n"])
def test_broken(line, size):
    """A size that makes no sense ends the body after what came before it."""
    content, dechunker = dechunk(b"3\r\nabc\r\n" + line, size)

    assert (content, dechunker.ended, dechunker.broken) == (b"abc", False, True)
