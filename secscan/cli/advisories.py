"""`secscan advisories`: fill, carry and look at the advisory index."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from secscan.cli.say import say


def import_(
    sources: Annotated[list[Path], typer.Argument(metavar="FILE...", help="OSV archives (all.zip), folders, JSON or YAML files, KEV JSON, EPSS CSV, or what `export` wrote.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Index file to write.", show_default="your own index")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Begin anew instead of keeping what is there from other sources.")] = False,
    as_of: Annotated[str, typer.Option("--as-of", metavar="TIME", help="How old the data are, where they do not tell (RFC 3339).")] = "",
    digest: Annotated[str, typer.Option("--digest", metavar="SHA256", help="The digest that an exported file must have.")] = "",
) -> None:  # fmt: skip
    """Put advisories from disk into the index. It is replaced as a whole or not at all."""
    from secscan.advisories.store import default_index, import_sources
    from secscan.cli.scan import parse_time
    from secscan.findings.scan import timestamp

    target = output or default_index()
    time = parse_time(as_of)
    count = import_sources(sources, target, replace=replace, digest=digest, as_of=timestamp(time) if time else "")
    say(f"{count} records")
    say(f"Index: {target}")


def update(
    ecosystems: Annotated[list[str] | None, typer.Argument(metavar="ECOSYSTEM...", help="As OSV names them: PyPI, npm, Go ...; debian:12 is the security index of that release.", show_default="those that were got before")] = None,
    base: Annotated[str, typer.Option("--from", metavar="ADDRESS", help="Where <ADDRESS>/<ECOSYSTEM>/all.zip lie.", envvar="SECSCAN_OSV_BASE")] = "",
    kev: Annotated[str, typer.Option("--kev", metavar="ADDRESS", help="CISA's catalogue of exploited vulnerabilities (JSON).")] = "",
    epss: Annotated[str, typer.Option("--epss", metavar="ADDRESS", help="FIRST's EPSS scores (CSV).")] = "",
    mirror: Annotated[str, typer.Option("--mirror", metavar="ADDRESS", help="A mirror of Debian's security archive, such as the one that /etc/apt names.", envvar="SECSCAN_DEBIAN_MIRROR")] = "",
    keyring: Annotated[Path | None, typer.Option("--keyring", metavar="FILE", help="Keys that may sign Debian's index.", show_default="that of debian-archive-keyring")] = None,
    changelogs: Annotated[bool, typer.Option("--changelogs", help="Get the changelogs of Debian's updates, too: they name vulnerabilities.")] = False,
    sbom: Annotated[Path | None, typer.Option("--packages-of", metavar="SBOM", help="Get changelogs only of the packages that an SBOM names.")] = None,
    architecture: Annotated[str, typer.Option("--architecture", metavar="NAME", help="Whose packages are got for their changelogs.")] = "amd64",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Index file to write.", show_default="your own index")] = None,
    stall: Annotated[float, typer.Option("--stall", min=1, metavar="SECONDS", help="Longest wait for the server's next word.")] = 30,
    seconds: Annotated[float, typer.Option("--timeout", min=1, metavar="SECONDS", help="Most time for one file.")] = 3600,
    megabytes: Annotated[int, typer.Option("--most", min=1, metavar="MB", help="Most size of one file.")] = 4000,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:  # fmt: skip
    """Get OSV's archives, and the catalogues, over HTTPS, and build the index anew; of Debian, the signed index of its
    security updates.

    What was interrupted is gone on with. The old index stays whole until the new one is.
    """
    from secscan.advisories.debian.wanted import RELEASE, Debian, sources_in
    from secscan.advisories.download import Limits
    from secscan.advisories.store import default_index
    from secscan.advisories.update import Wanted, update
    from secscan.cli.progress import show_download

    target = output or default_index()
    untold: list[str] = []
    releases = [name for name in ecosystems or () if RELEASE.fullmatch(name)]
    wanted = Wanted(
        base=base,
        ecosystems=tuple(name for name in ecosystems or () if name not in releases),
        debian=Debian(
            releases=tuple(releases),
            mirror=mirror,
            keyring=keyring,
            changelogs=changelogs or sbom is not None,
            only=sources_in(sbom) if sbom else None,
            architecture=architecture,
        ),
        kev=kev,
        epss=epss,
        limits=Limits(stall=stall, seconds=seconds, size=megabytes * 1_000_000),
    )
    with show_download(quiet=quiet) as watch:
        changed = update(target, wanted, watch=watch, tell=untold.append)
    for line in untold:
        say(line)
    say(f"changed: {', '.join(changed) or 'nothing'}")
    say(f"Index: {target}")


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write.")],
    index: Annotated[Path | None, typer.Option("--index", help="Index to take.", show_default="your own index")] = None,
) -> None:  # fmt: skip
    """Write the index into one file, to carry it to another machine; `import` there checks its digest."""
    from secscan.advisories.bundle import pack
    from secscan.advisories.store import default_index

    sys.stdout.write(f"{pack(index or default_index(), file)}\n")


def status(
    index: Annotated[Path | None, typer.Option("--index", help="Index to look at.", show_default="your own index")] = None,
) -> None:  # fmt: skip
    """Say what the advisory index holds, where it lies, how old it is, and under which licences."""
    from secscan.advisories.store import describe
    from secscan.reports.escape import terminal_lines

    sys.stdout.write(f"{terminal_lines(describe(index))}\n")


def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="An id or alias: CVE-..., GHSA-..., PYSEC-...")],
    index: Annotated[Path | None, typer.Option("--index", help="Index to look at.", show_default="your own index")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the records as they came.")] = False,
) -> None:  # fmt: skip
    """Print what is known of a vulnerability."""
    from secscan.advisories.describe import describe_record
    from secscan.advisories.index import Index
    from secscan.advisories.store import default_index
    from secscan.errors import AdvisoryError
    from secscan.reports.escape import terminal

    with Index(index or default_index()) as opened:
        found = opened.records_called(name)
        if not found:
            raise AdvisoryError(
                f"the advisory index knows no {name!r}", hint="see what it holds: secscan advisories status"
            )
        for record_id in found:
            if json:
                sys.stdout.write((opened.record_json(record_id) or b"").decode() + "\n")
            else:
                sys.stdout.writelines(f"{terminal(line)}\n" for line in describe_record(opened, record_id))


def lookup(
    purl: Annotated[str, typer.Argument(metavar="PURL", help="A package URL: pkg:pypi/flask@2.0.1; without a version, all that is known.")],
    index: Annotated[Path | None, typer.Option("--index", help="Index to look at.", show_default="your own index")] = None,
) -> None:  # fmt: skip
    """Print which advisories affect a package."""
    from secscan.advisories.describe import describe_package
    from secscan.advisories.index import Index
    from secscan.advisories.names import asked_by
    from secscan.advisories.store import default_index
    from secscan.reports.escape import terminal

    asked = asked_by(purl)
    with Index(index or default_index()) as opened:
        lines = [line for one in asked for line in describe_package(opened, *one)]
    sys.stdout.writelines(f"{terminal(line)}\n" for line in lines)
