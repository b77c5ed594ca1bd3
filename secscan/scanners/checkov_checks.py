"""Which class of defect each check of checkov is about, and what we think of it; see docs/containers-manifests.md.

checkov itself gives no severity without an account.
"""

from __future__ import annotations

from secscan.findings.defects import OTHER
from secscan.findings.levels import Severity
from secscan.scanners.manifest_tools import Verdict, verdicts

_OF_CONTAINERS = {
    ("host-access", Severity.HIGH): "CKV_K8S_2 CKV_K8S_16 CKV_K8S_39",
    ("host-access", Severity.MEDIUM): "CKV_K8S_24 CKV_K8S_25",
    ("container-hardening", Severity.LOW): (
        "CKV_K8S_5 CKV_K8S_7 CKV_K8S_20 CKV_K8S_22 CKV_K8S_28 CKV_K8S_29 CKV_K8S_30 CKV_K8S_31 CKV_K8S_32 CKV_K8S_36 "
        "CKV_K8S_37"
    ),
    ("container-root-user", Severity.MEDIUM): "CKV_K8S_6 CKV_K8S_23",
    ("container-root-user", Severity.LOW): "CKV_K8S_40",
    ("missing-resource-limits", Severity.MEDIUM): "CKV_K8S_13",
    ("missing-resource-limits", Severity.LOW): "CKV_K8S_11",
    ("missing-resource-limits", Severity.INFO): "CKV_K8S_10 CKV_K8S_12",
    ("missing-healthcheck", Severity.INFO): "CKV_K8S_8 CKV_K8S_9",
    ("unpinned-image", Severity.MEDIUM): "CKV_K8S_14",
    ("unpinned-image", Severity.LOW): "CKV_K8S_15 CKV_K8S_43",
    ("network-exposure", Severity.MEDIUM): "CKV_K8S_26",
}
_OF_OBJECTS = {
    ("host-access", Severity.HIGH): "CKV_K8S_1 CKV_K8S_3 CKV_K8S_4 CKV_K8S_17 CKV_K8S_18 CKV_K8S_19 CKV_K8S_27",
    ("default-service-account", Severity.LOW): "CKV_K8S_38 CKV_K8S_41 CKV_K8S_42",
    ("default-namespace", Severity.INFO): "CKV_K8S_21",
    ("network-exposure", Severity.MEDIUM): "CKV2_K8S_6",
    ("excessive-permissions", Severity.HIGH): "CKV_K8S_155 CKV_K8S_157 CKV_K8S_158 CKV2_K8S_1 CKV2_K8S_2 CKV2_K8S_4",
    ("excessive-permissions", Severity.MEDIUM): "CKV_K8S_49 CKV_K8S_156 CKV2_K8S_3 CKV2_K8S_5",
}
_VERDICTS = verdicts(_OF_CONTAINERS, _OF_OBJECTS)


def verdict(rule: str) -> Verdict:
    """What a check is about; one that is in no table is of class `other`, and of low severity."""
    return _VERDICTS.get(rule, Verdict(OTHER, Severity.LOW, of_object=True))
