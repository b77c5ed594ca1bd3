"""How large the HTML report is, how soon it can be read, and how fast it filters, in a real Chromium.

    python -m benchmarks.html_report [findings ...]

The findings are varied as those of a large repository are: 60 classes in 2,000 files of 150 folders, code at each, and
a fifth of them vulnerabilities of packages. "First content" is from the start of the navigation until the list of
findings is drawn; a filter is a click on a severity until the list and all counts are drawn, and a search
likewise. Of several tries the least counts: what else the machine does makes each longer, never shorter.
"""

from __future__ import annotations

import gzip
import random
import sys
import tempfile
import time
from pathlib import Path

from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Confidence, Kind, Severity
from secscan.findings.model import Finding, Location, Package, Region, Source
from secscan.findings.scan import Scan
from secscan.reports.html import FORMAT
from tests.support.browser import Browser, running
from tests.support.scans import scan_of

BOUNDS = {"content": 2.0, "filter": 0.1}
"""Seconds that a page of 25,000 findings may take."""

_CLASSES = sorted(DEFECTS)[:60]
_SEVERITIES = list(Severity)

_CONTENT = """
new Promise((done) => {
  const look = () => document.querySelector("#rows .row") ? done(performance.now()) : requestAnimationFrame(look);
  look();
})
"""

_FILTER = """
(() => {
  const box = document.querySelector("[data-facet=severity]"), start = performance.now();
  box.click();
  document.getElementById("list").getBoundingClientRect();
  return performance.now() - start;
})()
"""

_SEARCH = """
(() => {
  const search = document.getElementById("search"), start = performance.now();
  search.value = search.value ? "" : "module_7 secret";
  search.dispatchEvent(new Event("input", { bubbles: true }));
  document.getElementById("list").getBoundingClientRect();
  return performance.now() - start;
})()
"""


def findings(count: int) -> list[Finding]:
    """That many findings, the same each time."""
    dice = random.Random(1)
    return [_vulnerable(at, dice) if at % 5 == 0 else _code(at, dice) for at in range(count)]


def _code(at: int, dice: random.Random) -> Finding:
    defect = DEFECTS[dice.choice(_CLASSES)]
    file, line = dice.randrange(2_000), dice.randrange(1, 900)
    code = f"    value_{at} = call_{dice.randrange(99)}(request.args['{at:x}'], option={dice.randrange(9999)})"
    return Finding(
        kind=Kind.SAST,
        defect=defect.id,
        title=defect.title,
        message=f"What is wrong with {defect.title} is said here in a sentence or two, the same at each place.",
        severity=dice.choice(_SEVERITIES),
        confidence=dice.choice(list(Confidence)),
        location=Location(
            path=f"src/part_{file % 150}/module_{file}.py",
            region=Region(start_line=line, start_column=5, end_line=line, end_column=60),
            statement=Region(start_line=line),
            snippet=code,
            symbol=f"Service{file}.method_{dice.randrange(9)}",
        ),
        sources=(Source(scanner=dice.choice(["bandit", "semgrep"]), rule=f"rule.{defect.id}"),),
        identifiers=(f"CWE-{defect.cwes[0]}",) if defect.cwes else (),
        remediation=defect.remedy,
        references=(f"https://example.com/{defect.id}",),
        fingerprint=f"{dice.getrandbits(128):032x}",
    )


def _vulnerable(at: int, dice: random.Random) -> Finding:
    package = dice.randrange(400)
    name, version = f"package-{package}", f"1.{package % 7}.0"
    return Finding(
        kind=Kind.DEPENDENCY,
        defect="vulnerable-dependency",
        title=f"{name} {version}: flaw {at} in what it reads",
        message=f"An attacker who sends {at} can do what nobody meant to allow; see the advisory.",
        severity=dice.choice(_SEVERITIES),
        confidence=Confidence.HIGH,
        location=Location(path=f"services/s{package % 40}/requirements.txt", region=Region(start_line=package + 1)),
        package=Package(
            purl=f"pkg:pypi/{name}@{version}",
            name=name,
            version=version,
            ecosystem="PyPI",
            fixed_versions=(f"1.{at % 30 + 7}.0",) if at % 3 else (),
        ),
        sources=(Source(scanner="osv", rule=f"PYSEC-2026-{at}"),),
        identifiers=(f"CVE-2026-{at}", f"PYSEC-2026-{at}"),
        remediation="Upgrade.",
        fingerprint=f"{dice.getrandbits(128):032x}",
    )


def measure(browser: Browser, scan: Scan) -> dict[str, float]:
    """Return the figures of one page."""
    start = time.perf_counter()
    page = FORMAT.render(scan)
    figures = {
        "rendered": time.perf_counter() - start,
        "size": len(page) / 1e6,
        "gzip": len(gzip.compress(page, 6)) / 1e6,
    }
    figures["content"] = min(_content(browser, page) for _ in range(3))
    browser.run("new Promise((done) => setTimeout(done, 500))")
    figures["filter"] = min(browser.run(_FILTER) for _ in range(9)) / 1000
    browser.run("location.hash = ''; 0")
    browser.settle()
    figures["search"] = min(browser.run(_SEARCH) for _ in range(9)) / 1000
    figures["nodes"] = browser.run("document.querySelectorAll('*').length")
    return figures


def _content(browser: Browser, page: bytes) -> float:
    browser.open(page, wait=False)
    seconds: float = browser.run(_CONTENT) / 1000
    browser.wait("Page.loadEventFired")
    browser.settle()
    return seconds


def main(counts: list[int]) -> int:
    """Print a row for each number of findings; 1 where 25,000 take longer than they may."""
    names = ("findings", "render", "page", "gzip", "content", "filter", "search", "elements")
    print(" ".join(f"{name:>8}" for name in names))
    late = False
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as browser:
        for count in counts:
            one = measure(browser, scan_of(*findings(count)))
            print(
                f"{count:>8} {one['rendered']:>6.1f} s {one['size']:>5.1f} MB {one['gzip']:>5.2f} MB "
                f"{one['content']:>6.2f} s {one['filter'] * 1000:>5.0f} ms {one['search'] * 1000:>5.0f} ms "
                f"{one['nodes']:>8}"
            )
            late |= count >= 25_000 and any(one[name] > bound for name, bound in BOUNDS.items())
    return int(late)


if __name__ == "__main__":
    sys.exit(main([int(text) for text in sys.argv[1:]] or [1_000, 10_000, 25_000]))
