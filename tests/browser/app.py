"""The real app in a process of its own, for the browser tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-browser-test-0123456789abcdef"


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class App:
    """Parley on a free port. It can be killed and started again on the same data."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.database = folder / "parley.db"
        self.log = folder / "app.log"
        self._environ = {**os.environ, "DATABASE_URL": f"sqlite:///{self.database}", **environ}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the app is."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> App:
        """Start the server and wait until it answers."""
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--server.fileWatcherType", "none"],
                cwd=ROOT,
                env=self._environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + 30
        while not self._up():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return self

    def kill(self) -> None:
        """Kill the server as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the server to stop, and wait until it has."""
        self._end(signal.SIGTERM)

    def _up(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}healthz", timeout=5).close()
        except urllib.error.HTTPError:
            return True  # it runs, and says that the store does not
        except OSError:
            return False
        return True

    def _end(self, sign: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(sign)
            self._process.wait(20)
            self._process = None
