"""Saved scans to test judging and reports with: an ordinary one, one that is clean, one with waivers and a baseline,
and one that attacks its reader."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from secscan.findings.levels import Confidence, GapKind, Kind, RunStatus, Severity
from secscan.findings.model import (
    Cvss,
    Finding,
    Gap,
    Introduced,
    Location,
    Marker,
    Notice,
    OutOfScope,
    Package,
    Region,
    ScannerRun,
    Source,
    TargetInfo,
    TraceStep,
)
from secscan.findings.scan import FORMAT, FileState, RunInfo, Scan
from secscan.gate.judge import judged
from secscan.policy.baseline import baseline_of
from secscan.policy.load import load_policy
from secscan.policy.model import Waiver

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOUSE_POLICY = Path(__file__).with_name("policy.yaml")

TAINTED = Finding(
    kind=Kind.SAST,
    defect="sql-injection",
    title="SQL injection",
    message="Input of a request becomes part of SQL text. Pass values as query parameters.",
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    location=Location(
        path="shop/catalog.py",
        region=Region(start_line=12, start_column=5, end_line=12, end_column=48),
        statement=Region(start_line=11, start_column=5, end_line=13, end_column=6),
        snippet="    rows = db.execute(\n        f\"SELECT * FROM goods WHERE name = '{name}'\"\n    )\n",
        symbol="Catalog.find",
    ),
    sources=(
        Source(
            scanner="bandit",
            rule="B608",
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
            message="Possible SQL injection vector through string-based query construction.",
            url="https://bandit.example/B608",
            note="a guess by pattern; the data flow below decides",
        ),
        Source(scanner="semgrep", rule="secscan.py.sql-injection.request", severity=Severity.CRITICAL),
    ),
    identifiers=("CWE-89",),
    remediation="Pass values as query parameters, never as part of the SQL text.",
    references=("https://example.com/sql", "ftp://example.com/not-a-link"),
    trace=(
        TraceStep(path="shop/views.py", region=Region(start_line=4, start_column=12), text='request.args["name"]'),
        TraceStep(path="shop/catalog.py", region=Region(start_line=12, start_column=5), text="db.execute(...)"),
    ),
    fingerprint="aaaa0001",
)

MARKED = Finding(
    kind=Kind.SAST,
    defect="command-injection",
    title="Command injection",
    message="A shell is started.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    location=Location(path="shop/admin.py", region=Region(start_line=7)),
    sources=(Source(scanner="bandit", rule="B602"),),
    markers=(Marker(tool="bandit", text="nosec B602", line=7, reason="trusted input"),),
    fingerprint="aaaa0002",
)

PACKAGE = Finding(
    kind=Kind.DEPENDENCY,
    defect="vulnerable-dependency",
    title="flask 2.2.2: cookie of one client sent to others",
    message="A proxy may cache the session cookie.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    location=Location(path="requirements.txt", region=Region(start_line=3)),
    package=Package(
        purl="pkg:pypi/flask@2.2.2", name="Flask", version="2.2.2", ecosystem="PyPI", fixed_versions=("2.2.5", "2.3.2")
    ),
    sources=(Source(scanner="pip-audit", rule="PYSEC-2023-62"),),
    identifiers=("CVE-2023-30861", "CWE-539", "GHSA-m2qf-hxjv-5gpq", "PYSEC-2023-62"),
    cvss=(Cvss(vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", score=7.5, source="PYSEC-2023-62"),),
    remediation="Upgrade to 2.2.5.",
    fingerprint="aaaa0003",
)

UNSCORED = msgspec.structs.replace(
    PACKAGE,
    title="left 1.0: something",
    package=Package(purl="pkg:pypi/left@1.0", name="left", version="1.0", ecosystem="PyPI"),
    severity=Severity.UNKNOWN,
    identifiers=("PYSEC-2026-1",),
    cvss=(),
    fingerprint="aaaa0004",
)

NOTE = Finding(
    kind=Kind.SAST,
    defect="assert-used",
    title="Check by assert",
    message="Removed with -O.",
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    location=Location(path="shop/db.py", region=Region(start_line=2)),
    sources=(Source(scanner="bandit", rule="B101"),),
    fingerprint="aaaa0005",
)


_LEAKED = Finding(
    kind=Kind.SECRET,
    defect="hardcoded-credential",
    title="GitHub token",
    message="A secret stands in the file: token, 40 characters, begins with ghp_.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    location=Location(
        path="deploy/a [b](c).yaml",
        region=Region(start_line=3, start_column=8, end_line=3, end_column=48),
        statement=Region(start_line=3, start_column=1, end_line=3, end_column=48),
        snippet="token: [secret:token:40]",
    ),
    sources=(Source(scanner="secrets", rule="secscan.secret.github-token", severity=Severity.HIGH),),
    identifiers=("CWE-798",),
    remediation="Revoke it: in the account's settings. Then take it out, and read it from a secret store.",
    introduced=Introduced(commit="c" * 40, author="Ana", date="2025-11-30T08:00:00Z", in_head=True),
    fingerprint="dddd0001",
)


def _copy(number: int, path: str, **changes: Any) -> Finding:
    place = Location(path=path, region=Region(start_line=number))
    return msgspec.structs.replace(_LEAKED, location=place, fingerprint=f"dddd{number:04d}", **changes)


SPREAD = msgspec.structs.replace(
    _LEAKED,
    places=(
        _copy(2, "shop/settings.py", introduced=Introduced(commit="b" * 40, author="Ben")),
        _copy(3, "tests/test_api.py", confidence=Confidence.MEDIUM),
        _copy(4, "docs/setup.md", confidence=Confidence.LOW, sources=(Source(scanner="semgrep", rule="token"),)),
        *(_copy(number, f"old/{number}.env") for number in range(5, 9)),
    ),
)


_KINDS = {"bandit": (Kind.SAST,), "semgrep": (Kind.SAST,), "pip-audit": (Kind.DEPENDENCY,)}


def run(name: str, **changes: Any) -> ScannerRun:
    """How a scanner ended that did all its work."""
    plain = ScannerRun(
        scanner=name,
        status=RunStatus.COMPLETED,
        kinds=_KINDS.get(name, ()),
        version="1.0",
        selected=4,
        looked_at=4,
        control=True,
        rules_digest="d1",
    )
    return msgspec.structs.replace(plain, **changes)


def scan_of(*findings: Finding, policy: str = str(HOUSE_POLICY), **fields: Any) -> Scan:
    """A judged scan of these findings."""
    plain = Scan(
        format=FORMAT,
        secscan="0.1.0",
        target=TargetInfo(
            kind="tree", name="shop", digest="0" * 64, files=4, bytes=4000, revision="f" * 40, dirty=False
        ),
        scanners=(run("bandit"), run("pip-audit"), run("semgrep")),
        findings=findings,
        gaps=(),
        run=RunInfo(started="2026-01-31T11:59:00Z", judged_at="", seconds=2.5, root="/work/shop", python="3.11.7"),
    )
    return judged(msgspec.structs.replace(plain, **fields), load_policy(policy, scanners=[]), AT)


def ordinary() -> Scan:
    """A failed scan with a bit of everything."""
    return scan_of(
        TAINTED,
        MARKED,
        PACKAGE,
        UNSCORED,
        NOTE,
        scanners=(
            run("bandit", looked_at=3),
            run("pip-audit", status=RunStatus.FAILED, reason="killed", hint="give it more memory", control=False),
            run("semgrep"),
        ),
        gaps=(
            Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject="shop/old.py", detail="Missing parentheses", line=3),
            Gap(scanner="pip-audit", kind=GapKind.VERSION_RANGE, subject="requests>=2", remedy="pin the version"),
        ),
        notices=(Notice(topic="settings", subject=".bandit", text="it is not honoured"),),
        target=TargetInfo(
            kind="tree",
            name="shop",
            digest="0" * 64,
            files=4,
            bytes=4000,
            revision="f" * 40,
            dirty=True,
            out_of_scope=(OutOfScope(path=".venv", reason="a virtual environment", files=812),),
        ),
    )


def compared() -> Scan:
    """A failed scan with a baseline, waivers in several states, and a floor."""
    findings = (TAINTED, MARKED, PACKAGE, NOTE)
    before = scan_of(
        TAINTED, PACKAGE, msgspec.structs.replace(NOTE, title="Check by assert, gone", fingerprint="aaaa0099")
    )
    old = msgspec.structs.replace(before, files=(FileState(path="shop/catalog.py", digest="1"),))
    baseline = baseline_of(old, seen=datetime(2026, 1, 2, tzinfo=UTC))
    seen = msgspec.structs.replace(scan_of(*findings), files=(FileState(path="shop/catalog.py", digest="1"),))
    return judged(
        seen,
        load_policy(str(HOUSE_POLICY), floor=str(HOUSE_POLICY.with_name("floor.yaml")), scanners=[]),
        AT,
        waivers=(
            waiver("flask", fingerprints=("aaaa0003",), expires="2026-02-05", ticket="SHOP-7"),
            waiver("old", fingerprints=("aaaa0001",), expires="2025-12-31"),
            waiver("nothing", fingerprints=("ffff0001",)),
        ),
        pending=(waiver("brought-along", fingerprints=("aaaa0001",)),),
        baseline=baseline,
    )


def spread() -> Scan:
    """A failed scan of history with secrets in several places, of which a waiver covers some."""
    return judged(
        scan_of(SPREAD, msgspec.structs.replace(SPREAD.places[1], fingerprint="dddd0009")),
        load_policy(str(HOUSE_POLICY), scanners=[]),
        AT,
        waivers=(waiver("fixture", fingerprints=("dddd0001", "dddd0003")),),
    )


def waiver(name: str, **fields: Any) -> Waiver:
    """A waiver that is in order."""
    given = {
        "reason": "the proxy in front does not cache",
        "owner": "ana",
        "expires": "2026-06-30",
        "origin": ".secscan/waivers.yaml:4",
    }
    return Waiver(id=name, **{**given, **fields})


def clean() -> Scan:
    """A scan that passed."""
    return scan_of()
