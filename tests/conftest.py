"""What holds in every test: the environment says nothing, and nothing leaves this machine."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from lib.config import Endpoint
from lib.store import Store
from tests import embedded
from tests.endpoint import FakeEndpoint
from tests.store import owners

NAMES = (
    "DATABASE_URL",
    "PORT",
    "LOCAL_MODEL_PATH",
    "MAX_GENERATIONS",
    "SESSION_ENDPOINTS",
    "USAGE_RETENTION_DAYS",
    "CONVERSATION_DAYS",
    "DELETED_DAYS",
    "SESSION_HOURS",
    "ADMINS",
    "ANALYSTS",
    "ROLES_CLAIM",
    "USER_HEADER",
    "TRUSTED_PROXIES",
    "ALLOW_ANYONE",
    "DRAIN_SECONDS",
    "METRICS_TOKEN",
    "LOG_FORMAT",
    "MIGRATE_ANYWAY",
    "PARLEY_BUILD",
)
PREFIXES = ("API_", "OTEL_", "STREAMLIT_")
LOOPBACK = "localhost,127.0.0.1,::1"

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("parley", deadline=None)
hypothesis.settings.load_profile("parley")


def loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def guard(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse every connection to another machine; of this process, that is: pip and browsers are their own."""
    if event not in ("socket.connect", "socket.sendto"):
        return
    address = arguments[1]
    if isinstance(address, tuple) and not loopback(str(address[0])):
        raise RuntimeError(f"A test connects to {address[0]}: tests stay on this machine.")


# The interpreter's own hook: nothing is patched, and what a library keeps of socket is guarded as well.
sys.addaudithook(guard)
owners.watch()
# Streamlit puts the folder of the pages there for each run of one, and whenever the path changes, coverage looks anew
# for what it measures: 6 ms each time, and it has modules forgotten that another thread is importing just then.
sys.path.append(str(Path(__file__).parents[1] / "pages"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that may take longest: at the end one of them would leave all processes but one idle."""
    patience: dict[Path, tuple[float, bool]] = {}
    for item in items:
        limit = item.get_closest_marker("timeout")
        taken = (limit.args[0] if limit else 0, bool(item.get_closest_marker("browser")))
        patience[item.path] = max(taken, patience.get(item.path, taken))
    items.sort(key=lambda item: patience[item.path], reverse=True)


@pytest.fixture(scope="session", autouse=True)
def environment() -> Iterator[None]:
    """Clean the environment of what configures Parley; what is on this machine is reached without a proxy."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name in NAMES or name.startswith(PREFIXES)]:
            patch.delenv(name)
        patch.setenv("NO_PROXY", LOOPBACK)
        patch.setenv("no_proxy", LOOPBACK)
        yield


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with nothing in it, of this test alone; fixtures of the same name put something into it."""
    found = Store.open(f"sqlite:///{tmp_path / 'parley.db'}")
    yield found
    found.close()


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    """An endpoint that does what the prompt says, and remembers what it was asked."""
    endpoint = FakeEndpoint()
    yield endpoint
    endpoint.stop()


@pytest.fixture(scope="session")
def local_endpoint() -> Iterator[Endpoint]:
    """The embedded endpoint, ready."""
    with embedded.running() as endpoint:
        yield endpoint
