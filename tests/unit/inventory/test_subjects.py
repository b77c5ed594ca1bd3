"""Of what the advisories of a distribution speak."""

from __future__ import annotations

import pytest

from secscan.inventory.contract import Declared
from secscan.inventory.subjects import subject_of


def declared(ecosystem: str, name: str, version: str, *source: str) -> Declared:
    return Declared(name, version, ecosystem, "p", source=tuple(source) if source else ("", ""))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("package", "key", "asked"),
    [
        (declared("PyPI", "Flask", "1"), "PyPI:flask@1", ["flask 1"]),
        (declared("Debian:12", "libssl3", "3-1", "openssl", "3-1"), "Debian:12:openssl@3-1", ["openssl 3-1"]),
        (declared("Debian:12", "a", "2-3+b1", "b", "2-3"), "Debian:12:b@2-3", ["b 2-3"]),
        (declared("Debian:12", "a", "2-3+b12"), "Debian:12:a@2-3", ["a 2-3"]),
        (declared("Debian:12", "a", "2-3+b1", "b", ""), "Debian:12:b@2-3+b1", ["b 2-3+b1"]),
        (declared("Alpine:v3.19", "libssl3", "3-r1", "openssl", "3-r1"), "Alpine:v3.19:openssl@3-r1", ["openssl 3-r1"]),
        (declared("Ubuntu:22.04:LTS", "a", "1-1ubuntu1~esm2"), "Ubuntu:Pro:22.04:LTS:a@1-1ubuntu1~esm2", None),
        (
            declared("Rocky Linux:9", "openssl-libs", "1:3-27.el9", "openssl", "3-27.el9"),
            "Rocky Linux:9:openssl@1:3-27.el9",
            ["openssl 1:3-27.el9", "openssl-libs 1:3-27.el9"],
        ),
        # perl 5.32 has the epoch 4, which its file name does not tell; this part of it has none.
        (
            declared("Rocky Linux:9", "perl-Errno", "0:1.30-481.el9", "perl", "5.32.1-481.el9"),
            "Rocky Linux:9:perl-Errno@0:1.30-481.el9",
            ["perl-Errno 0:1.30-481.el9"],
        ),
        (declared("Photon OS:5.0", "a-libs", "1-1", "a", "1-1"), "Photon OS:5.0:a-libs@1-1", ["a-libs 1-1"]),
    ],
)
def test_subjects(package: Declared, key: str, asked: list[str] | None) -> None:
    found = subject_of(package)
    assert found.key == key
    assert asked is None or [" ".join(one) for one in found.asked] == asked
