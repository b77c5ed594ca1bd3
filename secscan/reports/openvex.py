"""OpenVEX 0.2: what was decided on each vulnerability of a package; see `vex.openvex` for what claims what.

The format has no place for anything but statements: the verdict, and what makes it incomplete, stand in `tooling`,
which says how a document came to be. That a vulnerability is not named here never means that there is none.
"""

from __future__ import annotations

from collections.abc import Iterator

from secscan.reports.contract import Format
from secscan.reports.escape import plain_values
from secscan.reports.present import Presentation, counted
from secscan.reports.vulnerabilities import judged_at, vulnerabilities
from secscan.vex import openvex
from secscan.vex.document import document_id, encoded


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the document."""
    scan = view.scan
    about = f"{scan.target.digest} {view.judgement.policy_digest} {judged_at(scan)}"
    document = openvex.document(
        vulnerabilities(view),
        uid=str(document_id("openvex report", about)),
        version=scan.secscan,
        created=judged_at(scan),
        tooling=build_tooling(view),
    )
    yield encoded(plain_values(document))


def build_tooling(view: Presentation) -> str:
    """Return how the document came to be, in a few sentences."""
    parts = [f"secscan {view.scan.secscan}, verdict {view.judgement.verdict}: {view.sentence}"]
    parts += [doubt.text for doubt in view.doubts]
    if view.scan.gaps:
        parts.append(f"{counted(len(view.scan.gaps), 'gap')}: see the saved scan")
    return ". ".join(parts)


FORMAT = Format(name="openvex", suffix=".openvex.json", title="OpenVEX 0.2", parts=parts)
"""What the registry finds."""
