"""A control map: the controls of a framework, and what of a scan is evidence for each. Data: `policies/controls/`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from secscan.findings.levels import Kind
from secscan.findings.model import Value

FORMAT = "secscan.controls/1"
"""Name and version of the document."""

MOST_TEXT = 400
NAME = r"[a-z0-9][a-z0-9.-]{0,63}"
CONTROL_ID = r"[A-Za-z0-9][A-Za-z0-9 .:()/_-]{0,63}"
TOKEN = r"[A-Za-z_][A-Za-z0-9._-]{0,127}"  # noqa: S105 - OSCAL's word for an identifier
SCANNER = r"[a-z][a-z0-9-]{0,63}"
DAY = r"\d{4}-\d\d-\d\d"
MOST_CWE = 99_999

Line = Annotated[str, Meta(min_length=1, max_length=MOST_TEXT)]


class Fact(StrEnum):
    """What can be told of a scan as a whole."""

    JUDGED = "judged"
    """A policy judged it, and not to log only."""
    INVENTORY = "inventory"
    """Its packages were looked up by name and version, and no lock file or manifest was beyond reading."""
    ADVISORIES_DATED = "advisories-dated"
    """It says up to which time the advisories know."""
    WAIVERS_OWNED = "waivers-owned"
    """Every waiver that counts has an owner, a reason and an end."""
    WAIVERS_APPROVED = "waivers-approved"
    """Every waiver that counts says who approved it."""
    REVISION_KNOWN = "revision-known"
    """What was looked at is a commit without local changes, or an image with a digest."""


class Evidence(Value, frozen=True, kw_only=True):
    """One thing that must be there: that scanners looked for kinds of findings, or facts about the scan."""

    kinds: tuple[Kind, ...] = ()
    """A scanner that looks for one of these kinds must have completed; findings of them count."""
    cwes: tuple[Annotated[int, Meta(ge=1, le=MOST_CWE)], ...] = ()
    """Only findings with one of these CWE ids count."""
    classes: tuple[str, ...] = ()
    """Only findings of these classes of defect count; with `cwes`, one of both is enough."""
    scanners: tuple[Annotated[str, Meta(pattern=f"^{SCANNER}$")], ...] = ()
    """Each of these scanners must have completed."""
    facts: tuple[Fact, ...] = ()
    """Facts about the scan as a whole. They stand alone."""


class Control(Value, frozen=True, kw_only=True):
    """One control. Each of its evidence must be there; `manual` says what no scanner can test."""

    id: Annotated[str, Meta(pattern=f"^{CONTROL_ID}$")]
    """As the framework writes it."""
    title: Line
    """What it is about, in words of our own."""
    evidence: tuple[Evidence, ...] = ()
    """What a scan can show; all of it must be there."""
    manual: Annotated[str, Meta(max_length=MOST_TEXT)] = ""
    """What a person has to check."""
    oscal_id: Annotated[str, Meta(pattern=f"^{TOKEN}$")] = ""
    """Its id in the framework's own OSCAL catalogue; made from `id` where it has none."""


class ControlMap(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A control map, as it is written in its file."""

    format: str
    """secscan.controls/1"""
    framework: Annotated[str, Meta(pattern=f"^{NAME}$")]
    """Its name, as given to `--framework`; of a shipped one, the name of the file."""
    title: Line
    """Name of the framework."""
    edition: Line
    """Its edition, as it calls itself."""
    version: Line
    """Version of this map."""
    date: Annotated[str, Meta(pattern=f"^{DAY}$")]
    """Day of this map."""
    source: Line
    """Where ids and mapping were taken from."""
    licence: Line
    """Of the ids and of the mapping; the titles are our own."""
    controls: Annotated[tuple[Control, ...], Meta(min_length=1, max_length=2000)]
    """In the order in which they are reported."""
    unverified: tuple[Line, ...] = ()
    """What of it was not held against its source."""


class Framework(Value, frozen=True, kw_only=True):
    """A control map that was read, and from what."""

    map: ControlMap
    origin: str
    """As given to `--framework`: the name of a shipped one, or a file."""
    digest: str
    """SHA-256 of the file."""
