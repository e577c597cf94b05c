"""A process that keeps a prompt for each line that comes in, and says what became of it."""

from __future__ import annotations

import sys

from lib.errors import StoreError
from lib.store import Store
from tests.store.helpers import chat


def main(url: str) -> None:
    """Keep what comes."""
    store = Store.open(url)
    print("ready", flush=True)
    for line in sys.stdin:
        try:
            print("kept", chat(store, line.strip()), flush=True)
        except StoreError as error:
            print("refused", error, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
