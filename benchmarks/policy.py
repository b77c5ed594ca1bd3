"""What it costs to judge many findings by many rules, as ratios to a plain Python loop in the same run.

The loop has the same rules written by hand as Python conditions, and tries them from the top for each finding. Both
must come to the same decisions, or the program fails.

Usage: python benchmarks/policy.py [findings [rounds]]
"""

from __future__ import annotations

import random
import re
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Confidence, Kind, Severity
from secscan.findings.model import Finding, Location, Package, Region, ScannerRun, Source, TargetInfo
from secscan.findings.scan import FORMAT, Scan
from secscan.gate.judge import judge
from secscan.policy.decide import decide_all
from secscan.policy.facts import Facts
from secscan.policy.load import Reader, load_policy
from secscan.policy.model import Policy

BOUNDS = {"decide_all": 2.5}
AT = datetime(2026, 1, 31, tzinfo=UTC)
SERIOUS = ("critical", "high", "unknown")
CLASSES = sorted(DEFECTS)[:20]
Plain = Callable[[Finding], bool]


def rules() -> tuple[str, list[tuple[str, Plain]]]:
    """Thirty rules as the lines of a policy, and by hand."""
    lines, plain = [], []

    def add(name: str, action: str, match: str, test: Plain) -> None:
        lines.append(f"  - {{id: {name}, {match}action: {action}, reason: because}}")
        plain.append((f"{action} {name}", test))

    for at, name in enumerate(CLASSES[:12]):
        add(
            f"class-{at}",
            "block",
            f"match: {{class: [{name}], severity: [{', '.join(SERIOUS)}], confidence: [high]}}, ",
            lambda one, name=name: one.defect == name and one.severity in SERIOUS and one.confidence == "high",
        )
    for at in range(6):
        pattern = re.compile(rf"(?:.*/)?tests{at}/.*", re.DOTALL)
        add(
            f"folder-{at}",
            "accept",
            f"match: {{kind: [sast], paths: ['**/tests{at}/**']}}, ",
            lambda one, pattern=pattern: one.kind == "sast" and pattern.fullmatch(one.location.path) is not None,
        )
    for at in range(4):
        add(
            f"package-{at}",
            "warn",
            f"match: {{package: [package-{at}], fix_available: true}}, ",
            lambda one, at=at: (
                one.package is not None and one.package.name == f"package-{at}" and bool(one.package.fixed_versions)
            ),
        )
    add(
        "one-tool",
        "warn",
        "match: {only_scanner: [bandit], confidence: [low]}, ",
        lambda one: one.confidence == "low" and {source.scanner for source in one.sources} == {"bandit"},
    )
    add(
        "identifier",
        "block",
        "match: {identifier: [CVE-2024-7]}, ",
        lambda one: any(name.upper() == "CVE-2024-7" for name in one.identifiers),
    )
    add(
        "payments",
        "block",
        "when: \"finding.path.startsWith('pay/') && finding.line > 50\", ",
        lambda one: one.location.path.startswith("pay/") and one.location.region.start_line > 50,
    )
    add(
        "agreed",
        "block",
        "when: \"size(finding.scanners) > 1 && finding.severity in ['critical', 'high']\", ",
        # An unknown severity leaves the condition undecided, and what is undecided blocks.
        lambda one: len({source.scanner for source in one.sources}) > 1 and one.severity in SERIOUS,
    )
    add(
        "vulnerable",
        "warn",
        "match: {kind: [dependency], severity: [critical, high, medium, unknown]}, ",
        lambda one: one.kind == "dependency" and one.severity in (*SERIOUS, "medium"),
    )
    add(
        "serious",
        "block",
        "match: {severity: [critical, unknown], confidence: [high, medium]}, ",
        lambda one: one.severity in ("critical", "unknown") and one.confidence in ("high", "medium"),
    )
    add(
        "look",
        "warn",
        "match: {severity: [critical, high, unknown, medium]}, ",
        lambda one: one.severity in (*SERIOUS, "medium"),
    )
    add("rest", "accept", "", lambda _one: True)
    return "format: secscan.policy/1\nname: benchmark\nrules:\n" + "\n".join(lines) + "\n", plain


def make_findings(count: int) -> list[Finding]:
    """Findings as a large repository has them, always the same ones."""
    chance = random.Random(7)
    folders = ["src", "pay", "lib/core", *(f"src/tests{at}" for at in range(8))]
    found = []
    for at in range(count):
        about_package = chance.random() < 0.2
        found.append(
            Finding(
                kind=Kind.DEPENDENCY if about_package else Kind.SAST,
                defect="vulnerable-dependency" if about_package else chance.choice(CLASSES),
                title="a finding",
                message="what is wrong",
                severity=chance.choice(list(Severity)),
                confidence=chance.choice(list(Confidence)),
                location=Location(
                    path=f"{chance.choice(folders)}/module{at % 500}.py",
                    region=Region(start_line=chance.randrange(1, 400)),
                ),
                sources=tuple(
                    Source(scanner=name, rule=f"R{chance.randrange(100)}")
                    for name in chance.choice([("bandit",), ("semgrep",), ("bandit", "semgrep")])
                ),
                package=Package(
                    purl="pkg:pypi/x@1",
                    name=f"package-{chance.randrange(30)}",
                    version="1",
                    ecosystem="PyPI",
                    fixed_versions=chance.choice([(), ("2",)]),
                )
                if about_package
                else None,
                identifiers=(f"CVE-2024-{chance.randrange(1000)}",) if about_package else ("CWE-89",),
                fingerprint=f"{at:032x}",
            )
        )
    return found


def plain_loop(findings: list[Finding], tests: list[tuple[str, Plain]]) -> dict[str, str]:
    """The decisions by the conditions that are written by hand."""
    return {one.fingerprint: next(name for name, test in tests if test(one)) for one in findings}


def decisions(policy: Policy, findings: list[Finding]) -> dict[str, str]:
    facts = Facts(at=AT)
    decided = decide_all(policy, findings, lambda _: facts)
    return {one.fingerprint: f"{one.action} {one.rule}" for one in decided}


def scan_of(findings: list[Finding]) -> Scan:
    run = ScannerRun(scanner="bandit", status="completed", control=True)  # type: ignore[arg-type]
    target = TargetInfo(kind="tree", name="benchmark", digest="", files=1, bytes=1)
    return Scan(format=FORMAT, secscan="", target=target, scanners=(run,), findings=tuple(findings), gaps=())


def main() -> None:
    """Time each way in turn, round after round, and print medians and ratios."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    text, tests = rules()
    policy = load_policy("benchmark.yaml", reader=Reader(file=lambda _: text.encode()))
    findings = make_findings(count)
    if plain_loop(findings, tests) != decisions(policy, findings):
        sys.exit("the loop and the policy engine disagree")
    scan = scan_of(findings)
    ways: dict[str, Callable[[], object]] = {
        "plain loop": lambda: plain_loop(findings, tests),
        "decide_all": lambda: decisions(policy, findings),
        "judge, with remedy": lambda: judge(scan, policy, AT),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - started)
    print(f"{count} findings, {len(policy.rules)} rules; both agree on every decision")
    print(f"{'way':<20} {'median':>9} {'ratio':>7} {'spread':>15}   bound")
    for name, values in seconds.items():
        ratios = sorted(value / base for value, base in zip(values, seconds["plain loop"], strict=True))
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        bound = f"at most {BOUNDS[name]:g}" if name in BOUNDS else ""
        print(f"{name:<20} {statistics.median(values):7.2f} s {statistics.median(ratios):7.2f} {spread:>15}   {bound}")


if __name__ == "__main__":
    main()
