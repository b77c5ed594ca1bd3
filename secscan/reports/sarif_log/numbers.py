"""The numbers of classes of defect: platforms take a rule's id for a short word and a number, as in `SECSCAN1001`.

A number is never given to another class: alerts are known by it. New classes are added at the end.
"""

from __future__ import annotations

from secscan.findings.defects import OTHER

_PREFIX = "SECSCAN"

FIXED = f"{_PREFIX}1"
"""A finding of the baseline that is fixed."""
LEFT_OUT = f"{_PREFIX}2"
"""A kind of finding that was not uploaded, since it was not looked for to the end."""
CUT_SHORT = f"{_PREFIX}3"
"""Findings beyond what a platform takes."""
NOT_LOOKED_AT = f"{_PREFIX}4"
"""Something other than a kind of finding that was not looked at, such as a scanner that was not part of the scan."""

NUMBERS = {
    "sql-injection": 1001,
    "command-injection": 1002,
    "code-injection": 1003,
    "template-injection": 1004,
    "xss": 1005,
    "ldap-injection": 1006,
    "xpath-injection": 1007,
    "header-injection": 1008,
    "log-injection": 1009,
    "path-traversal": 1010,
    "archive-extraction": 1011,
    "ssrf": 1012,
    "open-redirect": 1013,
    "deserialization": 1014,
    "xxe": 1015,
    "mass-assignment": 1016,
    "regex-dos": 1017,
    "csrf": 1018,
    "weak-hash": 1019,
    "weak-cipher": 1020,
    "weak-key": 1021,
    "weak-randomness": 1022,
    "deprecated-crypto-library": 1023,
    "hardcoded-credential": 1024,
    "jwt-misuse": 1025,
    "tls-verification": 1026,
    "weak-tls": 1027,
    "ssh-host-key": 1028,
    "cleartext-transport": 1029,
    "insecure-cookie": 1030,
    "debug-enabled": 1031,
    "bind-all-interfaces": 1032,
    "cors-misconfiguration": 1033,
    "autoescape-off": 1034,
    "insecure-permissions": 1035,
    "insecure-temp-file": 1036,
    "information-exposure": 1037,
    "missing-timeout": 1038,
    "untrusted-search-path": 1039,
    "process-start": 1040,
    "risky-import": 1041,
    "unpinned-download": 1042,
    "trojan-source": 1043,
    "assert-used": 1044,
    "swallowed-error": 1045,
    "excessive-permissions": 1046,
    "unbound-login": 1047,
    "long-lived-credential": 1048,
    "vault-misconfiguration": 1049,
    "vulnerable-dependency": 1050,
    "malicious-package": 1051,
    "outdated-package": 1052,
    "unmaintained-distribution": 1053,
    "container-root-user": 1054,
    "host-access": 1055,
    "container-hardening": 1056,
    "missing-resource-limits": 1057,
    "network-exposure": 1058,
    "default-service-account": 1059,
    "default-namespace": 1060,
    "unpinned-image": 1061,
    "unverified-download": 1062,
    "setuid-file": 1063,
    "attack-surface": 1064,
    "missing-healthcheck": 1065,
    "broken-secret-reference": 1066,
    "licence-violation": 1067,
    "gate-weakening": 1068,
    "other": 1069,
}
"""Every class of `findings.defects`, by the order in which they came."""


def numbered(defect_id: str) -> str:
    """Return the rule id of a class; that of `other` for one that this version does not know."""
    return f"{_PREFIX}{NUMBERS.get(defect_id, NUMBERS[OTHER])}"
