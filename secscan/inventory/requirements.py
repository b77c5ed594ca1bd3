"""pip's requirements files, and single requirements as PEP 508 writes them.

Format: https://pip.pypa.io/en/stable/reference/requirements-file-format/. Markers are not evaluated: what is
installed on some machine is judged. Options never lead anywhere: no index, no URL, no file outside the target.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.inventory.contract import (
    Declared,
    Inventory,
    Ranged,
    Scope,
    broken,
    gap,
    joined,
    placed,
    reading,
    without_credentials,
)
from secscan.inventory.documents import decode_text
from secscan.inventory.names import PYPI

_MAX_LINE = 20_000
_COMMENT = re.compile(r"(^|\s)#.*$")
_HASH_OPTIONS = re.compile(r"\s--(?:hash|config-settings?|global-option|install-option)[ =]\S+")
_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)[ =]*(.+)")
_EDITABLE = re.compile(r"(?:-e|--editable)[ =]*(.+)")
_PLACE = re.compile(
    r"^[A-Za-z][\w+.-]*://|^\.{1,2}(?:$|[/\\\[])|^[~/]|^[A-Za-z]:\\|^\S+[/\\]\S*$|^\S+\.(?:whl|zip|tar\.\w+)$"
)
"""What pip takes for a URL or a path."""
_HARMLESS_OPTIONS = re.compile(
    r"(?:(?:--no-index|--prefer-binary|--require-hashes|--pre)"
    r"|(?:--(?:index-url|extra-index-url|find-links|no-binary|only-binary|trusted-host|use-feature)[\s=]|-[if][\s=]?)"
    r"\s*[^\s-]\S*)(?:\s+|$)"
)
"""One option that names no package, with its value. pip takes more than one from a line, `--pre -r more.txt` too."""
_PIN_REMEDY = "pin it with == in a requirements file, or add a lock file"


@reading
def read_requirements(path: str, data: bytes) -> Inventory:
    """Read one requirements or constraints file."""
    text = decode_text(data)
    whole = joined(requirement_line(path, number, line) for number, line in _logical_lines(text))
    wrong = [one for one in whole.gaps if one.kind is GapKind.BROKEN_MANIFEST]
    return _not_for_pip(whole, wrong) if wrong else whole


def _not_for_pip(whole: Inventory, wrong: list[Gap]) -> Inventory:
    """A file that pip would refuse: one gap for all of it, and its pins, which can be assessed all the same.

    Documentation is called `constraints.txt`, too; a gap for each of its lines would hide all others.
    """
    first = wrong[0]
    detail = f"{first.detail}; {len(wrong)} of its lines are no requirements, so pip would refuse the file"
    return Inventory(
        packages=whole.packages, includes=whole.includes, gaps=(msgspec.structs.replace(first, detail=detail),)
    )


def requirement(
    path: str, text: str, line: int, *, direct: bool | None = None, scope: Scope = Scope.UNKNOWN
) -> Inventory:
    """Read one requirement: a package at a version, a range, or a gap."""
    if len(text) > _MAX_LINE:
        return broken(path, f"a requirement of {len(text)} characters", line)
    try:
        parsed = Requirement(text)
    except InvalidRequirement:
        if _PLACE.search(text):
            return _unsupported(path, text, line)
        return broken(path, f"{_shown(text)!r} is not a requirement", line)
    except RecursionError:
        return broken(path, "a requirement nested beyond reason", line)
    if parsed.url:
        return _unsupported(path, text, line)
    if version := one_version(parsed.specifier):
        return Inventory(packages=(Declared(parsed.name, version, PYPI, path, line, direct, scope=scope),))
    return Inventory(ranges=(Ranged(parsed.name, PYPI, path, f"{parsed.name}{parsed.specifier}", line, scope),))


def one_version(wanted: SpecifierSet) -> str:
    """Return the one version that specifiers leave, as `==1.0,===1.0` and `>=1.0,<=1.0` do; else nothing.

    A policy may tolerate ranges: who writes a pin as a range must gain nothing by it.
    """
    exact = [one.version for one in wanted if one.operator in ("==", "===") and not one.version.endswith(".*")]
    if exact:
        same = len({_public(one) for one in exact}) == 1
        return max(sorted(exact), key=len) if same else ""  # a set has no order; the longest says most
    lower = sorted(one.version for one in wanted if one.operator in (">=", "~="))
    upper = [one.version for one in wanted if one.operator == "<="]
    if not lower or not upper:
        return ""
    least, most = max(lower, key=Version), min(upper, key=Version)
    return least if Version(least) == Version(most) else ""


def _public(version: str) -> Version | str:
    """A version without its local part, in its normal form; `===` takes any text."""
    try:
        return Version(Version(version).public)
    except InvalidVersion:
        return version


_RANGE_REMEDIES = {PYPI: _PIN_REMEDY, "GitHub Actions": "pin it to a release, or to the commit of one"}


def range_gap(one: Ranged) -> Inventory:
    """Return a range that no lock file resolves, as a gap."""
    return Inventory(
        gaps=(
            gap(
                GapKind.VERSION_RANGE,
                placed(_shown(one.text), one.path),
                "a range names no one version that could be assessed",
                remedy=_RANGE_REMEDIES.get(one.ecosystem, "add the lock file, which says what it comes to"),
                line=one.line,
            ),
        )
    )


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with continuations joined and comments taken off, with the number of their first line."""
    parts: list[str] = []
    first = 0
    for number, raw in enumerate(text.splitlines(), start=1):
        first = first or number
        if raw.endswith("\\") and not raw.lstrip().startswith("#"):
            parts.append(raw[:-1])
            continue
        line = _COMMENT.sub("", "".join([*parts, raw])).strip()
        if line:
            yield first, line
        parts, first = [], 0
    if rest := _COMMENT.sub("", "".join(parts)).strip():
        yield first, rest


def requirement_line(path: str, number: int, line: str) -> Inventory:
    """Read one logical line of a requirements file: a requirement, an include, an option."""
    if len(line) > _MAX_LINE * 10:
        return broken(path, f"a line of {len(line)} characters", number)
    if included := _INCLUDE.fullmatch(line):
        return include(path, number, included.group(1).strip().strip("\"'"))
    if editable := _EDITABLE.fullmatch(line):
        return _unsupported(path, editable.group(1), number)
    if line.startswith("-"):
        rest = _after_harmless_options(line)
        if not rest:
            return Inventory()
        if rest != line and rest.startswith("-"):
            return requirement_line(path, number, rest)
        return broken(path, f"an option that is not known: {_shown(rest.split()[0])}", number)
    return requirement(path, _HASH_OPTIONS.sub("", f" {line}").strip(), number)


def _after_harmless_options(line: str) -> str:
    at = 0
    while found := _HARMLESS_OPTIONS.match(line, at):
        at = found.end()
    return line[at:]


def include(path: str, number: int, named: str) -> Inventory:
    """Read that `path` includes the requirements file `named`: by its path text, or a gap where it leads out."""
    # Joined as text, never on the file system; what leads out of the target stays out.
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), named))
    if "://" in named or named.startswith("/") or joined.startswith("../"):
        return _unsupported(path, f"-r {named}", number)
    return Inventory(includes=(joined,))


def _unsupported(path: str, text: str, line: int) -> Inventory:
    return Inventory(
        gaps=(
            gap(
                GapKind.UNSUPPORTED_REQUIREMENT,
                placed(_shown(text), path),
                "a URL, path, version control or editable install names no released version",
                remedy="depend on a released version, or check it by hand",
                line=line,
            ),
        )
    )


def _shown(text: str) -> str:
    """A requirement for a message: short, and without the credentials that URLs may hold (`contract.gap`), of which
    the end must not be cut off."""
    bare = without_credentials(text)
    return bare if len(bare) <= 100 else f"{bare[:97]}..."
