"""Catalogues that say more of a CVE: CISA's KEV (JSON) and FIRST's EPSS (CSV)."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from pathlib import Path

import msgspec

from secscan.advisories.load import Source
from secscan.errors import AdvisoryError

KEV = "CISA KEV"
EPSS = "FIRST EPSS"
MAX_BYTES = 200_000_000
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class _Listed(msgspec.Struct):
    cve: str = msgspec.field(name="cveID")
    added: str = msgspec.field(name="dateAdded")


class _Kev(msgspec.Struct):
    version: str = msgspec.field(name="catalogVersion")
    released: str = msgspec.field(name="dateReleased")
    vulnerabilities: list[_Listed]
    count: int | None = None


def is_kev(data: bytes) -> bool:
    """Whether a JSON document looks like the KEV catalogue and not like an OSV record."""
    return b'"catalogVersion"' in data[:4000]


def read_kev(data: bytes, *, origin: str, address: str = "", etag: str = "") -> Source:
    """Read CISA's catalogue (https://www.cisa.gov/known-exploited-vulnerabilities-catalog). Raises `AdvisoryError`."""
    try:
        found = msgspec.json.decode(data, type=_Kev)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise AdvisoryError(f"{origin}: not the KEV catalogue: {error}", hint="give CISA's JSON file") from error
    rows = {one.cve: one.added for one in found.vulnerabilities}
    wrong = [cve for cve, added in rows.items() if not _CVE.fullmatch(cve) or not _DAY.fullmatch(added)]
    if wrong or not rows or found.count not in (None, len(found.vulnerabilities)):
        problem = f"{wrong[0][:40]!r} is no entry" if wrong else "it is empty, or not whole"
        raise AdvisoryError(f"{origin}: not the KEV catalogue: {problem}", hint="get it again")
    as_of = _time(found.released)
    return Source(KEV, kind="kev", exploited=rows, as_of=as_of, address=address, etag=etag)


def read_epss(data: bytes, *, origin: str, address: str = "", etag: str = "") -> Source:
    """Read FIRST's scores (https://www.first.org/epss/data_stats), packed or not. Raises `AdvisoryError`."""
    lines = _unpacked(data, origin).decode("utf-8", "replace").splitlines()
    scored = re.search(r"score_date:([0-9T:+-]+Z?)", lines[0]) if lines and lines[0].startswith("#") else None
    rows: dict[str, float] = {}
    table = csv.reader(lines[1:] if lines and lines[0].startswith("#") else lines)
    try:
        if next(table, [])[:2] != ["cve", "epss"]:
            raise _wrong_scores(origin, "its first columns are not `cve` and `epss`")
        for row in table:
            score = float(row[1])
            if not _CVE.fullmatch(row[0]) or not 0.0 <= score <= 1.0:
                raise _wrong_scores(origin, f"line {table.line_num} is not a CVE and a probability")
            rows[row[0]] = score
    except (ValueError, IndexError, csv.Error) as error:
        raise _wrong_scores(origin, str(error)) from error
    if not rows:
        raise _wrong_scores(origin, "there is none")
    as_of = _time(scored[1]) if scored else ""
    return Source(EPSS, kind="epss", epss=rows, as_of=as_of, address=address, etag=etag)


def read_file(path: Path) -> Source:
    """Read a catalogue from disk: KEV from `.json`, EPSS from `.csv` or `.csv.gz`."""
    if path.stat().st_size > MAX_BYTES:
        raise AdvisoryError(f"{path} is larger than {MAX_BYTES} bytes", hint="is it KEV or EPSS?")
    read = read_kev if path.suffix == ".json" else read_epss
    return read(path.read_bytes(), origin=str(path))


def _wrong_scores(origin: str, problem: str) -> AdvisoryError:
    return AdvisoryError(f"{origin}: not EPSS scores: {problem}", hint="give FIRST's CSV file, whole")


def _unpacked(data: bytes, origin: str) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, MAX_BYTES)
    except (zlib.error, gzip.BadGzipFile) as error:
        raise AdvisoryError(f"{origin}: not whole: {error}", hint="get it again") from error
    if not unpacker.eof:
        raise AdvisoryError(f"{origin}: not whole, or larger than {MAX_BYTES} bytes", hint="get it again")
    return plain


def _time(text: str) -> str:
    """RFC 3339 to the second; empty for what is none."""
    found = re.match(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}:[0-9]{2}:[0-9]{2}))?", text)
    return f"{found[1]}T{found[2] or '00:00:00'}Z" if found else ""
