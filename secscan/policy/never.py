"""Rules that can never decide: a policy with one says something other than its author thinks, so it is refused."""

from __future__ import annotations

from secscan.findings.levels import Kind, Severity
from secscan.policy.model import Match, Rule, Undecided

_WITHOUT_PACKAGE = frozenset({Kind.SAST, Kind.SECRET, Kind.DAST})
_ABOUT_PACKAGES = (
    "package",
    "ecosystem",
    "fix_available",
    "direct",
    "licence",
    "licence_not",
    "epss_at_least",
    "cvss_at_least",
)

_LISTS = ("kind", "defect", "confidence", "paths", "package", "cwe", "identifier", "scanner", "rule")
"""Conditions that hold where one of the list does, and so hold for a longer list as well."""
_VALUES = ("fix_available", "marked")
_UNDECIDABLE_LISTS = ("severity", "ecosystem", "licence", "cause", "secret_state", "image_layer")
_UNDECIDABLE_VALUES = ("known_exploited", "direct", "new")
_LEAST = ("epss_at_least", "cvss_at_least", "older_than_days")


def contradiction(match: Match) -> str:
    """Return why no finding can match, in words; empty where one can."""
    kinds = frozenset(match.kind)
    about = next((name for name in _ABOUT_PACKAGES if getattr(match, name) not in ((), None)), "")
    if about and kinds and kinds <= _WITHOUT_PACKAGE:
        return f"`{about}` is about packages, and findings of the kind {_named(match.kind)} are not"
    if match.secret_state and kinds and Kind.SECRET not in kinds:
        return f"`secret_state` is about secrets, and findings of the kind {_named(match.kind)} are none"
    if match.paths and set(match.paths) <= set(match.paths_not):
        return "`paths_not` rules out everything that `paths` names"
    if match.only_scanner and match.scanner and not set(match.scanner) & set(match.only_scanner):
        return "`scanner` and `only_scanner` have none in common"
    if match.cause and match.new is False:
        return "`cause` says why something is new, and `new: false` rules that out"
    return ""


def takes_all(earlier: Rule, later: Rule) -> bool:
    """Whether the earlier rule decides on every finding on which the later one could."""
    if earlier.matches_all:
        return True
    if earlier.when or earlier.match is None or later.match is None:
        return earlier.when == later.when and earlier.match == later.match and _blocks_as_much(earlier, later)
    return _is_wider(earlier.match, later.match) and (_blocks_as_much(earlier, later) or not _undecidable(later))


def _blocks_as_much(earlier: Rule, later: Rule) -> bool:
    """Whether what the later rule blocks for lack of data, the earlier one blocks, too."""
    return not _blocks_undecided(later) or _blocks_undecided(earlier)


def _blocks_undecided(rule: Rule) -> bool:
    return rule.action == "block" and rule.undecided is Undecided.BLOCK


def _is_wider(one: Match, other: Match) -> bool:
    """Whether each condition of the one holds wherever those of the other do."""
    for name in (*_LISTS, *_UNDECIDABLE_LISTS):
        wanted, narrow = getattr(one, name), getattr(other, name)
        if wanted and not (narrow and set(narrow) <= set(wanted)):
            return False
    for name in (*_VALUES, *_UNDECIDABLE_VALUES):
        if getattr(one, name) is not None and getattr(one, name) != getattr(other, name):
            return False
    for name in _LEAST:
        least, higher = getattr(one, name), getattr(other, name)
        if least is not None and (higher is None or higher < least):
            return False
    # All of these must hold, so that the shorter list is the wider one; for the scanners it is the longer.
    for name in ("paths_not", "licence_not"):
        few, many = getattr(one, name), getattr(other, name)
        if few and not set(few) <= set(many):
            return False
    return not one.only_scanner or (bool(other.only_scanner) and set(other.only_scanner) <= set(one.only_scanner))


def _undecidable(rule: Rule) -> bool:
    """Whether there may be findings that lack the data the rule asks for."""
    match = rule.match
    if rule.when or match is None:
        return bool(rule.when)
    if match.severity and Severity.UNKNOWN not in match.severity:
        return True
    return any(
        getattr(match, name) not in ((), None)
        for name in (*_UNDECIDABLE_LISTS[1:], "licence_not", *_UNDECIDABLE_VALUES, *_LEAST)
    )


def _named(kinds: tuple[Kind, ...]) -> str:
    return " or ".join(kinds)
