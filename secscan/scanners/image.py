"""image: what a container image says of itself and has in it. The image was read when it was opened, once, by a child
process within limits (`images.worker`); what that saw is held here against what there was to see.

Its packages are the business of the scanners of packages. The positive control, a layer of our own with a package, a
secret and a program that runs with its owner's rights, rode along in the same process.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec

from secscan.findings.levels import Kind
from secscan.images.checks import findings_of
from secscan.images.reading import IN_CONFIG, ImageReading, layer_name
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Plan, Report, ScannerError, Setup, refuse_trouble
from secscan.scanners.own import OwnScanner


class ImagePiece(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work: one image."""

    digest: str
    parts: tuple[str, ...]
    """Its configuration and its layers, as gaps name them."""


class ImageScanner(OwnScanner[ImagePiece]):
    """See the module's description."""

    name = "image"
    title = "container images: who runs them, secrets, modes, and what should not be in them"
    reads_images = True
    kinds = (Kind.MISCONFIGURATION, Kind.SECRET)
    source = "images"
    piece_type = ImagePiece

    def plan(self, setup: Setup) -> Plan[ImagePiece]:
        """One piece: the image, if the target is one."""
        if setup.image is None:
            return Plan()
        reading = setup.image.reading
        lost = {gap.subject for gap in reading.gaps}
        parts = tuple(part for part in (IN_CONFIG, *map(layer_name, reading.layers)) if part not in lost)
        piece = ImagePiece(digest=reading.digest, parts=parts)
        return Plan(pieces=(piece,), selected=frozenset(parts), gaps=reading.gaps)

    def run(self, piece: ImagePiece, setup: Setup) -> Ended:  # noqa: ARG002 - all of it is done
        """Give what was read, and the day, by which the support of distributions is judged."""
        if setup.image is None:
            raise ScannerError("there is no image", hint="scan one: secscan scan image.tar")
        answer = _Answer(reading=setup.image.reading, today=datetime.now(UTC).date())
        return Ended(
            argv=(), exit_code=0, stdout=msgspec.json.encode(answer), stderr=b"", seconds=0.0, peak_megabytes=0.0
        )

    def parse(self, ended: Ended, piece: ImagePiece) -> Report:
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0,))
        try:
            said = msgspec.json.decode(ended.stdout, type=_Answer, strict=True)
        except (msgspec.DecodeError, RecursionError) as error:
            raise MalformedOutput(f"what was read of the image is not whole: {error}") from error
        if said.reading.digest != piece.digest:
            raise MalformedOutput("what was read is another image")

        layers = {IN_CONFIG, *map(layer_name, said.reading.layers)}
        return Report(
            findings=findings_of(said.reading, said.today),
            looked_at=frozenset(layers.intersection(piece.parts)),
            control=said.reading.control,
        )


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    reading: ImageReading
    today: date


SCANNER = ImageScanner()
