"""Small parts of an OSCAL document: ids, properties, resources, and the components that took part."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from secscan.findings.scan import Scan
from secscan.reports.escape import oscal_markup, terminal, uri

VERSION = "1.2.1"
"""Of OSCAL."""

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://secscan.dev/oscal")
_NAMES = "https://secscan.dev/ns/oscal"


def identifier(*names: str) -> str:
    """Return the UUID (version 5) that belongs to these names."""
    return str(uuid.uuid5(_SPACE, "\n".join(f"{len(one)}:{one}" for one in names)))


def prop(name: str, value: str) -> Iterator[dict[str, str]]:
    """Yield a property of ours, unless it has no value: OSCAL knows no empty one."""
    if text := terminal(value).strip():
        yield {"name": name, "ns": _NAMES, "value": text}


def resource(id_: str, title: str, name: str, digest: str) -> dict[str, Any]:
    """Return a file as a resource of the back matter, with its SHA-256."""
    return {
        "uuid": id_,
        "title": oscal_markup(title),
        "rlinks": [{"href": uri(name), "hashes": [{"algorithm": "SHA-256", "value": digest}]}],
    }


def define(id_of: Callable[..., str], scan: Scan) -> dict[str, Any]:
    """Return the target and the scanners as components; `id_of` makes their ids."""
    target = scan.target
    scanners = [
        {
            "uuid": id_of("scanner", str(at)),
            "type": "software",
            "title": oscal_markup(run.scanner or "a scanner without a name"),
            "description": oscal_markup(f"Scanner {run.scanner} {run.version}".strip()),
            "status": {"state": "operational"},
        }
        for at, run in enumerate(scan.scanners)
    ]
    platform = {"uuid": id_of("platform"), "title": oscal_markup(f"secscan {scan.secscan}")}
    return {
        "components": [
            {
                "uuid": id_of("target"),
                "type": "software",
                "title": oscal_markup(target.name or "the target"),
                "description": oscal_markup(f"The {target.kind} that was scanned; digest {target.digest}"),
                "status": {"state": "operational"},
            }
        ],
        "assessment-assets": {
            **({"components": scanners} if scanners else {}),
            "assessment-platforms": [platform],
        },
    }
