"""What GitLab demands of its reports, as far as ours use it, in our own words: its schemas of version 15.0.7
(https://gitlab.com/gitlab-org/security-products/security-report-schemas) are not copied here.

`SECSCAN_GITLAB_SCHEMAS` names a folder with the official ones, by which everything is then judged as well.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema_rs

_TEXT = {"type": "string", "minLength": 1}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"}
_URL = {"type": "string", "pattern": "^(https?|ftp)://.+"}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these members and no other: one that GitLab does not know is one that we misspelt."""
    return {
        "type": "object",
        "required": sorted(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


def _list(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


_TOOL = _object({"id": _TEXT, "name": _TEXT, "version": _TEXT, "vendor": _object({"name": _TEXT})}, {"url": _URL})
_MESSAGE = _object({"level": {"enum": ["info", "warn", "fatal"]}, "value": _TEXT})
_IDENTIFIER = _object({"type": _TEXT, "name": _TEXT, "value": _TEXT}, {"url": _URL})
_CVSS = _object(
    {"vendor": _TEXT, "vector": {"type": "string", "minLength": 32, "maxLength": 128, "pattern": "^CVSS:3[.][01]/"}}
)
_DETAILS = {
    "type": "object",
    "additionalProperties": _object({"type": {"const": "text"}, "name": _TEXT, "value": {"type": "string"}}),
}
_PACKAGE = _object(
    {"package": _object({"name": {"type": "string"}}), "version": {"type": "string"}}, {"direct": {"type": "boolean"}}
)
_LINES = {"start_line": {"type": "integer", "minimum": 1}, "end_line": {"type": "integer", "minimum": 1}}
_FILE = {"file": _TEXT}
_IN_CODE = {**_LINES, "method": {"type": "string"}}
_COMMIT = _object({"sha": _TEXT}, {"author": {"type": "string"}, "date": {"type": "string"}})
_LOCATIONS = {
    "sast": _object(_FILE, _IN_CODE),
    "secret_detection": _object({**_FILE, "commit": _COMMIT}, _IN_CODE),
    "dependency_scanning": _object({**_FILE, "dependency": _PACKAGE}),
    "container_scanning": _object({"dependency": _PACKAGE, "operating_system": _TEXT, "image": _TEXT}),
}
_FILES = _list(_object({"path": _TEXT, "package_manager": _TEXT, "dependencies": _list(_PACKAGE)}))
_SEVERITIES = ["Info", "Unknown", "Low", "Medium", "High", "Critical"]

CODE_QUALITY = _list(
    _object(
        {
            "type": {"const": "issue"},
            "check_name": _TEXT,
            "description": _TEXT,
            "categories": _list({"const": "Security"}),
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "fingerprint": _TEXT,
            "location": _object({"path": _TEXT, "lines": _object({"begin": {"type": "integer", "minimum": 1}})}),
        }
    )
)


def security_report(kind: str) -> dict[str, Any]:
    """The schema of a security report of this type."""
    vulnerability = _object(
        {"id": _TEXT, "identifiers": _list(_IDENTIFIER, minItems=1), "location": _LOCATIONS[kind]},
        {
            "name": {"type": "string", "maxLength": 255},
            "description": {"type": "string", "maxLength": 1_048_576},
            "severity": {"enum": _SEVERITIES},
            "solution": {"type": "string", "maxLength": 7_000},
            "cvss_vectors": _list(_CVSS, minItems=1, maxItems=10),
            "links": _list(_object({"url": _URL})),
            "details": _DETAILS,
        },
    )
    scan = _object(
        {
            "type": {"const": kind},
            "status": {"enum": ["success", "failure"]},
            "start_time": _TIME,
            "end_time": _TIME,
            "analyzer": _TOOL,
            "scanner": _TOOL,
        },
        {"messages": _list(_MESSAGE)},
    )
    files = {"dependency_files": _FILES} if kind == "dependency_scanning" else {}
    version = {"type": "string", "pattern": r"^15\.\d+\.\d+$"}
    return _object(
        {"version": version, "scan": scan, "vulnerabilities": _list(vulnerability), **files}, {"schema": _URL}
    )


def faults(document: Any) -> list[str]:
    """Return what is wrong with a report; its type is what it says it is, or code quality for a list."""
    kind = "" if isinstance(document, list) else document["scan"]["type"]
    schemas = [security_report(kind) if kind else CODE_QUALITY]
    folder = os.environ.get("SECSCAN_GITLAB_SCHEMAS")
    if folder and kind:
        schemas.append(json.loads((Path(folder) / f"{kind.replace('_', '-')}-report-format.json").read_bytes()))
    found = [error for schema in schemas for error in jsonschema_rs.validator_for(schema).iter_errors(document)]
    names = [one["fingerprint" if not kind else "id"] for one in (document["vulnerabilities"] if kind else document)]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [f"{list(one.instance_path)}: {one.message}" for one in found] + [f"{name} occurs twice" for name in twice]
