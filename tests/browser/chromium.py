"""The Chromium of the browser tests: found, or installed by `python -m tests.browser.chromium`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
APT = (
    ("apt-get", "-qq", "update"),
    ("apt-get", "-qq", "install", "-y", "--no-install-recommends", "chromium"),
)
PLAYWRIGHT = ((sys.executable, "-m", "playwright", "install", "chromium"),)
ADVICE = (
    "There is no Chromium for the browser tests, and none could be installed. Install the package chromium, or name "
    "one: CHROMIUM=/path/to/chromium. The other tests: .venv/bin/python -m pytest --ignore tests/browser"
)


def find() -> Path:
    """Return the path of a Chromium that starts.

    Raises FileNotFoundError, with what to do, if there is none.
    """
    for path in candidates():
        if starts(path):
            return path
    raise FileNotFoundError(ADVICE)


def candidates() -> Iterator[Path]:
    """Give the places to look at: $CHROMIUM alone if it is set, else the machine's, then Playwright's own."""
    if named := os.environ.get("CHROMIUM"):
        yield Path(named)
        return
    yield from (Path(path) for path in map(shutil.which, NAMES) if path)
    yield from (Path(path) for path in MAC if Path(path).exists())
    yield from playwright()


def playwright() -> Iterator[Path]:
    """Give Playwright's own Chromium. Asked in a process of its own: the tests may be inside an event loop."""
    code = (
        "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path, end='')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.stdout:
        yield Path(done.stdout)


def starts(path: Path) -> bool:
    """Whether the program at `path` runs: Ubuntu's package is a stub, and Playwright's may miss libraries."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def install() -> None:
    """Install Chromium: the distribution's where that is allowed, else Playwright's."""
    root = os.name == "posix" and os.geteuid() == 0
    if not (root and shutil.which("apt-get") and run(APT)):
        run(PLAYWRIGHT)


def run(commands: tuple[tuple[str, ...], ...]) -> bool:
    """Run `commands` quietly; return whether all of them worked, and show the last words of one that did not."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in commands:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if done.returncode:
            print(" ".join(command), "failed:", (done.stderr or done.stdout).decode(errors="replace")[-500:].strip())
            return False
    return True


def main() -> int:
    """Find Chromium, installing it if need be; return 1 if there is none in the end."""
    try:
        find()
    except FileNotFoundError:
        print("Installing Chromium for the browser tests (once) ...", flush=True)
        install()
    try:
        print("Browser tests use", find())
    except FileNotFoundError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
