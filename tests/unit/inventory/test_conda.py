"""conda's environment files, and the lock files beside them."""

from __future__ import annotations

import pytest

from secscan.inventory.discover import take_inventory
from secscan.inventory.known import may_hold_python
from tests.unit.inventory.support import gaps, pins, read


@pytest.mark.parametrize(
    "path",
    [
        *("conda-lock.yml", "conda-lock.yaml", "a/environment.conda-lock.yml", "dev-conda-lock.yml"),
        "conda-linux-64.lock",
    ],
)
def test_lock_files_of_conda_lock_are_gaps(path: str) -> None:
    found = take_inventory([path], {path: b"package: []\n"}.__getitem__)
    assert gaps(found) == [("unsupported-manifest", path)]
    assert may_hold_python(path)


def test_what_stands_under_a_name_in_an_environment_is_read_or_a_gap() -> None:
    text = """\
dependencies:
  - sel(linux): a=1.0.0
  - sel(win): [b=2.0.0, c]
    pip:
      - d==4.0
  - npm:
      - left-pad
      - {x: y}
  - cran: e
"""
    found = read("environment.yml", text)
    assert pins(found) == ["a 1.0.0", "b 2.0.0", "d 4.0"]
    assert [one.text for one in found.ranges] == ["c"]
    assert [(one.subject, one.line) for one in found.gaps] == [
        ("npm left-pad in environment.yml", 7),
        ("npm in environment.yml", 8),
        ("cran e in environment.yml", 9),
    ]


def test_an_environment_of_another_tool_is_no_gap() -> None:
    path = "environment.prod.yml"
    assert not take_inventory([path], {path: b"FOO: bar\n"}.__getitem__).gaps
