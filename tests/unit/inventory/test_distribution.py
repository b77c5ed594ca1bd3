"""Which distribution a system is, by which names its packages are known, and until when it is supported."""

from __future__ import annotations

from datetime import date

import pytest

from secscan.inventory.distribution import FAMILIES, distribution_of
from secscan.inventory.names import purl_of, read_purl, system_of
from secscan.inventory.os_release import read_os_release
from secscan.inventory.support import SUPPORT

SYSTEMS = [
    ('ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm', "Debian:12"),
    ("ID=debian\nVERSION_ID=12.9", "Debian:12"),
    ('ID=debian\nPRETTY_NAME="Debian GNU/Linux trixie/sid"\nVERSION_CODENAME=trixie', "Debian:13"),
    ('ID=debian\nPRETTY_NAME="Debian GNU/Linux n/sid"', "Debian:sid"),
    ("ID=debian", "Debian"),
    ('ID=ubuntu\nVERSION_ID="22.04"', "Ubuntu:22.04:LTS"),
    ('ID=ubuntu\nVERSION_ID="23.10"', "Ubuntu:23.10"),
    ('ID=ubuntu\nVERSION_ID="23.04"', "Ubuntu:23.04"),
    ("ID=alpine\nVERSION_ID=3.19.1", "Alpine:v3.19"),
    ("ID=alpine\nVERSION_ID=3.22_alpha20250108", "Alpine:edge"),
    ('ID="wolfi"\nVERSION_ID="20230201"', "Wolfi"),
    ('ID="chainguard"\nVERSION_ID="20230214"', "Chainguard"),
    ('ID="rhel"\nVERSION_ID="9.4"\nCPE_NAME="cpe:/o:redhat:enterprise_linux:9::baseos"', "Red Hat:enterprise_linux:9"),
    ('ID="rhel"\nVERSION_ID="10.1"', "Red Hat:enterprise_linux:10"),
    ('ID="rocky"\nVERSION_ID="9.3"', "Rocky Linux:9"),
    ('ID="almalinux"\nVERSION_ID="9.3"', "AlmaLinux:9"),
    ('NAME="CentOS Linux"\nID="centos"\nVERSION_ID="7"', "CentOS:7"),
    ('NAME="CentOS Stream"\nID="centos"\nVERSION_ID="9"', "CentOS Stream:9"),
    ("ID=fedora\nVERSION_ID=40", "Fedora:40"),
    ('ID="ol"\nVERSION_ID="9.3"', "Oracle Linux:9"),
    ('ID="amzn"\nVERSION_ID="2023"', "Amazon Linux:2023"),
    ('ID="opensuse-leap"\nVERSION_ID="15.6"', "openSUSE:Leap 15.6"),
    ('ID="opensuse-tumbleweed"\nVERSION_ID="20240801"', "openSUSE:Tumbleweed"),
    ('ID="sles"\nVERSION_ID="15.5"', "SUSE:Linux Enterprise Server 15 SP5"),
    ('ID="sles"\nVERSION_ID="15"', "SUSE:Linux Enterprise Server 15"),
    ('ID="sles"\nVERSION_ID="16.0"', "SUSE:Linux Enterprise Server 16.0"),
    ('ID=photon\nVERSION_ID="5.0"', "Photon OS:5.0"),
    ('ID=azurelinux\nVERSION_ID="3.0"', "Azure Linux:3"),
    ('ID=mariner\nVERSION_ID="2.0"', "Azure Linux:2"),
    ("ID=mageia\nVERSION_ID=9", "Mageia:9"),
    ('ID="openEuler"\nVERSION_ID="24.03"\nVERSION="24.03 (LTS-SP1)"', "openEuler:24.03-LTS-SP1"),
    ("ID=arch", "Arch Linux"),
    ("ID=nixos\nVERSION_ID=24.05", "Linux nixos:24.05"),
    ("ID=npm\nNAME=PyPI", "Linux npm"),
    ("ID=x:y,z\nVERSION_ID=1:2", "Linux x_y_z:1_2"),
]


@pytest.mark.parametrize(("text", "ecosystem"), SYSTEMS)
def test_ecosystems(text: str, ecosystem: str) -> None:
    found = distribution_of(read_os_release(text.encode()))
    assert found is not None
    assert found.ecosystem == ecosystem


def test_a_system_that_names_no_distribution() -> None:
    assert distribution_of({}) is None
    assert distribution_of({"NAME": "x", "ID": " "}) is None


@pytest.mark.parametrize("ecosystem", sorted({one for _, one in SYSTEMS if not one.startswith("Linux")} - {"Debian"}))
@pytest.mark.parametrize("version", ["1.2-3", "1:1.2-3"])
def test_package_urls_there_and_back(ecosystem: str, version: str) -> None:
    found = read_purl(purl_of(ecosystem, "x", version, architecture="amd64", source=("y", "1.2-3")))
    assert (found.ecosystem, found.name, found.version, found.architecture) == (ecosystem, "x", version, "amd64")
    assert found.source == ("y", "1.2-3")


def test_epochs_are_where_the_specification_has_them() -> None:
    assert purl_of("Debian:12", "x", "1:2-3") == "pkg:deb/debian/x@1:2-3?distro=debian-12"
    assert purl_of("Fedora:40", "x", "1:2-3") == "pkg:rpm/fedora/x@2-3?distro=fedora-40&epoch=1"
    assert purl_of("Fedora:40", "x", "0:2-3") == "pkg:rpm/fedora/x@2-3?distro=fedora-40"


TOOLS = [
    ("deb/debian/libssl3@3.0.11-1?upstream=openssl&distro=debian-12", "Debian:12 3.0.11-1", "openssl 3.0.11-1"),
    ("deb/debian/a@2-3%2Bb1?upstream=b%402-3&distro=debian-12", "Debian:12 2-3+b1", "b 2-3"),
    ("deb/debian/a@2-3?epoch=1&distro=debian-12.4", "Debian:12 1:2-3", " "),
    ("deb/debian/a@1%3A2-3?epoch=1&distro=bookworm", "Debian:12 1:2-3", " "),
    ("deb/ubuntu/a@1?distro=ubuntu-22.04", "Ubuntu:22.04:LTS 1", " "),
    ("apk/alpine/libssl3@3.1.4-r2?upstream=openssl&distro=alpine-3.19.0", "Alpine:v3.19 3.1.4-r2", "openssl 3.1.4-r2"),
    ("apk/alpine/musl@1.2.4-r2?distro=3.19.1", "Alpine:v3.19 1.2.4-r2", " "),
    (
        "rpm/redhat/openssl-libs@3.0.7-27.el9?epoch=1&upstream=openssl-3.0.7-27.el9.src.rpm&distro=rhel-9.4",
        "Red Hat:enterprise_linux:9 1:3.0.7-27.el9",
        "openssl 3.0.7-27.el9",
    ),
    ("rpm/redhat/a@2?epoch=1&distro=redhat-9.4", "Red Hat:enterprise_linux:9 1:2", " "),
    ("rpm/rocky/a@2?distro=rocky-9.3", "Rocky Linux:9 2", " "),
    ("rpm/alma/a@2?distro=alma-9.3", "AlmaLinux:9 2", " "),
    ("rpm/centos/a@2?distro=centos-8.3.2011", "CentOS:8 2", " "),
    ("rpm/centos/a@2?distro=centos-9", "CentOS Stream:9 2", " "),
    ("rpm/opensuse/a@2?distro=opensuse.leap-15.5", "openSUSE:Leap 15.5 2", " "),
    ("rpm/amzn/a@2?distro=amzn-2", "Amazon Linux:2 2", " "),
    ("rpm/cbl-mariner/a@2?distro=cbl-mariner-2.0.20240101", "Azure Linux:2 2", " "),
    ("rpm/fedora/a@2?upstream=odd.src.rpm&distro=", "Fedora 2", " "),
]  # fmt: skip


@pytest.mark.parametrize(("purl", "package", "source"), TOOLS)
def test_package_urls_of_other_tools(purl: str, package: str, source: str) -> None:
    found = read_purl(f"pkg:{purl}")
    assert (f"{found.ecosystem} {found.version}", " ".join(found.source)) == (package, source)


def test_the_parts_of_a_system() -> None:
    assert system_of("Red Hat:enterprise_linux:9::baseos") == "Red Hat:enterprise_linux:9"
    assert system_of("Red Hat:enterprise_linux:10.1") == "Red Hat:enterprise_linux:10"
    assert system_of("SUSE:Linux Enterprise Module for Basesystem 15 SP5") == "SUSE:Linux Enterprise Server 15 SP5"
    assert system_of("SUSE:Linux Enterprise Server 15 SP5-LTSS") == "SUSE:Linux Enterprise Server 15 SP5"
    for other in ("Red Hat:rhel_eus:9.4::baseos", "Red Hat:openshift:4.9", "Debian:12", "SUSE:Linux Micro 6.2"):
        assert system_of(other) == other


def test_support_tells_who_gives_it() -> None:
    found = distribution_of({"ID": "debian", "VERSION_ID": "11", "PRETTY_NAME": "Debian GNU/Linux 11 (bullseye)"})
    assert found is not None
    assert (found.name, found.supported_until) == ("Debian GNU/Linux 11 (bullseye)", date(2026, 8, 31))
    assert "2024-08-14" in found.support
    assert "LTS" in found.support
    fedora = distribution_of({"ID": "fedora", "VERSION_ID": "40"})
    assert fedora is not None
    assert (fedora.name, fedora.supported_until, fedora.support) == ("fedora 40", date(2025, 5, 13), "")
    unknown = distribution_of({"ID": "fedora", "VERSION_ID": "99"})
    assert unknown is not None
    assert unknown.supported_until is None


def test_every_row_of_the_table_is_of_a_distribution() -> None:
    assert set(SUPPORT) <= {one.ecosystem for one in FAMILIES}
