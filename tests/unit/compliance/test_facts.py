"""Facts about a scan as a whole."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from secscan.compliance.controls import Fact
from secscan.compliance.facts import holds
from secscan.findings.levels import GapKind
from secscan.findings.model import Gap, ImageInfo, TargetInfo
from secscan.findings.scan import AdvisoryState, Scan
from secscan.gate.judge import judged
from secscan.policy.load import load_policy
from tests.support.compliance import at
from tests.support.scans import AT, HOUSE_POLICY, PACKAGE, scan_of, waiver

DATED = AdvisoryState(name="PyPI", records=9, as_of="2026-01-30T00:00:00Z")
IMAGE = TargetInfo(kind="image", name="shop", digest="sha256:1", files=1, bytes=1, image=ImageInfo())


def waived(**fields: Any) -> Scan:
    given = waiver("w", fingerprints=("aaaa0003",), **fields)
    return judged(scan_of(PACKAGE), load_policy(str(HOUSE_POLICY), scanners=[]), AT, waivers=(given,))


@pytest.mark.parametrize(
    ("fact", "scan", "good", "said"),
    [
        (Fact.JUDGED, scan_of(), True, "judged by the policy house"),
        (Fact.INVENTORY, scan_of(packages=("PyPI:flask@2",)), True, "1 packages by name and version"),
        (Fact.INVENTORY, scan_of(), False, "no package was looked up"),
        (
            Fact.INVENTORY,
            scan_of(packages=("a",), gaps=(Gap(scanner="osv", kind=GapKind.NO_INDEX, subject="a"),)),
            True,
            "1 packages",
        ),
        (Fact.INVENTORY, at(scan_of(packages=("a",)), "2026-01-01", kind="diff"), False, "only a change"),
        (
            Fact.INVENTORY,
            scan_of(packages=("a",), gaps=(Gap(scanner="secscan", kind=GapKind.BROKEN_MANIFEST, subject="x.lock"),)),
            False,
            "x.lock",
        ),
        (Fact.ADVISORIES_DATED, scan_of(advisories=(DATED,)), True, "2026-01-30"),
        (Fact.ADVISORIES_DATED, scan_of(advisories=(DATED, AdvisoryState(name="npm", records=1))), False, "npm"),
        (Fact.ADVISORIES_DATED, scan_of(), False, "none were used"),
        (Fact.WAIVERS_OWNED, scan_of(), True, "no waiver counts"),
        (Fact.WAIVERS_OWNED, waived(), True, "each of 1 waivers"),
        (Fact.WAIVERS_APPROVED, waived(), False, "the waiver w does not say who approved it"),
        (Fact.WAIVERS_APPROVED, waived(approved_by="ben"), True, "each of 1 waivers"),
        (Fact.WAIVERS_APPROVED, waived(expires="2020-01-01"), True, "no waiver counts"),
        (Fact.REVISION_KNOWN, scan_of(), True, "without local changes"),
        (Fact.REVISION_KNOWN, scan_of(target=IMAGE), True, "the image sha256:1"),
        (Fact.REVISION_KNOWN, scan_of(target=msgspec.structs.replace(IMAGE, image=None)), False, "no commit"),
        (
            Fact.REVISION_KNOWN,
            scan_of(target=msgspec.structs.replace(IMAGE, image=None, revision="f" * 40, dirty=None)),
            False,
            "or nobody knows",
        ),
    ],
)
def test_a_fact_holds_or_says_why_not(fact: Fact, scan: Scan, good: bool, said: str) -> None:
    found, text = holds(scan, fact)
    assert (found, said in text) == (good, True), text


@pytest.mark.parametrize("fact", Fact)
def test_nothing_holds_where_nobody_judged(fact: Fact) -> None:
    assert holds(msgspec.structs.replace(scan_of(), judgement=None), fact) == (False, "nobody has judged this scan")
