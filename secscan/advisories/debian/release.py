"""The signed index of a suite (`InRelease`): whose signature it bears, for how long it holds, and what it names.

Format: https://wiki.debian.org/DebianRepository/Format. The signature is checked by `gpgv`, and what is read is what
it says was signed: text before and behind that is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from secscan.errors import AdvisoryError
from secscan.process import Limits, StartError, find_program, run

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
"""Where Debian's package `debian-archive-keyring` puts the keys of its archives."""
MAX_BYTES = 4_000_000
_AHEAD = timedelta(days=1)
"""How far the clock of an archive may be ahead of ours."""
_FIELD = re.compile(r"([A-Za-z0-9-]+):[ \t]*(.*)")
_FILE = re.compile(r" ([0-9a-f]{64})\s+([0-9]{1,12})\s+(\S+)")
_WEAK = "SHA1"


@dataclass(frozen=True)
class File:
    """A file that a signed index names."""

    digest: str
    """SHA-256."""
    size: int


@dataclass(frozen=True)
class Release:
    """What a signed index says."""

    made: datetime
    files: dict[str, File]
    """By path below the suite."""


def read_release(data: bytes, *, codename: str, keyring: Path | None, now: datetime) -> Release:
    """Return what a signed index says. Raises `AdvisoryError` unless a key of the keyring has signed it, it is that of
    the suite `codename`, and it holds now."""
    fields, files = _fields(_signed(data, keyring or KEYRING))
    if codename not in (fields.get("Codename"), fields.get("Suite")):
        found = fields.get("Codename", "nothing")[:60]
        raise AdvisoryError(f"the index is of {found!r}, not of {codename}", hint="is the mirror right?")
    made, until = _time(fields, "Date"), _time(fields, "Valid-Until")
    if until < now:
        raise AdvisoryError(
            f"the index of {codename} held until {until:%Y-%m-%d %H:%M} UTC: a later one is kept back from us",
            hint="use another mirror; check the clock",
        )
    if made > now + _AHEAD:
        raise AdvisoryError(f"the index of {codename} is of a time to come", hint="check the clock")
    return Release(made, files)


def _signed(data: bytes, keyring: Path) -> str:
    """Return what was signed."""
    program = find_program("gpgv", unsafe_below=(Path.cwd(),))
    if program is None:
        raise AdvisoryError("gpgv is not there, which checks the signature", hint="install it: apt install gpgv")
    if not keyring.is_file():
        raise AdvisoryError(
            f"there is no keyring {keyring}, by which the signature is checked",
            hint="install debian-archive-keyring, or name one: --keyring FILE",
        )
    options = ["--keyring", str(keyring.resolve()), "--weak-digest", _WEAK, "--status-fd", "1"]
    try:
        ended = run(
            [str(program), *options, "--output", "signed", "InRelease"],
            limits=Limits(seconds=60, megabytes=500, output_bytes=1_000_000),
            files={"InRelease": data},
            collect=("signed",),
        )
    except StartError as error:
        raise AdvisoryError(f"the signature cannot be checked: {error}", hint="check gpgv") from error
    said = [line.split() for line in ended.stdout.decode("utf-8", errors="replace").splitlines()]
    words = {line[1] for line in said if line[:1] == ["[GNUPG:]"] and len(line) > 1}
    # A key that we have not got makes it no worse: archives sign with the keys of several releases.
    good = {"GOODSIG", "VALIDSIG"} <= words and not words & {"BADSIG", "NODATA"}
    if ended.trouble or ended.exit_code not in (0, 2) or not good or "signed" not in ended.files:
        raise AdvisoryError(
            f"the index is not signed by a key of {keyring}", hint="bring the keyring up to date, or use another mirror"
        )
    return ended.files["signed"].decode("utf-8", errors="replace")


def _fields(text: str) -> tuple[dict[str, str], dict[str, File]]:
    """Single fields, and the files that stand under `SHA256`."""
    fields: dict[str, str] = {}
    files: dict[str, File] = {}
    name = ""
    for line in text.splitlines():
        if found := _FIELD.fullmatch(line):
            name = found[1]
            if name in fields:
                raise AdvisoryError(f"the index has {name[:60]} twice", hint="is the mirror right?")
            fields[name] = found[2].strip()
        elif name == "SHA256" and (listed := _FILE.fullmatch(line)):
            files[listed[3]] = File(listed[1], int(listed[2]))
    return fields, files


def _time(fields: dict[str, str], name: str) -> datetime:
    try:
        time = parsedate_to_datetime(fields[name])
    except (KeyError, ValueError):
        raise AdvisoryError(
            f"the index does not tell its {name}",
            hint="is the mirror right? that of a release that gets no more updates does not tell how long it holds",
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
