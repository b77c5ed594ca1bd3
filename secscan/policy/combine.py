"""Makes a `Policy` of drafts: what a policy extends lies below it, an environment above it, a floor beside it.

What lies above says otherwise: its fields replace those below, its rules and tolerated gaps are tried first. A floor is
not replaced: the stricter of both decisions holds, and settings that would loosen it are refused.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec

from secscan.errors import SecscanError
from secscan.findings.levels import Action
from secscan.policy.decide import FLOOR_RULE
from secscan.policy.document import Draft, Placed
from secscan.policy.model import (
    USUAL_TERMS,
    MarkerTrust,
    Mode,
    Policy,
    Rule,
    Tolerance,
    Waiver,
    WaiverTerms,
    with_digest,
)
from secscan.yamlfile import Node

ValueT = TypeVar("ValueT")


def beside(origin: str, named: str) -> str:
    """The path of a file that is named in another one."""
    if not origin or named.startswith("/"):
        return named
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), named))


_LEFT_TO_FLOOR = Rule(id=FLOOR_RULE, action=Action.ACCEPT, reason="the policy says nothing of it, so its floor decides")


def lay_over(top: Draft, below: Draft) -> Draft:
    """Return what holds where `top` lies over `below`. Raises `PolicyError` where that makes no sense."""
    named = {one.value.id: one for one in below.rules}
    gone = set()
    for node in top.without:
        if node.text() not in named:
            raise node.fail(f"there is no rule {node.text()[:60]!r} to leave out", hint=_rules_hint(named))
        gone.add(node.text())
    kept = tuple(one for one in below.rules if one.value.id not in gone)
    for one in top.rules:
        if one.value.id in named and one.value.id not in gone:
            raise one.node.fail(
                f"the rule {one.value.id!r} is there already ({named[one.value.id].place})",
                hint=f"choose another id, or leave that one out: `without: [{one.value.id}]`",
            )
    if kept and top.rules and top.rules[-1].value.matches_all:
        raise top.rules[-1].node.fail(
            f"this rule matches every finding, so the rules below it are never tried ({kept[0].place})",
            hint="remove it, or do not extend that policy",
        )
    return replace(
        top,
        name=top.name or below.name,
        version=top.version or below.version,
        mode=top.mode or below.mode,
        required=below.required if top.required is None else top.required,
        optional=below.optional if top.optional is None else top.optional,
        tolerated_gaps=(*(top.tolerated_gaps or ()), *(below.tolerated_gaps or ())),
        max_advisory_age=top.max_advisory_age or below.max_advisory_age,
        in_source_markers=below.in_source_markers if top.in_source_markers is None else top.in_source_markers,
        scanner_settings=below.scanner_settings if top.scanner_settings is None else top.scanner_settings,
        terms={**below.terms, **top.terms},
        waivers=(*top.waivers, *below.waivers),
        waiver_sources=(*top.waiver_sources, *below.waiver_sources),
        without=(),
        rules=(*top.rules, *kept),
        environments={**below.environments, **top.environments},
    )


def finish(
    draft: Draft,
    *,
    environment: str,
    floor: tuple[Draft, Policy] | None,
    waivers: Sequence[Waiver] = (),
    settings: Sequence[Rule] = (),
) -> Policy:
    """Return the policy of a draft whose layers are all there, in one of its environments. Raises `PolicyError`.

    `settings` are the rules that the files in its `scanner_settings` stand for; they are tried first.
    """
    for node in draft.without:
        raise node.fail("there is nothing below from which a rule could be left out", hint="remove `without`")
    if floor is not None:
        draft = _on_floor(draft, floor[0])
    _check_last_rule(draft, has_floor=floor is not None)
    rules = tuple(one.value for one in draft.rules)
    for one in settings:
        if any(one.id == rule.id for rule in rules):
            raise draft.node.fail(f"the rule {one.id!r} stands for settings of a scanner", hint="choose another id")
    rules = (*settings, *rules)
    if floor is not None and not (rules and rules[-1].matches_all):
        rules = (*rules, _LEFT_TO_FLOOR)
    required = _values(draft.required)
    return with_digest(
        Policy(
            name=draft.name,
            version=draft.version,
            mode=draft.mode.value if draft.mode else Mode.ENFORCE,
            required=required,
            optional=tuple(name for name in _values(draft.optional) if name not in required),
            tolerated_gaps=_values(draft.tolerated_gaps),
            max_advisory_age=draft.max_advisory_age.value if draft.max_advisory_age else 0,
            in_source_markers=_values(draft.in_source_markers),
            scanner_settings=tuple(beside(one.node.origin, one.value) for one in draft.scanner_settings or ()),
            rules=rules,
            waiver_terms=_terms(draft),
            waivers=_unique((*draft.waivers, *waivers), draft),
            environment=environment,
            floor=floor[1] if floor else None,
        )
    )


def _values(placed: Sequence[Placed[ValueT]] | None) -> tuple[ValueT, ...]:
    return tuple(one.value for one in placed or ())


def _terms(draft: Draft) -> WaiverTerms:
    terms = msgspec.structs.replace(USUAL_TERMS, **{name: one.value for name, one in draft.terms.items()})
    # The same object, so that what is said and what is usual have the same digest.
    return USUAL_TERMS if terms == USUAL_TERMS else terms


def _unique(waivers: Sequence[Waiver], draft: Draft) -> tuple[Waiver, ...]:
    found: dict[str, Waiver] = {}
    for one in waivers:
        if one.id in found:
            raise draft.node.fail(
                f"two waivers are called {one.id!r}: {found[one.id].origin} and {one.origin}",
                hint="give each waiver its own id",
            )
        found[one.id] = one
    return tuple(found.values())


def _rules_hint(named: dict[str, Placed[Rule]]) -> str:
    return f"the rules below are {', '.join(named)}" if named else "there is nothing below"


def _check_last_rule(draft: Draft, *, has_floor: bool) -> None:
    if has_floor or (draft.rules and draft.rules[-1].value.matches_all):
        return
    node = draft.rules[-1].node if draft.rules else draft.node
    raise node.fail(
        "the last rule must match every finding, so that each gets a decision",
        hint="add a last rule without `match` and `when`, for example one that accepts the rest",
    )


# --- Floors ----------------------------------------------------------------------------------------------------------


def _on_floor(draft: Draft, floor: Draft) -> Draft:
    """Return the draft with what the floor demands besides; refuse what would loosen the floor."""
    if draft.mode and draft.mode.value is Mode.LOG and not (floor.mode and floor.mode.value is Mode.LOG):
        raise _loosens(draft.mode.node, "`mode: log`", "it enforces", _place(floor, floor.mode))
    floor_required = {one.value: one for one in floor.required or ()}
    own_required = {one.value for one in draft.required or ()}
    if draft.required is not None:
        for name, demanded in floor_required.items():
            if name not in own_required:
                at = draft.required[0].node if draft.required else draft.node
                raise _loosens(at, f"{name} is not required", f"it requires {name}", demanded.place)
    for one in draft.optional or ():
        if one.value in floor_required:
            what = f"{one.value} is optional"
            raise _loosens(one.node, what, f"it requires {one.value}", floor_required[one.value].place)
    _check_each(draft.tolerated_gaps, floor.tolerated_gaps, _tolerates_no_more, "this gap", "tolerates", floor)
    _check_limits(draft.tolerated_gaps, floor.tolerated_gaps)
    _check_each(draft.in_source_markers, floor.in_source_markers, _trusts_no_more, "this marker", "trusts", floor)
    _check_age(draft, floor)
    _check_terms(draft, floor)
    return replace(
        draft,
        mode=draft.mode or floor.mode,
        required=(*(draft.required or ()), *(one for name, one in floor_required.items() if name not in own_required)),
        optional=floor.optional if draft.optional is None else draft.optional,
        tolerated_gaps=floor.tolerated_gaps if draft.tolerated_gaps is None else draft.tolerated_gaps,
        max_advisory_age=draft.max_advisory_age or floor.max_advisory_age,
        in_source_markers=floor.in_source_markers if draft.in_source_markers is None else draft.in_source_markers,
        terms={**floor.terms, **draft.terms},
    )


def _check_age(draft: Draft, floor: Draft) -> None:
    own, least = draft.max_advisory_age, floor.max_advisory_age
    if own and least and own.value > least.value:
        raise _loosens(own.node, "advisories may be older", f"it says {least.value} days", least.place)


def _place(floor: Draft, placed: Placed[Mode] | None) -> str:
    return placed.place if placed else f"{floor.node.origin}:{floor.node.line}"


def _loosens(node: Node, what: str, floor_says: str, place: str) -> SecscanError:
    return node.fail(
        f"{what}, and that loosens the floor: {floor_says} ({place})", hint="be as strict as the floor, or stricter"
    )


def _check_each(
    own: Sequence[Placed[ValueT]] | None,
    floors: Sequence[Placed[ValueT]] | None,
    covers: Callable[[ValueT, ValueT], bool],
    what: str,
    verb: str,
    floor: Draft,
) -> None:
    for one in own or ():
        if not any(covers(one.value, other.value) for other in floors or ()):
            near = floors[0].place if floors else f"{floor.node.origin}:{floor.node.line}"
            raise _loosens(one.node, f"{what} is allowed here", f"it {verb} nothing that covers it", near)


def _check_limits(own: Sequence[Placed[Tolerance]] | None, floors: Sequence[Placed[Tolerance]] | None) -> None:
    """Several entries that one limited entry of the floor covers must not add up to more than it allows."""
    for floor in floors or ():
        limit, total = floor.value.at_most, 0
        for one in own or ():
            # An entry goes to the account of the first that covers it, as a gap would.
            first = next((other for other in floors or () if _tolerates_no_more(one.value, other.value)), None)
            if first is floor and limit is not None:
                total += one.value.at_most or 0
                if total > limit:
                    raise _loosens(
                        one.node, f"with those above it, this allows {total}", f"it allows {limit}", floor.place
                    )


def _tolerates_no_more(own: Tolerance, floor: Tolerance) -> bool:
    """Whether everything that `own` tolerates is tolerated by `floor`."""
    return (
        set(own.kinds) <= set(floor.kinds)
        and (not floor.scanners or (bool(own.scanners) and set(own.scanners) <= set(floor.scanners)))
        and (not floor.paths or (bool(own.paths) and set(own.paths) <= set(floor.paths)))
        and (floor.at_most is None or (own.at_most is not None and own.at_most <= floor.at_most))
    )


def _trusts_no_more(own: MarkerTrust, floor: MarkerTrust) -> bool:
    return own.tool == floor.tool and (own.reason_required or not floor.reason_required)


def _check_terms(draft: Draft, floor: Draft) -> None:
    """The longest waiver, who approves, and what fails may only become stricter. The floor's defaults count, too."""
    own, least = _terms(draft), _terms(floor)
    for name, looser in (
        ("longest_days", own.longest_days > least.longest_days),
        ("warn_days", own.warn_days < least.warn_days),
        ("approval", not set(own.approval) >= set(least.approval)),
        ("fail_on", not set(own.fail_on) >= set(least.fail_on)),
    ):
        if looser and name in draft.terms:
            placed = floor.terms.get(name)
            said = getattr(least, name)
            shown = ", ".join(said) if isinstance(said, tuple) else said
            place = placed.place if placed else f"{floor.node.origin}:{floor.node.line}"
            raise _loosens(draft.terms[name].node, f"`{name}` is looser", f"it says {shown}", place)
