"""A scanner that recovers from errors is believed of a file that parses, and of no other."""

from pathlib import Path

import pytest

from secscan.findings.levels import GapKind, RunStatus
from secscan.findings.model import Gap, ScannerRun
from secscan.findings.scan import ScannerTiming
from secscan.memo import NoMemo
from secscan.scanners.bandit import SCANNER as BANDIT
from secscan.scanners.believed import believed
from secscan.scanners.kept import facts
from secscan.scanners.runner import Outcome
from secscan.scanners.semgrep import SCANNER as SEMGREP
from secscan.targets.contract import Target
from tests.support.caching import cache_in
from tests.support.targets import folder_target

SCANNERS = {"bandit": BANDIT, "semgrep": SEMGREP}
GARBAGE = b"\x01\x02 ]] def (((("


def outcome(name: str, *looked_at: str, gaps: tuple[Gap, ...] = ()) -> Outcome:
    run = ScannerRun(scanner=name, status=RunStatus.COMPLETED, selected=9, looked_at=len(looked_at), control=True)
    return Outcome(
        run=run, timing=ScannerTiming(scanner=name, seconds=0), gaps=gaps, looked_at=frozenset(looked_at)
    )  # fmt: skip


def lost(outcomes: tuple[Outcome, ...]) -> dict[str, list[tuple[str, str]]]:
    return {one.run.scanner: [(gap.subject, gap.kind) for gap in one.gaps] for one in outcomes}


@pytest.mark.parametrize(
    ("code", "is_believed"),
    [
        (b"x = 1\n", True),
        (b"", True),
        (GARBAGE, False),
        (b"def f(:\n", False),
        (b"x = 1\0\n", False),
        (b"x = '\xe9'  # <>\n", False),
        ("x = 'é'\n".encode("utf-16"), True),
        ("# coding: latin-1\nx = 'é'\n".encode("latin-1"), True),
        (b"print 'Python 2, which semgrep knows'\n", True),
        (b"type Newer[T] = list[T]\ndef f[T](x: T): ...\n", True),
        (b"x = " + b"-" * 200_000 + b"1\n", True),  # too much for the parser says nothing about another one
    ],
)
def test_who_is_believed(tmp_path: Path, code: bytes, is_believed: bool) -> None:
    target = folder_target(tmp_path, {"a.py": code})
    partly = Gap(scanner="semgrep", kind=GapKind.PARTIAL, subject="a.py")
    (one,) = believed([outcome("semgrep", "a.py", gaps=(partly,))], SCANNERS, target, NoMemo())
    assert (one.looked_at == {"a.py"}, one.run.looked_at) == (is_believed, int(is_believed))
    assert [gap.kind for gap in one.gaps] == [GapKind.PARTIAL if is_believed else GapKind.UNPARSABLE]


def test_who_parses_proves_it_for_all(tmp_path: Path) -> None:
    """bandit parses by Python's own grammar, so that nothing has to be parsed again; this file is not even there."""
    target = folder_target(tmp_path, {"a.py": "x = 1\n"})
    (tmp_path / "a.py").unlink()
    both = (outcome("bandit", "a.py"), outcome("semgrep", "a.py"))
    assert believed(both, SCANNERS, target, NoMemo()) == both


def test_what_bandit_lost_semgrep_did_not_read_either(tmp_path: Path) -> None:
    target = folder_target(tmp_path, {"a.py": "x = 1\n", "b.py": GARBAGE})
    gap = Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject="b.py")
    both = believed(
        [outcome("bandit", "a.py", gaps=(gap,)), outcome("semgrep", "a.py", "b.py")], SCANNERS, target, NoMemo()
    )
    assert lost(both) == {"bandit": [("b.py", "unparsable")], "semgrep": [("b.py", "unparsable")]}


def test_it_is_remembered_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target: Target = folder_target(tmp_path / "tree", {"a.py": "x = 1\n", "b.py": GARBAGE})

    def look() -> tuple[Outcome, ...]:
        with cache_in(tmp_path / "cache") as cache:
            made = believed([outcome("semgrep", "a.py", "b.py")], SCANNERS, target, facts(cache, target))
            cache.keep(target.read, changed=frozenset())
            return made

    first = look()

    def parsed(_data: bytes) -> bool:
        raise AssertionError("it was parsed again")

    monkeypatch.setattr("secscan.scanners.believed.is_no_python", parsed)
    assert look() == first
    assert lost(first) == {"semgrep": [("b.py", "unparsable")]}
