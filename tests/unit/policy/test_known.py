"""What was there before: by its value too, and in any of several branches."""

from __future__ import annotations

from secscan.policy.baseline import FORMAT, Baseline, Known, Tool
from secscan.policy.known import joined_baselines, without_other_values


def baseline(*names: str, packages: tuple[str, ...] = (), renames: dict[str, str] | None = None) -> Baseline:
    known = tuple(Known(fingerprint=name, title="t", path="a.py", scanners=("secrets",)) for name in names)
    tools = (Tool(scanner="secrets", version="1", rules_digest="", completed=True),)
    return Baseline(
        format=FORMAT, target="t", findings=known, tools=tools, packages=packages, files=(), renames=renames or {}
    )


def names(one: Baseline) -> list[str]:
    return [found.fingerprint for found in one.findings]


def test_another_value_in_the_same_place_was_not_there() -> None:
    before = baseline("same", "other", "no-secret", "not-told")
    now = {"same": "v1", "other": "v2", "not-told": "v3", "new": "v4"}
    assert names(without_other_values(before, now, {"same": "v1", "other": "v1"})) == ["same", "no-secret"]


def test_what_any_branch_had_was_there() -> None:
    one = baseline("a", "b", packages=("PyPI:x@1",), renames={"n": "o"})
    other = baseline("b", "c", packages=("PyPI:y@1",), renames={"n": "p", "m": "l"})
    both = joined_baselines([one, other])
    assert names(both) == ["a", "b", "c"]
    assert both.packages == ("PyPI:x@1", "PyPI:y@1")
    assert both.renames == {"n": "o", "m": "l"}
    assert joined_baselines([one]) == one
