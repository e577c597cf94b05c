"""Two processes have browsers, and a third has what needs none."""

import pytest

from tests.spread import first

FILES = ("tests/browser/test_a.py", "tests/browser/test_b.py", "tests/test_c.py", "tests/test_d.py")


@pytest.mark.parametrize(("process", "file"), [("gw0", FILES[0]), ("gw1", FILES[0]), ("gw2", FILES[2])])
def test_first(process, file):
    """Each takes the first file that is for it."""
    assert first(FILES, process) == file


@pytest.mark.parametrize(("process", "files"), [("gw0", FILES[2:]), ("gw2", FILES[:2])])
def test_rest(process, files):
    """Where there is none left, it helps with the others' files, from the first on."""
    assert first(files, process) == files[0]
