"""What was handed on against the ledger: each row of it agrees, says something else, or is not there."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from lib.compare import lanes
from lib.compare.__main__ import main
from lib.compare.audit import audit
from lib.compare.handoff import COSTS, UNSEALED, sealed
from lib.errors import ChatError
from lib.messages import Message
from lib.store import LOCAL, Scope, Store
from tests.compare.test_handoff import page
from tests.compare.test_lanes import answers, contender
from tests.store.helpers import calls, execute


@pytest.fixture
def url(store: Store) -> str:
    """Where its ledger is."""
    return str(store._database.engine.url)


SAID = f"{COSTS}<table><tr>{'<td>1</td>' * 8}</tr></table>"


def written(store: Store) -> bytes:
    """Return the page of a comparison in which an answer says what looks like the table."""
    chats = store.chats(LOCAL)
    id, opened = lanes.begin(chats, [contender("first"), contender(SAID, model="a & b")], Message("user", "Which?"))
    lanes.ask(chats, opened, Message("user", "Which?"), 9)
    assert all(answers(chats, lane) for lane in opened)
    return page(store, id)


def test_agrees(store: Store) -> None:
    """The rows of a page are those of the ledger, whatever was said."""
    found = audit(written(store), store.usage(LOCAL))

    assert found.is_good
    assert found.agree == tuple(sorted(call.id for call in calls(store)))
    assert str(found) == "Rows of the ledger: 2 agree (1, 2), 0 differ, 0 are missing."


def test_differs(store: Store, url: str) -> None:
    """A row that says something else, and one that is not there or is another's, are told."""
    content = written(store)
    execute(url, "UPDATE usage SET completion_tokens = 4711 WHERE id = 1")
    assert str(audit(content, store.usage(LOCAL))) == "Rows of the ledger: 1 agree (2), 1 differ (1), 0 are missing."
    execute(url, "UPDATE usage SET endpoint = 'other' WHERE id = 2")
    assert audit(content, store.usage(LOCAL)).differ == (1, 2)

    assert audit(content, store.usage(Scope("somebody"))).missing == (1, 2)


def test_other_pages(store: Store) -> None:
    """A page without such a table has no rows; one that was changed is refused first."""
    assert audit(sealed(UNSEALED), store.usage(LOCAL)).agree == ()
    with pytest.raises(ChatError, match="was changed"):
        audit(written(store).replace(b"first", b"worst"), store.usage(LOCAL))


def said(*arguments: str, **environ: str) -> tuple[int, str]:
    out = io.StringIO()
    return main(["verify", *arguments], environ, out), out.getvalue()


def test_command(store: Store, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is a ledger it is told; with --ledger what it says otherwise is a failure, and so is having none."""
    file, none = tmp_path / "page.html", f"sqlite:///{tmp_path}/none.db"
    file.write_bytes(written(store))
    assert "2 agree" in said(str(file), DATABASE_URL=url)[1]
    assert "Rows" not in said(str(file), "--no-ledger", DATABASE_URL=url)[1]
    assert said(str(file), "--ledger", DATABASE_URL=url)[0] == 0
    execute(url, "UPDATE usage SET completion_tokens = 4711 WHERE id = 1")
    assert said(str(file), "--ledger", DATABASE_URL=url)[0] == 1
    assert said(str(file), DATABASE_URL=url)[0] == 0
    assert "Rows" not in said(str(file), DATABASE_URL=none)[1]
    assert not (tmp_path / "none.db").exists()
    assert "not asked: DATABASE_URL" in said(str(file), DATABASE_URL="nonsense")[1]

    assert said(str(file), "--ledger", DATABASE_URL="nonsense")[0] == 1
    assert "DATABASE_URL" in capsys.readouterr().err
