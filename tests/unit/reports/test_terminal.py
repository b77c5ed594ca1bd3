"""The terminal report: readable at 80 columns, complete where it counts."""

from __future__ import annotations

import re

import msgspec
import pytest

from secscan.findings.levels import GapKind, Severity
from secscan.findings.model import Gap
from secscan.reports.terminal import _MOST_REASONS, render_text, render_verdict
from secscan.reports.terminal_findings import MOST_BLOCKED
from tests.support.scans import MARKED, NOTE, TAINTED, clean, ordinary, scan_of

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def text_of(scan, width: int = 80) -> str:
    return render_text(scan, width=width, colour=False)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_lines_fit(width: int) -> None:
    long = [line for line in text_of(ordinary(), width).splitlines() if len(line) > width]
    assert not [line for line in long if " " in line.strip()[:width]]


def test_colour_changes_nothing_else() -> None:
    coloured = render_text(ordinary(), width=80, colour=True)
    plain = text_of(ordinary())
    assert COLOUR.search(coloured)
    assert COLOUR.sub("", coloured) == plain


def test_the_verdict_stands_first_and_last() -> None:
    blocks = text_of(ordinary()).strip("\n").split("\n\n")
    assert blocks[0].startswith(" FAILED ")
    assert blocks[-1] == " FAILED  3 blocked, 2 not looked at, 1 warned of, 1 accepted (policy house)"


def test_what_to_do_first_stands_first() -> None:
    text = text_of(scan_of(NOTE, MARKED, TAINTED))
    assert text.index("SQL injection") < text.index("Command injection")


def test_unknown_stands_before_medium() -> None:
    medium = msgspec.structs.replace(MARKED, severity=Severity.MEDIUM, title="Medium thing", fingerprint="m")
    unknown = msgspec.structs.replace(MARKED, severity=Severity.UNKNOWN, title="Unknown thing", fingerprint="u")
    text = text_of(scan_of(medium, unknown))
    assert text.index("Unknown thing") < text.index("Medium thing")


def test_a_long_list_is_cut_and_counted() -> None:
    many = [msgspec.structs.replace(MARKED, fingerprint=f"{at:08x}") for at in range(MOST_BLOCKED + 3)]
    assert "... and 3 more; `secscan report secscan.json --all` shows all" in text_of(scan_of(*many))
    assert f"Blocks ({MOST_BLOCKED + 3})" in text_of(scan_of(*many))
    short = render_verdict(scan_of(*many), width=80, colour=False)
    assert f"... and {MOST_BLOCKED + 3 - _MOST_REASONS} more" in short


def test_gaps_are_grouped_with_their_remedy() -> None:
    gaps = tuple(
        Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject=f"f{at}.py", remedy="repair it") for at in range(9)
    )
    text = text_of(scan_of(gaps=gaps))
    assert "bandit: unparsable (9): f0.py, f1.py, f2.py, f3.py, and 5 more" in text
    assert "to do: repair it" in text


def test_a_policy_that_only_logs_says_so() -> None:
    text = text_of(scan_of(MARKED, policy="advisory"))
    assert "FAILED" in text
    assert "only logs" in " ".join(text.split())


def test_a_clean_scan_is_short() -> None:
    assert len(text_of(clean()).splitlines()) < 12
