"""The endpoints of a browser session: whose key goes where, and what may be added."""

from __future__ import annotations

import pytest

from lib import runtime
from lib.config import Endpoint, Settings
from lib.errors import ConfigError
from lib.net import redaction
from lib.runtime import Runtime
from lib.store import Store
from lib.ui.endpoints import session

KEY = "sk-session-0123456789"
HERS, THEIRS = Endpoint("env", "http://127.0.0.1:9/v1", "sk-env-012345"), Endpoint("team", "http://127.0.0.1:8/v1")
OWN = Endpoint("own", "http://127.0.0.1:7/v1", KEY, model="m")


@pytest.fixture(autouse=True)
def store(session: Store) -> Store:
    """A process with two endpoints, and a session that has just begun."""
    use(session, endpoints=(HERS, THEIRS), is_environment=True)
    return session


def use(store: Store, **settings) -> None:
    """Run with these settings."""
    runtime.use(Runtime(Settings(**settings), store))


def test_configured():
    """A session that gave nothing has what is configured."""
    assert session.endpoints() == (HERS, THEIRS)
    assert session.find("team") == THEIRS
    assert session.find("nobody") is None


def test_origin(store):
    """It is known where a key comes from."""
    assert [session.origin(endpoint) for endpoint in session.endpoints()] == ["environment", "no key"]
    use(store, endpoints=(HERS,))
    assert session.origin(HERS) == "secrets.toml"


def test_give_key():
    """A key of the session is used for the endpoint it was given for, and for no other; it is kept out of the log."""
    session.give_key(THEIRS, f" {KEY}\n")

    assert [endpoint.api_key for endpoint in session.endpoints()] == [HERS.api_key, KEY]
    assert session.origin(session.endpoints()[1]) == "this browser session"
    assert redaction.redact(KEY) == "•••"


def test_key_of_another_url(store):
    """A key does not go to another base URL under the same name."""
    session.give_key(THEIRS, KEY)
    use(store, endpoints=(HERS, Endpoint("team", "http://127.0.0.1:6/v1")))

    assert session.endpoints()[1].api_key == ""


def test_drop_key():
    """Without the session's key the configured one is used again."""
    session.give_key(HERS, KEY)
    session.drop_key(session.endpoints()[0])

    assert session.endpoints() == (HERS, THEIRS)
    assert session.origin(HERS) == "environment"


@pytest.mark.parametrize("key", ["", " ", "two\nlines", "schlüssel"])
def test_no_key(key):
    """What cannot be a key is refused, and the configured one stays."""
    with pytest.raises(ConfigError) as caught:
        session.give_key(HERS, key)

    assert not key.strip() or key not in str(caught.value)
    assert session.endpoints() == (HERS, THEIRS)


def test_add():
    """An endpoint of the session stands behind what is configured, with its key."""
    session.add(OWN)

    assert session.endpoints() == (HERS, THEIRS, OWN)
    assert session.origin(OWN) == "this browser session"
    assert [session.is_added(endpoint) for endpoint in session.endpoints()] == [False, False, True]


def test_add_without_key():
    """An endpoint needs no key."""
    session.add(Endpoint("own", "http://127.0.0.1:7/v1"))

    assert session.origin(session.endpoints()[2]) == "no key"


@pytest.mark.parametrize("name", ["team", "local", "", " ", "a\nb", "x" * 61])
def test_name(name):
    """A name that is taken or is none is refused."""
    with pytest.raises(ConfigError):
        session.add(Endpoint(name, "http://127.0.0.1:7/v1", KEY))

    assert session.endpoints() == (HERS, THEIRS)


def test_many():
    """There is an end to the endpoints of a session."""
    for number in range(session.MAX_ENDPOINTS):
        session.add(Endpoint(str(number), "http://127.0.0.1:7/v1"))

    with pytest.raises(ConfigError, match="20 endpoints"):
        session.add(OWN)


def test_not_allowed(store):
    """Where nobody may add endpoints, none is added."""
    use(store, endpoints=(HERS,), session_endpoints=False)

    with pytest.raises(ConfigError, match="cannot be added"):
        session.add(OWN)


def test_remove():
    """With an endpoint its key goes: another of the same name starts without."""
    session.add(OWN)
    session.remove(session.endpoints()[2])
    session.add(Endpoint("own", OWN.base_url))

    assert session.endpoints()[2].api_key == ""


def test_remove_configured():
    """What is configured cannot be removed."""
    session.remove(HERS)

    assert session.endpoints() == (HERS, THEIRS)


@pytest.mark.parametrize("given", [False, True])
def test_move(given):
    """A base URL that was found to be the right one is used in this session, with the key."""
    if given:
        session.give_key(HERS, KEY)
    session.move(session.endpoints()[0], "http://127.0.0.1:9/api/v1")

    [moved, other] = session.endpoints()
    assert (moved.base_url, moved.api_key) == ("http://127.0.0.1:9/api/v1", KEY if given else HERS.api_key)
    assert (session.is_moved(moved), session.is_moved(other)) == (True, False)


def test_move_twice():
    """A base URL can be corrected again."""
    for path in ("/api", "/api/v1"):
        session.move(session.endpoints()[0], f"http://127.0.0.1:9{path}")

    assert session.endpoints()[0].base_url == "http://127.0.0.1:9/api/v1"


def test_move_added():
    """An endpoint of the session is corrected itself."""
    session.add(OWN)
    session.move(OWN, "http://127.0.0.1:7")

    assert session.endpoints()[2] == Endpoint("own", "http://127.0.0.1:7", KEY, model="m")
    assert not session.is_moved(OWN)


@pytest.mark.parametrize("url", ["http://127.0.0.1:6/v1", "https://127.0.0.1:9/v1", "http://evil.example/v1"])
def test_move_elsewhere(url):
    """A key does not move to another host."""
    with pytest.raises(ConfigError, match="another host"):
        session.move(HERS, url)

    assert session.endpoints() == (HERS, THEIRS)


def test_embedded(store):
    """The embedded model's key is its own business, and its name is taken."""

    class Local:
        endpoint = Endpoint("local", "http://127.0.0.1:5/v1", "sk-inside-0123", "local")

        def stop(self):
            pass

    runtime.use(Runtime(Settings(), store, Local()))

    assert [session.origin(endpoint) for endpoint in session.endpoints()] == ["Parley itself"]
