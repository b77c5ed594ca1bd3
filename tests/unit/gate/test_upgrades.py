"""The smallest upgrade that is known to clear what was found."""

from __future__ import annotations

import msgspec
import pytest

from secscan.findings.levels import Confidence, Kind, Severity
from secscan.findings.model import Finding, Location, Package, Region, Source
from secscan.gate.upgrades import smallest, upgrades


def vulnerable(
    fingerprint: str, *fixed: str, name: str = "flask", path: str = "requirements.txt", line: int = 1
) -> Finding:
    return Finding(
        kind=Kind.DEPENDENCY,
        defect="vulnerable-dependency",
        title="",
        message="",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        location=Location(path=path, region=Region(start_line=line)),
        sources=(Source(scanner="x", rule="x", severity=Severity.HIGH),),
        package=Package(purl="", name=name, version="1.0", ecosystem="PyPI", fixed_versions=fixed),
        fingerprint=fingerprint,
    )


@pytest.mark.parametrize(
    ("ecosystem", "fixed", "target"),
    [
        ("PyPI", [("2.0",)], "2.0"),
        ("PyPI", [("2.2.2",), ("2.10",)], "2.10"),
        ("PyPI", [("2.2.5", "3.2.1"), ("2.2.5", "3.0"), ("2.0",)], "2.2.5"),
        # 3.0 is above 2.2.5, and below the repair of the branch that it begins.
        ("PyPI", [("2.2.5", "3.2.1"), ("3.0",)], "3.2.1"),
        ("npm", [("1.9.0", "2.0.0"), ("1.9.0",)], "1.9.0"),
        ("Go", [("1.25.12", "1.26.5", "1.27.0-rc.2"), ("1.25.13", "1.26.6", "1.27.0-rc.3"), ("1.24.1",)], "1.25.13"),
        # Its branch was repaired twice: the first was not enough.
        ("Go", [("1.25.2", "1.25.4", "1.26.1"), ("1.25.3",)], "1.25.4"),
        ("PyPI", [("3.2.19", "4.1.9"), ("4.0.4",)], "4.1.9"),
        ("npm", [("1.9.0",), ("1.10.0",)], "1.10.0"),
        ("Alpine:v3.19", [("1.2-r3",), ("1.2_alpha-r0",)], "1.2-r3"),
        ("an ecosystem of its own", [("1",), ("2",)], "1 and 2"),
        ("PyPI", [("2.0rc1",), ("2.0",)], "2.0"),
        ("PyPI", [("odd",)], "odd"),
    ],
)
def test_the_smallest_version_that_clears_all(ecosystem: str, fixed: list[tuple[str, ...]], target: str) -> None:
    assert smallest(ecosystem, fixed) == target


def test_one_upgrade_for_each_package_and_file() -> None:
    found = [
        vulnerable("a", "2.0", line=3),
        vulnerable("b", "1.5", line=3),
        vulnerable("c", line=3),
        vulnerable("d", "1.1", name="jinja2"),
        vulnerable("e", "1.1", path="other.txt"),
    ]
    steps = upgrades(found)
    assert [(one.path, one.name, one.target, one.clears, one.unfixed, one.line) for one in steps] == [
        ("requirements.txt", "flask", "2.0", ("a", "b"), ("c",), 3),
        ("other.txt", "flask", "1.1", ("e",), (), 1),
        ("requirements.txt", "jinja2", "1.1", ("d",), (), 1),
    ]
    assert [one.clears for one in upgrades(found, only={"b"})] == [("b",)]
    assert upgrades(found, only={"b"})[0].target == "1.5"


def test_what_has_no_fix_is_said_and_what_is_no_package_is_left_out() -> None:
    plain = msgspec.structs.replace(vulnerable("x"), package=None)
    (one,) = upgrades([vulnerable("c"), plain])
    assert (one.target, one.unfixed) == ("", ("c",))
