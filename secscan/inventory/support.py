"""Until when distributions get security updates that everybody gets, without a contract.

Facts, gathered in November 2026 from what the distributions publish themselves:
Debian and Ubuntu: their `distro-info-data` (version 0.58); Alpine: https://alpinelinux.org/releases/;
Fedora: https://docs.fedoraproject.org/en-US/releases/eol/; CentOS: https://www.centos.org/centos-linux-eol/ and
https://www.centos.org/cl-vs-cs/; Red Hat: https://access.redhat.com/support/policy/updates/errata;
Rocky Linux: https://wiki.rockylinux.org/rocky/version/; AlmaLinux: https://wiki.almalinux.org/release-notes/;
openSUSE: https://en.opensuse.org/Lifetime; Amazon: https://aws.amazon.com/amazon-linux-2/faqs/ and
https://docs.aws.amazon.com/linux/al2023/ug/release-cadence.html.
What is not in the table is not known, and is said to be so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Support:
    """How long one release is supported."""

    until: date
    """Last day of security updates for everybody."""
    note: str = ""
    """What kind of support that is, and what there is beside it."""


def _plain(**ends: str) -> dict[str, Support]:
    return {name.strip("_").replace("_", "."): Support(date.fromisoformat(end)) for name, end in ends.items()}


def _debian(regular: str, lts: str) -> Support:
    return Support(
        date.fromisoformat(lts),
        f"by Debian's security team until {regular}, then by Debian LTS: fewer packages, and some architectures",
    )


def _ubuntu(standard: str, pro: str) -> Support:
    return Support(date.fromisoformat(standard), f"standard support; with an Ubuntu Pro subscription (ESM) until {pro}")


def _red_hat(end: str, *, extended: str = "") -> Support:
    more = f"; with the extended life cycle add-on until {extended}" if extended else ""
    return Support(date.fromisoformat(end), f"maintenance support{more}")


_DEBIAN = {
    "7": _debian("2016-04-25", "2018-05-31"),
    "8": _debian("2018-06-17", "2020-06-30"),
    "9": _debian("2020-07-18", "2022-06-30"),
    "10": _debian("2022-09-10", "2024-06-30"),
    "11": _debian("2024-08-14", "2026-08-31"),
    "12": _debian("2026-07-11", "2028-06-30"),
    "13": _debian("2028-08-09", "2030-06-30"),
}
_UBUNTU = {
    "14.04:LTS": _ubuntu("2019-04-25", "2024-04-25"),
    "16.04:LTS": _ubuntu("2021-04-30", "2026-04-23"),
    "18.04:LTS": _ubuntu("2023-05-31", "2028-04-30"),
    "20.04:LTS": _ubuntu("2025-05-29", "2030-04-23"),
    "22.04:LTS": _ubuntu("2027-06-01", "2032-04-21"),
    "24.04:LTS": _ubuntu("2029-05-31", "2034-04-25"),
    "26.04:LTS": _ubuntu("2031-05-29", "2036-04-23"),
    **_plain(_20_10="2021-07-22", _21_04="2022-01-20", _21_10="2022-07-14", _22_10="2023-07-20", _23_04="2024-01-25"),
    **_plain(_23_10="2024-07-11", _24_10="2025-07-10", _25_04="2026-01-15", _25_10="2026-07-09", _26_10="2027-07-15"),
}
_ALPINE = {
    f"v{release}": support
    for release, support in {
        **_plain(_3_12="2022-05-01", _3_13="2022-11-01", _3_14="2023-05-01", _3_15="2023-11-01", _3_16="2024-05-23"),
        **_plain(_3_17="2024-11-22", _3_18="2025-05-09", _3_19="2025-11-01", _3_20="2026-04-01", _3_21="2026-11-01"),
        **_plain(_3_22="2027-05-01", _3_23="2027-11-01"),
    }.items()
}
_RED_HAT = {
    "6": _red_hat("2020-11-30"),
    "7": _red_hat("2024-06-30", extended="2028-06-30"),
    "8": _red_hat("2029-05-31"),
    "9": _red_hat("2032-05-31"),
    "10": _red_hat("2035-05-31"),
}

SUPPORT: dict[str, dict[str, Support]] = {
    "Debian": _DEBIAN,
    "Ubuntu": _UBUNTU,
    "Alpine": _ALPINE,
    "Red Hat": {f"enterprise_linux:{release}": support for release, support in _RED_HAT.items()},
    "Rocky Linux": _plain(_8="2029-05-31", _9="2032-05-31", _10="2035-05-31"),
    "AlmaLinux": _plain(_8="2029-03-01", _9="2032-05-31", _10="2035-05-31"),
    "CentOS": _plain(_5="2017-03-31", _6="2020-11-30", _7="2024-06-30", _8="2021-12-31"),
    "CentOS Stream": _plain(_8="2024-05-31", _9="2027-05-31"),
    "Fedora": {
        **_plain(_34="2022-06-07", _35="2022-12-13", _36="2023-05-16", _37="2023-12-05", _38="2024-05-21"),
        **_plain(_39="2024-11-26", _40="2025-05-13", _41="2025-12-15", _42="2026-05-13", _43="2026-12-09"),
    },
    "openSUSE": {
        f"Leap {release}": support
        for release, support in {
            **_plain(_15_0="2019-12-03", _15_1="2021-02-02", _15_2="2022-01-04", _15_3="2022-12-31"),
            **_plain(_15_4="2023-12-07", _15_5="2024-12-31", _15_6="2026-04-30", _16_0="2027-10-31"),
        }.items()
    },
    "Amazon Linux": _plain(_1="2023-12-31", _2="2026-06-30", _2023="2029-06-30"),
}
"""By ecosystem without its release, and by release as the ecosystem has it."""


def support_of(ecosystem: str) -> Support | None:
    """Return how long the release of an ecosystem (`Debian:12`) is supported; None where nobody has told us."""
    base, _, release = ecosystem.partition(":")
    return SUPPORT.get(base, {}).get(release)
