"""The lists of a suite: what there is an update for, and what is only kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.advisories.debian.lists import Built, read_packages, read_sources
from secscan.advisories.debian.release import File
from secscan.errors import AdvisoryError

DIGEST = "a" * 64


def test_the_newest_version_of_each_source() -> None:
    text = """Package: openssl
Binary: openssl,
 libssl3
Version: 3.0.9-1
Files:
 Version: 9

Package: openssl
Version: 3.0.11-1~deb12u2

Package: openssl
Version: 3.0.10-1

Package: glibc
Version: 2.36-9+deb12u10
Extra-Source-Only: yes

Package: glibc
Version: 2.36-9+deb12u7
"""
    assert read_sources(text.split("\n")) == {"openssl": "3.0.11-1~deb12u2", "glibc": "2.36-9+deb12u7"}
    assert read_sources([]) == {}


def package(**fields: str) -> list[str]:
    known = {"Package": "a", "Version": "1:2-3+b1", "Filename": "pool/a.deb", "Size": "7", "SHA256": DIGEST, **fields}
    return [f"{name}: {value}" for name, value in known.items() if value]


@pytest.mark.parametrize(
    ("source", "name", "version"),
    [("", "a", "1:2-3"), ("b", "b", "1:2-3"), ("b (9-1)", "b", "9-1")],
)
def test_of_which_source_a_package_was_built(source: str, name: str, version: str) -> None:
    assert list(read_packages(package(Source=source))) == [Built(name, version, "pool/a.deb", File(DIGEST, 7))]


@pytest.mark.parametrize(
    "lines",
    [
        package(Filename="../x"),
        package(Filename="/etc/passwd"),
        package(Filename="pool/../../x"),
        package(Filename="https://example.org/x y"),
        package(Size="-7"),
        package(SHA256="0"),
        package(Source="a b c"),
    ],
)
def test_packages_that_are_none(lines: list[str]) -> None:
    with pytest.raises(AdvisoryError) as caught:
        list(read_packages(lines))
    assert caught.value.hint


@pytest.mark.parametrize(
    "lines", [["Package: ../x", "Version: 1"], ["Package: xx"], ["Version: 1"], ["Package: xx", "Version: a b"]]
)
def test_sources_that_are_none(lines: list[str]) -> None:
    with pytest.raises(AdvisoryError):
        read_sources(lines)


@given(st.lists(st.text(max_size=40) | st.sampled_from(package())))
def test_any_lines(lines: list[str]) -> None:
    for read in (read_sources, lambda given: list(read_packages(given))):
        try:
            read(lines)
        except AdvisoryError as error:
            assert error.hint  # noqa: PT017 - read or refused
