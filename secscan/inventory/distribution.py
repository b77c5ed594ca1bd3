"""Which Linux distribution a system is, and under which names advisories and package URLs speak of its packages.

Names of ecosystems: https://ossf.github.io/osv-schema/#defined-ecosystems. CentOS, Fedora, Oracle, Amazon and others
have none there: they get one of the same form, under which no advisory stands, so that their packages are told as not
assessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from secscan.inventory.support import support_of


class Speaks(Enum):
    """Of what the advisories of a distribution speak."""

    SOURCE = "source packages"
    BOTH = "source or binary packages, whichever their authors chose"
    BINARY = "binary packages"


@dataclass(frozen=True)
class Family:
    """A distribution, in all its releases."""

    ecosystem: str
    """As OSV names it, without a release."""
    ids: tuple[str, ...]
    """`ID` in its os-release; the first is the one that package URLs name its releases by."""
    purl: tuple[str, str]
    """Type and namespace of its package URLs."""
    speaks: Speaks
    release: Callable[[str, Mapping[str, str]], str]
    """Gives the release as the ecosystem has it, from `VERSION_ID` (may be empty) and all members."""
    namespaces: tuple[str, ...] = ()
    """Other namespaces in which tools write its package URLs."""


@dataclass(frozen=True)
class Distribution:
    """One release of a distribution."""

    ecosystem: str
    """Of its packages: `Debian:12`."""
    name: str
    """As it calls itself."""
    supported_until: date | None
    """Last day of security updates for everybody; None where that is not known."""
    support: str
    """What kind of support that is; empty where there is only one."""


def distribution_of(members: Mapping[str, str]) -> Distribution | None:
    """Return what the members of an os-release say (see `os_release`); None where they name no distribution."""
    identity = members.get("ID", "").strip()
    if not identity:
        return None
    version = members.get("VERSION_ID", "").strip()
    family = _BY_ID.get(_stream(identity.lower(), version))
    if family is None:  # with a word before it, so that no file can call its packages those of PyPI or npm
        base, release = f"Linux {_plain_text(identity)}", _plain_text(version)
    else:
        base, release = family.ecosystem, family.release(version, members)
    ecosystem = f"{base}:{release}" if release else base
    support = support_of(ecosystem)
    return Distribution(
        ecosystem=ecosystem,
        name=members.get("PRETTY_NAME") or f"{members.get('NAME', '') or identity} {version}".strip(),
        supported_until=support.until if support else None,
        support=support.note if support else "",
    )


def family_of(ecosystem: str) -> Family | None:
    """Return the distribution of an ecosystem (`Debian:12`); None for that of a language, or an unknown one."""
    return _BY_ECOSYSTEM.get(ecosystem.partition(":")[0])


def families_called(kind: str, namespace: str) -> tuple[Family, ...]:
    """Return the distributions whose package URLs have this type and namespace."""
    return tuple(
        one for one in FAMILIES if one.purl[0] == kind and namespace in (one.purl[1], *one.namespaces, *one.ids)
    )


def ecosystem_of_label(family: Family, label: str) -> str:
    """Return the ecosystem of what a package URL calls `distro`: `debian-12`, `3.19.1`, `opensuse-leap-15.6`."""
    name, version = _split(label)
    family = _BY_ID[_stream(name, version)] if family.ecosystem == "CentOS" and name else family
    members = {"ID": name if name in family.ids else family.ids[0], "VERSION_CODENAME": name}
    release = family.release(version, members)
    return f"{family.ecosystem}:{release}" if release else family.ecosystem


def label_of(family: Family, ecosystem: str) -> str:
    """Return how a package URL names a release as `distro`; empty where it has none."""
    release = ecosystem.partition(":")[2]
    if family.ecosystem == "SUSE":
        found = re.search(r"(\d+)(?:(?: SP|\.)(\d+))?", release)
        return f"sles-{'.'.join(part for part in found.groups() if part)}" if found else ""
    for word in ("Leap Micro", "Leap"):
        if release.startswith(f"{word} "):
            return f"opensuse-{word.lower().replace(' ', '-')}-{release.removeprefix(word).strip()}"
    release = release.removeprefix("Pro:").removesuffix(":LTS").removeprefix("enterprise_linux:")
    release = release[1:] if re.match(r"v\d", release) else release
    return f"{family.ids[0]}-{release.lower().replace(' ', '-')}" if release else ""


def _split(label: str) -> tuple[str, str]:
    """Name and version of a label; either may be missing."""
    label = label.strip().lower().partition(" ")[0]
    found = re.fullmatch(r"(?:(.*?)-)?v?(\d[\w.-]*)", label)
    return (found[1] or "", found[2]) if found else (label, "")


def _stream(identity: str, version: str) -> str:
    """CentOS Stream calls itself CentOS, as the releases before it did, the last of which was 8."""
    major = version.partition(".")[0]
    newer = identity == "centos" and major.isascii() and major.isdecimal() and len(major) < 4 and int(major) > 8
    return "centos-stream" if newer else identity


def _plain_text(text: str) -> str:
    """A text that can stand in the name of an ecosystem: hostile files bring colons and commas."""
    return re.sub(r"[^\w. +-]", "_", text)[:60]


def _whole(version: str, _: Mapping[str, str]) -> str:
    return _plain_text(version)


def _none(_version: str, _: Mapping[str, str]) -> str:
    return ""


def _major(version: str, _: Mapping[str, str]) -> str:
    return _plain_text(version.partition(".")[0])


def _two(version: str, _: Mapping[str, str]) -> str:
    """`5.0` of `5.0.3`."""
    return _plain_text(".".join(version.split(".")[:2]))


def _debian(version: str, members: Mapping[str, str]) -> str:
    """Testing and unstable have no `VERSION_ID`, and testing calls itself by the name of the release to come."""
    if version:
        return _major(version, members)
    name = members.get("VERSION_CODENAME", "").lower() or members.get("PRETTY_NAME", "").rpartition("/")[2].lower()
    name = name.removeprefix("debian").removeprefix("-")
    return DEBIAN_RELEASES.get(name, "sid" if name in ("sid", "unstable") else "")


def _ubuntu(version: str, members: Mapping[str, str]) -> str:
    """Every second April a release with long support."""
    year, month, *_rest = (*version.split("."), "")
    long = month == "04" and year.isascii() and year.isdecimal() and len(year) < 4 and int(year) % 2 == 0
    return f"{_two(version, members)}:LTS" if long else _two(version, members)


def _alpine(version: str, members: Mapping[str, str]) -> str:
    """`v3.19` of `3.19.1`; `edge` of what is no release yet, such as `3.22_alpha20250108`."""
    if "_alpha" in version or members.get("VERSION_CODENAME", "").endswith("edge"):
        return "edge"
    return f"v{_two(version, members)}" if version else ""


def _red_hat(version: str, _: Mapping[str, str]) -> str:
    """The product; its advisories name the repositories of it, such as `enterprise_linux:9::baseos`."""
    return f"enterprise_linux:{_plain_text(version.partition('.')[0])}" if version else ""


def _leap(version: str, members: Mapping[str, str]) -> str:
    if "tumbleweed" in members.get("ID", "") or (not version and "tumbleweed" in members.get("VERSION_CODENAME", "")):
        return "Tumbleweed"
    word = "Leap Micro" if "micro" in members.get("ID", "") else "Leap"
    return f"{word} {_plain_text(version)}" if version else ""


def _suse(version: str, _: Mapping[str, str]) -> str:
    """`Linux Enterprise Server 15 SP5` of `15.5`, `Linux Enterprise Server 16.0` of `16.0`. Advisories name the modules
    of it, too (see `names.system_of`)."""
    major, _dot, pack = version.partition(".")
    if not major:
        return ""
    if major in ("11", "12", "15"):
        version = f"{major} SP{pack}" if pack not in ("", "0") else major
    return f"Linux Enterprise Server {_plain_text(version)}"


def _open_euler(version: str, members: Mapping[str, str]) -> str:
    """`24.03-LTS-SP1`: what stands in brackets in `VERSION` belongs to it."""
    found = re.search(r"\(([\w-]{1,20})\)", members.get("VERSION", "") or members.get("PRETTY_NAME", ""))
    return f"{_plain_text(version)}-{found[1]}" if found else _plain_text(version).upper()


DEBIAN_RELEASES = {
    "wheezy": "7",
    "jessie": "8",
    "stretch": "9",
    "buster": "10",
    "bullseye": "11",
    "bookworm": "12",
    "trixie": "13",
    "forky": "14",
    "duke": "15",
}
"""Numbers of the releases of Debian, by their names."""

_BELLSOFT = "bellsoft-hardened-containers"
_OPENSUSE = ("opensuse", "opensuse-leap", "opensuse-tumbleweed", "opensuse-leap-micro", "opensuse.leap")
_MICROSOFT = ("cbl-mariner", "microsoft")
_SOURCE, _BOTH, _BINARY = Speaks.SOURCE, Speaks.BOTH, Speaks.BINARY
FAMILIES = (
    Family("Debian", ("debian",), ("deb", "debian"), _SOURCE, _debian),
    Family("Ubuntu", ("ubuntu",), ("deb", "ubuntu"), _SOURCE, _ubuntu),
    Family("Echo", ("echo",), ("deb", "echo"), _SOURCE, _none),
    Family("Alpine", ("alpine",), ("apk", "alpine"), _SOURCE, _alpine),
    Family("Alpaquita", ("alpaquita",), ("apk", "alpaquita"), _SOURCE, _whole),
    Family("BellSoft Hardened Containers", (_BELLSOFT,), ("apk", _BELLSOFT), _SOURCE, _whole),
    Family("Wolfi", ("wolfi",), ("apk", "wolfi"), _BOTH, _none),
    Family("Chainguard", ("chainguard",), ("apk", "chainguard"), _BOTH, _none),
    Family("MinimOS", ("minimos",), ("apk", "minimos"), _BOTH, _none),
    Family("Red Hat", ("rhel", "redhat"), ("rpm", "redhat"), _BOTH, _red_hat),
    Family("Rocky Linux", ("rocky", "rocky-linux"), ("rpm", "rocky-linux"), _BOTH, _major),
    Family("AlmaLinux", ("almalinux", "alma"), ("rpm", "almalinux"), _BOTH, _major),
    Family("CentOS", ("centos",), ("rpm", "centos"), _BOTH, _major),
    Family("CentOS Stream", ("centos-stream",), ("rpm", "centos"), _BOTH, _major),
    Family("Fedora", ("fedora",), ("rpm", "fedora"), _BOTH, _major),
    Family("Oracle Linux", ("ol", "oracle"), ("rpm", "oracle"), _BOTH, _major),
    Family("Amazon Linux", ("amzn", "amazon"), ("rpm", "amazon"), _BOTH, _major),
    Family("openSUSE", _OPENSUSE, ("rpm", "opensuse"), _SOURCE, _leap),
    Family("SUSE", ("sles", "sled", "sles_sap", "sle_hpc", "suse"), ("rpm", "suse"), _SOURCE, _suse),
    Family("Photon OS", ("photon",), ("rpm", "photon"), _BINARY, _two),
    Family("Azure Linux", ("azurelinux", "mariner"), ("rpm", "azurelinux"), _SOURCE, _major, _MICROSOFT),
    Family("Mageia", ("mageia",), ("rpm", "mageia"), _SOURCE, _major),
    Family("openEuler", ("openeuler",), ("rpm", "openeuler"), _SOURCE, _open_euler),
    Family("Arch Linux", ("arch", "archarm"), ("alpm", "arch"), _BINARY, _none),
)  # fmt: skip

_BY_ID = {identity: family for family in FAMILIES for identity in family.ids}
_BY_ECOSYSTEM = {family.ecosystem: family for family in FAMILIES}
