"""The policy as a value: what is demanded of a scan, and what is thought of each finding.

Nothing here reads a file or judges; `load` makes a `Policy`, `match` and `decide` apply its rules, the
gate applies its demands. The language is explained in `policies/README.md`.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

from secscan.findings.levels import Action, Confidence, GapKind, Kind, Severity
from secscan.findings.model import Value

FORMAT = "secscan.policy/1"
"""Name and version of the language; raised when a reader of the old one would misunderstand the new."""


class Mode(StrEnum):
    """Whether the verdict stops the build."""

    ENFORCE = "enforce"
    LOG = "log"
    """The verdict is made and shown, and the process ends 0."""


class Undecided(StrEnum):
    """What a blocking rule does with a finding that lacks the data its conditions ask for."""

    BLOCK = "block"
    """It blocks: missing data never opens the gate."""
    NEXT = "next"
    """The finding goes on to the rules below."""


class Match(Value, frozen=True, kw_only=True, rename={"defect": "class"}):
    """Conditions on a finding. All that are given must hold; of a list, one entry must. An empty list or None
    is a condition that is not given."""

    kind: tuple[Kind, ...] = ()
    defect: tuple[str, ...] = ()
    """Classes of defect, ids of `findings.defects`; the field is called `class` in a policy."""
    severity: tuple[Severity, ...] = ()
    """`unknown` matches only where it is named; a list without it is undecided on a finding of unknown severity."""
    confidence: tuple[Confidence, ...] = ()
    paths: tuple[str, ...] = ()
    """Globs (see `findings.globs`) over the path text of the finding's location."""
    paths_not: tuple[str, ...] = ()
    """Holds where none of the globs matches."""
    package: tuple[str, ...] = ()
    """Package names, `*` allowed; names of PyPI are compared in their normal form."""
    ecosystem: tuple[str, ...] = ()
    """As OSV names it; `Debian` also matches `Debian:12`."""
    cwe: tuple[int, ...] = ()
    """CWE numbers among the identifiers, or the primary one of the class."""
    identifier: tuple[str, ...] = ()
    """CVE, GHSA, PYSEC ... ids, in any letter case."""
    scanner: tuple[str, ...] = ()
    """One of these scanners reported it, perhaps beside others."""
    only_scanner: tuple[str, ...] = ()
    """None but these scanners reported it."""
    rule: tuple[str, ...] = ()
    """Ids of scanners' rules, `*` allowed."""
    fix_available: bool | None = None
    """Whether a version of the package is known that clears the finding; never holds where there is no package."""
    known_exploited: bool | None = None
    """Whether CISA's KEV catalogue lists it; undecided for a package where the catalogue was not asked."""
    marked: bool | None = None
    """Whether an in-source comment asks a scanner to be silent here, whether or not the policy lets it count."""


class Rule(Value, frozen=True, kw_only=True):
    """One rule. The first that matches a finding decides."""

    id: str
    action: Action
    reason: str
    """Why, in words for the one whose build stops."""
    match: Match | None = None
    """None: every finding (the catch-all)."""
    undecided: Undecided = Undecided.BLOCK
    """For blocking rules; a rule that warns or accepts never matches an undecided finding."""


class Tolerance(Value, frozen=True, kw_only=True):
    """Gaps that do not make the verdict incomplete. They stay counted and shown."""

    kinds: tuple[GapKind, ...]
    reason: str
    scanners: tuple[str, ...] = ()
    """Whose gaps; empty for every scanner's, and for those of our own inventory (`secscan`)."""
    paths: tuple[str, ...] = ()
    """Globs over the gap's subject; empty for every subject."""
    at_most: int | None = None
    """Most files or packages (subjects, not gaps); with one more, none of them is tolerated. None: no limit."""


class MarkerTrust(Value, frozen=True, kw_only=True):
    """In-source markers of one tool that count: a finding with one is accepted."""

    tool: str
    """Whose marker, as in `findings.model.Marker.tool`."""
    reason_required: bool = False
    """Whether the comment must say why beside the marker."""


class Policy(Value, frozen=True, kw_only=True):
    """A whole policy, after everything it refers to has been read."""

    name: str
    rules: tuple[Rule, ...]
    """In order; the last one matches every finding."""
    version: str = ""
    """The policy's own version, in its owner's words."""
    mode: Mode = Mode.ENFORCE
    required: tuple[str, ...] = ()
    """Scanners that must have done their work, or have found that nothing in the target concerns them."""
    optional: tuple[str, ...] = ()
    """Scanners that may fail, and whose gaps are tolerated. Any other scanner that was asked for may not."""
    tolerated_gaps: tuple[Tolerance, ...] = ()
    """In order; the first that fits a gap counts it."""
    in_source_markers: tuple[MarkerTrust, ...] = ()
    """Which markers count; none, unless named."""
    digest: str = ""
    """SHA-256 of all of the above: two policies with the same digest decide the same. Comments, layout and the
    file's name do not change it."""


def with_digest(policy: Policy) -> Policy:
    """Return the policy with its digest set."""
    bare = msgspec.structs.replace(policy, digest="")
    text = msgspec.json.encode(bare, order="deterministic")
    return msgspec.structs.replace(policy, digest=hashlib.sha256(text).hexdigest())
