"""Makes records of what Debian has a security update for: one for each source package, and with the changelogs one for
each vulnerability that they name.

The signed index knows what is fixed, and nothing of what is not: sources made of it say so (`load.UPDATES`). Without
changelogs it does not tell what an update fixes: such a record is that an update is pending.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from secscan.advisories.debian.changelog import Fixed, read_changelog
from secscan.advisories.debian.lists import Built, read_packages, read_sources
from secscan.advisories.debian.release import MAX_BYTES as MAX_RELEASE
from secscan.advisories.debian.release import File, Release, read_release
from secscan.advisories.debian.unpack import file_of_package, lines_of, unpacked
from secscan.advisories.debian.wanted import Suite
from secscan.advisories.download import Limits, Watch, fetch
from secscan.advisories.index import Index
from secscan.advisories.load import UPDATES, Source
from secscan.errors import AdvisoryError
from secscan.findings.scan import timestamp

_COMPONENTS = ("main", "contrib", "non-free", "non-free-firmware")
_MAX_LIST = 1_000_000_000
"""Bytes of a list, unpacked."""
_MAX_PACKAGE = 200_000_000
"""Bytes of a package that is got for its changelog."""
_MAX_UNPACKED = 4_000_000_000
_MAX_CHANGELOG = 50_000_000
_LONGEST = 2_000_000
_CHANGELOG = re.compile(r"(?:\./)?usr/share/doc/[^/]+/changelog(?:\.Debian)?\.gz")
_TRIES = 40
"""Packages of one source that are got until one has a changelog: some have a link to another in its place."""


@dataclass(frozen=True)
class Getting:
    """How to get files, and whom to tell."""

    folder: Path
    """For files that are on their way."""
    watch: Callable[[str], Watch]
    limits: Limits = field(default_factory=Limits)
    tell: Callable[[str], None] = lambda _: None


def security_sources(suite: Suite, getting: Getting, index: Path) -> list[Source]:
    """Get what there is now, and return it as sources of an index. Raises `AdvisoryError` for what is not signed, not
    whole, or older than what the index has."""
    with _got(suite.address, getting, most=MAX_RELEASE) as file:
        codename = f"{suite.codename}-security"
        release = read_release(
            file.read_bytes(), codename=codename, keyring=suite.wanted.keyring, now=datetime.now(UTC)
        )
    name = f"{suite.ecosystem} security index"
    made = timestamp(release.made)
    before, known = _known(index, name, f"{suite.ecosystem} changelogs")
    if made < before:
        raise AdvisoryError(f"the index of {codename} is of {made}; we have one of {before}", hint="use another mirror")
    versions: dict[str, str] = {}
    for lines in _lists(suite, release, getting, "source/Sources.xz"):
        versions |= read_sources(lines)
    records = [_pending(suite, package, version, made) for package, version in versions.items()]
    sources = [Source(name, records, kind=UPDATES, as_of=made, address=suite.address)]
    if suite.wanted.changelogs:
        known |= dict(_of_changelogs(suite, release, versions, getting))
        if known:
            sources.append(Source(f"{suite.ecosystem} changelogs", sorted(known.items()), kind=UPDATES, as_of=made))
    return sources


def _lists(suite: Suite, release: Release, getting: Getting, name: str) -> Iterator[Iterator[str]]:
    """Yield the lines of a list, of each component that has it."""
    folder = suite.address.rpartition("/")[0]
    for component in _COMPONENTS:
        path = f"{component}/{name}"
        listed = release.files.get(path)
        if listed is None and component == "main":
            raise AdvisoryError(f"the index of {suite.codename}-security names no {path}", hint="is the mirror right?")
        if listed is not None:
            with (
                _got(f"{folder}/{path}", getting, file=listed, most=getting.limits.size) as file,
                file.open("rb") as stream,
            ):
                yield lines_of(unpacked(stream, name=path, most=_MAX_LIST), longest=_LONGEST)


@contextlib.contextmanager
def _got(address: str, getting: Getting, *, most: int, file: File | None = None) -> Iterator[Path]:
    """Get a file, and check that it is the one that the signed index names. It is what was signed that is trusted, not
    who sends it: plain HTTP will do."""
    target = getting.folder / quote(address.rpartition("/dists/")[2] or address, safe="")[-200:]
    limits = Limits(getting.limits.stall, getting.limits.seconds, min(most, getting.limits.size), getting.limits.pause)
    fetch(address, target, limits=limits, watch=getting.watch(address.rpartition("/")[2]), signed=True)
    try:
        if file is not None and file != _file(target):
            raise AdvisoryError(
                f"{address} is not the file that the signed index names", hint="try again later, or use another mirror"
            )
        yield target
    finally:
        target.unlink(missing_ok=True)


def _file(path: Path) -> File:
    with path.open("rb") as stream:
        return File(hashlib.file_digest(stream, "sha256").hexdigest(), path.stat().st_size)


def _of_changelogs(
    suite: Suite, release: Release, versions: dict[str, str], getting: Getting
) -> Iterator[tuple[str, bytes]]:
    """Yield what the changelogs of the updates tell; of those that cannot be read, by name, that they are not."""
    only = suite.wanted.only
    built: defaultdict[str, list[Built]] = defaultdict(list)
    for lines in _lists(suite, release, getting, f"binary-{suite.wanted.architecture}/Packages.xz"):
        for one in read_packages(lines):
            if versions.get(one.source) == one.version and (only is None or one.source in only):
                built[one.source].append(one)
    for name in sorted(versions if only is None else only & set(versions)):
        smallest = sorted(built[name], key=lambda one: (one.file.size, one.path))[:_TRIES]
        tried = (_changelog(suite, one, getting) for one in smallest if one.file.size <= _MAX_PACKAGE)
        changelog: list[str] = next((one for one in tried if one), [])
        if not changelog:
            getting.tell(f"{name}: no changelog was found; it is only known that there is an update")
        for fixed in read_changelog(changelog, package=name):
            yield _fix(suite, name, fixed, timestamp(release.made))


def _changelog(suite: Suite, package: Built, getting: Getting) -> list[str]:
    address = f"{suite.mirror.rstrip('/')}/{quote(package.path, safe='/+~:')}"
    with _got(address, getting, file=package.file, most=_MAX_PACKAGE) as path, path.open("rb") as stream:
        try:
            packed = file_of_package(stream, _CHANGELOG, most=_MAX_UNPACKED)
            chunks = unpacked(io.BytesIO(packed or b""), name="changelog.gz", most=_MAX_CHANGELOG)
            return list(lines_of(chunks, longest=_LONGEST)) if packed else []
        except AdvisoryError as error:  # it is the file that was signed: the others can do without it
            getting.tell(f"{package.path}: {error.message}")
            return []


def _pending(suite: Suite, package: str, version: str, made: str) -> tuple[str, bytes]:
    return _record(
        suite,
        f"DEBIAN-SECURITY-{suite.codename}-{package}",
        package,
        version,
        made,
        summary="security update pending",
        details=f"Debian's security archive for {suite.codename} has {package} {version}. Its index does "
        f"not tell what that fixes.",
    )


def _fix(suite: Suite, name: str, fixed: Fixed, made: str) -> tuple[str, bytes]:
    return _record(
        suite,
        f"DEBIAN-SECURITY-{suite.codename}-{name}-{fixed.cve}",
        name,
        fixed.version,
        made,
        summary=f"{fixed.cve}, fixed by Debian in {fixed.version}",
        details=f"The changelog of {name} {fixed.version} says: {fixed.text}",
        aliases=[fixed.cve],
    )


def _record(
    suite: Suite, record_id: str, package: str, fixed: str, made: str, **members: str | list[str]
) -> tuple[str, bytes]:
    events = [{"introduced": "0"}, {"fixed": fixed}]
    affected = {
        "package": {"ecosystem": suite.ecosystem, "name": package},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    record = {"id": record_id, "modified": made, **members, "affected": [affected]}
    return record_id, json.dumps(record).encode("utf-8", errors="backslashreplace")


def _known(index: Path, security: str, changelogs: str) -> tuple[str, dict[str, bytes]]:
    """The time of the index that we have, and what changelogs have told: those of other packages stay."""
    if not index.exists():
        return "", {}
    with Index(index) as opened:
        before = next((one.as_of for one in opened.sources if one.name == security), "")
        return before, dict(opened.records_from(changelogs))
