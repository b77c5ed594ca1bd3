"""Links to a finding's line: only where the address is sure."""

from __future__ import annotations

import msgspec
import pytest

from secscan.findings.model import Introduced
from secscan.reports.links import finding_link
from tests.support.scans import TAINTED, clean

COMMIT = "f" * 40
PLACE = f"{COMMIT}/shop/catalog.py#L12"


def link(repository: str = "", ci: str = "", finding=TAINTED, **target) -> str:
    scan = clean()
    scan = msgspec.structs.replace(
        scan,
        target=msgspec.structs.replace(scan.target, repository=repository, **target),
        run=msgspec.structs.replace(scan.run, ci=ci),
    )
    return finding_link(scan, finding)


@pytest.mark.parametrize(
    ("repository", "base"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r/blob/"),
        ("https://github.com/o/r", "https://github.com/o/r/blob/"),
        ("ssh://github.com/o/r.git", "https://github.com/o/r/blob/"),
        ("https://gitlab.com/g/sub/r.git", "https://gitlab.com/g/sub/r/-/blob/"),
    ],
)
def test_well_known_hosts_are_known_by_the_remote(repository: str, base: str) -> None:
    assert link(repository) == base + PLACE


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "https://git.corp.example/o/r.git",
        "https://github.com.evil.example/o/r",
        "https://evil.example/github.com/o/r",
        "https://github.com/o/r)](https://evil.example",
        "https://github.com/o",
        "javascript://github.com/o/r",
        "https://github.com@evil.example/o/r",
    ],
)
def test_others_are_not(repository: str) -> None:
    assert link(repository) == ""


@pytest.mark.parametrize(
    ("ci", "base"),
    [
        ("https://ghe.corp.example/o/r/actions/runs/7", "https://ghe.corp.example/o/r/blob/"),
        ("https://gitlab.corp.example:8443/g/s/r/-/jobs/7", "https://gitlab.corp.example:8443/g/s/r/-/blob/"),
    ],
)
def test_other_hosts_are_known_by_the_ci_run_of_this_repository(ci: str, base: str) -> None:
    path = base.split("/", 3)[3].split("/-/")[0].split("/blob/")[0]
    assert link("", ci) == base + PLACE
    assert link(f"ssh://git.corp.example/{path}.git", ci) == base + PLACE
    assert link("https://git.corp.example/another/one", ci) == ""


def test_a_file_that_may_be_another_there_has_no_link() -> None:
    known = "https://github.com/o/r"
    assert link(known, dirty=True) == ""
    assert link(known, revision="main") == ""
    assert link(known, revision="") == ""
    assert link(known, kind="staged") == ""
    assert link(known, kind="image") == ""


def test_a_line_of_an_old_commit_is_linked_there() -> None:
    old = msgspec.structs.replace(TAINTED, introduced=Introduced(commit="a" * 40, author="x"))
    assert link("https://github.com/o/r", finding=old).startswith(f"https://github.com/o/r/blob/{'a' * 40}/")
    kept = msgspec.structs.replace(TAINTED, introduced=Introduced(commit="a" * 40, author="x", in_head=True))
    assert link("https://github.com/o/r", finding=kept).endswith(PLACE)


def test_a_path_cannot_leave_its_place_in_the_address() -> None:
    place = msgspec.structs.replace(TAINTED.location, path="a b?#)(\"'<>%FF.py", region=None)
    odd = msgspec.structs.replace(TAINTED, location=place)
    made = link("https://github.com/o/r", finding=odd, prefix="below/")
    assert made == f"https://github.com/o/r/blob/{COMMIT}/below/a%20b%3F%23%29%28%22%27%3C%3E%FF.py"
