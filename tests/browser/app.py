"""The real app in a process of its own, for the browser tests."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests import children

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-browser-test-0123456789abcdef"


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def copy(target: Path, secrets: str) -> Path:
    """Copy what runs to `target`, with its own secrets.toml."""
    for part in ("lib", "pages", "streamlit_app.py", ".streamlit/config.toml"):
        target.joinpath(part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, target / part)
        else:
            shutil.copy(ROOT / part, target / part)
    (target / ".streamlit" / "secrets.toml").write_text(secrets, encoding="utf-8")
    return target


class App:
    """Parley on a free port. It can be killed and started again on the same data.

    `script` is what Streamlit runs. With `secrets`, the text of a secrets.toml, it runs from a copy of the sources,
    where that file is its own. The folder of its pages is on its path for good: Streamlit puts it there for each run of
    a page, and whenever the path changes, coverage has modules forgotten that another thread is importing just then.
    """

    def __init__(self, folder: Path, secrets: str = "", script: str = "streamlit_app.py", **environ: str) -> None:
        self.folder = folder
        self.script = script
        self.root = copy(folder / "parley", secrets) if secrets else ROOT
        self.port = free_port()
        self.database = folder / "parley.db"
        self.log = folder / "app.log"
        own = {"DATABASE_URL": f"sqlite:///{self.database}", "PYTHONPATH": str(self.root / "pages")}
        self._environ = {**children.drawing(), **own, **environ}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the app is."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def command(self) -> list[str]:
        """What serves it."""
        command = [sys.executable, "-m", "streamlit", "run", self.script, "--server.port", str(self.port)]
        return [*command, "--server.fileWatcherType", "none"]

    def start(self) -> App:
        """Start the server and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.root,
                env=self._environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + 45
        while not self._up():
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(self.log.read_text())
            time.sleep(0.05)
        return self

    def kill(self) -> None:
        """Kill the server as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """Ask the server to stop, and wait until it has."""
        self._end(sign)

    def tell(self, sign: signal.Signals) -> None:
        """Send the server a sign, and wait for nothing."""
        if self._process:
            self._process.send_signal(sign)

    def ended(self) -> bool:
        """Whether the server has ended by itself."""
        return self._process is None or self._process.poll() is not None

    def _up(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}healthz", timeout=5).close()
        except urllib.error.HTTPError as error:
            return error.code == 503  # it runs, and says that the store does not
        except OSError:
            return False
        return True

    def _end(self, sign: signal.Signals) -> None:
        if process := self._process:
            self._process = None
            process.send_signal(sign)
            try:
                process.wait(20)
            finally:  # what does not end takes the time of all tests that follow
                process.kill()
                process.wait()
