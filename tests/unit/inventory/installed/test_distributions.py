"""dpkg and apk: what is on disk, with the source that it was built from."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.inventory.installed.support import read, reasons

STATUS = """\
Package: zlib1g
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Source: zlib
Version: 1:1.2.13.dfsg-1
Description: compression library
 Package: not-a-package
 .
 Version: 9

Package: zlib1g
Status: hold ok installed
Architecture: i386
Source: zlib (1:1.2.13.dfsg-0)
Version: 1:1.2.13.dfsg-1+b1

Package: gone
Status: deinstall ok config-files
Version: 1.0

Package: never
Status: unknown ok not-installed

Package: half
Status: install reinstreq half-configured
Version: 2.0
Architecture: all


Package: unpacked
status: install ok unpacked
Version: 3.0~rc1
"""


def test_dpkg() -> None:
    found = read("var/lib/dpkg/status", STATUS)
    assert [(one.name, one.version, one.architecture, one.source, one.line) for one in found.packages] == [
        ("zlib1g", "1:1.2.13.dfsg-1", "amd64", ("zlib", "1:1.2.13.dfsg-1"), 1),
        ("zlib1g", "1:1.2.13.dfsg-1+b1", "i386", ("zlib", "1:1.2.13.dfsg-0"), 12),
        ("half", "2.0", "all", ("", ""), 25),
        ("unpacked", "3.0~rc1", "", ("", ""), 31),
    ]
    assert {one.ecosystem for one in found.packages} == {"Debian"}
    assert not found.gaps


def test_the_same_package_for_two_architectures_counts_twice_even_if_nothing_tells_them_apart() -> None:
    paragraph = "Package: a\nStatus: install ok installed\nVersion: 1\n\n"
    assert len(read("var/lib/dpkg/status", paragraph * 2).packages) == 2


def test_a_distroless_image_has_a_file_for_each_package_without_a_status() -> None:
    found = read("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n")
    assert [(one.name, one.version) for one in found.packages] == [("base-files", "12.4")]


@pytest.mark.parametrize(
    "bad",
    [
        "Package: b\nStatus: install ok installed\n",
        "Version: 1\n",
        "Description: neither\n",
        "\0\1\2\n",
        f"Package: {'b' * 400}\nVersion: 1\n",
        "Package: b\nVersion: 1\nArchitecture: " + "a" * 999 + "\n",
    ],
)
def test_a_broken_paragraph_is_a_gap_and_the_others_are_kept(bad: str) -> None:
    found = read("var/lib/dpkg/status", f"Package: a\nVersion: 1\n\n{bad}\nPackage: c\nVersion: 1\n")
    assert [one.name for one in found.packages] == ["a", "c"]
    assert [(one.kind, one.line) for one in found.gaps] == [("broken-manifest", 4)]


def test_a_source_that_is_none_is_a_gap_and_the_package_counts() -> None:
    found = read("var/lib/dpkg/status", "Package: a\nVersion: 1\nSource: (1\n")
    assert len(found.packages) == 1
    assert reasons(found) == [("broken-manifest", "a part of it cannot be read: the source package of 'a' is none")]


def test_more_packages_than_anyone_installs_are_a_gap() -> None:
    found = read("var/lib/dpkg/status", "Package: a\nVersion: 1\n\n" * 60_000)
    assert not found.packages
    assert reasons(found) == [("broken-manifest", "the manifest cannot be read: it names more than 50000 packages")]


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="no dpkg here")
def test_dpkg_itself_says_the_same_of_this_machine() -> None:
    form = "${Package} ${Version} ${Architecture} ${source:Package} ${source:Version} ${db:Status-Status}\n"
    said = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True, check=True).stdout
    expected = [
        line.rpartition(" ")[0] for line in said.splitlines() if not line.endswith((" config-files", "not-installed"))
    ]
    found = read("var/lib/dpkg/status", Path("/var/lib/dpkg/status").read_bytes())
    assert not found.gaps
    assert sorted(
        f"{one.name} {one.version} {one.architecture} {one.source[0] or one.name} {one.source[1] or one.version}"
        for one in found.packages
    ) == sorted(expected)


APK = """\
C:Q1p78yvTLG094tHE1+dToJGbmYzQE=
P:libcrypto3
V:3.1.4-r5
A:x86_64
S:1739063
T:Crypto library from openssl
U:https://www.openssl.org/
L:Apache-2.0
o:openssl
F:lib
R:P:not-a-package

P:musl
V:1.2.4-r2
A:x86_64
L:MIT
o:musl
F:lib

P:virtual
V:0
"""


@pytest.mark.parametrize("path", ["lib/apk/db/installed", "usr/lib/apk/db/installed"])
def test_apk(path: str) -> None:
    found = read(path, APK)
    assert [(one.name, one.version, one.architecture, one.licence, one.source, one.line) for one in found.packages] == [
        ("libcrypto3", "3.1.4-r5", "x86_64", "Apache-2.0", ("openssl", "3.1.4-r5"), 1),
        ("musl", "1.2.4-r2", "x86_64", "MIT", ("", ""), 13),
        ("virtual", "0", "", "", ("", ""), 20),
    ]
    assert {one.ecosystem for one in found.packages} == {"Alpine"}
    assert not found.gaps


def test_a_broken_paragraph_of_apk_is_a_gap() -> None:
    found = read("lib/apk/db/installed", "P:a\nV:1\n\nP:b\n\nV:2\n")
    assert [one.name for one in found.packages] == ["a"]
    assert [one.line for one in found.gaps] == [4, 6]
