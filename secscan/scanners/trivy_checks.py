"""Which class of defect each check of trivy is about, and what we think of it; see docs/containers-manifests.md."""

from __future__ import annotations

from secscan.findings.defects import OTHER
from secscan.findings.levels import Severity
from secscan.scanners.manifest_tools import Verdict, verdicts

_OF_CONTAINERS = {
    ("host-access", Severity.HIGH): "KSV005 KSV017 KSV103 KSV120",
    ("host-access", Severity.MEDIUM): "KSV022 KSV027 KSV119",
    ("container-hardening", Severity.MEDIUM): "KSV025",
    ("container-hardening", Severity.LOW): "KSV001 KSV002 KSV003 KSV004 KSV014 KSV030 KSV104 KSV106 KSV118",
    ("container-root-user", Severity.MEDIUM): "KSV012 KSV105",
    ("container-root-user", Severity.LOW): "KSV020 KSV021 KSV029 KSV116",
    ("missing-resource-limits", Severity.MEDIUM): "KSV018",
    ("missing-resource-limits", Severity.LOW): "KSV011",
    ("missing-resource-limits", Severity.INFO): "KSV015 KSV016",
    ("unpinned-image", Severity.MEDIUM): "KSV013",
    ("network-exposure", Severity.MEDIUM): "KSV024",
}
_OF_OBJECTS = {
    ("host-access", Severity.HIGH): "KSV006 KSV008 KSV009 KSV010",
    ("host-access", Severity.MEDIUM): "KSV023 KSV026 KSV121",
    ("default-service-account", Severity.LOW): "KSV036",
    ("default-namespace", Severity.INFO): "KSV110",
    ("network-exposure", Severity.LOW): "KSV038",
    ("excessive-permissions", Severity.CRITICAL): "KSV122",
    ("excessive-permissions", Severity.HIGH): "KSV043 KSV044 KSV047 KSV050 KSV051 KSV052 KSV01011 KSV111 KSV114 KSV115",
    ("excessive-permissions", Severity.MEDIUM): (
        "KSV041 KSV042 KSV045 KSV046 KSV048 KSV049 KSV053 KSV054 KSV055 KSV056 KSV112 KSV113"
    ),
}
_VERDICTS = verdicts(_OF_CONTAINERS, _OF_OBJECTS)


def verdict(rule: str) -> Verdict:
    """What a check is about; one that is in no table is of class `other`, as bad as the tool says."""
    return _VERDICTS.get(rule, Verdict(OTHER, Severity.UNKNOWN, of_object=True))
