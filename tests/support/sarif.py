"""SARIF in tests: scans that have everything it can say, its schema, and the program of others that judges it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import msgspec

from secscan.findings.judgement import Fixed
from secscan.findings.levels import Kind, RunStatus, Severity
from secscan.findings.model import Finding, Layer, Location, Package, Region, Source, TargetInfo
from secscan.findings.scan import Scan
from tests.support.node import multitool, node_file
from tests.support.scans import MARKED, NOTE, PACKAGE, SPREAD, TAINTED, UNSCORED, compared, run, scan_of

_DISABLED = ("GH1004.ReviewArraysThatExceedConfigurableDefaults", "SARIF2006.UrisShouldBeReachable")
"""Limits that are not GitHub's, and requests to other machines."""
_ON = (
    "GH1001.ProvideRequiredLocationProperties",
    "GH1002.InlineThreadFlowLocations",
    "GH1003.ProvideRequiredRegionProperties",
    "GH1005.LocationsMustBeRelativeUrisOrFilePaths",
    "GH1006.ProvideCheckoutPath",
    "GH1007.ProvideFullyFormattedMessageStrings",
)
"""Rules about GitHub that are off by default."""
_ROOM = {"DOTNET_GCgen0size": "0x10000000", "DOTNET_gcConcurrent": "0"}
"""It makes much and drops it at once: with room for that it takes a third less time."""


def schema() -> dict[str, Any]:
    """The JSON Schema of SARIF 2.1.0."""
    place = node_file("@microsoft", "sarif-multitool-linux", "sarif-2.1.0.json")
    loaded: dict[str, Any] = json.loads(place.read_text(encoding="utf-8-sig"))
    return loaded


def complaints(log: Path, folder: Path) -> list[str]:
    """What Microsoft's multitool has to say of a log: `error SARIF1008 runs[0].results[3]...`, one for each."""
    config, said = folder / "rules.xml", folder / "said.sarif"
    states = {**dict.fromkeys(_DISABLED, "Disabled"), **dict.fromkeys(_ON, "Error")}
    rules = "".join(
        f'<Properties Key="{name}.Options"><Property Key="RuleEnabled" Value="{state}" Type="Driver.RuleEnabledState"/>'
        "</Properties>"
        for name, state in states.items()
    )
    config.write_text(f'<?xml version="1.0" encoding="utf-8"?><Properties>{rules}</Properties>')
    ended = subprocess.run(
        [
            *(multitool(), "validate", log, "-c", config, "-o", said, "--log", "ForceOverwrite"),
            *("--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note", "--max-file-size-in-kb", "200000"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **_ROOM},
    )
    # Its exit code says nothing; only what it wrote does.
    if "1 files scanned" not in ended.stdout or not said.is_file():
        raise AssertionError(f"the multitool judged nothing: {ended.stdout}{ended.stderr}")
    (judged,) = json.loads(said.read_text(encoding="utf-8-sig"))["runs"]
    (invocation,) = judged["invocations"]
    assert invocation["executionSuccessful"]
    return [
        f"{one.get('level', 'warning')} {one['ruleId']} {one['message'].get('arguments', one['message'].get('text'))}"
        for one in judged["results"]
    ]


def from_repository(scan: Scan, **fields: Any) -> Scan:
    """The scan, of a folder in a repository whose address is known."""
    known = {
        "repository": "https://git.example/shop",
        "revision": "f" * 40,
        "branch": "main",
        "dirty": False,
        "prefix": "services/a b/",
        **fields,
    }
    return msgspec.structs.replace(scan, target=msgspec.structs.replace(scan.target, **known))


IN_LAYER = msgspec.structs.replace(
    PACKAGE,
    location=Location(path="usr/lib/python3/Flask-2.2.2.dist-info/METADATA"),
    layer=Layer(index=3, digest="sha256:" + "a" * 64, command="RUN pip install Flask", base=False),
)


def everything() -> Scan:
    """A complete scan that failed, with all that a finding can have, and a baseline of which some is fixed."""
    whole = Finding(
        kind=Kind.SAST,
        defect="assert-used",
        title="Check by assert",
        message="Removed with -O, as {0} and [a](b) are",
        severity=Severity.INFO,
        confidence=NOTE.confidence,
        location=Location(
            path="shop/über.py",
            region=Region(start_line=2),
            statement=Region(start_line=2, start_column=1, end_line=2, end_column=9),
            snippet="assert x",
            line_hash="39fa2ee980eb94b0:1",
        ),
        sources=(Source(scanner="bandit", rule="B101"),),
        fingerprint="eeee0001",
    )
    masked = msgspec.structs.replace(
        whole,
        severity=Severity.MEDIUM,
        location=msgspec.structs.replace(
            whole.location, region=Region(start_line=1, end_line=3), snippet='f(\n "[masked token, 40 characters]"\n)'
        ),
        fingerprint="eeee0002",
    )
    scan = scan_of(
        *(TAINTED, MARKED, PACKAGE, UNSCORED, NOTE, SPREAD, whole, masked),
        scanners=(
            *(run("bandit"), run("pip-audit"), run("semgrep"), run("secrets", kinds=(Kind.SECRET,))),
            run("licences", kinds=(Kind.LICENCE,), status=RunStatus.SKIPPED, reason="nothing", idle=True),
        ),
    )
    judgement = compared().judgement
    assert scan.judgement is not None
    assert judgement is not None
    told = {one.fingerprint: one for one in judgement.decisions}
    decisions = tuple(told.get(one.fingerprint, one) for one in scan.judgement.decisions)
    fixed = Fixed(fingerprint="aaaa0099", title="SQL injection", path="shop/old.py")
    changed = msgspec.structs.replace(scan.judgement, decisions=decisions, fixed=(fixed,))
    return from_repository(msgspec.structs.replace(scan, judgement=changed))


def of_image(*findings: Finding) -> Scan:
    """A complete scan of a container image."""
    target = TargetInfo(kind="image", name="registry.example/shop:1", digest="0" * 64, files=4, bytes=4000)
    return scan_of(*findings, target=target)


def many(count: int, **changes: Any) -> Scan:
    """A complete scan of a repository with this many findings, of varied severity, rules and places."""
    severities = list(Severity)
    rows = []
    for number in range(count):
        first = TAINTED if number % 2 else PACKAGE
        package = None
        if first.package is not None:
            package = Package(purl=f"pkg:pypi/p{number}@1", name=f"p{number}", version="1", ecosystem="PyPI")
        rows.append(
            msgspec.structs.replace(
                first,
                severity=severities[number % len(severities)],
                message=f"Input number {number} of a request becomes part of SQL text.",
                location=msgspec.structs.replace(first.location, path=f"shop/{number % 997}/{number}.py"),
                package=package,
                identifiers=(f"CVE-2026-{10_000 + number % 3000}",) if package else ("CWE-89",),
                fingerprint=f"{number:032x}",
                **changes,
            )
        )
    return from_repository(scan_of(*rows))
