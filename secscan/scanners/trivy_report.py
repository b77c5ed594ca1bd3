"""What trivy's reports say, as values: https://trivy.dev/latest/docs/configuration/reporting/#json"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from secscan.advisories.advice import Advice
from secscan.findings.levels import Severity
from secscan.findings.model import Cvss
from secscan.scanners.contract import MalformedOutput
from secscan.scanners.image_packages import Listed, Reported
from secscan.scanners.toolkit import strict_json, typed

_SCHEMA = 2
_ONE_VULNERABILITY = re.compile(r"(?:CVE|GHSA|PYSEC|GO|RUSTSEC)-[\w-]{4,40}")
"""Ids that name one; those of distributions' own notices name many at once, and would make them all one."""
_STATES = {
    "will_not_fix": "The distribution will not fix it.",
    "fix_deferred": "The distribution has put off the fix.",
    "end_of_life": "The distribution fixes nothing in this release any more.",
    "under_investigation": "The distribution is still looking into it.",
}
_LONGEST = 2000
_REFERENCES = 10


class _System(msgspec.Struct, rename="pascal"):
    family: str = ""
    name: str = ""


class _About(msgspec.Struct):
    system: _System = msgspec.field(default_factory=_System, name="OS")
    image_id: str = msgspec.field(default="", name="ImageID")


class _Identifier(msgspec.Struct):
    purl: str = msgspec.field(default="", name="PURL")


class _Package(msgspec.Struct, rename="pascal"):
    name: str
    version: str = ""
    release: str = ""
    epoch: int = 0
    src_name: str = ""
    src_version: str = ""
    src_release: str = ""
    src_epoch: int = 0
    file_path: str = ""
    identifier: _Identifier = msgspec.field(default_factory=_Identifier)


class _Score(msgspec.Struct):
    v2: str = msgspec.field(default="", name="V2Vector")
    v3: str = msgspec.field(default="", name="V3Vector")
    v4: str = msgspec.field(default="", name="V40Vector")
    v2_score: float | None = msgspec.field(default=None, name="V2Score")
    v3_score: float | None = msgspec.field(default=None, name="V3Score")
    v4_score: float | None = msgspec.field(default=None, name="V40Score")


class _Vulnerability(msgspec.Struct, rename="pascal"):
    id: str = msgspec.field(name="VulnerabilityID")
    pkg_name: str
    installed_version: str
    vendor_ids: tuple[str, ...] = msgspec.field(default=(), name="VendorIDs")
    pkg_path: str = ""
    identifier: _Identifier = msgspec.field(default_factory=_Identifier, name="PkgIdentifier")
    fixed_version: str = ""
    status: str = ""
    severity: str = ""
    title: str = ""
    description: str = ""
    published_date: str = ""
    url: str = msgspec.field(default="", name="PrimaryURL")
    references: tuple[str, ...] = ()
    cvss: dict[str, _Score] = msgspec.field(default_factory=dict, name="CVSS")


class _Result(msgspec.Struct, rename="pascal"):
    kind: str = msgspec.field(default="", name="Class")
    packages: tuple[_Package, ...] | None = None
    vulnerabilities: tuple[_Vulnerability, ...] | None = None


class TrivyReport(msgspec.Struct, rename="pascal"):
    """A report, as much of it as is used."""

    schema_version: int
    artifact_type: str
    metadata: _About = msgspec.field(default_factory=_About)
    results: tuple[_Result, ...] | None = None

    @property
    def image_id(self) -> str:
        """SHA-256 of the image's configuration, hexadecimal; empty for anything but an image."""
        return self.metadata.image_id.removeprefix("sha256:")

    @property
    def system(self) -> tuple[str, str]:
        """Name and version of the distribution, as trivy calls it."""
        return self.metadata.system.family, self.metadata.system.name

    @property
    def listed(self) -> Iterator[Listed]:
        """Every package that it looked at."""
        return (one for result in self.results or () for one in _listed(result))

    @property
    def reported(self) -> Iterator[Reported]:
        """Every vulnerability of every package."""
        return (one for result in self.results or () for one in _reported(result))


def read_report(data: bytes, *kinds: str) -> TrivyReport:
    """Read a report about one of these kinds of artifact. Raises `MalformedOutput` for anything else."""
    report: TrivyReport = typed(strict_json(data, tool="trivy"), TrivyReport, tool="trivy")
    if report.schema_version != _SCHEMA or report.artifact_type not in kinds:
        raise MalformedOutput(
            f"the report of trivy is of schema {report.schema_version}, about {report.artifact_type[:40]!r}"
        )
    return report


def _listed(result: _Result) -> Iterator[Listed]:
    for one in result.packages or ():
        yield Listed(
            name=one.name,
            version=_version(one.epoch, one.version, one.release),
            purl=one.identifier.purl,
            is_distribution=result.kind == "os-pkgs",
            path=one.file_path,
            source=(one.src_name, _version(one.src_epoch, one.src_version, one.src_release)),
        )


def _version(epoch: int, version: str, release: str) -> str:
    return (f"{epoch}:" if epoch else "") + version + (f"-{release}" if release else "")


def _reported(result: _Result) -> Iterator[Reported]:
    packages = {(one.name, one.version, one.path): one for one in _listed(result)}
    for one in result.vulnerabilities or ():
        package = packages.get((one.pkg_name, one.installed_version, one.pkg_path)) or Listed(
            name=one.pkg_name,
            version=one.installed_version,
            purl=one.identifier.purl,
            is_distribution=result.kind == "os-pkgs",
            path=one.pkg_path,
        )
        yield Reported(package=package, advice=_advice(one), url=one.url)


def _advice(one: _Vulnerability) -> Advice:
    state = _STATES.get(one.status, "")
    return Advice(
        id=one.id,
        aliases=tuple(sorted(name for name in one.vendor_ids if _ONE_VULNERABILITY.fullmatch(name))),
        title=one.title[:300],
        message=f"{one.description.strip()[:_LONGEST]} {state}".strip(),
        severity=_severity(one.severity),
        cvss=tuple(score for source in sorted(one.cvss) for score in _scores(source, one.cvss[source])),
        fixed=tuple(text for part in one.fixed_version.split(",") if (text := part.strip())),
        published=one.published_date[:10],
        references=one.references[:_REFERENCES],
    )


def _severity(word: str) -> Severity:
    try:
        return Severity(word.lower())
    except ValueError:
        return Severity.UNKNOWN


def _scores(source: str, one: _Score) -> Iterator[Cvss]:
    for vector, score in ((one.v2, one.v2_score), (one.v3, one.v3_score), (one.v4, one.v4_score)):
        if vector:
            yield Cvss(vector=vector, score=score, source=source)
