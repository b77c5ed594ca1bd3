"""The terminal report: readable at 80 columns, complete where it counts."""

from __future__ import annotations

import re

import msgspec
import pytest

from secscan.findings.levels import GapKind, Severity
from secscan.findings.model import Gap, Region
from secscan.reports.terminal import _MOST_REASONS, render_text, render_verdict
from secscan.reports.terminal_findings import MOST_BLOCKED
from secscan.reports.terminal_page import columns
from tests.support.scans import MARKED, NOTE, TAINTED, UNSCORED, clean, compared, ordinary, scan_of

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


def test_lines_of_code_are_numbered_and_those_around_the_place_are_shown() -> None:
    snippet = "\n".join(f"line_{number}()" for number in range(10, 16))
    location = msgspec.structs.replace(
        MARKED.location,
        region=Region(start_line=14, start_column=5),
        statement=Region(start_line=10, end_line=15),
        snippet=snippet,
    )
    text = text_of(scan_of(msgspec.structs.replace(MARKED, location=location)))
    assert "shop/admin.py:14:5" in text
    assert [line.split("|")[0].strip() for line in text.splitlines() if " | " in line] == ["13", "14", "15"]
    assert "14 | line_14()" in text


def test_warnings_are_folded_by_defect_and_by_package() -> None:
    replace = msgspec.structs.replace
    warned = [replace(UNSCORED, fingerprint=f"w{at}", title=f"flaw {at}") for at in range(3)]
    text = text_of(scan_of(*warned))
    assert "Warns (3)" in text
    assert "left 1.0: 3 findings, the worst: flaw 0" in text
    assert "flaw 1" not in text


def test_what_is_the_same_as_above_is_not_said_twice() -> None:
    fixed = msgspec.structs.replace(MARKED, remediation="Start no shell.")
    text = text_of(scan_of(fixed, msgspec.structs.replace(fixed, fingerprint="bbbb0002")))
    assert text.count("A shell is started.") == text.count("fix: Start no shell.") == text.count("fix: as above") == 1


def test_headings_count_what_is_new() -> None:
    assert "Blocks (2: " in text_of(compared())


@pytest.mark.parametrize("width", [40, 80])
def test_wide_characters_take_two_columns(width: int) -> None:
    wide = msgspec.structs.replace(MARKED, title="漢字" * 60, message="漢字 " * 60)
    assert max(map(columns, text_of(scan_of(wide), width).splitlines())) <= width


def test_the_last_line_fits_whatever_it_tells() -> None:
    for scan in (ordinary(), clean(), scan_of(MARKED, policy="advisory")):
        last = text_of(scan, 40).splitlines()[-1]
        assert len(last) <= 40
        assert last.split()[0] in {"FAILED", "PASSED", "INCOMPLETE"}
