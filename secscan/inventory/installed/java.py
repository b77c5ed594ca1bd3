"""Java archives (`.jar`, `.war`, `.ear`, `.hpi`), with those that lie in them.

Maven writes coordinates into what it builds, also of what it merges into it. Without them, the manifest or the name of
the file tell a name and a version, of which nobody knows the group, so no advisory can be looked up: that is a gap.
Formats: https://maven.apache.org/shared/maven-archiver/index.html, and the JAR file specification.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

from secscan.findings.levels import GapKind
from secscan.findings.paths import encode_path
from secscan.inventory.contract import Inventory, placed, reading, reading_up_to
from secscan.inventory.installed.found import Found
from secscan.inventory.installed.limits import MAX_JAR_BYTES
from secscan.inventory.installed.zips import Archive, Member
from secscan.inventory.maven import MAVEN

_DEEPEST = 5
_MOST_NESTED = 16_000_000
"""Bytes of all archives inside each other that are open at one time."""
_MOST_UNPACKED = 100_000_000
"""Bytes that are unpacked of one file, one after another."""
_MOST_TEXT = 100_000
_MOST_INSIDE = 5_000
"""Archives and coordinates in one archive; packages and gaps of one file, of which each has a long path."""

_WANTED = re.compile(
    rb"(?is:META-INF/MANIFEST\.MF|META-INF/maven/[^/]+/[^/]+/pom\.properties|.*\.(?:jar|war|ear|hpi|jpi))"
)
"""Names of entries that are read."""
_MANIFEST = "META-INF/MANIFEST.MF"
_FILE_NAME = re.compile(r"(?P<name>[A-Za-z][\w.]*(?:-[A-Za-z][\w.]*)*)-(?P<version>\d[\w.+-]*)")
_VERSION = re.compile(r"\d[\w.+-]*")
_PROPERTY = re.compile(r"^[ \t]*+(groupId|artifactId|version)[ \t]*+[=:](.*)", re.MULTILINE)
_NAMES = ("Implementation-Title", "Bundle-SymbolicName", "Automatic-Module-Name", "Specification-Title")
_VERSIONS = ("Implementation-Version", "Bundle-Version", "Specification-Version")


@dataclass
class _Budget:
    """What one file may still cost."""

    unpacked: int = _MOST_UNPACKED
    nested: int = _MOST_NESTED


@dataclass
class _Jar:
    """An archive while it is read."""

    path: str
    archive: Archive
    poms: list[Member] = field(default_factory=list)
    manifest: Member | None = None
    inside: list[Member] = field(default_factory=list)


@reading_up_to(MAX_JAR_BYTES)
def read_jar(path: str, data: bytes) -> Inventory:
    """Read an archive and all in it. What lies in another has the path text `outer.jar!/lib/inner.jar`."""
    found = Found(path, MAVEN, _MOST_INSIDE)
    _read(found, path, data, 1, _Budget())
    return found.inventory()


def _read(found: Found, path: str, data: bytes, depth: int, budget: _Budget) -> None:
    found.path = path
    if depth > _DEEPEST:
        _too_large(found, path, f"it lies in more than {_DEEPEST - 1} archives")
        return
    try:
        jar = _opened(path, data)
    except ValueError as error:
        found.broken(str(error))
        return
    if not _coordinates(found, jar, budget):
        _described(found, jar, budget)
    for member in jar.inside:
        inner = f"{path}!/{encode_path(member.name.encode())}"
        content = _content(found, jar, member, budget.nested, budget)
        if content is not None:
            budget.nested -= len(content)
            _read(found, inner, content, depth + 1, budget)
            budget.nested += len(content)


def _opened(path: str, data: bytes) -> _Jar:
    jar = _Jar(path, Archive(data))
    for member in jar.archive.members(_WANTED):
        if member.name.lower().endswith(".properties"):
            jar.poms.append(member)
        elif member.name.upper() == _MANIFEST:
            jar.manifest = member
        else:
            jar.inside.append(member)
        if len(jar.poms) + len(jar.inside) > _MOST_INSIDE:
            raise ValueError(f"it holds more than {_MOST_INSIDE} archives")
    return jar


def _content(found: Found, jar: _Jar, member: Member, most: int, budget: _Budget) -> bytes | None:
    """Return what a member holds; None where that is a gap."""
    subject = f"{jar.path}!/{encode_path(member.name.encode())}"
    most = min(most, budget.unpacked)
    try:
        content = jar.archive.read(member, most + 1)
    except ValueError as error:
        found.gap(GapKind.BROKEN_MANIFEST, subject, f"a part of the archive cannot be read: {error}", "build it anew")
        return None
    budget.unpacked -= min(len(content), budget.unpacked)
    if len(content) > most:
        _too_large(found, subject, "it is larger than what is unpacked of an archive")
        return None
    return content


def _too_large(found: Found, subject: str, why: str) -> None:
    found.gap(GapKind.TOO_LARGE, subject, why, "scan what is in it by itself")


@reading
def read_pom_properties(path: str, data: bytes) -> Inventory:
    """Read coordinates that lie beside the classes of an archive that was unpacked."""
    found = Found(path, MAVEN)
    _coordinate(found, posixpath.basename(path), data)
    return found.inventory()


def _coordinates(found: Found, jar: _Jar, budget: _Budget) -> bool:
    """Add what Maven says of the archive and of those that were merged into it; return whether it says what this one
    is. Where its file has the name of none of them, it is another."""
    contents = ((member.name, _content(found, jar, member, _MOST_TEXT, budget)) for member in jar.poms)
    artifacts = [_coordinate(found, name, content) for name, content in contents if content is not None]
    stem = _stem(jar.path)
    is_other = _FILE_NAME.fullmatch(stem) and not any(one and f"{stem}-".startswith(f"{one}-") for one in artifacts)
    return any(artifacts) and not is_other


def _coordinate(found: Found, name: str, content: bytes) -> str:
    """Add what one `pom.properties` says, and return the artifact."""
    text = content.decode("utf-8", errors="replace")
    values = {match[1]: match[2].strip() for match in _PROPERTY.finditer(text)}
    group, artifact, version = (values.get(one, "") for one in ("groupId", "artifactId", "version"))
    if not (group and artifact and version) or "${" in group + artifact + version:
        found.broken(f"{name[:200]!r} names no group, artifact and version")
        return ""
    found.add(f"{group}:{artifact}", version)
    return artifact


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]


def _described(found: Found, jar: _Jar, budget: _Budget) -> None:
    """Add what the manifest says, or the name of the file; and that its group is not known."""
    values = _manifest(found, jar, budget)
    named = _FILE_NAME.fullmatch(_stem(jar.path))
    names = (values.get(one, "").partition(";")[0].strip() for one in _NAMES)
    versions = (values.get(one, "") for one in _VERSIONS)
    # The name of a file is nearer to what Maven calls it than a title is.
    name = named["name"] if named else next((one for one in names if one), "")
    version = named["version"] if named else next((one for one in versions if _VERSION.fullmatch(one)), "")
    if not name or not version:
        why = "nothing in the archive says what it is, or of which version"
        found.gap(GapKind.NOT_ASSESSED, jar.path, why, "check it by hand")
        return
    found.add(name, version)
    why = "no coordinates of Maven are in it, so its group is not known, and no advisory can be looked up"
    found.gap(GapKind.NOT_ASSESSED, placed(f"{name} {version}", jar.path), why, "check it by hand")


def _manifest(found: Found, jar: _Jar, budget: _Budget) -> dict[str, str]:
    """The main section of the manifest; behind it stand digests of all files, which can be long."""
    if jar.manifest is None:
        return {}
    try:
        content = jar.archive.read(jar.manifest, min(_MOST_TEXT, budget.unpacked))
    except ValueError as error:
        found.broken(f"its manifest: {error}")
        return {}
    budget.unpacked -= len(content)
    text = content.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    main = text.partition("\n\n")[0].replace("\n ", "")  # a long line goes on behind a blank
    lines = (line.partition(":") for line in main.split("\n"))
    return {name: value.strip() for name, colon, value in lines if colon}
