"""The licence of every declared package, and the gaps of what is none."""

from __future__ import annotations

from pathlib import Path

from secscan.scanners.contract import Setup
from secscan.scanners.licences import SCANNER
from secscan.scanners.registry import choose
from tests.support.targets import folder_target

LOCK = (
    b'{"packages": {"node_modules/a": {"version": "1.0.0", "license": "MIT"}, "node_modules/b": {"version": "2.0.0"}}}'
)


def test_it_reports_every_package(tmp_path: Path) -> None:
    setup = Setup(target=folder_target(tmp_path, {"package-lock.json": LOCK, "requirements.txt": b"flask>=1\n"}))
    plan = SCANNER.plan(setup)
    (piece,) = plan.pieces
    report = SCANNER.parse(SCANNER.run(piece, setup), piece)
    assert [(one.package.name, one.package.licence) for one in report.findings if one.package] == [
        ("a", "MIT"),
        ("b", ""),
    ]
    assert report.control
    assert report.looked_at == plan.selected
    assert [gap.kind for gap in plan.gaps] == ["version-range"]


def test_it_is_part_of_a_scan_only_where_it_is_wanted() -> None:
    assert "licences" not in choose(())
    assert "licences" in choose((), licences=True)
    assert set(choose(("bandit",), licences=True)) == {"bandit", "licences"}
    assert set(choose(("licences",))) == {"licences"}
