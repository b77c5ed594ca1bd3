"""kingfisher: secrets in every file; offline, since nothing is validated.

Traps, each with a test against the real tool: by default it tries every secret it finds at its provider, and asks for
updates; markers on a line, or on the ones beside it, hide findings; equal findings are told once. It compiles its rules
anew in each run (some seconds): a cache of them would be a place from which they could be changed.
"""

from __future__ import annotations

import msgspec

from secscan.findings.levels import Confidence
from secscan.findings.model import Region
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Needs, Report, Setup, refuse_trouble
from secscan.scanners.leaks import Leak, LeakScanner, report_on, run_on_texts, shown_name
from secscan.scanners.toolkit import FileBatch, program_version, strict_json, typed

_CONTROL_RULE = "betterleaks.github-pat"
_SOME = 200
"""Its exit code where it found something."""
_CONFIDENCE = {"high": Confidence.HIGH, "medium": Confidence.MEDIUM}


class Kingfisher(LeakScanner):
    """See the module's description."""

    name = "kingfisher"
    title = "secrets in every file, by the rules of kingfisher"
    needs = Needs(programs=("kingfisher",), package="kingfisher")
    install_hint = "pip install kingfisher-bin"
    joins = "named"

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        """Run it on one batch."""
        return run_on_texts(
            self.name,
            piece,
            setup,
            lambda folder: [
                *(str(setup.programs["kingfisher"]), "scan", folder, "--no-validate", "--no-update-check"),
                *("--no-ignore", "--no-dedup", "--redact", "--git-history=none", "--no-extract-archives"),
                *("--max-file-size=0", "--no-rule-cache", f"--jobs={setup.jobs}"),
                *("--format=json", "--output=report.json"),
            ],
        )

    def parse(self, ended: Ended, piece: FileBatch) -> Report:  # noqa: ARG002 - what was shown is in what ended
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0, _SOME))
        document = strict_json(ended.files.get("report.json", b""), tool=self.name)
        answer: _Answer = typed(document, _Answer, tool=self.name)
        ways = answer.audit.summary
        if ways.scan_partial or ways.scan_failed or ways.pending or ways.scan_succeeded != ways.discovered:
            raise MalformedOutput("it did not come to its end")
        if (ended.exit_code == _SOME) != bool(answer.findings):
            raise MalformedOutput(f"exit code {ended.exit_code} does not fit its {len(answer.findings)} findings")
        leaks = [_leak(one) for one in answer.findings]
        seen = answer.metadata.summary.bytes_scanned
        return report_on(ended, self.name, leaks, seen_bytes=seen, control=_CONTROL_RULE)

    def version(self, setup: Setup) -> str:
        """See `Scanner.version`."""
        return program_version(setup.programs["kingfisher"], "kingfisher-bin")


class _Rule(msgspec.Struct):
    id: str
    description: str = ""


class _Place(msgspec.Struct):
    path: str
    confidence: str
    line: int
    column_start: int
    column_end: int


class _Found(msgspec.Struct):
    rule: _Rule
    finding: _Place


class _Ways(msgspec.Struct):
    discovered: int
    scan_succeeded: int
    scan_partial: int
    scan_failed: int
    pending: int


class _Audit(msgspec.Struct):
    summary: _Ways


class _Summary(msgspec.Struct):
    bytes_scanned: int


class _About(msgspec.Struct):
    summary: _Summary


class _Answer(msgspec.Struct):
    findings: list[_Found]
    audit: _Audit
    metadata: _About


def _leak(found: _Found) -> Leak:
    """Its columns count from 0, and the last is that of the last character, in whichever line that stands."""
    place = found.finding
    on_one_line = place.column_end > place.column_start and "private-key" not in found.rule.id
    return Leak(
        name=shown_name(place.path),
        rule=found.rule.id,
        about=found.rule.description,
        confidence=_CONFIDENCE.get(place.confidence, Confidence.LOW),
        region=Region(
            start_line=place.line,
            start_column=place.column_start + 1,
            end_line=place.line,
            end_column=place.column_end + 2 if on_one_line else 0,
        ),
    )


SCANNER = Kingfisher()
"""What the registry finds."""
