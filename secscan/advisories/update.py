"""Brings the index up to date from OSV's archives, one per ecosystem, and the catalogues beside them.

Nothing is asked that was not named: the base address has no default, since a scan that goes to the network by
accident tells strangers what it scans.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from secscan.advisories import catalogues
from secscan.advisories.archives import read_archive
from secscan.advisories.build import build
from secscan.advisories.debian.update import Getting, security_sources
from secscan.advisories.debian.wanted import Debian, Suite
from secscan.advisories.download import Fetched, Limits, Watch, checked_address, fetch
from secscan.advisories.index import Index
from secscan.advisories.load import UPDATES, Source
from secscan.advisories.names import PUBLIC_ADVISORIES
from secscan.errors import AdvisoryError
from secscan.findings.scan import timestamp

BASE_VARIABLE = "SECSCAN_OSV_BASE"
"""Names the base address where the command line does not."""


@dataclass(frozen=True)
class Wanted:
    """What to get."""

    base: str = ""
    """`<base>/<ecosystem>/all.zip` are the archives; empty: see `BASE_VARIABLE`, else where each was got before."""
    ecosystems: tuple[str, ...] = ()
    """As OSV names them; where neither these nor releases of Debian are given: all that were got before."""
    debian: Debian = field(default_factory=Debian)
    kev: str = ""
    epss: str = ""
    """Addresses of the catalogues; empty: where they were got from before, if they were."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class _Item:
    """One file to get."""

    name: str
    """As the source is called in the index."""
    address: str
    kind: str = "osv"
    etag: str = ""


def update(
    target: Path, wanted: Wanted, *, watch: Callable[[str], Watch], tell: Callable[[str], None] = lambda _: None
) -> tuple[str, ...]:
    """Get what has changed, build the index `target` anew, and return the names of what was changed.

    `watch` takes the name of a file and gives what is told of its progress; `tell` takes what could not be had. Raises
    `AdvisoryError`; `target` is then as it was, and what has come of a file lies beside it, to be gone on with.
    """
    items, suites = _items(target, wanted)
    folder = target.with_name(f".{target.name}.download")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        got = [(item, folder / quote(item.name, safe=""), item.etag) for item in items]
        sources = []
        for item, path, etag in got:
            fetched = fetch(item.address, path, etag=etag, limits=wanted.limits, watch=watch(item.name))
            if fetched.changed:
                sources.append(_source(item, path, fetched))
        getting = Getting(folder, watch, wanted.limits, tell)
        sources += [source for suite in suites for source in security_sources(suite, getting, target)]
    except OSError as error:
        raise AdvisoryError(f"cannot write beside {target}: {error.strerror}", hint="check the folder") from error
    if sources:
        build(target, sources, built=timestamp(datetime.now(UTC)), keep=True)
    for _, path, _ in got:
        path.unlink(missing_ok=True)
    return tuple(source.name for source in sources)


def _items(target: Path, wanted: Wanted) -> tuple[list[_Item], tuple[Suite, ...]]:
    known = _known(target)
    base = wanted.base or os.environ.get(BASE_VARIABLE, "")
    names, suites = wanted.ecosystems, wanted.debian.suites()
    if not names and not suites:
        got = [item for item in known.values() if item.address]
        names = tuple(item.name.removeprefix("OSV ") for item in got if item.kind == "osv")
        suites = tuple(suite for item in got if item.kind == UPDATES and (suite := wanted.debian.known(item.address)))
    items = [_Item(f"OSV {name}", _archive(name, base, known)) for name in names]
    for name, kind, address in ((catalogues.KEV, "kev", wanted.kev), (catalogues.EPSS, "epss", wanted.epss)):
        address = address or (known[name].address if name in known else "")
        if address:
            items.append(_Item(name, checked_address(address), kind))
    if not suites and wanted.debian.changelogs:
        raise AdvisoryError("changelogs are those of Debian", hint="name a release: debian:12")
    if not items and not suites:
        raise AdvisoryError(
            "nothing to update", hint=f"name ecosystems: secscan advisories update PyPI npm --from {PUBLIC_ADVISORIES}"
        )
    return [_with_etag(item, known.get(item.name)) for item in items], suites


def _archive(name: str, base: str, known: dict[str, _Item]) -> str:
    """Where an ecosystem's archive lies: below the base, else where it was got from before."""
    if base:
        return f"{checked_address(base).rstrip('/')}/{quote(name, safe='')}/all.zip"
    before = known.get(f"OSV {name}")
    if before is None or not before.address:
        raise AdvisoryError(
            f"no address to get the advisories of {name} from",
            hint=f"name one: --from {PUBLIC_ADVISORIES}, a mirror of it, or {BASE_VARIABLE}; "
            "<ADDRESS>/<ecosystem>/all.zip must lie there",
        )
    return checked_address(before.address)


def _with_etag(item: _Item, known: _Item | None) -> _Item:
    return known if known and known.address == item.address else item


def _known(target: Path) -> dict[str, _Item]:
    if not target.exists():
        return {}
    with Index(target) as index:
        index.verify()
        return {one.name: _Item(one.name, one.address, one.kind, one.etag) for one in index.sources}


def _source(item: _Item, path: Path, fetched: Fetched) -> Source:
    """What was got, as a source; its age is what the server tells, else what its records tell."""
    if item.kind == "osv":
        return Source(item.name, read_archive(path), as_of=fetched.modified, address=item.address, etag=fetched.etag)
    read = catalogues.read_kev if item.kind == "kev" else catalogues.read_epss
    if path.stat().st_size > catalogues.MAX_BYTES:
        raise AdvisoryError(f"{item.address}: too large for {item.name}", hint="is the address right?")
    return read(path.read_bytes(), origin=item.address, address=item.address, etag=fetched.etag)
