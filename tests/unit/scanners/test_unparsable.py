"""Why a file does not parse is told, with the remedy that fits."""

import sys
from pathlib import Path

import pytest

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.scanners.unparsable import explain_unparsable
from tests.support.targets import folder_target


def explained(tmp_path: Path, content: bytes) -> Gap:
    target = folder_target(tmp_path, {"a.py": content})
    gap = Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject="a.py", detail="bandit could not parse the file")
    (result,) = explain_unparsable([gap], target)
    return result


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python parses it")
@pytest.mark.parametrize(
    "code",
    [b"type X = int\n", b"def first[T](x: T) -> T: ...\n", b"class Box[T]: ...\n", b"print(f'{d['key']}')\n"],
)
def test_newer_syntax_names_the_python_to_use(tmp_path: Path, code: bytes) -> None:
    gap = explained(tmp_path, code)
    assert gap.kind is GapKind.NEWER_SYNTAX
    assert "Python 3.12 or newer" in gap.remedy


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python parses it")
@pytest.mark.parametrize("code", [b"try: pass\nexcept ValueError, TypeError: pass\n", b"x = t'{name}'\n"])
def test_python_3_14_syntax(tmp_path: Path, code: bytes) -> None:
    gap = explained(tmp_path, code)
    assert gap.kind is GapKind.NEWER_SYNTAX
    assert "3.14" in gap.detail


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (b"print 'hello'\n", GapKind.UNPARSABLE, "Python 2"),
        (b"try: pass\nexcept ValueError, e:\n  print e\n", GapKind.UNPARSABLE, "Python 2"),
        (b"x = 1\0\n", GapKind.ENCODING, "NUL"),
        (b"# caf\xe9\nx = 1\n", GapKind.ENCODING, "encoding"),
        (b"def f(:\n", GapKind.UNPARSABLE, "not valid Python"),
    ],
)
def test_other_reasons(tmp_path: Path, code: bytes, kind: GapKind, said: str) -> None:
    gap = explained(tmp_path, code)
    assert gap.kind is kind
    assert said in gap.detail
    assert gap.remedy


def test_gaps_of_other_kinds_pass_through(tmp_path: Path) -> None:
    target = folder_target(tmp_path, {})
    gap = Gap(scanner="semgrep", kind=GapKind.TIMEOUT, subject="a.py")
    assert list(explain_unparsable([gap], target)) == [gap]
