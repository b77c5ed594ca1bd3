"""Exit codes are documentation."""

import errno
from pathlib import Path

import pytest

from secscan.errors import ExitCode, of_the_machine


def test_the_readme_has_the_table_of_exit_codes(project: Path) -> None:
    readme = (project / "README.md").read_text(encoding="utf-8")
    for code in ExitCode:
        assert f"| {code.value} | {code.name.lower()}" in readme


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE, errno.EFBIG, errno.EIO])
def test_what_the_machine_lacks_is_no_bug_of_ours(number: int) -> None:
    told = of_the_machine(OSError(number, "x", "/tmp/x"))
    assert told is not None
    assert (told.exit_code, "/tmp/x" in told.message, bool(told.hint)) == (ExitCode.INCOMPLETE, True, True)
    assert of_the_machine(MemoryError()) is not None


@pytest.mark.parametrize("error", [OSError(errno.ENOENT, "x", "/tmp/x"), OSError(), ValueError(), KeyError("x")])
def test_anything_else_is_a_bug(error: Exception) -> None:
    assert of_the_machine(error) is None
