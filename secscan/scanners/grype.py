"""grype: the packages of images against its own database; offline.

Written after grype's documentation and source, and tested on answers made after those: where this was written, no
program of it could be had. It is given its settings by a file of ours, no environment but that, and the user's
database, which it neither fetches nor finds too old by itself: its age is told in the answer, and judged.

An answer has only the packages in which something was found. So a second one is asked for, in CycloneDX, which lists
every package that it looked at, and is held against ours.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from secscan.findings.levels import Kind
from secscan.findings.model import Notice
from secscan.findings.scan import AdvisoryState, is_time, timestamp
from secscan.process import Ended, run
from secscan.scanners.contract import MalformedOutput, Needs, Plan, Report, Scanner, ScannerError, Setup, refuse_trouble
from secscan.scanners.grype_report import GrypeReport, listed_in, read_report
from secscan.scanners.image_control import DISTRIBUTION, FILE, control_sbom, proven
from secscan.scanners.image_packages import ImageScan, Ours, image_findings, plan_of, unproven
from secscan.scanners.toolkit import program_version

CACHE_VARIABLE = "SECSCAN_GRYPE_CACHE"
"""Names the folder with grype's database; without it, it is the one where grype keeps it."""

_FETCH = "fetch its database: grype db update; or import it: grype db import"
_SCHEMES = {"docker-archive": "docker-archive", "oci-archive": "oci-archive", "oci": "oci-dir", "rootfs": "dir"}
_SETTINGS = b"""\
check-for-app-update: false
db:
  auto-update: false
  validate-age: false
external-sources:
  enable: false
match-upstream-kernel-headers: true
"""
"""Of kernel headers it would pass over what is known of the kernel that they are built from."""
_FOLDER_BYTES = 4_000_000_000
_SAFE_SINCE = (0, 104, 1)
"""CVE-2025-65965: before it, credentials of registries stand in the answer."""
_VERSION = re.compile(r"v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})")
_MOST_NOTICES = 100


class Grype(Scanner[ImageScan]):
    """See the module's description."""

    name = "grype"
    title = "packages of images: known vulnerabilities, by grype's database"
    reads_images = True
    kinds = (Kind.DEPENDENCY,)
    needs = Needs(programs=("grype",), proof=r"Application:\s+grype[\s\S]*")
    install_hint = "install grype 0.104.1 or newer from its project's releases"
    joins = "named"
    piece_type = ImageScan

    def plan(self, setup: Setup) -> Plan[ImageScan]:
        """One piece, for a target that is an image."""
        return plan_of(setup)

    def run(self, piece: ImageScan, setup: Setup) -> Ended:
        """Run it on the image, and then on the control."""
        database = _database()
        limits = replace(setup.limits, folder_bytes=setup.limits.folder_bytes or _FOLDER_BYTES)

        def start(what: str, *words: str, sbom: bytes = b"") -> Ended:
            return run(
                [str(setup.programs["grype"]), what, "--config=grype.yaml", "--output=json", *words],
                limits=limits,
                env={
                    "GRYPE_DB_CACHE_DIR": str(database),
                    "GRYPE_DB_AUTO_UPDATE": "false",
                    "GRYPE_DB_VALIDATE_AGE": "false",
                    "GRYPE_CHECK_FOR_APP_UPDATE": "false",
                },
                files={"grype.yaml": _SETTINGS, **({FILE: sbom} if sbom else {})},
                collect=["packages.json"],
            )

        ended = start(f"{_SCHEMES[piece.kind]}:{piece.place}", "--output=cyclonedx-json=packages.json")
        if ended.trouble or ended.exit_code:
            return ended
        control = start(f"sbom:{FILE}", sbom=_control(piece, ended))
        return replace(
            ended,
            seconds=ended.seconds + control.seconds,
            peak_megabytes=max(ended.peak_megabytes, control.peak_megabytes),
            files={**ended.files, "control.json": b"" if control.trouble or control.exit_code else control.stdout},
        )

    def parse(self, ended: Ended, piece: ImageScan) -> Report:
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0,))
        report = read_report(ended.stdout)
        control = read_report(ended.files.get("control.json", b""))
        if (piece.kind == "rootfs") == (report.source.type == "image"):
            raise MalformedOutput(f"it looked at something else: {report.source.type[:40]!r}")
        if piece.digest and report.image_id != piece.digest:
            found = report.image_id[:64]
            raise MalformedOutput(f"it looked at another image than we did: {found}", hint="give one that stands alone")
        ours = Ours(piece)
        listed = listed_in(ended.files.get("packages.json", b""))
        shown = proven(one.package.purl for one in control.reported)
        known = shown | (piece.distributions if DISTRIBUTION in shown else frozenset())
        gaps = [*ours.lost(self.name, listed), *unproven(self.name, piece, known)]
        state = _state(report, piece)
        return Report(
            findings=tuple(image_findings(self.name, piece, ours, report.reported)),
            gaps=tuple(gaps),
            looked_at=piece.keys - {gap.subject for gap in gaps},
            notices=(*_notices(report, state), *ours.only_theirs(self.name, listed)),
            advisories=(state,),
            control=bool(shown),
        )

    def version(self, setup: Setup) -> str:
        """See `Scanner.version`."""
        return program_version(setup.programs["grype"], "grype")


def _database() -> Path:
    """Return the folder of the database. Raises `ScannerError` where there is none."""
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "grype" / "db"
    folder = Path(os.environ.get(CACHE_VARIABLE) or usual).absolute()
    if not folder.is_dir():
        raise ScannerError(
            f"grype has no database in {folder}", hint=f"{_FETCH}; or name its folder in {CACHE_VARIABLE}"
        )
    return folder


def _control(piece: ImageScan, ended: Ended) -> bytes:
    """The control for what the tool says is in the image; where it says nothing that can be read, `parse` tells."""
    try:
        report = read_report(ended.stdout)
        listed = listed_in(ended.files.get("packages.json", b""))
    except MalformedOutput:
        return control_sbom(piece.ecosystems, ("", ""), ())
    return control_sbom(piece.ecosystems, (report.distro.name, report.distro.version), (one.purl for one in listed))


def _state(report: GrypeReport, piece: ImageScan) -> AdvisoryState:
    """What the database says of its age."""
    built = report.descriptor.db.status.built or report.descriptor.db.built
    as_of = timestamp(datetime.fromisoformat(built)) if is_time(built) else ""
    ecosystems = tuple(sorted({one.ecosystem for one in piece.packages}))
    return AdvisoryState(name=Grype.name, records=0, as_of=as_of, ecosystems=ecosystems)


def _notices(report: GrypeReport, state: AdvisoryState) -> Iterator[Notice]:
    yield Notice(topic="advisories", subject="database of grype", text=f"it is of {state.as_of or 'an unknown time'}")
    version = _VERSION.match(report.descriptor.version)
    if version is None or tuple(map(int, version.groups())) < _SAFE_SINCE:
        text = (
            f"grype {report.descriptor.version[:40]} writes credentials of registries into what it answers "
            "(CVE-2025-65965); secscan gives it none. Upgrade to 0.104.1 or newer."
        )
        yield Notice(topic="scanner", subject="grype", text=text)
    passed_over = list(report.passed_over)
    for package, identifier, why in passed_over[:_MOST_NOTICES]:
        text = f"grype matches it to {identifier} and passes over that: {why}"
        yield Notice(topic="passed-over", subject=package, text=text)
    if len(passed_over) > _MOST_NOTICES:
        text = f"grype passes over {len(passed_over) - _MOST_NOTICES} more matches"
        yield Notice(topic="passed-over", subject="grype", text=text)


SCANNER = Grype()
"""What the registry finds."""
