"""Waivers: decisions of people to accept a finding for a while. Reading them, strictly.

A waiver names what it accepts by at least one specific selector, says why, who answers for it, and when it ends.
Whether it counts is decided at the time of judgement, by `policy.waiving`.
"""

from __future__ import annotations

from secscan.errors import PolicyError
from secscan.policy.model import Waiver
from secscan.policy.words import READERS, day, identifier, read_conditions, unique_texts
from secscan.yamlfile import Fields, Node, load_mapping

FORMAT = "secscan.waivers/1"
"""Name and version of the file's language."""

SHORTEST_REASON = 10
TOO_SHORT = f"a reason of less than {SHORTEST_REASON} characters explains nothing"

ABOUT = ("id", "reason", "owner", "expires", "approved_by", "ticket", "until_fixable", "at_most")
_SELECTORS = ("fingerprint", *READERS)

SPECIFIC = ("fingerprint", "identifier", "package", "paths")
"""Selectors of which a waiver needs one: a class or a severity alone would accept what nobody has seen yet."""


def read_waivers(data: bytes, *, origin: str) -> tuple[Waiver, ...]:
    """Read a file of waivers; `origin` names it in errors. Raises `PolicyError` with file, line, field and a hint."""
    fields = Fields(load_mapping(data, origin=origin, error=PolicyError), known=("format", "waivers"))
    head = fields.required("format")
    if head.text() != FORMAT:
        raise head.fail(f"this secscan reads {FORMAT!r}, not {head.raw[:60]!r}", hint=f"write `format: {FORMAT}`")
    return read_list(fields.required("waivers"))


def read_list(node: Node) -> tuple[Waiver, ...]:
    """Read a list of waivers, in a file of their own or in a policy."""
    waivers: dict[str, Waiver] = {}
    for one in node.items():
        waiver = _waiver(one)
        if waiver.id in waivers:
            raise one.fail(f"the waiver {waiver.id!r} is there already", hint="give each waiver its own id")
        waivers[waiver.id] = waiver
    return tuple(waivers.values())


def _waiver(node: Node) -> Waiver:
    fields = Fields(node, known=(*ABOUT, *_SELECTORS))
    if not any(fields.optional(name) for name in SPECIFIC):
        raise node.fail(
            "a waiver needs a specific selector", hint=f"name what it accepts by one of: {', '.join(SPECIFIC)}"
        )
    for name in ("paths", "package"):
        for item in selected.items() if (selected := fields.optional(name)) else ():
            if not item.text().strip("*?/"):
                raise item.fail(
                    "this selects everything", hint="name a folder or a file" if name == "paths" else "name a package"
                )
    fingerprints, until_fixable = fields.optional("fingerprint"), fields.optional("until_fixable")
    at_most = fields.optional("at_most")
    conditions_given = {name: member for name in READERS if (member := fields.optional(name)) is not None}
    return Waiver(
        id=identifier(fields.required("id")),
        reason=_reason(fields.required("reason")),
        owner=fields.required("owner").text(),
        expires=day(fields.required("expires")),
        fingerprints=_fingerprints(fingerprints) if fingerprints else (),
        match=read_conditions(conditions_given) if conditions_given else None,
        approved_by=_optional_text(fields, "approved_by"),
        ticket=_optional_text(fields, "ticket"),
        until_fixable=until_fixable.boolean() if until_fixable else False,
        at_most=at_most.integer(least=1) if at_most else None,
        origin=f"{node.origin}:{node.line}",
    )


def _optional_text(fields: Fields, name: str) -> str:
    node = fields.optional(name)
    return node.text() if node else ""


def _reason(node: Node) -> str:
    if len(node.text().strip()) < SHORTEST_REASON:
        raise node.fail(TOO_SHORT, hint="say why the risk is acceptable, and until when")
    return node.text().strip()


def _fingerprints(node: Node) -> tuple[str, ...]:
    found = unique_texts(node) if isinstance(node.value, list) else (node.text(),)
    for one in found:
        if len(one) < 8 or not one.isalnum():
            raise node.fail(
                f"{one[:40]!r} is not a fingerprint", hint="take it from the report; eight characters or more will do"
            )
    return found
