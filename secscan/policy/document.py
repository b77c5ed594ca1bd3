"""From the lines of a policy file to a `Draft`: each section of the file has its function here.

Whatever could be read in two ways, or would silently do nothing, is refused with file, line, field and a hint.
`combine` makes a `Policy` of drafts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from secscan.errors import PolicyError
from secscan.findings.levels import Action, GapKind, Severity, WaiverState
from secscan.policy.cases import Case, read_cases
from secscan.policy.cel.syntax import ExpressionError
from secscan.policy.decide import FLOOR_RULE, MARKER_RULE
from secscan.policy.match import conditions
from secscan.policy.model import FORMAT, MarkerTrust, Match, Mode, Rule, Sla, SlaStart, Tolerance, Undecided, Waiver
from secscan.policy.never import contradiction, takes_all
from secscan.policy.waivers import read_list
from secscan.policy.words import day, identifier, path_globs, read_match, unique_texts, vocabulary, word
from secscan.yamlfile import Fields, Node, load_mapping

ValueT = TypeVar("ValueT")

OVERLAY_FIELDS = (
    "mode",
    "required",
    "optional",
    "tolerated_gaps",
    "max_advisory_age",
    "in_source_markers",
    "scanner_settings",
    "waivers",
    "without",
    "rules",
)
"""What an environment may say otherwise."""
FIELDS = ("format", "name", "version", "extends", "floor", *OVERLAY_FIELDS, "environments", "tests")
"""Every field of a policy."""

RULE_FIELDS = ("id", "match", "when", "action", "reason", "undecided", "starts", "grace_days", "sla")
_RESERVED = {
    MARKER_RULE: "decisions by in-source markers",
    FLOOR_RULE: "findings that a policy leaves to its floor",
}


@dataclass(frozen=True)
class Placed(Generic[ValueT]):
    """A value, and where it stands."""

    value: ValueT
    node: Node

    @property
    def place(self) -> str:
        """File and line, for messages."""
        return f"{self.node.origin}:{self.node.line}"


@dataclass(frozen=True)
class Draft:
    """A policy file as it was written, before what it extends is known. None: the field is not given."""

    node: Node
    name: str = ""
    version: str = ""
    extends: Node | None = None
    is_floor: bool = False
    mode: Placed[Mode] | None = None
    required: tuple[Placed[str], ...] | None = None
    optional: tuple[Placed[str], ...] | None = None
    tolerated_gaps: tuple[Placed[Tolerance], ...] | None = None
    max_advisory_age: Placed[int] | None = None
    in_source_markers: tuple[Placed[MarkerTrust], ...] | None = None
    scanner_settings: tuple[Placed[str], ...] | None = None
    terms: dict[str, Placed[Any]] = field(default_factory=dict)
    """What is given of the terms for waivers, by the names of `WaiverTerms`."""
    waivers: tuple[Waiver, ...] = ()
    waiver_sources: tuple[Node, ...] = ()
    without: tuple[Node, ...] = ()
    rules: tuple[Placed[Rule], ...] = ()
    environments: dict[str, Draft] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()


def read_draft(data: bytes, *, origin: str) -> Draft:
    """Read a policy file; `origin` names it in errors. Raises `PolicyError`."""
    document = load_mapping(data, origin=origin, error=PolicyError)
    fields = Fields(document, known=FIELDS)
    _check_format(fields.required("format"))
    version, extends, floor = fields.optional("version"), fields.optional("extends"), fields.optional("floor")
    environments, cases = fields.optional("environments"), fields.optional("tests")
    if extends is None:
        fields.required("rules")
    elif not any(fields.optional(name) for name in (*OVERLAY_FIELDS, "environments")):
        raise document.fail("it extends another policy and changes nothing", hint="use that policy itself")
    return replace(
        _overlay(fields),
        name=identifier(fields.required("name")),
        version=version.text() if version else "",
        extends=extends,
        is_floor=floor.boolean() if floor else False,
        environments=_environments(environments) if environments else {},
        cases=read_cases(cases) if cases else (),
    )


def _check_format(node: Node) -> None:
    if node.text() != FORMAT:
        raise node.fail(
            f"this secscan reads {FORMAT!r}, not {node.raw[:60]!r}",
            hint=f"write `format: {FORMAT}`, or use the version of secscan that the policy was written for",
        )


def _environments(node: Node) -> dict[str, Draft]:
    found = {}
    for name, member in node.mapping().items():
        identifier(Node(name, name, member.origin, member.line, member.column, member.field, member.error))
        fields = Fields(member, known=OVERLAY_FIELDS)
        if not member.mapping():
            raise member.fail("an environment that changes nothing", hint="say what is different there, or remove it")
        found[name] = _overlay(fields)
    return found


def _overlay(fields: Fields) -> Draft:
    """What a policy and an environment have in common."""
    mode = fields.optional("mode")
    required, optional = _placed_texts(fields.optional("required")), _placed_texts(fields.optional("optional"))
    for one in optional or ():
        if one.value in {other.value for other in required or ()}:
            raise one.node.fail(f"{one.value} is required and optional at once", hint="name it in one of the two lists")
    tolerated, markers = fields.optional("tolerated_gaps"), fields.optional("in_source_markers")
    age = fields.optional("max_advisory_age")
    waivers, without, rules = fields.optional("waivers"), fields.optional("without"), fields.optional("rules")
    terms, listed, sources = _waivers(waivers) if waivers else ({}, (), ())
    return Draft(
        node=fields.node,
        mode=Placed(word(mode, Mode), mode) if mode else None,
        required=required,
        optional=optional,
        tolerated_gaps=tuple(Placed(_tolerance(one), one) for one in tolerated.items()) if tolerated else None,
        max_advisory_age=Placed(age.integer(least=1, most=3_650), age) if age else None,
        in_source_markers=_markers(markers.items()) if markers else None,
        scanner_settings=_placed_texts(fields.optional("scanner_settings")),
        terms=terms,
        waivers=listed,
        waiver_sources=sources,
        without=tuple(without.items()) if without and unique_texts(without) else (),
        rules=_rules(rules) if rules else (),
    )


def _placed_texts(node: Node | None) -> tuple[Placed[str], ...] | None:
    if node is None:
        return None
    return tuple(Placed(name, one) for name, one in zip(unique_texts(node), node.items(), strict=True))


def _tolerance(node: Node) -> Tolerance:
    fields = Fields(node, known=("kinds", "scanners", "paths", "at_most", "reason"))
    scanners, paths, at_most = fields.optional("scanners"), fields.optional("paths"), fields.optional("at_most")
    return Tolerance(
        kinds=vocabulary(fields.required("kinds"), GapKind),
        scanners=unique_texts(scanners) if scanners else (),
        paths=path_globs(paths) if paths else (),
        at_most=at_most.integer(least=1) if at_most else None,
        reason=fields.required("reason").text(),
    )


def _markers(nodes: list[Node]) -> tuple[Placed[MarkerTrust], ...]:
    trusts: dict[str, Placed[MarkerTrust]] = {}
    for node in nodes:
        fields = Fields(node, known=("tool", "reason_required"))
        tool, demanded = fields.required("tool"), fields.optional("reason_required")
        if tool.text() in trusts:
            raise tool.fail(f"{tool.text()} is named twice", hint="keep one of the two")
        trust = MarkerTrust(tool=tool.text(), reason_required=demanded.boolean() if demanded else False)
        trusts[tool.text()] = Placed(trust, node)
    return tuple(trusts.values())


def _waivers(node: Node) -> tuple[dict[str, Placed[Any]], tuple[Waiver, ...], tuple[Node, ...]]:
    """The terms that are given, the waivers that are listed, and where more of them are."""
    fields = Fields(node, known=(*TERMS, "from", "list"))
    terms = {name: Placed(read(one), one) for name, read in TERMS.items() if (one := fields.optional(name))}
    sources, listed = fields.optional("from"), fields.optional("list")
    if sources:
        unique_texts(sources)
    return terms, read_list(listed) if listed else (), tuple(sources.items()) if sources else ()


TERMS: dict[str, Callable[[Node], Any]] = {
    "longest_days": lambda node: node.integer(least=1, most=3_650),
    "warn_days": lambda node: node.integer(most=3_650),
    "approval": lambda node: vocabulary(node, Severity),
    "fail_on": lambda node: vocabulary(node, WaiverState),
}
"""What can be demanded of waivers, by the names of `WaiverTerms`, and how it is read."""


def _rules(node: Node) -> tuple[Placed[Rule], ...]:
    if not node.items():
        raise node.fail("a policy without rules decides nothing", hint="add at least a last rule without `match`")
    rules: list[Placed[Rule]] = []
    lines: dict[str, int] = {}
    for one in node.items():
        rule = _rule(one)
        if rule.id in lines:
            problem = f"the rule {rule.id!r} is there already (line {lines[rule.id]})"
            raise one.mapping()["id"].fail(problem, hint="give each rule its own id")
        for above in rules:
            if takes_all(above.value, rule):
                what = "matches every finding" if above.value.matches_all else "takes all that it matches"
                raise one.fail(
                    f"this rule can never decide: the rule {above.value.id!r} above it (line {above.node.line}) {what}",
                    hint="move it above that rule, or make that rule narrower",
                )
        lines[rule.id] = one.line
        rules.append(Placed(rule, one))
    return tuple(rules)


def _rule(node: Node) -> Rule:
    fields = Fields(node, known=RULE_FIELDS)
    action = word(fields.required("action"), Action)
    match, when = fields.optional("match"), fields.optional("when")
    starts, grace, sla = fields.optional("starts"), fields.optional("grace_days"), fields.optional("sla")
    for one in (starts, grace, sla):
        if one is not None and action is not Action.BLOCK:
            raise one.fail(
                "only a rule that blocks can begin to block later", hint="write `action: block`, or remove it"
            )
    return Rule(
        id=_rule_id(fields.required("id")),
        action=action,
        reason=fields.required("reason").text(),
        match=_possible(match) if match else None,
        when=_expression(when) if when else "",
        starts=day(starts) if starts else "",
        grace_days=grace.integer(least=1, most=3_650) if grace else 0,
        sla=_sla(sla) if sla else None,
        undecided=_undecided(fields.optional("undecided"), action, conditional=bool(match or when)),
    )


def _possible(node: Node) -> Match:
    match = read_match(node)
    why = contradiction(match)
    if why:
        raise node.fail(f"no finding can match: {why}", hint="remove one of the conditions, or split the rule in two")
    return match


def _rule_id(node: Node) -> str:
    name = identifier(node)
    if name in _RESERVED:
        raise node.fail(f"{name!r} names {_RESERVED[name]}", hint="choose another id")
    return name


def _expression(node: Node) -> str:
    text = node.text()
    try:
        conditions(None, text)
    except ExpressionError as error:
        raise expression_error(node, text, error) from error
    return text


def expression_error(node: Node, text: str, error: ExpressionError) -> Exception:
    """The error to raise for a wrong expression: with the line in which it goes wrong, and a mark below the place."""
    start = text.rfind("\n", 0, error.at) + 1
    line = text[start:].split("\n", 1)[0]
    # A long line is cut around the place, so that the mark stays below it.
    left = max(0, error.at - start - 60)
    failure = node.fail(error.problem, hint=error.hint or "see `when` in policies/README.md")
    failure.excerpt = (line[left : left + 100], " " * (error.at - start - left) + "^")
    return failure


def _sla(node: Node) -> Sla:
    fields = Fields(node, known=("from", *Severity))
    start = fields.optional("from")
    days = {level: one.integer(most=3_650) for level in Severity if (one := fields.optional(level))}
    if not days:
        raise node.fail("no severity has a time", hint="name days by severity, as in `critical: 7`")
    return Sla(days=days, start=word(start, SlaStart) if start else SlaStart.FIRST_SEEN)


def _undecided(node: Node | None, action: Action, *, conditional: bool) -> Undecided:
    if node is None:
        return Undecided.BLOCK
    choice = word(node, Undecided)
    if action is not Action.BLOCK or not conditional:
        raise node.fail(
            "only a blocking rule with a `match` or `when` can meet missing data",
            hint="remove it: a rule that warns or accepts never matches where data is missing",
        )
    return choice
