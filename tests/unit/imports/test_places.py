"""A place of another tool is one below the target, or none; whatever it says, nothing else is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.model import OutOfScope, TargetInfo
from secscan.imports.places import Places
from tests.support.targets import FolderTarget
from tests.unit.imports.samples import tree


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("src/app.py", "src/app.py"),
        ("./src//app.py", "src/app.py"),
        ("src/../src/app.py", "src/app.py"),
        ("a%20b.py", "a b.py"),
        ("a b.py", "a b.py"),
        ("100%25.py", "100%25.py"),
        ("100%.py", "100%25.py"),
        ("src\\app.py", "src/app.py"),
        ("gone.py", "gone.py"),
        ("file:///build/shop/src/app.py", "src/app.py"),
        ("/build/shop/src/app.py", "src/app.py"),
        ("file://localhost/build/shop/src/app.py", "src/app.py"),
    ],
)
def test_what_lies_in_the_target(tmp_path: Path, uri: str, path: str) -> None:
    assert Places(tree(tmp_path)).path_of(uri, ["file:///build/shop/"]) == path


@pytest.mark.parametrize(
    "uri",
    [
        "../secrets.txt",
        "src/../../x",
        "%2e%2e/x",
        "/etc/passwd",
        "file:///etc/passwd",
        "file://server/share/x",
        "file:///build/shop/../../etc/passwd",
        "https://example.com/x.py",
        "data:text/plain,x",
        "C:\\windows\\x",
        "file:///C:/windows/x",
        "a%00b",
        "a\0b",
        "",
        ".",
        "x" * 5000,
    ],
)
def test_what_does_not(tmp_path: Path, uri: str) -> None:
    assert Places(tree(tmp_path)).path_of(uri, ["file:///build/shop/"]) is None


def test_an_absolute_place_below_the_target_itself(tmp_path: Path) -> None:
    target = tree(tmp_path)
    assert Places(target).path_of(f"file://{target.root}/src/app.py") == "src/app.py"


def test_paths_from_the_top_of_a_repository_of_which_a_part_is_scanned(tmp_path: Path) -> None:
    places = Places(tree(tmp_path, prefix="services/shop/"))
    assert places.path_of("services/shop/src/app.py") == "src/app.py"
    assert places.path_of("src/app.py") == "src/app.py"


def test_what_is_out_of_scope_on_purpose_is_left_out(tmp_path: Path) -> None:
    whole = Places(tree(tmp_path, out_of_scope=(OutOfScope(path="vendor", reason="settings"),)))
    assert whole.is_left_out("vendor/x.py")
    assert not whole.is_left_out("vendored.py")
    assert not whole.is_left_out("src/app.py")
    part = Places(tree(tmp_path, kind="diff"))
    assert part.is_left_out("other.py")
    assert not part.is_left_out("src/app.py")


NOWHERE = FolderTarget(Path("/nowhere"), TargetInfo(kind="tree", name="x", digest="0" * 64, files=0, bytes=0), ())


@given(st.text(max_size=60) | st.from_regex(r"(file:///?)?(\.\./|/|a/|%2e|%2f|\\){1,6}[a-z]{0,3}", fullmatch=True))
def test_no_place_leaves_the_target(uri: str) -> None:
    path = Places(NOWHERE).path_of(uri, ["file:///build/"])
    if path is not None:
        assert not path.startswith("/")
        assert ".." not in path.split("/")
        assert path.isprintable()
