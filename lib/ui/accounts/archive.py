"""All that is a person's, as one file."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime

from lib import runtime
from lib.chats import exports, library
from lib.files.tables import FORMATS, Table
from lib.store import KINDS, Call, Known, Ledger, Scope, Selection
from lib.ui.accounts import log
from lib.usage import tables

FIRST = date(2020, 1, 1)  # of calls that a person is given
BATCH, MAX_CALLS = 1_000, 100_000  # calls that are read at once, and in all


def archive(each: Known, actor: str) -> bytes:
    """Return all that is a person's as one ZIP: conversations to take in again and to read, library, calls, log."""
    store, scope = runtime.current().store, Scope(each.owner)
    store.people.record(actor, "exported a person", each.owner)
    chats, file = store.chats(scope), io.BytesIO()
    ids = chats.all()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, form in (("conversations.json", "json"), ("conversations.html", "html")):
            made.writestr(name, "".join(exports.FORMATS[form](chats, ids)).encode("utf-8", "replace"))
        made.writestr(
            "library.json", library.written(each for kind in KINDS for each in store.library(scope).all(kind))
        )
        made.writestr("calls.csv", FORMATS["csv"](_calls(store.usage(scope))))
        made.writestr("log.csv", FORMATS["csv"](log.table(each.owner)))
    return file.getvalue()


def _calls(ledger: Ledger) -> Table:
    selection, calls = Selection(FIRST, datetime.now(UTC).date(), "UTC"), list[Call]()
    page = ledger.calls(selection, BATCH)
    while page.after and len(calls) < MAX_CALLS:
        calls.extend(page.calls)
        page = ledger.calls(selection, BATCH, page.after)
    return tables.calls([*calls, *page.calls], selection, ledger.figures(selection))
