"""The small ordered and unordered vocabularies: kind, severity, confidence, gap kinds, verdicts."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What sort of thing a finding is; policies and reports group by it."""

    SAST = "sast"
    DEPENDENCY = "dependency"
    CONTAINER = "container"
    SECRET = "secret"  # noqa: S105 - the name of a kind
    MISCONFIGURATION = "misconfiguration"
    DAST = "dast"
    LICENCE = "licence"


class Severity(StrEnum):
    """How bad it is if the finding is real. `unknown` is a level of its own, not a low one."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    UNKNOWN = "unknown"

    @property
    def order(self) -> int:
        """Position for sorting what a person should read first (0 first). Unknown stands after high.

        This is an order of attention, not of badness: a policy must name `unknown` to judge it.
        """
        return _ATTENTION[self]


_ATTENTION = {
    Severity.CRITICAL: 0,
    Severity.HIGH: 1,
    Severity.UNKNOWN: 2,
    Severity.MEDIUM: 3,
    Severity.LOW: 4,
    Severity.INFO: 5,
}


class Confidence(StrEnum):
    """How sure we are that the finding is real."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def order(self) -> int:
        """Position for sorting: 0 is the surest."""
        return _SURENESS[self]


_SURENESS = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}


class GapKind(StrEnum):
    """Why something that should have been looked at was not. Policies tolerate gaps by these names."""

    UNPARSABLE = "unparsable"
    """A file that the scanner could not parse."""
    NEWER_SYNTAX = "newer-syntax"
    """Python newer than the interpreter the scanner runs on."""
    ENCODING = "encoding"
    """A file whose text encoding the scanner cannot read."""
    PARTIAL = "partial"
    """A file, or a rule on a file, of which only a part was analysed."""
    TIMEOUT = "timeout"
    """A file or a rule that took too long."""
    TOO_LARGE = "too-large"
    """A file above a size limit."""
    UNREADABLE = "unreadable"
    """A file that could not be opened."""
    SPECIAL_FILE = "special-file"
    """A FIFO, socket or device: never opened."""
    LINK = "link"
    """A symbolic link that leaves the target, dangles, or loops: never followed."""
    SUBMODULE = "submodule"
    """A submodule or nested repository whose content is not there."""
    LFS_POINTER = "lfs-pointer"
    """A Git LFS pointer: the content itself is not there."""
    NOT_SEEN = "not-seen"
    """A file we listed, which the scanner neither reported as scanned nor as failed."""
    INTERNAL = "internal"
    """The scanner reported an error of its own that we could not classify."""
    VERSION_RANGE = "version-range"
    """A dependency declared as a range, so that no one version can be assessed."""
    UNSUPPORTED_REQUIREMENT = "unsupported-requirement"
    """A dependency by URL, path, VCS or editable install."""
    UNSUPPORTED_MANIFEST = "unsupported-manifest"
    """A manifest or lock file that no reader understands yet."""
    NO_LOCK_FILE = "no-lock-file"
    """A manifest that names ranges, or is a program, and beside it no lock file that says what it comes to."""
    BROKEN_MANIFEST = "broken-manifest"
    """A manifest or lock file that could not be understood, or not entirely."""
    NO_ADVISORIES = "no-advisories"
    """The advisory index holds nothing for the ecosystem of this package."""
    NO_INDEX = "no-index"
    """There is no advisory index, or it cannot be read."""
    UNKNOWN_PACKAGE = "unknown-package"
    """The advisory index declares a closed list of packages and this one is not on it."""
    NOT_ASSESSED = "not-assessed"
    """A package the scanner was asked about and gave no answer for, or a check that could not be done."""
    STORE_DENIED = "store-denied"
    """A part of a secret store that this role may not read."""
    STORE_DELETED = "store-deleted"
    """A version in a secret store that was deleted: its value cannot be compared."""
    STORE_UNAVAILABLE = "store-unavailable"
    """A part of a secret store that did not answer, or was more than may be asked."""
    REFERENCE_UNCHECKED = "reference-unchecked"
    """A reference to a secret that nobody can look up: a part is known only when the code runs, or the store keeps no
    list of what it would give."""


class SecretState(StrEnum):
    """What a secret store knows of a secret that was found."""

    LIVE = "live"
    """It is in use: the current version of an entry holds it."""
    ROTATED = "rotated"
    """Only an older version of an entry holds it."""
    DELETED = "deleted"
    """Its entry or version was deleted or destroyed."""
    UNKNOWN = "unknown"
    """The store was asked and does not know it."""


class Cause(StrEnum):
    """Why a finding is new."""

    CODE = "code"
    """The file it stands in was changed or added."""
    DEPENDENCY = "dependency"
    """The package was added, or is there in another version."""
    ADVISORY = "advisory"
    """The package was there before; what is known of it has changed."""
    TOOL = "tool"
    """The file was there before; a scanner or its rules have changed."""
    CONFIGURATION = "configuration"
    """Neither file nor scanner changed: what is scanned, or by what, was configured otherwise."""


class RunStatus(StrEnum):
    """How a scanner ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"


class WaiverState(StrEnum):
    """What became of a waiver when a scan was judged."""

    USED = "used"
    """It accepts at least one finding."""
    EXPIRING = "expiring"
    """It accepts at least one finding, and ends soon."""
    UNUSED = "unused"
    """It matches no finding that needs it."""
    EXPIRED = "expired"
    """Its time is over; it counts no more."""
    FIXABLE = "fixable"
    """It was to hold until there is a fix, and there is one; it counts no more."""
    TOO_LONG = "too-long"
    """It ends later than the policy allows; it does not count."""
    UNAPPROVED = "unapproved"
    """It lacks the approval that the policy asks for; it does not count."""
    OVER = "over"
    """It matches more findings than it says it may; it accepts none."""
    PENDING = "pending"
    """The change that is judged brings it along; it does not count yet."""


class Action(StrEnum):
    """What the policy says of one finding."""

    BLOCK = "block"
    WARN = "warn"
    ACCEPT = "accept"


class Verdict(StrEnum):
    """May the build go on."""

    PASSED = "passed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
