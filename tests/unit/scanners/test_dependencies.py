"""From the inventory to pins, and from what affects them to findings."""

from __future__ import annotations

from secscan.findings.model import Source
from secscan.inventory.contract import Declared
from secscan.scanners.dependencies import Vulnerable, findings_of, pins_of

DIRECT = Declared("lodash", "4.17.4", "npm", "package-lock.json", 3, direct=True, licence="MIT")
DEEP = Declared("lodash", "4.17.4", "npm", "app/package-lock.json", 9, direct=False, why=("grunt 1.0.0", "async 2.0.0"))


def test_every_declaration_is_a_finding_that_says_who_asks_for_it() -> None:
    (pin,) = pins_of([DIRECT, DEEP, DIRECT])
    affected = Vulnerable(
        pin=pin,
        identifiers=("GHSA-1",),
        advice=(),
        message="m",
        fixed=("4.17.5",),
        sources=(Source(scanner="osv", rule="r"),),
    )
    deep, direct = findings_of(affected)
    assert (deep.place, direct.place) == ("app/package-lock.json:9", "package-lock.json:3")
    assert deep.notes == ("asked for by grunt 1.0.0 > async 2.0.0",)
    assert direct.notes == ()
    assert deep.package is not None
    assert direct.package is not None
    assert (deep.package.direct, direct.package.direct, direct.package.licence) == (False, True, "MIT")
