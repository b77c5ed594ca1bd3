"""The policy as a value: what is demanded of a scan, and what is thought of each finding.

Nothing here reads a file or judges; `load` makes a `Policy`, `match` and `decide` apply its rules, the
gate applies its demands. The language is explained in `policies/README.md`.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

from secscan.findings.levels import Action, Cause, Confidence, GapKind, Kind, SecretState, Severity, WaiverState
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


class ImageLayer(StrEnum):
    """Whose layer of an image brought it."""

    BASE = "base"
    OWN = "own"


class SlaStart(StrEnum):
    """From which day the time to repair something is counted."""

    FIRST_SEEN = "first-seen"
    """The day on which a scan saw it for the first time, by the baseline."""
    PUBLISHED = "published"
    """The day on which the advisory was published; for what has none, the day on which it was first seen."""


class Match(Value, frozen=True, kw_only=True, rename={"defect": "class"}):
    """Conditions on a finding. All that are given must hold; of a list, one entry must. An empty list or None
    is a condition that is not given."""

    kind: tuple[Kind, ...] = ()
    """What sort of thing it is."""
    defect: tuple[str, ...] = ()
    """Classes of defect, ids of `findings.defects`; the field is called `class` in a policy."""
    severity: tuple[Severity, ...] = ()
    """`unknown` matches only where it is named; a list without it is undecided on a finding of unknown severity."""
    confidence: tuple[Confidence, ...] = ()
    """How sure the scanner is."""
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
    licence: tuple[str, ...] = ()
    """The package cannot be had without one of these licences (SPDX identifiers, `*` allowed); undecided where its
    licence is not known."""
    licence_not: tuple[str, ...] = ()
    """The package cannot be had under these licences alone; undecided where its licence is not known."""
    known_exploited: bool | None = None
    """Whether CISA's KEV catalogue lists it; undecided for a package where the catalogue was not asked."""
    direct: bool | None = None
    """Whether the project itself asks for the package."""
    epss_at_least: float | None = None
    """Least EPSS probability, 0 to 1."""
    cvss_at_least: float | None = None
    """Least CVSS base score, 0 to 10."""
    new: bool | None = None
    """Whether the baseline does not hold it; undecided without a baseline."""
    cause: tuple[Cause, ...] = ()
    """Why it is new; False for what is not new."""
    older_than_days: int | None = None
    """Whether it was first seen longer ago; undecided where that is not known."""
    secret_state: tuple[SecretState, ...] = ()
    """What the secret store knows of a secret; undecided where none was asked."""
    image_layer: tuple[ImageLayer, ...] = ()
    """Whether the image's base or its own layers brought it."""
    marked: bool | None = None
    """Whether an in-source comment asks a scanner to be silent here, whether or not the policy lets it count."""


class Sla(Value, frozen=True, kw_only=True):
    """Days to repair something, by severity. While they last, a blocking rule warns and says when it will block."""

    days: dict[Severity, int]
    """A severity that is not named has no time: it blocks at once."""
    start: SlaStart = SlaStart.FIRST_SEEN


class Rule(Value, frozen=True, kw_only=True):
    """One rule. The first that matches a finding decides."""

    id: str
    """Reports name the rule by it."""
    action: Action
    """What becomes of a finding that the rule matches."""
    reason: str
    """Why, in words for the one whose build stops."""
    match: Match | None = None
    """Conditions, all of which must hold."""
    when: str = ""
    """A condition in the expression language (`policy.cel`), beside those of `match`. Without either the rule matches
    every finding (the catch-all)."""
    starts: str = ""
    """Day (ISO 8601, UTC) from which the rule blocks; before it, it warns."""
    grace_days: int = 0
    """Days from when a finding was first seen for which the rule warns instead of blocking."""
    sla: Sla | None = None
    """Days by severity for which the rule warns instead of blocking."""
    undecided: Undecided = Undecided.BLOCK
    """For blocking rules; a rule that warns or accepts never matches an undecided finding."""

    @property
    def matches_all(self) -> bool:
        """Whether it has no condition."""
        return self.match is None and not self.when


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


class Waiver(Value, frozen=True, kw_only=True):
    """A decision of people to accept a finding for a while, as it was written."""

    id: str
    reason: str
    owner: str
    """Who answers for it."""
    expires: str
    """Last day on which it counts (UTC), ISO 8601."""
    fingerprints: tuple[str, ...] = ()
    """Fingerprints, or beginnings of them of at least eight characters."""
    match: Match | None = None
    """Conditions as in a rule; with `fingerprints`, both must hold."""
    approved_by: str = ""
    ticket: str = ""
    until_fixable: bool = False
    """It stops counting for a finding that a newer version of the package clears."""
    at_most: int | None = None
    """Most findings it may accept; where it matches more, it accepts none."""
    purls: tuple[str, ...] = ()
    """Of a VEX statement: package URLs it is about, each with a version or for all of them."""
    vex: str = ""
    """Of a VEX statement: `not_affected` or `fixed`; empty for a waiver that a person wrote."""
    origin: str = ""
    """File and line it stands in."""


class WaiverTerms(Value, frozen=True, kw_only=True):
    """What the policy demands of waivers."""

    longest_days: int = 365
    """A waiver may end this many days after the judgement at most."""
    warn_days: int = 14
    """A waiver that ends within this time is reported."""
    approval: tuple[Severity, ...] = ()
    """Severities for which somebody else than the owner must have approved."""
    fail_on: tuple[WaiverState, ...] = ()
    """States of waivers that make the verdict `failed`."""


USUAL_TERMS = WaiverTerms()


class Policy(Value, frozen=True, kw_only=True):
    """A whole policy, after everything it refers to has been read."""

    name: str
    """Shown in every report."""
    rules: tuple[Rule, ...]
    """In order; the last one matches every finding."""
    version: str = ""
    """The policy's own version, in its owner's words."""
    mode: Mode = Mode.ENFORCE
    """Whether the verdict stops the build, or is only made and shown."""
    required: tuple[str, ...] = ()
    """Scanners that must have done their work, or have found that nothing in the target concerns them."""
    optional: tuple[str, ...] = ()
    """Scanners that may fail, and whose gaps are tolerated. Any other scanner that was asked for may not."""
    tolerated_gaps: tuple[Tolerance, ...] = ()
    """In order; the first that fits a gap counts it."""
    max_advisory_age: int = 0
    """Days that the advisories may be old at the time of judgement; 0: any age will do."""
    in_source_markers: tuple[MarkerTrust, ...] = ()
    """Which markers count; none, unless named."""
    scanner_settings: tuple[str, ...] = ()
    """Files of scanners' settings in the repository that count, as paths beside the policy; none, unless named. What
    they ask for is among the rules (see `settings_files`), so that it stays in every report."""
    waiver_terms: WaiverTerms = USUAL_TERMS
    waivers: tuple[Waiver, ...] = ()
    """Those that stand in the policy, or that it names."""
    environment: str = ""
    """The overlay that was chosen; empty for none."""
    floor: Policy | None = None
    """A policy that is judged by as well: of its decision and this one's, the stricter holds."""
    digest: str = ""
    """SHA-256 of all of the above: two policies with the same digest decide the same. Comments, layout and the
    file's name do not change it."""


def with_digest(policy: Policy) -> Policy:
    """Return the policy with its digest set."""
    bare = msgspec.structs.replace(policy, digest="")
    text = msgspec.json.encode(bare, order="deterministic")
    return msgspec.structs.replace(policy, digest=hashlib.sha256(text).hexdigest())
