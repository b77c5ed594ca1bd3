"""trivy: the packages of images against its own database; offline.

It gets an empty file for its settings and one for what to ignore, no environment, and its database through a link in a
folder of ours, so that nothing else of the user's cache counts or changes. The database is the user's: it is never
fetched here.

Traps, each with a test against the real tool: packages that it cannot read it drops without a word, so its list is held
against ours; an old database is used in silence, so its age is read from its metadata, and judged; a cut one makes it
crash; one Java archive ends it where it has no database of them; of a folder with several images it takes one,
so the image must be the one that we read; it reads no OCI archive, so it gets the folder that one was made of.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec

from secscan.findings.levels import Kind
from secscan.findings.model import Notice
from secscan.findings.scan import AdvisoryState, is_time, timestamp
from secscan.images.limits import Broken, TooMuch
from secscan.images.unpack import unpack
from secscan.leftovers import private_folder
from secscan.process import Ended, run
from secscan.scanners.contract import MalformedOutput, Plan, Report, Scanner, ScannerError, Setup, refuse_trouble
from secscan.scanners.image_control import DISTRIBUTION, FILE, control_sbom, proven
from secscan.scanners.image_packages import (
    ImageScan,
    Ours,
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
from secscan.scanners.trivy_report import read_report

CACHE_VARIABLE = "SECSCAN_TRIVY_CACHE"
"""Names the folder with trivy's database; without it, it is the one where trivy keeps it."""

_FETCH = "fetch its database: trivy image --download-db-only"
_FOLDER_BYTES = 2_000_000_000
_DATABASE_SCHEMA = 2
_JAVA_ARCHIVES = tuple(f"--skip-files=**/*.{ending}" for ending in ("jar", "war", "ear", "par"))


class Trivy(Scanner[ImageScan]):
    """See the module's description."""

    name = "trivy"
    title = "packages of images: known vulnerabilities, by trivy's database"
    reads_images = True
    kinds = (Kind.DEPENDENCY,)
    needs = NEEDS
    install_hint = INSTALL_HINT
    joins = "named"
    piece_type = ImageScan

    def plan(self, setup: Setup) -> Plan[ImageScan]:
        """One piece, for a target that is an image."""
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
                ended = start("rootfs", *skipped, os.path.realpath(piece.place), files={})  # a link it would not enter
            else:
                _place(piece, folder / "image")
                ended = start("image", *skipped, f"--input={folder / 'image'}", files={})
            if ended.trouble or ended.exit_code:
                return ended
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
        report = read_report(ended.stdout, "filesystem" if piece.kind == "rootfs" else "container_image")
        control = read_report(ended.files.get("control.json", b""), "cyclonedx")
        if piece.digest and report.image_id != piece.digest:
            found = report.image_id[:64]
            raise MalformedOutput(f"it looked at another image than we did: {found}", hint="give one that stands alone")
        ours = Ours(piece)
        listed = list(report.listed)
        shown = proven(one.package.purl for one in control.reported)
        known = shown | (piece.distributions if DISTRIBUTION in shown else frozenset())
        gaps = [*ours.lost(self.name, listed), *unproven(self.name, piece, known)]
        state = _state(ended.files.get("metadata.json", b""), piece)
        return Report(
            findings=tuple(image_findings(self.name, piece, ours, report.reported)),
            gaps=tuple(gaps),
            looked_at=piece.keys - {gap.subject for gap in gaps},
            notices=(*_notices(ended, piece, state), *ours.only_theirs(self.name, listed)),
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


def _place(piece: ImageScan, place: Path) -> None:
    """Show the image at a place of ours: in the name of a folder, trivy takes `:` and `@` for a tag and a digest."""
    if piece.kind != "oci-archive":
        place.symlink_to(piece.place)
        return
    try:
        unpack(Path(piece.place), place)
    except (Broken, TooMuch, OSError) as error:
        hint = "give it as a docker-archive, or as a folder"
        raise ScannerError(f"the archive cannot be unpacked for trivy: {error}", hint=hint) from error


def _usual_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trivy"


class _Metadata(msgspec.Struct, rename="pascal"):
    version: int
    updated_at: str


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
        report = read_report(answer, "filesystem", "container_image")
    except MalformedOutput:
        return control_sbom(piece.ecosystems, ("", ""), ())
    return control_sbom(piece.ecosystems, report.system, (one.purl for one in report.listed))


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


def _notices(ended: Ended, piece: ImageScan, state: AdvisoryState) -> Iterator[Notice]:
    yield Notice(topic="advisories", subject="database of trivy", text=f"it is of {state.as_of or 'an unknown time'}")
    _, old = gate(ended.files.get("version.txt", b"").decode("utf-8", errors="replace"))
    if old:
        yield Notice(topic="scanner", subject="trivy", text=old)
    if "Maven" in piece.ecosystems and not set(_JAVA_ARCHIVES).isdisjoint(ended.argv):
        text = "it has no database of Java archives, and passes over them: trivy image --download-java-db-only"
        yield Notice(topic="scanner", subject="trivy", text=text)


SCANNER = Trivy()
"""What the registry finds."""
