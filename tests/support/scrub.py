"""Scrubs loose values, for tests that have no whole scan."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from secscan.findings.model import Finding, Gap, Notice, TargetInfo
from secscan.findings.scan import FORMAT, Scan
from secscan.secrets.scrub import scrub_scan


def scrub_all(
    findings: Iterable[Finding], gaps: Iterable[Gap], notices: Iterable[Notice], read: Callable[[str], bytes]
) -> tuple[tuple[Finding, ...], tuple[Gap, ...], tuple[Notice, ...]]:
    """Put the values into a scan, scrub it, and take them out again."""
    scan = Scan(
        format=FORMAT,
        secscan="0",
        target=TargetInfo(kind="tree", name="t", digest="", files=0, bytes=0),
        scanners=(),
        findings=tuple(findings),
        gaps=tuple(gaps),
        notices=tuple(notices),
    )
    clean = scrub_scan(scan, read)
    return clean.findings, clean.gaps, clean.notices
