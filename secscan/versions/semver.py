"""Semantic versions, and the ecosystems that differ from them in a detail.

Sources: https://semver.org/spec/v2.0.0.html section 11; https://go.dev/ref/mod#versions and #pseudo-versions;
https://learn.microsoft.com/nuget/concepts/package-versioning; https://dart.dev/tools/pub/versioning. Read more
leniently than written, as the databases are: a leading `v` or `=`, missing numbers, a pre-release without its hyphen.
"""

from __future__ import annotations

import re

_VERSION = re.compile(
    r"[vV=]?\s?(?P<numbers>[0-9]+(?:\.[0-9]+)*)"
    r"(?:-(?P<pre>[0-9A-Za-z.-]+)|(?P<loose>[A-Za-z][0-9A-Za-z.-]*))?"
    r"(?:\+(?P<build>[0-9A-Za-z.-]+))?"
)
_GO_RELEASE = re.compile(r"(?:go)?(?P<minor>[0-9]+\.[0-9]+)(?P<patch>\.[0-9]+)?(?P<kind>rc|beta)(?P<number>[0-9]+)")
_NUMBERS = re.compile(r"v?([0-9]+(?:[.-][0-9]+)*)")

_Pre = tuple[tuple[int, int, str], ...]
_RELEASE: _Pre = ((3, 0, ""),)
"""Stands after every pre-release; each of those ends with what stands before every further identifier."""
_END = (0, 0, "")

Key = tuple[tuple[int, ...], _Pre]


def key(text: str) -> Key | None:
    """SemVer: three numbers, and a pre-release before its release. Build metadata and further numbers do not count."""
    found = _VERSION.fullmatch(text)
    return (_padded(found["numbers"], 3)[:3], _pre(found)) if found else None


def go_key(text: str) -> Key | None:
    """Go modules; `go1.22rc1` of the toolchain is `1.22.0-rc.1`, as Go's own database writes it."""
    tag = _GO_RELEASE.fullmatch(text)
    if tag:
        text = f"{tag['minor']}{tag['patch'] or '.0'}-{tag['kind']}.{tag['number']}"
    return key(text.removeprefix("go"))


def nuget_key(text: str) -> Key | None:
    """NuGet: four numbers, and pre-releases in any letter case."""
    found = _VERSION.fullmatch(text.lower())
    return (_padded(found["numbers"], 4)[:4], _pre(found)) if found else None


def pub_key(text: str) -> tuple[Key, _Pre] | None:
    """Pub: build metadata counts, and a version without it comes first."""
    found, plain = _VERSION.fullmatch(text), key(text)
    if found is None or plain is None:
        return None
    return plain, _identifiers(found["build"]) if found["build"] else (_END,)


def numbers_key(text: str) -> tuple[int, ...] | None:
    """Numbers with dots or hyphens between them, of any count: CRAN, Hackage."""
    found = _NUMBERS.fullmatch(text)
    return tuple(int(part) for part in re.split(r"[.-]", found[1])) if found else None


def _padded(numbers: str, least: int) -> tuple[int, ...]:
    found = tuple(int(part) for part in numbers.split("."))
    return (*found, *(0 for _ in range(least - len(found))))


def _pre(found: re.Match[str]) -> _Pre:
    pre = found["pre"] or found["loose"]
    return _identifiers(pre) if pre else _RELEASE


def _identifiers(text: str) -> _Pre:
    """Numbers by value and before words; of two beginnings that are equal the shorter comes first."""
    parts = ((1, int(one), "") if one.isdecimal() else (2, 0, one) for one in text.split("."))
    return (*parts, _END)
