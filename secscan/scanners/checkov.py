"""checkov: Kubernetes manifests by checkov's built-in checks; offline.

Traps, each met by a test against the real tool: `.checkov.yaml` in the folder it looks at is taken for its settings,
and may name a folder of checks, Python files that it then runs; annotations switch checks off; with `--quiet` its JSON
does not tell what was skipped; a file that does not parse is left out, with no parsing error; of several containers it
tells the first that fails; it asks its maker's service for texts unless BC_SKIP_MAPPING is set.
"""

from __future__ import annotations

import re

import msgspec

from secscan.process import Ended
from secscan.scanners.checkov_checks import verdict
from secscan.scanners.contract import MalformedOutput, Needs, Report, Setup, refuse_trouble
from secscan.scanners.manifest_files import ManifestFiles
from secscan.scanners.manifest_tools import ManifestTool, Said, report_on, run_on_manifests
from secscan.scanners.toolkit import program_version, strict_json, typed

_CONTROL_RULE = "CKV_K8S_16"
_CONTAINER = re.compile(r"(?:^|/)(?P<field>(?:init|ephemeral)?[cC]ontainers)/\[(?P<number>\d{1,6})\]")
_ENVIRONMENT = {
    "BC_SKIP_MAPPING": "TRUE",
    "CKV_IGNORE_HIDDEN_DIRECTORIES": "False",
    "LOG_LEVEL": "ERROR",
}


class Checkov(ManifestTool):
    """See the module's description."""

    name = "checkov"
    title = "Kubernetes manifests by the checks of checkov"
    needs = Needs(programs=("checkov",))
    install_hint = "pipx install checkov, so that it has an environment of its own"

    def run(self, piece: ManifestFiles, setup: Setup) -> Ended:
        """Run it on the manifests of the piece."""
        return run_on_manifests(
            self.name,
            piece,
            setup,
            lambda folder: [
                *(str(setup.programs["checkov"]), "--directory", folder, "--config-file", "settings.yaml"),
                *("--framework", "kubernetes", "--output", "json", "--compact", "--skip-download"),
            ],
            env=_ENVIRONMENT,
            files={"settings.yaml": b"compact: true\n"},
        )

    def parse(self, ended: Ended, piece: ManifestFiles) -> Report:  # noqa: ARG002 - what was shown is in what ended
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0, 1))
        answer: _Answer = typed(strict_json(ended.stdout, tool=self.name), _Answer, tool=self.name)
        counted = answer.summary
        told = answer.results
        if (counted.passed, counted.failed, counted.skipped) != (len(told.passed), len(told.failed), len(told.skipped)):
            raise MalformedOutput("its summary does not fit its results")
        if (ended.exit_code == 1) != bool(answer.results.failed):
            raise MalformedOutput(f"exit code {ended.exit_code} does not fit its {counted.failed} findings")
        return report_on(
            ended,
            self.name,
            [_said(one) for one in answer.results.failed],
            seen={(one.name, one.object) for one in map(_said, (*answer.results.failed, *answer.results.passed))},
            hidden=[_said(one) for one in answer.results.skipped],
            verdicts=verdict,
            control=_CONTROL_RULE,
            lists=True,
        )

    def version(self, setup: Setup) -> str:
        """See `Scanner.version`."""
        return program_version(setup.programs["checkov"], "checkov")


class _Result(msgspec.Struct):
    evaluated_keys: list[str] = []


class _Check(msgspec.Struct):
    id: str = msgspec.field(name="check_id")
    name: str = msgspec.field(name="check_name")
    result: _Result = msgspec.field(name="check_result")
    path: str = msgspec.field(name="file_path")
    lines: list[int] = msgspec.field(name="file_line_range")
    resource: str
    guideline: str | None = None


class _Results(msgspec.Struct):
    passed: list[_Check] = msgspec.field(name="passed_checks")
    failed: list[_Check] = msgspec.field(name="failed_checks")
    skipped: list[_Check] = msgspec.field(name="skipped_checks")


class _Summary(msgspec.Struct):
    passed: int
    failed: int
    skipped: int


class _Answer(msgspec.Struct):
    results: _Results
    summary: _Summary


def _said(check: _Check) -> Said:
    keys = [found for key in check.result.evaluated_keys if (found := _CONTAINER.search(key))]
    return Said(
        name=check.path.lstrip("/"),
        rule=check.id,
        title=check.name,
        message=f"{check.name}: {check.resource}",
        line=check.lines[0] if check.lines else 0,
        object=check.resource,
        container=(keys[0]["field"], int(keys[0]["number"])) if keys else None,
        url=check.guideline or "",
    )


SCANNER = Checkov()
"""What the registry finds."""
