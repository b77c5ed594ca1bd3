"""trivy config: Kubernetes manifests by trivy's embedded checks; offline.

Traps, each met by a test against the real tool: a file that does not parse is left out of its report, as is every
object of a `kind: List`, with exit code 0; `trivy.yaml` and `.trivyignore` of the working directory change what it
says; unless told to skip that, it fetches other checks. Which of its versions may run, `trivy_program` says.
"""

from __future__ import annotations

import msgspec

from secscan.findings.levels import Severity
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Report, Setup, refuse_trouble
from secscan.scanners.manifest_files import ManifestFiles
from secscan.scanners.manifest_tools import ManifestTool, Said, report_on, run_on_manifests
from secscan.scanners.toolkit import strict_json, typed
from secscan.scanners.trivy_checks import verdict
from secscan.scanners.trivy_program import EMPTY, INSTALL_HINT, NEEDS, accepted, arguments, environment, version_of

_CONTROL_RULE = "KSV017"
_SEVERITY = {"CRITICAL": Severity.CRITICAL, "HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}


class TrivyConfig(ManifestTool):
    """See the module's description."""

    name = "trivy-config"
    title = "Kubernetes manifests by the checks of trivy"
    needs = NEEDS
    install_hint = INSTALL_HINT

    def run(self, piece: ManifestFiles, setup: Setup) -> Ended:
        """Run it on the manifests of the piece."""
        program = setup.programs["trivy"]
        _, notice = accepted(program)
        return run_on_manifests(
            self.name,
            piece,
            setup,
            lambda folder: [*arguments(program, "config"), "--misconfig-scanners=kubernetes", folder],
            env=environment(),
            files=EMPTY,
            notice=notice,
        )

    def parse(self, ended: Ended, piece: ManifestFiles) -> Report:  # noqa: ARG002 - what was shown is in what ended
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0,))
        answer: _Answer = typed(strict_json(ended.stdout, tool=self.name), _Answer, tool=self.name)
        if answer.version != 2:
            raise MalformedOutput(f"its report has form {answer.version}")
        said = [_said(result.target, one) for result in answer.results for one in result.found]
        seen = {(result.target, "") for result in answer.results}
        return report_on(ended, self.name, said, seen=seen, verdicts=verdict, control=_CONTROL_RULE, lists=False)

    def version(self, setup: Setup) -> str:
        """See `Scanner.version`."""
        return version_of(setup.programs["trivy"])


class _Cause(msgspec.Struct):
    start: int = msgspec.field(name="StartLine", default=0)


class _Found(msgspec.Struct):
    id: str = msgspec.field(name="ID")
    title: str = msgspec.field(name="Title")
    message: str = msgspec.field(name="Message")
    severity: str = msgspec.field(name="Severity")
    url: str = msgspec.field(name="PrimaryURL", default="")
    cause: _Cause = msgspec.field(name="CauseMetadata", default_factory=_Cause)


class _Result(msgspec.Struct):
    target: str = msgspec.field(name="Target")
    found: list[_Found] = msgspec.field(name="Misconfigurations", default_factory=list)


class _Answer(msgspec.Struct):
    version: int = msgspec.field(name="SchemaVersion")
    results: list[_Result] = msgspec.field(name="Results")


def _said(target: str, found: _Found) -> Said:
    return Said(
        name=target,
        rule=found.id,
        title=found.title,
        message=found.message,
        line=found.cause.start,
        severity=_SEVERITY.get(found.severity, Severity.UNKNOWN),
        url=found.url,
    )


SCANNER = TrivyConfig()
"""What the registry finds."""
