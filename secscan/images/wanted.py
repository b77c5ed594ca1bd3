"""What of a file system is looked at: by whom a file is read, and which files are searched for secrets."""

from __future__ import annotations

import re

RELEASES = ("etc/os-release", "usr/lib/os-release")
"""Where a distribution says which it is, in the order that os-release(5) gives."""

_LOCKS = re.compile(
    r"(?:.*/)?(?:Pipfile\.lock|(?:poetry|uv|pdm|Cargo|Gemfile|composer|mix|pubspec)\.lock|gems\.locked|yarn\.lock|bun\.lock"
    r"|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|go\.sum|packages\.lock\.json|[^/]+\.deps\.json"
    r"|(?:[\w-]+-)?gradle\.lockfile|pylock(?:\.[\w-]+)?\.toml|[^/]+\.(?:cdx|spdx)\.json|[^/]+\.cdx\.xml"
    r"|(?:s?bom)\.(?:json|xml))"
)
_ENDS = (".lock", ".locked", ".json", ".yaml", ".sum", ".lockfile", ".toml", ".xml")
"""How all of those end: asked first, since an image has hundreds of thousands of paths."""
_OF_PACKAGES = re.compile(
    r"(?:^|/)(?:node_modules|site-packages|dist-packages|gems/[^/]+|vendor)/|^usr/share/|^usr/lib/"
)
"""Where installed packages lie, which may bring lock files of their own development."""

_UNSEARCHED = re.compile(
    r"(?:usr/)?(?:s?bin|lib(?:32|64|x32|exec)?|games|include|share)/|boot/|var/(?:lib/(?:dpkg|apt|rpm)|cache)/"
    r"|(?:.*/)?(?:node_modules|(?:site|dist)-packages|__pycache__|gems/[^/]+)/"
    r"|usr/(?:local/)?(?:lib/python[\d.]+|share/(?:man|doc|locale)|include)/"
)
SEARCHED_BYTES = 1_000_000
"""Of one file; larger ones are hardly written by hand."""
SEARCHED_IN_ALL = 50_000_000
MOST_SECRETS = 1_000
"""Of an image. More are a list of made-up ones, or a disaster of which a thousand tell enough."""

PACKAGE_MANAGERS = frozenset(
    (
        *("apt", "apt-get", "dpkg", "apk", "rpm", "yum", "dnf", "microdnf", "zypper", "pip", "pip3", "npm", "yarn"),
        *("gem", "composer", "cargo", "conda"),
    )
)
SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "fish"))
BUILDERS = frozenset(
    (
        *("gcc", "cc", "g++", "clang", "make", "git", "curl", "wget", "nc", "ncat", "netcat", "gdb", "strace"),
        *("tcpdump", "nmap"),
    )
)
"""Compilers, and what fetches or listens: of use to whoever breaks in."""
_PROGRAMS = re.compile(r"(?:usr/(?:local/)?)?s?bin/([^/]+)")


def program_of(path: str) -> str:
    """Return the name of a program that lies where programs are looked for; empty for every other file."""
    found = _PROGRAMS.fullmatch(path)
    return found[1] if found else ""


def is_lock(path: str) -> bool:
    """Whether a file is a lock file or an SBOM of what the image's owner builds."""
    return path.endswith(_ENDS) and _LOCKS.fullmatch(path) is not None and not _OF_PACKAGES.search(path)


def unsearched_part(path: str) -> str:
    """Return under which folder a file is counted that is not searched for secrets, since a distribution or a package
    installed it; empty for one that is. Files of one folder share the answer."""
    found = _UNSEARCHED.match(path)
    return "/".join(found[0].rstrip("/").split("/")[:3]) if found else ""
