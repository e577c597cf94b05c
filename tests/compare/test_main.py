"""The command line of comparisons: pages are verified, and packs asked again."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lib.compare.__main__ import main
from lib.compare.handoff import UNSEALED, sealed, verify
from lib.compare.packs import Pack, Step, read, written
from lib.config import ROOT
from lib.model_choice import ModelChoice
from tests.compare.test_performance import recording
from tests.endpoint import FakeEndpoint
from tests.fake_local import FakeLocal

Run = Callable[..., tuple[int, str]]
LANE = ModelChoice("default", "fake")


@pytest.fixture
def run(tmp_path: Path, endpoint: FakeEndpoint) -> Run:
    """What runs a command on a file with this in it, and returns its exit status and what it printed."""

    def ran(command: str, content: bytes, *options: str) -> tuple[int, str]:
        file, out = tmp_path / "file", io.StringIO()
        file.write_bytes(content)
        environ = {"API_BASE_URL": endpoint.url, "API_KEY": "k", "API_MODEL": "fake"}
        database = {"DATABASE_URL": f"sqlite:///{tmp_path / 'parley.db'}"}
        status = main([command, str(file), *options], {**environ, **database}, out)
        return status, out.getvalue()

    return ran


def test_verify(run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A page is as it was written, or was changed, or is not there."""
    page = sealed(f"said {UNSEALED}")
    assert run("verify", page) == (0, f"As it was written: {verify(page)}\n")
    assert run("verify", page.replace(b"said", b"sang"))[0] == 1
    assert main(["verify", str(tmp_path / "never")], {}, io.StringIO()) == 1

    assert "was changed" in (said := capsys.readouterr().err)
    assert "cannot be read" in said


def test_as_a_program(tmp_path: Path) -> None:
    """It runs as a program of its own."""
    file = tmp_path / "page.html"
    file.write_bytes(sealed(UNSEALED))
    command = [sys.executable, "-m", "lib.compare", "verify", file]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")


def test_replay(run: Run) -> None:
    """The steps of a pack are asked now, and each answer is told beside the one that was recorded."""
    lane, gone = LANE, ModelChoice("gone", "x")
    same, other = recording(text="as before"), recording(text="before")
    steps = (Step("say as before", (lane, lane), recordings=(same, other)),)
    status, said = run("replay", written(Pack("Show", steps)))
    lines = said.splitlines()

    assert status == 0
    assert lines[0].startswith("step 1, fake · default: the same; 9 characters, ")
    assert ": different; 9 characters" in lines[1]
    assert lines[1].endswith("(before: 6 characters, 0.01 s to first, by m)")
    status, said = run("replay", written(Pack("Show", (Step("say it", (gone,), recordings=(same,)),))))
    assert (status, said) == (1, "step 1, x · gone: no answer\n")


def test_judge(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """A judge is asked about what is different; one that is not there is told before anybody is asked."""
    pack = written(Pack("Show", (Step("say now", (LANE,), recordings=(recording(text="before"),)),)))
    status, said = run("replay", pack, "--judge", "default/fake")
    assert status == 0
    assert "; judge: no opinion: The judge did not answer" in said

    assert run("replay", pack, "--judge", "nobody/x") == (1, "")
    assert "no endpoint called nobody" in capsys.readouterr().err


def test_rehearse(run: Run, tmp_path: Path) -> None:
    """The steps are asked, and the answers are in the pack: in the same file, or in another one."""
    pack = written(Pack("Show", (Step("say hello", (LANE,)),)))
    status, said = run("rehearse", pack)
    (made,) = read((tmp_path / "file").read_bytes()).steps[0].recordings
    assert (status, said) == (0, f"1 of 1 answers recorded in {tmp_path / 'file'}.\n")
    assert made
    assert made.text == "hello"
    gone = written(Pack("Show", (Step("say hello", (ModelChoice("gone", "x"),)),)))
    status, said = run("rehearse", gone, "--output", str(tmp_path / "other"))

    assert (status, said) == (1, f"0 of 1 answers recorded in {tmp_path / 'other'}.\n")
    assert (tmp_path / "file").read_bytes() == gone
    assert read((tmp_path / "other").read_bytes()) == read(gone)


class Embedded(FakeLocal):
    """An embedded model that is there, or is not, once it was waited for."""

    stopped = False

    def start(self) -> None:
        """Nothing runs."""

    def wait(self, _: float) -> bool:
        return self.state == "ready"

    def stop(self) -> None:
        self.stopped = True


def test_embedded(endpoint: FakeEndpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With nobody configured the embedded model answers, and is ended afterwards; one that does not is told."""
    (tmp_path / "pack").write_bytes(written(Pack("Show", (Step("say hello", (ModelChoice("local", ""),)),))))
    environ = {"DATABASE_URL": f"sqlite:///{tmp_path / 'parley.db'}"}
    for state, status in (("ready", 0), ("failed", 1)):
        local: Any = Embedded(state, endpoint.url)
        assert (
            main(["rehearse", str(tmp_path / "pack")], environ, io.StringIO(), lambda _, local=local: local) == status
        )
        assert local.stopped

    assert "The embedded model does not answer. The model is starting." in capsys.readouterr().err
