"""What a scan shows, whatever the framework."""

from __future__ import annotations

import msgspec

from secscan.compliance.controls import Control, Evidence
from secscan.compliance.seen import Seen
from secscan.findings.levels import Kind
from tests.support.scans import NOTE, PACKAGE, TAINTED, ordinary, scan_of

CODE = Control(id="1", title="code", evidence=(Evidence(kinds=(Kind.SAST,), cwes=(78, 89)),))
PACKAGES = Control(id="2", title="packages", evidence=(Evidence(kinds=(Kind.DEPENDENCY,)),))


def test_every_finding_belongs_to_a_control_or_to_none_in_one_order() -> None:
    seen = Seen.of(ordinary())
    parts = [seen.found_for(CODE), seen.found_for(PACKAGES), seen.found_for_none([CODE, PACKAGES])]
    assert [[one.fingerprint for one in part] for part in parts] == [
        ["aaaa0001", "aaaa0002"],
        ["aaaa0003", "aaaa0004"],
        ["aaaa0005"],
    ]


def test_what_is_asked_alike_is_looked_at_once_and_nothing_else_is() -> None:
    seen = Seen.of(scan_of(TAINTED, NOTE, PACKAGE))
    asked = Evidence(kinds=(Kind.SAST,), cwes=(89,))
    assert seen.look(asked) is seen.look(msgspec.structs.replace(asked, cwes=(78,)))
    for other in ({"kinds": (Kind.SECRET,)}, {"scanners": ("bandit",)}, {"cwes": (787,)}):
        assert seen.look(msgspec.structs.replace(asked, **other)) is not seen.look(asked)
