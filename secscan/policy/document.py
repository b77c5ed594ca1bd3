"""From the lines of a policy file to a `Policy`: each section of the file has its function here.

Whatever could be read in two ways, or would silently do nothing, is refused with file, line, field and a hint.
"""

from __future__ import annotations

from collections.abc import Collection

from secscan.errors import PolicyError
from secscan.findings.levels import Action, GapKind
from secscan.policy.decide import MARKER_RULE
from secscan.policy.model import FORMAT, MarkerTrust, Mode, Policy, Rule, Tolerance, Undecided, with_digest
from secscan.policy.words import check_scanner_names, identifier, path_globs, read_match, unique_texts, vocabulary, word
from secscan.yamlfile import Fields, Node, load_mapping

INVENTORY = "secscan"
"""Who reports gaps of our own inventory; see `findings.model.Gap`."""

_FIELDS = (
    *("format", "name", "version", "mode", "required", "optional"),
    *("tolerated_gaps", "in_source_markers", "rules"),
)


def read_policy(data: bytes, *, origin: str, scanners: Collection[str] = ()) -> Policy:
    """Read a policy from the bytes of its file; `origin` names the file in errors.

    Where `scanners` are given, the policy may name no others. Raises `PolicyError` for anything that is not a whole,
    sensible policy.
    """
    document = load_mapping(data, origin=origin, error=PolicyError)
    fields = Fields(document, known=_FIELDS)
    _check_format(fields.required("format"))
    if scanners:
        check_scanner_names(document, {*scanners, INVENTORY})
    mode = fields.optional("mode")
    version = fields.optional("version")
    required, optional = _scanners(fields)
    return with_digest(
        Policy(
            name=identifier(fields.required("name")),
            version=version.text() if version else "",
            mode=word(mode, Mode) if mode else Mode.ENFORCE,
            required=required,
            optional=optional,
            tolerated_gaps=tuple(_tolerance(node) for node in _optional_items(fields, "tolerated_gaps")),
            in_source_markers=_markers(_optional_items(fields, "in_source_markers")),
            rules=_rules(fields.required("rules")),
        )
    )


def _check_format(node: Node) -> None:
    if node.text() != FORMAT:
        raise node.fail(
            f"this secscan reads {FORMAT!r}, not {node.raw[:60]!r}",
            hint=f"write `format: {FORMAT}`, or use the version of secscan that the policy was written for",
        )


def _scanners(fields: Fields) -> tuple[tuple[str, ...], tuple[str, ...]]:
    required, optional = fields.optional("required"), fields.optional("optional")
    demanded = unique_texts(required) if required else ()
    for node in optional.items() if optional else ():
        if node.text() in demanded:
            raise node.fail(f"{node.text()} is required and optional at once", hint="name it in one of the two lists")
    return demanded, unique_texts(optional) if optional else ()


def _optional_items(fields: Fields, name: str) -> list[Node]:
    node = fields.optional(name)
    return node.items() if node else []


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


def _markers(nodes: list[Node]) -> tuple[MarkerTrust, ...]:
    trusts: dict[str, MarkerTrust] = {}
    for node in nodes:
        fields = Fields(node, known=("tool", "reason_required"))
        tool, demanded = fields.required("tool"), fields.optional("reason_required")
        if tool.text() in trusts:
            raise tool.fail(f"{tool.text()} is named twice", hint="keep one of the two")
        trusts[tool.text()] = MarkerTrust(tool=tool.text(), reason_required=demanded.boolean() if demanded else False)
    return tuple(trusts.values())


def _rules(node: Node) -> tuple[Rule, ...]:
    nodes = node.items()
    if not nodes:
        raise node.fail("a policy without rules decides nothing", hint="add at least a last rule without `match`")
    rules: list[Rule] = []
    lines: dict[str, int] = {}
    for one in nodes:
        rule = _rule(one, lines)
        if rules and rules[-1].match is None:
            raise one.fail(
                f"this rule can never decide: the rule {rules[-1].id!r} above it matches every finding",
                hint="move it above, or give that rule a `match`",
            )
        lines[rule.id] = one.line
        rules.append(rule)
    if rules[-1].match is not None:
        raise nodes[-1].fail(
            "the last rule must match every finding, so that each gets a decision",
            hint="add a last rule without `match`, for example one that accepts the rest",
        )
    return tuple(rules)


def _rule(node: Node, lines: dict[str, int]) -> Rule:
    fields = Fields(node, known=("id", "match", "action", "reason", "undecided"))
    action = word(fields.required("action"), Action)
    match = fields.optional("match")
    return Rule(
        id=_rule_id(fields.required("id"), lines),
        action=action,
        reason=fields.required("reason").text(),
        match=read_match(match) if match else None,
        undecided=_undecided(fields.optional("undecided"), action, has_match=match is not None),
    )


def _rule_id(node: Node, lines: dict[str, int]) -> str:
    name = identifier(node)
    if name == MARKER_RULE:
        raise node.fail(f"{MARKER_RULE!r} names decisions by in-source markers", hint="choose another id")
    if name in lines:
        raise node.fail(f"the rule {name!r} is there already (line {lines[name]})", hint="give each rule its own id")
    return name


def _undecided(node: Node | None, action: Action, *, has_match: bool) -> Undecided:
    if node is None:
        return Undecided.BLOCK
    choice = word(node, Undecided)
    if action is not Action.BLOCK or not has_match:
        raise node.fail(
            "only a blocking rule with a `match` can meet missing data",
            hint="remove it: a rule that warns or accepts never matches where data is missing",
        )
    return choice
