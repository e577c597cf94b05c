"""Versions of the schema: new, current, older, newer, and two processes at once."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Inspector, inspect, make_url, text

from lib.errors import StoreError
from lib.store import LOCAL, Store
from lib.store.engine import Database, connect
from lib.store.history import ENVIRONMENT, HISTORY, History, version
from lib.store.schema import metadata
from lib.store.versions import migrate
from tests import children
from tests.store import releases
from tests.store.helpers import DONE, begin, chat, execute, silenced, texts

ROOT = Path(__file__).parents[2]
REVISION = '''"""A version from the future."""
from alembic import op
revision, down_revision = "{}", "{}"
def upgrade():
    {}
'''


@pytest.fixture
def future(tmp_path: Path) -> History:
    """A history that goes one version further."""
    return later(tmp_path, 'op.execute("CREATE TABLE extra (id INTEGER)")')


@dataclass(frozen=True)
class Late(Database):
    """A database that someone else migrates just before we begin to write."""

    history: History = HISTORY

    def write(self, everyone=""):  # type: ignore[no-untyped-def]  # as in Database
        """Let the other one go first."""
        migrate(Database(self.engine, self.place, self.file, self.turnstile, self.identity), self.history)
        return super().write(everyone)


@pytest.fixture
def breaking(tmp_path: Path) -> History:
    """A history that goes one version further, with which this code could not live."""
    further = later(tmp_path, 'op.execute("CREATE TABLE extra (id INTEGER)")')
    return replace(further, floor=further.head)


def later(folder: Path, body: str) -> History:
    """Return a history with one more version that does what `body` says, and that this code can live with."""
    number = f"{int(HISTORY.head) + 1:04}"
    versions = folder / "later"
    versions.mkdir()
    (versions / f"m{number}_later.py").write_text(REVISION.format(number, HISTORY.head, body))
    return History(number, (*HISTORY.folders, versions))


def found(url: str) -> str | None:
    """Return the version of the schema at `url`."""
    with closing(connect(url)) as database, database.read() as db:
        return version(db)


def shape(url: str) -> dict[str, Any]:
    """Return all that a database says of its tables, but for the order of columns."""
    with closing(connect(url)) as database, database.read() as db:
        seen = inspect(db)
        tables = sorted(set(seen.get_table_names()) - {"alembic_version", "sqlite_sequence"})
        return {table: [_columns(seen, table), _rest(seen, table), _options(db, table)] for table in tables}


def _columns(seen: Inspector, table: str) -> list[tuple[str, ...]]:
    columns = seen.get_columns(table)
    return sorted((c["name"], str(c["type"]), str(c["nullable"]), str(c.get("default"))) for c in columns)


def _rest(seen: Inspector, table: str) -> list[str]:
    made = sorted(seen.get_indexes(table), key=lambda index: str(index["name"]))
    options = [{name: str(value) for name, value in index["dialect_options"].items()} for index in made]
    indexes = [(index["name"], index["column_names"], index["unique"]) for index in made]
    keys = seen.get_pk_constraint(table)["constrained_columns"], seen.get_foreign_keys(table)
    return [str(keys), str(indexes), str(options)]


def _options(db: Connection, table: str) -> list[bool]:
    """Return what SQLite keeps only in the statement that made a table."""
    if db.dialect.name != "sqlite":
        return []
    made = str(db.scalar(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table}))
    return [words in made for words in ("AUTOINCREMENT", "WITHOUT ROWID")]


def backups(file: Path) -> list[Path]:
    """Return the copies made of a file."""
    return list(file.parent.glob(f"{file.name}.backup-*"))


def run(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start Python on some code."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=children.unmeasured(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def test_new(blank: str) -> None:
    """A new database gets the newest schema."""
    Store.open(blank).close()

    assert HISTORY.head == found(blank)


def test_new_is_not_copied(tmp_path: Path) -> None:
    """A new database has nothing to be backed up."""
    Store.open(f"sqlite:///{tmp_path}/parley.db").close()

    assert backups(tmp_path / "parley.db") == []


def test_head() -> None:
    """The head that is written in the code is the last of the migrations."""
    assert HISTORY.head == ScriptDirectory(str(ENVIRONMENT)).get_current_head()


def test_same_tables(blank: str, tmp_path: Path) -> None:
    """The migrations lead to the tables and indexes that schema.py describes."""
    Store.open(blank, later(tmp_path, "pass")).close()
    with closing(connect(blank)) as database, database.read() as db:
        # The index of the search is each database's own, and not in schema.py: test_same_ways compares it.
        options = {"include_name": lambda name, kind, _: kind != "table" or not name.startswith("message_search")}
        assert compare_metadata(MigrationContext.configure(db, opts=options), metadata) == []


def test_same_ways(blank: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A new database is in every detail what the migrations would have made of it."""
    Store.open(blank, later(tmp_path, "pass")).close()
    new = f"sqlite:///{tmp_path / 'other.db'}" if "sqlite" in blank else request.getfixturevalue("postgresql")
    Store.open(new).close()

    assert shape(new) == shape(blank)


@pytest.mark.parametrize("is_there", [False, True])
def test_quick(file: Path, tmp_path: Path, is_there: bool) -> None:
    """Opening a database, new or current, imports no Alembic, and nothing heavier than SQLAlchemy."""
    code = """if True:
        import sys
        from lib.store import LOCAL, Store
        Store.open(sys.argv[1]).close()
        print(sorted({"alembic", "mako", "streamlit", "requests", "pandas", "psycopg"} & set(sys.modules)))"""

    assert run(code, f"sqlite:///{file if is_there else tmp_path / 'new.db'}").communicate()[0] == "[]\n"


def test_upgrade(url: str, future: History) -> None:
    """An older schema is brought to the newest one."""
    Store.open(url, future).close()

    assert future.head == found(url)


def test_upgrade_keeps(url: str, future: History, opened: Callable[..., Store]) -> None:
    """What was in the database before an upgrade is there afterwards."""
    conversation_id = chat(opened(url), "before")

    assert "before" in texts(opened(url, future), conversation_id)


def test_backup(file: Path, future: History) -> None:
    """Before an upgrade the file is copied, with the version in the copy's name."""
    Store.open(f"sqlite:///{file}", future).close()
    (copy,) = backups(file)

    assert copy.name.startswith(f"parley.db.backup-{HISTORY.head}-2")


def test_backup_is_usable(file: Path, future: History, opened: Callable[..., Store]) -> None:
    """The copy has the old schema and the content, and can be opened."""
    conversation_id = chat(opened(f"sqlite:///{file}"), "before")
    opened(f"sqlite:///{file}", future)

    assert "before" in texts(opened(f"sqlite:///{backups(file)[0]}"), conversation_id)


def test_backup_mode(file: Path, future: History) -> None:
    """The copy is its owner's alone."""
    Store.open(f"sqlite:///{file}", future).close()

    assert stat.S_IMODE(backups(file)[0].stat().st_mode) == 0o600


def test_failed_upgrade(url: str, tmp_path: Path) -> None:
    """An upgrade that fails half way leaves the old schema as it was."""
    half = 'op.execute("CREATE TABLE extra (id INTEGER)"); op.execute("nonsense")'
    with pytest.raises(StoreError):
        Store.open(url, later(tmp_path, half))

    assert HISTORY.head == found(url)
    with pytest.raises(Exception, match="extra"):
        execute(url, "SELECT * FROM extra")


def test_newer(url: str, breaking: History) -> None:
    """A schema that this code cannot live with is refused, and stays as it is."""
    Store.open(url, breaking).close()
    with pytest.raises(StoreError, match="newer"):
        Store.open(url)

    assert breaking.head == found(url)


def test_newer_additive(url: str, future: History, opened: Callable[..., Store]) -> None:
    """One that only has more is used as it is: an old replica may start again while others are replaced."""
    Store.open(url, future).close()
    store = opened(url)

    assert texts(store, chat(store, "hello"))[0] == "hello"
    assert future.head == found(url)


def test_newer_silent(blank: str) -> None:
    """One that does not say how old the code may be is refused."""
    releases.restore(blank, "0007")
    with pytest.raises(StoreError, match="newer"):
        Store.open(blank, History("0006"))


def test_floor() -> None:
    """The code says rightly how old others may be: as old as the last revision that does more than add."""
    script = ScriptDirectory(str(ENVIRONMENT))
    adding = (each.revision for each in script.walk_revisions() if not getattr(each.module, "additive", False))

    assert HISTORY.floor == max(adding)


def test_older_replicas_run(url: str, breaking: History, opened: Callable[..., Store]) -> None:
    """While replicas run that could not live with it nothing is migrated, and it is said who; unless it is wanted."""
    stores = [opened(url) for _ in range(4)]
    for store in stores:
        store.lease.hold()
    with pytest.raises(StoreError, match=r"could not live with .* still run: process \d+ on .* and 1 more") as caught:
        Store.open(url, breaking)
    assert "MIGRATE_ANYWAY" in caught.value.hint
    assert HISTORY.head == found(url)
    opened(url, breaking, anyway=True)

    assert breaking.head == found(url)


def test_older_replicas_are_gone(url: str, breaking: History, opened: Callable[..., Store]) -> None:
    """Those that were killed hold up nothing for long."""
    opened(url).lease.hold()
    silenced(url)
    opened(url, breaking)

    assert breaking.head == found(url)


def test_older_replicas_live_with_it(url: str, future: History, opened: Callable[..., Store]) -> None:
    """What only adds is migrated while old replicas write, and they go on."""
    old = opened(url)
    turn = begin(old)
    opened(url, future)
    old.chats(LOCAL).finish(turn, DONE)
    old.lease._touch()

    assert begin(old, "more", turn.conversation_id)


def test_outdated(url: str, breaking: History, opened: Callable[..., Store]) -> None:
    """A running replica that the schema has left behind begins nothing more, and says why; /readyz says so, too."""
    old = opened(url)
    turn = begin(old)
    opened(url, breaking, anyway=True)
    old.lease._touch()
    with pytest.raises(StoreError, match="newer than this Parley knows"):
        begin(old, "more", turn.conversation_id)
    with pytest.raises(StoreError, match="newer than this Parley knows"):
        old.ping()


def test_unknown(url: str) -> None:
    """A version that never was is told in a sentence."""
    execute(url, "UPDATE alembic_version SET version_num = '0008'")
    with pytest.raises(StoreError, match="version 0008, which this Parley does not know"):
        Store.open(url)


def test_newer_hint(url: str) -> None:
    """The refusal says what to do."""
    execute(url, "UPDATE alembic_version SET version_num = '9999'")
    execute(url, "UPDATE compatibility SET oldest = '9999'")
    with pytest.raises(StoreError) as caught:
        Store.open(url)

    assert "backup" in caught.value.hint


def test_second_comer(url: str, future: History) -> None:
    """A process that finds the work done by another one does nothing."""
    with closing(connect(url)) as database:
        place = (database.engine, database.place, database.file, database.turnstile, database.identity)
        migrate(Late(*place, history=future), future)

    assert future.head == found(url)


def test_second_comer_to_a_new_one(blank: str) -> None:
    """So does one that finds a new database made by another one."""
    with closing(connect(blank)) as database:
        migrate(Late(database.engine, database.place, database.file, database.turnstile, database.identity))

    assert found(blank) == HISTORY.head


def test_second_comer_copies_nothing(file: Path, future: History) -> None:
    """A process that finds the work done by another one makes no second copy."""
    with closing(connect(f"sqlite:///{file}")) as database:
        migrate(
            Late(database.engine, database.place, file, database.turnstile, database.identity, history=future), future
        )

    assert len(backups(file)) == 1


def test_together(blank: str) -> None:
    """Processes that open the same new database at once all succeed."""
    code = "import sys; from lib.store import Store; Store.open(sys.argv[1]).ping()"
    processes = [run(code, blank) for _ in range(2)]
    outputs = [process.communicate()[0] for process in processes]

    assert outputs == ["", ""]
    assert HISTORY.head == found(blank)


def test_together_from_a_release(blank: str) -> None:
    """So do processes that migrate the database of an older release at once: it is done once, and nothing is lost."""
    releases.restore(blank, "0007")
    code = "import sys; from lib.store import Store; Store.open(sys.argv[1]).ping()"
    processes = [run(code, blank) for _ in range(3)]
    outputs = [process.communicate()[0] for process in processes]

    assert outputs == [""] * 3
    assert HISTORY.head == found(blank)
    if blank.startswith("sqlite"):
        assert len(backups(Path(make_url(blank).database or ""))) == 1


def test_odd_path(file: Path, tmp_path: Path) -> None:
    """A percent sign in the path of the migrations is nothing special."""
    folder = tmp_path / "100%(x)s"
    folder.mkdir()
    Store.open(f"sqlite:///{file}", later(folder, "pass")).close()

    assert len(backups(file)) == 1


def test_foreign_tables(tmp_path: Path) -> None:
    """A database in which something else has a table of the same name is not touched."""
    execute(f"sqlite:///{tmp_path}/other.db", "CREATE TABLE usage (water INTEGER)")
    with pytest.raises(StoreError):
        Store.open(f"sqlite:///{tmp_path}/other.db")

    assert found(f"sqlite:///{tmp_path}/other.db") is None
