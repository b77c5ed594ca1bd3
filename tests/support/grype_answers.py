"""What grype answers, made after its source and documentation: nobody who wrote this had the program itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from secscan.process import Ended

DIGEST = "ab" * 32
BUILT = "2026-11-20T06:48:35Z"


def artifact(name: str, version: str, purl: str, **fields: Any) -> dict[str, Any]:
    """A package as a match has it."""
    return {
        "id": "74378afe15713625",
        "name": name,
        "version": version,
        "type": purl.partition(":")[2].partition("/")[0],
        "locations": [{"path": "/var/lib/dpkg/status", "layerID": "sha256:0"}],
        "language": "",
        "licenses": [],
        "cpes": [],
        "purl": purl,
        "upstreams": [],
        **fields,
    }


def match(package: dict[str, Any], identifier: str, *related: str, **fields: Any) -> dict[str, Any]:
    """A match of a package and a vulnerability."""
    return {
        "vulnerability": {
            "id": identifier,
            "dataSource": f"https://example.org/{identifier}",
            "namespace": "debian:distro:debian:12",
            "severity": "High",
            "urls": [],
            "cvss": [],
            "fix": {"versions": ["3.0.14-1~deb12u1"], "state": "fixed"},
            "advisories": [],
            "risk": 1.68,
            **fields,
        },
        "relatedVulnerabilities": [
            {
                "id": one,
                "dataSource": f"https://example.org/{one}",
                "namespace": "nvd:cpe",
                "severity": "High",
                "urls": [f"https://example.org/more/{one}"],
                "description": f"What {one} is about.",
                "cvss": [
                    {
                        "source": "nvd",
                        "type": "Primary",
                        "version": "3.1",
                        "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                        "metrics": {"baseScore": 9.8},
                        "vendorMetadata": {},
                    }
                ],
                "epss": [{"cve": one, "epss": 0.03, "percentile": 0.42, "date": "2026-11-19"}],
            }
            for one in related
        ],
        "matchDetails": [{"type": "exact-indirect-match", "matcher": "dpkg-matcher", "searchedBy": {}, "found": {}}],
        "artifact": package,
    }


def report(*matches: dict[str, Any], kind: str = "image", version: str = "0.110.0", **fields: Any) -> dict[str, Any]:
    """A whole answer in JSON."""
    image = {"userInput": "/images/shop.tar", "imageID": f"sha256:{DIGEST}", "manifestDigest": "", "layers": []}
    return {
        "matches": list(matches),
        "source": {"type": kind, "target": image if kind == "image" else "/images/shop"},
        "distro": {"name": "debian", "version": "12", "idLike": []},
        "descriptor": {
            "name": "grype",
            "version": version,
            "db": {
                "status": {
                    "schemaVersion": "v6.1.9",
                    "from": "https://example.org/vulnerability-db_v6.1.9.tar.zst",
                    "built": BUILT,
                    "path": "/cache/6/vulnerability.db",
                    "valid": True,
                },
                "providers": {},
            },
            "timestamp": "2026-11-21T00:00:00Z",
        },
        **fields,
    }


def control(*found: str) -> dict[str, Any]:
    """The answer on the control, of which these were found, by package URL."""
    return report(*(match(artifact("x", "0", one), "CVE-2000-1") for one in found), kind="file")


PROVEN = ("pkg:deb/debian/openssl@0-0?distro=debian-12", "pkg:pypi/django@1.0")


def packages(*purls: tuple[str, str, str]) -> dict[str, Any]:
    """The list of packages in CycloneDX: name, version and package URL of each."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [
            {"bom-ref": purl, "type": "library", "name": name, "version": version, "purl": purl, "properties": [
                {"name": "syft:location:0:path", "value": "/var/lib/dpkg/status"},
            ]}
            for name, version, purl in purls
        ] + [{"bom-ref": "os", "type": "operating-system", "name": "debian", "version": "12"}],
        "vulnerabilities": [],
    }  # fmt: skip


def ended(
    answer: dict[str, Any], listed: dict[str, Any], proven: Iterable[str] = PROVEN, *, exit_code: int = 0
) -> Ended:
    """How grype ended with that."""
    files = {"packages.json": listed, "control.json": control(*proven)}
    return Ended(
        argv=("grype",),
        exit_code=exit_code,
        stdout=json.dumps(answer, indent=1).encode(),
        stderr=b"",
        seconds=0,
        peak_megabytes=0,
        files={name: json.dumps(document, indent=1).encode() for name, document in files.items()},
    )
