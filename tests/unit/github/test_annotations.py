"""Annotations: worst first, no more than are shown, and nothing of a scan that acts."""

from __future__ import annotations

import msgspec
import pytest

from secscan.findings.levels import Severity
from secscan.findings.model import Location, Region
from secscan.findings.scan import Scan
from secscan.github.annotations import MOST, annotations_of
from tests.support.hostile_scans import hostile
from tests.support.hostile_strings import STRINGS
from tests.support.scans import TAINTED, clean, compared, ordinary, scan_of
from tests.support.workflow_commands import commands_in


def said(scan: Scan) -> str:
    return "".join(one.command() for one in annotations_of(scan))


def test_a_finding_stands_at_its_line() -> None:
    scan = scan_of(TAINTED)
    scan = msgspec.structs.replace(scan, target=msgspec.structs.replace(scan.target, prefix="services/shop/"))
    (one,) = [one for one in commands_in(said(scan)) if one.name == "error" and "file" in one.properties]
    assert one.properties == {
        "file": "services/shop/shop/catalog.py",
        "line": "12",
        "endLine": "12",
        "title": "critical: SQL injection",
    }
    assert one.message.startswith(TAINTED.message)
    assert "\nTo do: " in one.message


def test_where_nothing_is_wrong_nothing_is_said() -> None:
    assert said(clean()) == ""


def test_what_was_not_looked_at_comes_before_findings() -> None:
    levels = [(one.level, bool(one.file)) for one in annotations_of(ordinary())]
    assert levels[0] == ("error", False)
    assert levels == sorted(levels)


def test_what_the_change_brings_comes_first() -> None:
    for level in ("error", "warning"):
        new = ["new, " in one.title for one in annotations_of(compared()) if one.file and one.level == level]
        assert new == sorted(new, reverse=True)
        assert level == "warning" or (any(new) and not all(new))


@pytest.mark.parametrize("count", [MOST - 1, MOST, MOST + 1, 200])
def test_no_more_than_are_shown_and_the_last_says_how_many_are_beside(count: int) -> None:
    many = [
        msgspec.structs.replace(
            TAINTED,
            fingerprint=f"{number:08d}",
            severity=Severity.CRITICAL if number == count - 1 else Severity.HIGH,
            location=Location(path=f"f{number}.py", region=Region(start_line=number + 1)),
        )
        for number in range(count)
    ]
    errors = [one for one in annotations_of(scan_of(*many)) if one.level == "error"]
    assert len(errors) == min(count, MOST)
    assert errors[0].file == f"f{count - 1}.py"  # the worst
    assert errors[-1].message.startswith(f"{count - MOST + 1} more findings") is (count > MOST)


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("$(touch run).py", "$(touch run).py"),
        ("a,b:c=d::error::x.py", "a,b:c=d::error::x.py"),
        ("100%25.py", "100%.py"),
        ("a%0A::error::x.py", ""),
        ("%FF.py", ""),
        ("/etc/passwd", ""),
        ("%E2%80%AEcod.py", ""),
    ],
)
def test_only_a_name_that_can_be_read_names_a_file(path: str, file: str) -> None:
    finding = msgspec.structs.replace(TAINTED, location=Location(path=path, region=Region(start_line=3)))
    (one,) = [one for one in commands_in(said(scan_of(finding))) if "SQL injection" in one.properties["title"]]
    assert one.properties.get("file", "") == file
    assert ("line" in one.properties) is bool(file)


def test_a_finding_in_an_image_is_in_no_file_of_the_repository() -> None:
    scan = scan_of(TAINTED)
    scan = msgspec.structs.replace(scan, target=msgspec.structs.replace(scan.target, kind="image"))
    assert not any("file" in one.properties for one in commands_in(said(scan)))


def test_hostile_text_begins_no_command_and_sets_no_property() -> None:
    for turn, text in enumerate(STRINGS):
        scan = hostile(text, turn)
        made = list(annotations_of(scan))
        read = commands_in("".join(one.command() for one in made))
        assert [one.name for one in read] == [one.level for one in made], text
        for one in read:
            assert set(one.properties) <= {"file", "line", "endLine", "title"}, text
            assert "::" not in one.message
