"""`secscan sbom`: what a tree is made of, and with a saved scan what is known against it and what was decided."""

from __future__ import annotations

import importlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secscan.cli.say import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from secscan.findings.scan import Scan
    from secscan.images.reference import ImageReference
    from secscan.sbom.contents import Contents

FORMATS = ("cyclonedx", "spdx", "openvex")


def sbom(
    path: Annotated[Path, typer.Argument(help="The folder to look at, or an image, named as for `secscan scan`.", show_default="the working directory")] = Path(),
    format_name: Annotated[str, typer.Option("--format", "-f", metavar="cyclonedx|spdx|openvex", help="CycloneDX 1.6, SPDX 2.3, or OpenVEX, which needs --scan.")] = "cyclonedx",
    scan: Annotated[Path | None, typer.Option("--scan", metavar="FILE", help="A saved scan: its vulnerabilities are told (VDR), and what was decided on them (VEX).")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write to.", show_default="standard output")] = None,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="The time of the document (RFC 3339).", show_default="SOURCE_DATE_EPOCH, or now")] = "",
) -> None:  # fmt: skip
    """Write what a tree is made of, from its manifests and lock files, or what an image has installed: nothing is run,
    resolved or fetched.

    Exits 0, or 3 where something could not be read, or was not assessed in the saved scan: the document says what.
    """
    from secscan.cli.scan import parse_time
    from secscan.cli.terminal import write_document
    from secscan.errors import ExitCode, UsageError
    from secscan.findings.scan import load, timestamp
    from secscan.images.reference import parse_reference

    if format_name not in FORMATS:
        raise UsageError(f"there is no format {format_name!r}", hint=f"the formats are {', '.join(FORMATS)}")
    if format_name == "openvex" and scan is None:
        raise UsageError("openvex tells what was decided on vulnerabilities", hint="give a saved scan with --scan")
    seen = load(scan) if scan else None
    created = timestamp(parse_time(at) or _now())
    reference = parse_reference(str(path))
    found = _of_image(reference, created, seen) if reference else _of_tree(path, created, seen)
    data = _render(format_name)(found)
    write_document(data, output)
    where = (
        "OpenVEX has no place for them: an SBOM names them" if format_name == "openvex" else "the document names them"
    )
    for gaps, one, more in (
        (found.gaps, "entry could not be read as a package", "entries could not be read as packages"),
        (found.unassessed, "entry was not assessed in the scan", "entries were not assessed in the scan"),
    ):
        if gaps:
            say(f"secscan: {len(gaps)} {one if len(gaps) == 1 else more}; {where}")
    if found.gaps or found.unassessed:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _of_image(reference: ImageReference, created: str, seen: Scan | None) -> Contents:
    from secscan.images.open import opened_image
    from secscan.images.reading import PACKAGES_ONLY
    from secscan.process import Limits

    # What writes the document is imported while a child process reads the image.
    threading.Thread(target=importlib.import_module, args=("secscan.sbom.contents",), daemon=True).start()
    with opened_image(reference, Limits(), look_at=PACKAGES_ONLY) as image:
        reading = image.reading
    from secscan.inventory.contract import Inventory
    from secscan.sbom.contents import contents

    return contents(
        Inventory(packages=reading.packages, gaps=reading.gaps),
        name=reading.name,
        revision="",
        digest=reading.digest,
        created=created,
        scan=seen,
        image=reading,
    )


def _of_tree(path: Path, created: str, seen: Scan | None) -> Contents:
    from secscan.inventory.contract import Inventory, joined
    from secscan.inventory.discover import take_inventory
    from secscan.inventory.known import reader_of
    from secscan.sbom.contents import contents
    from secscan.targets.open import TargetRequest, open_target

    with open_target(TargetRequest(path=path)) as target:
        unread = tuple(one for one in target.gaps if reader_of(one.subject))
        return contents(
            joined([take_inventory([file.path for file in target.files], target.read), Inventory(gaps=unread)]),
            name=target.info.name,
            revision=target.info.revision,
            digest=target.info.digest,
            created=created,
            scan=seen,
        )


def _render(format_name: str) -> Callable[[Contents], bytes]:
    render: Callable[[Contents], bytes] = importlib.import_module(f"secscan.sbom.{format_name}").render
    return render


def _now() -> datetime:
    """The time, or the one that reproducible builds agree on (https://reproducible-builds.org/specs/source-date-epoch/)."""
    import os
    from datetime import UTC, datetime

    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() and len(epoch) < 12 else datetime.now(UTC)
