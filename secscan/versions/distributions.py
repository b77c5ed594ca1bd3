"""Versions of the packages of Linux distributions.

Sources: Debian Policy 5.6.12; `rpm-version(7)`; `apk-package(5)`.
"""

from __future__ import annotations

import re

_DEBIAN = re.compile(r"(?:(?P<epoch>[0-9]+):)?(?P<upstream>[A-Za-z0-9.+~:-]+?)(?:-(?P<revision>[A-Za-z0-9+.~]*))?")
_DEBIAN_PART = re.compile(r"([^0-9]*)([0-9]*)")

_Part = tuple[tuple[int, ...], int]
DebianKey = tuple[int, tuple[_Part, ...], tuple[_Part, ...]]


def debian_key(text: str) -> DebianKey | None:
    """Debian and Ubuntu: epoch, upstream version, revision. A tilde stands before everything, even before the end."""
    found = _DEBIAN.fullmatch(text)
    if found is None:
        return None
    return int(found["epoch"] or 0), _debian_parts(found["upstream"]), _debian_parts(found["revision"] or "0")


def _debian_parts(text: str) -> tuple[_Part, ...]:
    # The match at the end is empty: what stands there is compared with what the other version has there.
    return tuple(
        ((*(_debian_rank(one) for one in word), 0), int(number or 0)) for word, number in _DEBIAN_PART.findall(text)
    )


def _debian_rank(character: str) -> int:
    """A tilde before the end of the part (0), letters before all others."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256


_RPM_TOKEN = re.compile(r"[0-9]+|[A-Za-z]+|[~^]")
_RpmToken = tuple[int, int, str]
RpmKey = tuple[int, tuple[_RpmToken, ...], tuple[_RpmToken, ...]]


def rpm_key(text: str) -> RpmKey | None:
    """RPM: epoch, version, release. Whatever is neither letter, digit, tilde nor caret only separates."""
    epoch, colon, rest = text.partition(":")
    if not colon or not epoch.isdecimal():
        epoch, rest = "0", text
    if not re.search(r"[0-9A-Za-z]", rest):
        return None
    version, hyphen, release = rest.partition("-")
    return int(epoch), _rpm_tokens(version), _rpm_tokens(release) if hyphen else ()


def rpm_line(text: str) -> str:
    """Builds for a module (`.module+el9.4.0+...`) are another line than those without: what fixes one is not in the
    other, and a system has only one of them."""
    return "module" if re.search(r"\.module[+_]", text) else ""


def _rpm_tokens(text: str) -> tuple[_RpmToken, ...]:
    """Tilde, the end, caret, words, numbers: in that order."""
    tokens: list[_RpmToken] = []
    for one in _RPM_TOKEN.findall(text):
        if one in "~^":
            tokens.append((0 if one == "~" else 2, 0, ""))
        elif one.isdecimal():
            tokens.append((4, int(one), ""))
        else:
            tokens.append((3, 0, one))
    return (*tokens, (1, 0, ""))


_APK = re.compile(
    r"(?P<numbers>[0-9]+(?:\.[0-9]+)*)(?:(?P<letter>[a-z])(?P<count>[0-9]*))?"
    r"(?P<suffixes>(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*)"
    r"(?:~[0-9a-f]+)?(?:-r(?P<revision>[0-9]+))?"
)
_APK_SUFFIXES = ("alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p")
_ApkToken = tuple[int, int, int]


def alpine_key(text: str) -> tuple[_ApkToken, ...] | None:
    """Alpine's apk. Tokens of kinds, so that where one version ends the other's next token decides:
    a pre-release is smaller than the end, all else larger."""
    found = _APK.fullmatch(text)
    if found is None:
        return None
    first, *more = found["numbers"].split(".")
    tokens: list[_ApkToken] = [(6, int(first), 0), *map(_apk_number, more)]
    if found["letter"]:
        tokens.append((5, ord(found["letter"]), 0))
    if found["count"]:  # no valid version, and yet in Alpine's own database: sudo 1.8.28p1
        tokens.append((6, int(found["count"]), 0))
    for name, number in re.findall(r"_([a-z]+)([0-9]*)", found["suffixes"]):
        rank = _APK_SUFFIXES.index(name)
        tokens.append((0 if rank < _APK_SUFFIXES.index("") else 4, rank, 0))
        if number:
            tokens.append((3, int(number), 0))
    if found["revision"]:
        tokens.append((2, int(found["revision"]), 0))
    return (*tokens, (1, 0, 0))


def _apk_number(text: str) -> _ApkToken:
    """A number after a dot; with zeros before it, it is a fraction: `1.01` comes before `1.1`."""
    zeros = len(text) - len(text.lstrip("0"))
    if not zeros:
        return (6, int(text), 0)
    return (6, -zeros, int(text) if int(text) else -1)
