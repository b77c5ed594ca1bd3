"""VEX documents (OpenVEX, CycloneDX) as waivers of their own kind: statements that a vulnerability does no harm here.

Only `not_affected` and `fixed` (and CycloneDX's words for them) accept anything; the other statements say that there is
something to do. A statement has no last day: it counts for as long as the policy lets a waiver last, from the day on
which it was made. It is about packages by their package URL; about nothing else does it say anything here.

Formats: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md and https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from secscan.errors import PolicyError
from secscan.policy.model import Match, Waiver

MAX_BYTES = 20_000_000
_ACCEPTING = {
    "not_affected": "not_affected",
    "fixed": "fixed",
    "false_positive": "not_affected",
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
}
"""Words of both formats for what can be accepted, by what OpenVEX calls it."""


def read_vex(data: bytes, *, origin: str, longest_days: int) -> tuple[Waiver, ...]:
    """Read a document; `origin` names it in errors, `longest_days` is how long a statement counts.

    Raises `PolicyError` for what is no VEX document, and for a statement that does not say why or since when.
    """
    document = _document(data, origin)
    if "openvex" in str(document.get("@context", "")):
        found = _openvex(document, origin)
    elif document.get("bomFormat") == "CycloneDX":
        found = _cyclonedx(document, origin)
    else:
        raise PolicyError(f"{origin} is no VEX document that is known", hint="give OpenVEX or CycloneDX, as JSON")
    return tuple(_waiver(one, origin, longest_days) for one in found if one["purls"])


def _document(data: bytes, origin: str) -> dict[str, Any]:
    hint = "give OpenVEX or CycloneDX, as JSON"
    if len(data) > MAX_BYTES:
        raise PolicyError(f"{origin} is larger than {MAX_BYTES} bytes", hint=hint)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{origin} is no JSON: {str(error)[:80]}", hint=hint) from error
    if not isinstance(document, dict):
        raise PolicyError(f"{origin} is no object", hint=hint)
    return document


def _openvex(document: dict[str, Any], origin: str) -> Iterator[dict[str, Any]]:
    for at, one in enumerate(_objects(document.get("statements")), start=1):
        status = _text(one, "status")
        if status not in _ACCEPTING:
            continue
        vulnerability = one.get("vulnerability")
        names = [_text(vulnerability, "name"), *_texts(_member(vulnerability, "aliases"))]
        purls = [url for product in _list(one.get("products")) for url in _about(product)]
        yield {
            "names": [name for name in names if name],
            "purls": purls,
            "status": status,
            "justification": _text(one, "justification"),
            "why": _text(one, "impact_statement") or _text(one, "status_notes"),
            "since": _text(one, "timestamp") or _text(document, "timestamp"),
            "author": _text(one, "supplier") or _text(document, "author"),
            "origin": f"{origin}: statement {at}",
        }


def _about(product: Any) -> list[str]:
    """The package URLs that a product stands for: of its parts that are named, else its own."""
    parts = _list(_member(product, "subcomponents"))
    if parts:
        return [url for part in parts for url in _about(part)]
    names = [_text(product, "@id"), _text(_member(product, "identifiers"), "purl")]
    names += [product] if isinstance(product, str) else []
    return [one for one in names if one.startswith("pkg:")]


def _cyclonedx(document: dict[str, Any], origin: str) -> Iterator[dict[str, Any]]:
    purls = {_text(one, "bom-ref"): _text(one, "purl") for one in _list(document.get("components"))}
    metadata = document.get("metadata")
    authors = [_text(one, "name") for one in _list(_member(metadata, "authors"))]
    for at, one in enumerate(_objects(document.get("vulnerabilities")), start=1):
        analysis = one.get("analysis")
        if _text(analysis, "state") not in _ACCEPTING:
            continue
        refs = [_text(affected, "ref") for affected in _list(one.get("affects"))]
        # A link to a component of another document: urn:cdx:SERIAL/VERSION#REF.
        urls = [
            purls.get(ref) or (unquote(ref.rpartition("#")[2]) if ref.startswith("urn:cdx:") else ref) for ref in refs
        ]
        names = [_text(one, "id"), *(_text(other, "id") for other in _list(one.get("references")))]
        yield {
            "names": [name for name in names if name],
            "purls": [url for url in urls if url.startswith("pkg:")],
            "status": _ACCEPTING[_text(analysis, "state")],
            "justification": _text(analysis, "justification"),
            "why": _text(analysis, "detail"),
            "since": _text(analysis, "lastUpdated") or _text(analysis, "firstIssued") or _text(metadata, "timestamp"),
            "author": next((name for name in authors if name), _text(_member(metadata, "supplier"), "name")),
            "origin": f"{origin}: vulnerability {at}",
        }


def _waiver(one: dict[str, Any], origin: str, longest_days: int) -> Waiver:
    where = one["origin"]
    if not one["names"]:
        raise PolicyError(f"{where}: it names no vulnerability", hint="correct the document")
    if one["status"] == "not_affected" and not one["justification"] and len(one["why"]) < 10:
        raise PolicyError(f"{where}: it does not say why", hint="add a justification or an impact statement")
    try:
        since = datetime.fromisoformat(one["since"])
        since = since if since.tzinfo else since.replace(tzinfo=UTC)
        last = (since.astimezone(UTC) + timedelta(days=longest_days)).date()
        purls = tuple(sorted({normal_purl(url) for url in one["purls"]}))
    except (ValueError, OverflowError) as error:
        hint = "give the document or the statement an RFC 3339 timestamp, and products package URLs"
        raise PolicyError(f"{where}: {str(error)[:100]}", hint=hint) from error
    said = ", ".join(text for text in (one["justification"].replace("_", " "), one["why"]) if text)
    return Waiver(
        id=where,
        reason=f"VEX {one['status'].replace('_', ' ')}: {said}" if said else f"VEX: {one['status']}",
        owner=one["author"] or origin,
        expires=last.isoformat(),
        match=Match(identifier=tuple(dict.fromkeys(one["names"]))),
        purls=purls,
        vex=one["status"],
        origin=where,
    )


def normal_purl(url: str) -> str:
    """Return a package URL up to its version, in its normal form. Raises `ValueError`."""
    try:
        from packageurl import PackageURL

        purl = PackageURL.from_string(url)
        return PackageURL(purl.type, purl.namespace, purl.name, purl.version).to_string()
    except TypeError:  # the library, on a name of blanks
        raise ValueError(f"{url[:80]!r} has no name") from None


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _text(value: Any, name: str) -> str:
    found = _member(value, name)
    return found.strip() if isinstance(found, str) else ""


def _list(value: Any) -> list[Any]:
    return [one for one in value if isinstance(one, dict | str)] if isinstance(value, list) else []


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _texts(value: Any) -> Iterable[str]:
    return (one for one in _list(value) if isinstance(one, str))
