"""Version order: known pairs of each ecosystem, real data, and texts that are no versions."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.versions.order import UNKNOWN, order_of

KNOWN = {
    # https://maven.apache.org/pom.html#version-order-specification, and versions of well-known artifacts
    "Maven": """
        1-alpha < 1-beta < 1-milestone < 1-rc < 1-snapshot < 1 < 1-sp < 1-abc < 1-1 < 1.1
        1-rc = 1-cr
        1 = 1.0.0
        1 = 1-ga
        1 = 1.final
        1-a1 = 1-alpha-1
        1.foo = 1-foo
        1-foo2 < 1-foo10
        1.0.0-RC1 < 1.0.0
        1.0.0.Final = 1.0
        31.1-android < 31.1-jre
        2.9.10.7 < 2.9.10.8 < 2.10.0
    """,
    # The cases of RubyGems' own tests.
    "RubyGems": """
        1.0.0.pre < 1.0.0
        1.0 = 1.0.0
        1.8.2.a9 < 1.8.2.a10 < 1.8.2.b < 1.8.2
        1.9.3 < 1.10.0
        1.0.0-java < 1.0.0
        0.beta.1 = 0.0.beta.1
        0.0.beta < 0.0.beta.1
        5.a < 5.0.0.rc2 < 5.x
    """,
    "Packagist": """
        1.0 = v1.0.0.0
        1.0-dev < 1.0-alpha1 < 1.0-beta1 < 1.0-beta2 < 1.0-RC1 < 1.0 < 1.0-p1 < 1.0.1
        2.0.0-RC1-dev < 2.0.0-RC1
        1.10 < 1.11
    """,
    "NuGet": """
        1.0 = 1.0.0.0
        1.0.0-Beta = 1.0.0-beta
        1.0.0-alpha.2 < 1.0.0-alpha.10 < 1.0.0 < 1.0.0.1
        1.0.0+x = 1.0.0
    """,
    "Pub": "1.0.0-dev < 1.0.0 < 1.0.0+1 < 1.0.0+2 < 1.0.1",
    "Go": """
        v1.0.0 = 1.0.0
        v0.0.0-20200101000000-abcdefabcdef < v0.0.0-20210101000000-abcdefabcdef < v0.0.1
        v1.2.3-pre < v1.2.3-pre.0.20200101000000-abcdefabcdef < v1.2.3
        v2.0.0+incompatible = 2.0.0
        1.22.0-0 < 1.22rc1 < go1.22rc2 < go1.22.0 = go1.22
    """,
    "crates.io": "0.1.0-alpha.1 < 0.1.0-rc < 0.1.0 = 0.1.0+build",
    "Hex": "1.0.0-rc.1 < 1.0.0 < 1.0.10",
    "npm": "1.0.0-beta < 1.0.0-beta.2 < 1.0.0-beta.11 < v1.0.0 < =1.0.1",
    "Hackage": "1.2 < 1.2.0 < 1.9 < 1.10",
    "CRAN": "1.2-3 < 1.2-10 < 1.3",
}

REAL = {"alpine": "Alpine", "debian": "Debian", "pypi": "PyPI", "redhat": "Red Hat", "semver": "npm"}

NO_VERSIONS = {
    "alpine-versions-generated.txt": (0, ""),
    "alpine-versions.txt": (33, "not of apk's grammar: empty parts, capital letters, unknown suffixes, no number"),
    "debian-versions-generated.txt": (0, ""),
    "debian-versions.txt": (0, ""),
    "pypi-versions-generated.txt": (69, "not of PEP 440: times, words, `0.7.1.fix1`, `0.3m2`"),
    "pypi-versions.txt": (11, "not of PEP 440"),
    "redhat-versions.txt": (5, "without any letter or digit"),
    "semver-versions.txt": (0, ""),
}
"""How many lines have a version that is none, and why: only versions that an advisory lists can be compared with it."""


def holds(ecosystem: str, left: str, operator: str, right: str) -> bool | None:
    one, two = (order_of(ecosystem).key(text) for text in (left, right))
    if one is None or two is None:
        return None
    return {"<": one < two, ">": one > two, "=": one == two}[operator]


def pairs(chains: str) -> list[tuple[str, str, str]]:
    found = []
    for chain in filter(None, map(str.strip, chains.splitlines())):
        parts = re.split(r" ([<=]) ", chain)
        found += [(parts[at], parts[at + 1], parts[at + 2]) for at in range(0, len(parts) - 2, 2)]
    return found


@pytest.mark.parametrize(
    ("ecosystem", "pair"), [(ecosystem, pair) for ecosystem, chains in KNOWN.items() for pair in pairs(chains)]
)
def test_known_pairs(ecosystem: str, pair: tuple[str, str, str]) -> None:
    assert holds(ecosystem, *pair), pair


@pytest.mark.parametrize("name", NO_VERSIONS)
def test_every_comparable_line_of_real_versions(shared_data: Path, name: str) -> None:
    ecosystem = REAL[name.partition("-")[0]]
    lines = [line.strip() for line in (shared_data / "version_order" / name).read_text().splitlines()]
    answers = {line: holds(ecosystem, *line.split(" ")) for line in lines if line and not line.startswith(("#", "//"))}
    wrong = [line for line, answer in answers.items() if answer is False]
    none = [line for line, answer in answers.items() if answer is None]
    agreed = sum(answer is True for answer in answers.values())
    print(f"{name}: {agreed} agree, {len(wrong)} do not, {len(none)} are no versions: {none}")  # noqa: T201 - see it with -rP
    assert not wrong
    assert len(none) <= NO_VERSIONS[name][0], none
    assert agreed


ECOSYSTEMS = st.sampled_from([*KNOWN, "PyPI", "Debian:12", "Alpine:v3.18", "Red Hat", "OSS-Fuzz"])
TEXTS = st.text(max_size=12) | st.text("0123456789.-_+~^:vrcalphbetdsn", max_size=16)


@given(ECOSYSTEMS, st.lists(TEXTS, min_size=2, max_size=6))
def test_any_texts_have_one_order(ecosystem: str, texts: list[str]) -> None:
    order = order_of(ecosystem)
    keys = [key for key in map(order.key, texts) if key is not None]
    for one, two in itertools.pairwise(sorted(keys)):
        assert one <= two
        assert not two < one
    assert set(order.sorted(texts)) == set(texts)
    for text in texts:
        assert isinstance(order.normal(text), str)
        assert isinstance(order.public(text), str)


@given(ECOSYSTEMS, TEXTS, TEXTS, TEXTS)
def test_order_is_transitive(ecosystem: str, one: str, two: str, three: str) -> None:
    keys = [order_of(ecosystem).key(text) for text in (one, two, three)]
    if None in keys:
        return
    for a, b, c in itertools.permutations(keys):
        if a <= b and b <= c:
            assert a <= c


@pytest.mark.parametrize("text", ["", " ", "1" * 5_000, "1." * 200, "workspace:*", "file:../x", "latest", "*", "\x00"])
@pytest.mark.parametrize(
    "ecosystem", ["PyPI", "npm", "Go", "NuGet", "RubyGems", "Packagist", "Maven", "Alpine", "Hackage"]
)
def test_what_is_no_version_has_no_key(ecosystem: str, text: str) -> None:
    assert order_of(ecosystem).key(text) is None


@pytest.mark.parametrize(
    ("ecosystem", "one", "two"),
    [
        ("PyPI", "1.0", "v1.0.0"),
        ("npm", "1.0.0", "v1.0.0+build"),
        ("Go", "1.21.0-rc.1", "go1.21rc1"),
        ("NuGet", "1.0.0-Beta", "1.0-beta"),
        ("Maven", "1.0.Final", "1-ga"),
        ("Maven", "1.foo", "1-foo"),
        ("RubyGems", "1.0", "1.0.0"),
        ("Packagist", "v1.0-RC1", "1.0.0.0-rc1"),
    ],
)
def test_all_spellings_of_a_version_are_one_in_a_list(ecosystem: str, one: str, two: str) -> None:
    order = order_of(ecosystem)
    assert order.normal(one) == order.normal(two)
    assert order.normal(one) != order.normal(f"2{one.lstrip('vgo')}")


def test_an_ecosystem_without_a_rule_knows_no_version() -> None:
    assert order_of("OSS-Fuzz") is UNKNOWN
    assert order_of("OSS-Fuzz").key("1.0") is None
    assert order_of("Debian:12") is order_of("Debian")
