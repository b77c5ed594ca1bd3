"""How old the advisories of a scan are."""

from __future__ import annotations

from pathlib import Path

from secscan.findings.scan import AdvisoryState
from secscan.scanners.runner import Outcome


def ages_of(index: Path | None, outcomes: tuple[Outcome, ...]) -> tuple[AdvisoryState, ...]:
    """Return how old the advisories are that packages of a scan were held against, and the catalogues beside them."""
    packages = {package for outcome in outcomes for package in outcome.packages if not outcome.advisories}
    own = [state for outcome in outcomes for state in outcome.advisories]
    if index is None or not packages:
        return tuple(sorted(own, key=lambda one: one.name))
    from secscan.advisories.index import Index
    from secscan.advisories.names import system_of

    with Index(index) as opened:
        states = [
            AdvisoryState(name=one.name, records=one.records, as_of=one.as_of)
            for one in opened.states.values()
            if any(package.startswith(f"{system_of(one.name)}:") for package in packages)
        ]
        states += [
            AdvisoryState(name=one.name, records=one.records, as_of=one.as_of)
            for one in opened.sources
            if one.kind != "osv"
        ]
    return tuple(sorted([*states, *own], key=lambda one: one.name))
