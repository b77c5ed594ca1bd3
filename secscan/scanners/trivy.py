"""trivy: the packages of images against its own database; offline.

It gets an empty file for its settings and one for what to ignore, no environment, and its database through a link in a
folder of ours, so that nothing else of the user's cache counts or changes. The database is the user's: it is never
fetched here.

Traps, each with a test against the real tool: packages that it cannot read it drops without a word, so its list is held
against ours; an old database is used in silence, so its age is read from its metadata, and judged; a cut one makes it
crash; one Java archive ends it where it has no database of them; of a folder with several images it takes one,
so the image must be the one that we read; it reads no OCI archive.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec

from secscan.advisories.advice import Advice
from secscan.findings.levels import Kind, Severity
from secscan.findings.model import Cvss, Notice
from secscan.findings.scan import AdvisoryState, is_time, timestamp
from secscan.process import Ended, private_folder, run
from secscan.scanners.contract import MalformedOutput, Plan, Report, Scanner, ScannerError, Setup, refuse_trouble
from secscan.scanners.image_control import DISTRIBUTION, FILE, control_sbom, proven
from secscan.scanners.image_packages import (
    ImageScan,
    Listed,
    Ours,
    Reported,
    image_findings,
    plan_of,
    unproven,
)
from secscan.scanners.toolkit import strict_json, typed
from secscan.scanners.trivy_program import (
    EMPTY,
    INSTALL_HINT,
    NEEDS,
    accepted,
    arguments,
    environment,
    gate,
    version_of,
)

CACHE_VARIABLE = "SECSCAN_TRIVY_CACHE"
"""Names the folder with trivy's database; without it, it is the one where trivy keeps it."""

_FETCH = "fetch its database: trivy image --download-db-only"
_FOLDER_BYTES = 2_000_000_000
_SCHEMA = 2
_DATABASE_SCHEMA = 2
_JAVA_ARCHIVES = tuple(f"--skip-files=**/*.{ending}" for ending in ("jar", "war", "ear", "par"))
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


class Trivy(Scanner[ImageScan]):
    """See the module's description."""

    name = "trivy"
    title = "packages of images: known vulnerabilities, by trivy's database"
    kinds = (Kind.DEPENDENCY,)
    needs = NEEDS
    install_hint = INSTALL_HINT
    joins = "named"
    piece_type = ImageScan

    def plan(self, setup: Setup) -> Plan[ImageScan]:
        """One piece, for a target that is an image."""
        if setup.image is not None and setup.image.kind == "oci-archive":
            raise ScannerError(
                "trivy reads no OCI archive",
                hint="scan the folder that `skopeo copy oci-archive:FILE oci:DIR` makes, or a docker-archive",
            )
        return plan_of(setup)

    def run(self, piece: ImageScan, setup: Setup) -> Ended:
        """Run it on the image, and then on the control."""
        program = setup.programs["trivy"]
        version, _ = accepted(program)
        database, metadata = _database()
        limits = replace(setup.limits, folder_bytes=setup.limits.folder_bytes or _FOLDER_BYTES)
        with private_folder() as folder:
            cache = folder / "cache"
            cache.mkdir()
            for part in ("db", "java-db"):
                if (database / part).is_dir():
                    (cache / part).symlink_to(database / part)
            common = ["--scanners=vuln", "--list-all-pkgs"]
            skipped = () if (cache / "java-db").exists() else _JAVA_ARCHIVES

            def start(command: str, *words: str, files: Mapping[str, bytes]) -> Ended:
                return run(
                    [*arguments(program, command, cache_dir=str(cache)), *common, *words],
                    limits=limits,
                    env={**environment(), "TRIVY_CACHE_BACKEND": "memory"},
                    files={**EMPTY, **files},
                )

            if piece.kind == "rootfs":
                ended = start("rootfs", *skipped, piece.place, files={})
            else:
                # In the name of a folder it takes `:` and `@` for a tag and a digest.
                (folder / "image").symlink_to(piece.place)
                ended = start("image", *skipped, f"--input={folder / 'image'}", files={})
            control = start("sbom", FILE, files={FILE: _control(piece, ended.stdout)})
        return replace(
            ended,
            seconds=ended.seconds + control.seconds,
            peak_megabytes=max(ended.peak_megabytes, control.peak_megabytes),
            files={
                "control.json": b"" if control.trouble or control.exit_code else control.stdout,
                "metadata.json": metadata,
                "version.txt": version.encode(),
            },
        )

    def parse(self, ended: Ended, piece: ImageScan) -> Report:
        """See `Scanner.parse`."""
        _refuse(ended)
        report = _report(ended.stdout, ("filesystem",) if piece.kind == "rootfs" else ("container_image",))
        control = _report(ended.files.get("control.json", b""), ("cyclonedx",))
        image = report.metadata.image_id.removeprefix("sha256:")
        if piece.digest and image != piece.digest:
            raise MalformedOutput(f"it looked at another image than we did: {image[:64]}")
        ours = Ours(piece)
        listed = [one for result in report.results or () for one in _listed(result)]
        reported = [one for result in report.results or () for one in _reported(result)]
        shown = proven(one.identifier.purl for result in control.results or () for one in result.vulnerabilities or ())
        known = shown | (piece.distributions if DISTRIBUTION in shown else frozenset())
        gaps = [*ours.lost(self.name, listed), *unproven(self.name, piece, known)]
        state = _state(ended.files.get("metadata.json", b""), piece)
        return Report(
            findings=tuple(image_findings(self.name, piece, ours, reported)),
            gaps=tuple(gaps),
            looked_at=piece.keys - {gap.subject for gap in gaps},
            notices=(*_notices(ended, state), *ours.only_theirs(self.name, listed)),
            advisories=(state,),
            control=bool(shown),
        )

    def version(self, setup: Setup) -> str:
        """See `Scanner.version`."""
        return version_of(setup.programs["trivy"])

    def rules_digest(self, setup: Setup) -> str:  # noqa: ARG002 - as the contract has it
        """Digest of what its database says of itself."""
        with contextlib.suppress(ScannerError):
            return hashlib.sha256(_database()[1]).hexdigest()
        return ""


def _database() -> tuple[Path, bytes]:
    """Return the folder of the database and what that says of itself. Raises `ScannerError` where there is none."""
    folder = Path(os.environ.get(CACHE_VARIABLE) or _usual_cache()).absolute()
    try:
        with (folder / "db" / "metadata.json").open("rb") as stream:
            metadata = stream.read(100_000)
        usable = os.access(folder / "db" / "trivy.db", os.R_OK | os.W_OK)
    except OSError as error:
        raise ScannerError(
            f"trivy has no database in {folder}", hint=f"{_FETCH}, or name its cache in {CACHE_VARIABLE}"
        ) from error
    if not usable:
        # It opens the file for writing, though it only reads.
        raise ScannerError(
            f"trivy's database in {folder} is not there, or cannot be opened for writing",
            hint=f"{_FETCH}; this user must be able to write to it",
        )
    return folder, metadata


def _usual_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trivy"


class _Metadata(msgspec.Struct, rename="pascal"):
    version: int
    updated_at: str


class _System(msgspec.Struct, rename="pascal"):
    family: str = ""
    name: str = ""
    end_of_life: bool = msgspec.field(default=False, name="EOSL")


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
    target: str = ""
    packages: tuple[_Package, ...] | None = None
    vulnerabilities: tuple[_Vulnerability, ...] | None = None


class _Report(msgspec.Struct, rename="pascal"):
    schema_version: int
    artifact_type: str
    metadata: _About = msgspec.field(default_factory=_About)
    results: tuple[_Result, ...] | None = None


def _report(data: bytes, kinds: tuple[str, ...]) -> _Report:
    report: _Report = typed(strict_json(data, tool="trivy"), _Report, tool="trivy")
    if report.schema_version != _SCHEMA or report.artifact_type not in kinds:
        raise MalformedOutput(
            f"the report of trivy is of schema {report.schema_version}, about {report.artifact_type[:40]!r}"
        )
    return report


def _refuse(ended: Ended) -> None:
    """Raise `MalformedOutput` with the one line that tells why it failed; a crash tells none."""
    try:
        refuse_trouble(ended, exit_codes=(0,))
    except MalformedOutput as error:
        lines = ended.stderr.decode("utf-8", errors="replace").splitlines()
        fatal = next((line.partition("FATAL")[2].strip() for line in lines if "FATAL" in line), "")
        hint = fatal[:300] if fatal else f"if it crashed, its database may be damaged; {_FETCH}"
        raise MalformedOutput(error.message, hint=hint) from error


def _control(piece: ImageScan, answer: bytes) -> bytes:
    """The control for what the tool says is in the image; where it says nothing that can be read, `parse` tells."""
    try:
        report = _report(answer, ("filesystem", "container_image"))
    except MalformedOutput:
        return control_sbom(piece.ecosystems, ("", ""), ())
    system = report.metadata.system
    purls = [one.identifier.purl for result in report.results or () for one in result.packages or ()]
    return control_sbom(piece.ecosystems, (system.family, system.name), purls)


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


def _state(data: bytes, piece: ImageScan) -> AdvisoryState:
    """What the database says of its age. Raises `MalformedOutput` for one of another form than we know."""
    metadata: _Metadata = typed(strict_json(data, tool="trivy's database"), _Metadata, tool="trivy's database")
    if metadata.version != _DATABASE_SCHEMA:
        raise MalformedOutput(
            f"trivy's database is of schema {metadata.version}; {_DATABASE_SCHEMA} is known", hint=_FETCH
        )
    as_of = timestamp(datetime.fromisoformat(metadata.updated_at)) if is_time(metadata.updated_at) else ""
    return AdvisoryState(
        name=Trivy.name, records=0, as_of=as_of, ecosystems=tuple(sorted({one.ecosystem for one in piece.packages}))
    )


def _notices(ended: Ended, state: AdvisoryState) -> Iterator[Notice]:
    yield Notice(topic="advisories", subject="database of trivy", text=f"it is of {state.as_of or 'an unknown time'}")
    _, old = gate(ended.files.get("version.txt", b"").decode("utf-8", errors="replace"))
    if old:
        yield Notice(topic="scanner", subject="trivy", text=old)
    if not set(_JAVA_ARCHIVES).isdisjoint(ended.argv):
        text = "it has no database of Java archives, and passes over them: trivy image --download-java-db-only"
        yield Notice(topic="scanner", subject="trivy", text=text)


SCANNER = Trivy()
"""What the registry finds."""
