"""The JSON Schemas of policies, files of waivers and baselines, for editors: made of the very types and tables by which
the reader reads, with their own words as descriptions.

A schema can say less than the reader knows (order, names that must be unique, expressions); the reader decides.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from secscan.findings.defects import DEFECTS
from secscan.findings.levels import (
    Action,
    Cause,
    Confidence,
    GapKind,
    Kind,
    RunStatus,
    SecretState,
    Severity,
    Verdict,
    WaiverState,
)
from secscan.policy import cases, document, waivers
from secscan.policy.baseline import Baseline
from secscan.policy.model import (
    FORMAT,
    ImageLayer,
    MarkerTrust,
    Match,
    Policy,
    Rule,
    Sla,
    Tolerance,
    Waiver,
    WaiverTerms,
)
from secscan.policy.words import READERS

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
_DAY: dict[str, Any] = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
_NAME: dict[str, Any] = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"}
_WHERE_WAIVERS_ARE = "Files (beside this one), git:REFERENCE:PATH, or vault:MOUNT/PATH#FIELD."
_YES_OR_NO: dict[str, Any] = {"type": "boolean"}


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a policy."""
    overlay = _overlay()
    properties = {
        "format": {"const": FORMAT},
        "name": _about(Policy, "name", _NAME),
        "version": _about(Policy, "version", _TEXT),
        "extends": {
            **_TEXT,
            "description": "A shipped policy by name, or a file by its path: what this one lies over.",
        },
        "floor": {**_YES_OR_NO, "description": "Whether policies that extend this one may not go below it."},
        **overlay,
        "environments": {
            "type": "object",
            "description": "By name: what is different in an environment.",
            "propertyNames": _NAME,
            "additionalProperties": {**_object(overlay), "minProperties": 1},
        },
        "tests": _list(_case(), "Findings and what should become of them; `secscan policy test` runs them."),
    }
    schema = _object(_exactly(properties, document.FIELDS), required=("format", "name"))
    schema["anyOf"] = [{"required": ["rules"]}, {"required": ["extends"]}]
    return _headed("policy-1", "A policy of secscan", {**schema, "$defs": _definitions()})


def waivers_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a file of waivers."""
    properties = {"format": {"const": waivers.FORMAT}, "waivers": _list(_ref("waiver"))}
    schema = _object(properties, required=("format", "waivers"))
    definitions = {name: made for name, made in _definitions().items() if name in ("waiver", "class")}
    return _headed("waivers-1", "Waivers for secscan", {**schema, "$defs": definitions})


def baseline_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a baseline."""
    return _headed("baseline-1", "A baseline of secscan", msgspec.json.schema(Baseline))


def _headed(name: str, title: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": _DIALECT, "$id": f"https://secscan.dev/schema/{name}.json", "title": title, **schema}


def _definitions() -> dict[str, Any]:
    """What stands in several places of a document."""
    return {
        "rule": _rule(),
        "match": _object(_match()),
        "waiver": _waiver(),
        "finding": _object(_exactly(_short_finding(), cases.FINDING_FIELDS)),
        "class": _words(DEFECTS),
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _object(properties: dict[str, Any], *, required: tuple[str, ...] = ()) -> dict[str, Any]:
    schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**schema, "required": list(required)} if required else schema


def _list(items: dict[str, Any], description: str = "", *, least: int = 0) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "array", "items": items}
    if least:
        schema["minItems"] = least
    return {**schema, "description": description} if description else schema


def _words(words: Iterable[str]) -> dict[str, Any]:
    return {"enum": [str(one) for one in words]}


def _exactly(properties: dict[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """The properties, in the order of the reader's fields. A field that only one of both knows is a defect of ours."""
    if set(properties) != set(fields):
        raise AssertionError(f"the schema and the reader differ: {sorted(set(properties) ^ set(fields))}")
    return {name: properties[name] for name in fields}


def _overlay() -> dict[str, Any]:
    names = (
        "mode",
        "required",
        "optional",
        "tolerated_gaps",
        "max_advisory_age",
        "in_source_markers",
        "scanner_settings",
    )
    elements = {"tolerated_gaps": _tolerance(), "in_source_markers": _marker_trust()}
    found = {
        name: _about(Policy, name, _list(elements[name]) if name in elements else _of_type(_hints(Policy)[name]))
        for name in names
    }
    found["waivers"] = {
        "description": "What is demanded of waivers, and where they are.",
        **_object(
            {
                **{name: _field(WaiverTerms, name) for name in document.TERMS},
                "from": _list(
                    _TEXT, "Files (beside this one), git:REFERENCE:PATH, or vault:MOUNT/PATH#FIELD.", least=1
                ),
                "list": _list(_ref("waiver")),
            }
        ),
    }
    found["without"] = _list(_NAME, "Ids of rules of the extended policy that do not hold here.", least=1)
    found["rules"] = _list(_ref("rule"), "From the top; the first that matches decides.", least=1)
    return _exactly(found, document.OVERLAY_FIELDS)


def _rule() -> dict[str, Any]:
    special = {
        "id": _NAME,
        "reason": _TEXT,
        "match": {**_ref("match"), "minProperties": 1},
        "when": _TEXT,
        "starts": _DAY,
        "grace_days": {"type": "integer", "minimum": 1},
        "sla": _sla(),
    }
    properties = {
        name: _about(Rule, name, special[name]) if name in special else _field(Rule, name)
        for name in document.RULE_FIELDS
    }
    return _object(properties, required=("id", "action", "reason"))


def _match() -> dict[str, Any]:
    properties = {name: _field(Match, attribute) for name, (attribute, _) in READERS.items()}
    properties["class"]["items"] = _ref("class")
    return properties


def _sla() -> dict[str, Any]:
    days = {level.value: {"type": "integer", "minimum": 0} for level in Severity}
    return _object({"from": _about(Sla, "start", _of_type(_hints(Sla)["start"])), **days})


def _tolerance() -> dict[str, Any]:
    properties = {name: _field(Tolerance, name) for name in ("kinds", "scanners", "paths", "at_most")}
    return _object({**properties, "reason": _TEXT}, required=("kinds", "reason"))


def _marker_trust() -> dict[str, Any]:
    return _object({name: _field(MarkerTrust, name) for name in MarkerTrust.__struct_fields__}, required=("tool",))


def _waiver() -> dict[str, Any]:
    special = {"id": _NAME, "expires": _about(Waiver, "expires", _DAY)}
    fingerprint = {"anyOf": [_TEXT, _list(_TEXT, least=1)], "description": field_docs(Waiver).get("fingerprints", "")}
    properties = {
        **{name: special.get(name) or _field(Waiver, name) for name in waivers.ABOUT},
        "fingerprint": fingerprint,
        **_match(),
    }
    schema = _object(properties, required=("id", "reason", "owner", "expires"))
    return {**schema, "anyOf": [{"required": [name]} for name in waivers.SPECIFIC]}


def _case() -> dict[str, Any]:
    about_gap = {
        "kind": _words(GapKind),
        "scanner": _TEXT,
        "subject": _TEXT,
        "count": {"type": "integer", "minimum": 1},
    }
    gap = _object(_exactly(about_gap, cases.GAP_FIELDS), required=("kind",))
    expected = {
        "action": _words(Action),
        "rule": _TEXT,
        "due": _DAY,
        "waiver": _TEXT,
        "waivers": {"type": "object", "additionalProperties": _words(WaiverState)},
        "verdict": _words(Verdict),
        "stops": _YES_OR_NO,
    }
    properties = {
        "name": _TEXT,
        "finding": _ref("finding"),
        "findings": _list(_ref("finding")),
        "gaps": _list(gap),
        "scanners": {
            "type": "object",
            "additionalProperties": _words((RunStatus.COMPLETED, RunStatus.FAILED, "missing")),
        },
        "advisories": {"type": "object", "additionalProperties": _TEXT},
        "waivers": _list(_ref("waiver")),
        "environment": _TEXT,
        "at": _TEXT,
        "expect": {**_object(_exactly(expected, cases.EXPECTED_FIELDS)), "minProperties": 1},
    }
    return _object(_exactly(properties, cases.CASE_FIELDS), required=("name", "expect"))


def _short_finding() -> dict[str, Any]:
    texts = (
        "title",
        "path",
        "symbol",
        "rule",
        "marker",
        "marker_reason",
        "fingerprint",
        "first_seen",
        "introduced",
        "package",
        "version",
        "ecosystem",
        "licence",
    )
    return {
        **dict.fromkeys(texts, _TEXT),
        **dict.fromkeys(("known_exploited", "new", "direct", "in_head"), _YES_OR_NO),
        **dict.fromkeys(("identifiers", "fixed_versions"), _list(_TEXT)),
        "kind": _words(Kind),
        "class": _ref("class"),
        "severity": _words(Severity),
        "confidence": _words(Confidence),
        "line": {"type": "integer", "minimum": 1},
        "scanner": {"anyOf": [_TEXT, _list(_TEXT, least=1)]},
        "epss": {"type": "number", "minimum": 0, "maximum": 1},
        "cvss": {"type": "number", "minimum": 0, "maximum": 10},
        "published": _DAY,
        "secret_state": _words(SecretState),
        "image_layer": _words(ImageLayer),
        "cause": _words(Cause),
    }


def _field(owner: type, name: str) -> dict[str, Any]:
    return _about(owner, name, _of_type(_hints(owner)[name]))


def _about(owner: type, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    description = field_docs(owner).get(name, "")
    return {**schema, "description": description} if description else dict(schema)


def _of_type(kind: Any) -> dict[str, Any]:
    """What a value of a field's type looks like in YAML. Lists are given as tuples in the model, and never empty."""
    if get_origin(kind) in (Union, UnionType):
        return _of_type(next(one for one in get_args(kind) if one is not type(None)))
    if get_origin(kind) is tuple:
        return _list(_of_type(get_args(kind)[0]), least=1)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _words(kind)
    return {bool: _YES_OR_NO, int: {"type": "integer", "minimum": 0}, float: {"type": "number", "minimum": 0}}.get(
        kind, _TEXT
    )


@cache
def _hints(owner: type) -> dict[str, Any]:
    return get_type_hints(owner)


@cache
def field_docs(owner: type) -> dict[str, str]:
    """The texts that stand below the fields of a class."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - it is the source of a class
    found = {}
    for one, following in zip(body.body, body.body[1:], strict=False):
        match one, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(text.split())
    return found
