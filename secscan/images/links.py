"""Symbolic links behind which packages lie where nobody looks for them. Nothing is followed: it is said."""

from __future__ import annotations

import posixpath
import re

from secscan.inventory.installed.known import reader_of_installed

_DATABASES = (
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d/x",
    "lib/apk/db/installed",
    *(
        f"{folder}/{name}"
        for folder in ("var/lib/rpm", "usr/lib/sysimage/rpm")
        for name in ("rpmdb.sqlite", "Packages.db")
    ),
)
"""Where package managers look, each by one file."""
_MODULES = "node_modules"
_OWN = re.compile(r"usr/(?:lib|share)/")
"""Where Debian has such links to packages of its own, which its database names."""


def target_of(path: str, link: str) -> str:
    """Return where a link leads to, by the texts alone."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(path), link)).lstrip("/")


def hidden_behind(path: str, link: str) -> str:
    """Return what a link hides; empty where it leads to a place at which packages are looked for, as `lib` does, where
    it is `usr/lib`."""
    target = target_of(path, link)
    places = [f"{path}/x/package.json"] if posixpath.basename(path) == _MODULES and not _OWN.match(path) else []
    hidden = [
        one
        for one in (*_DATABASES, *places)
        if (one == path or one.startswith(f"{path}/")) and reader_of_installed(f"{target}{one[len(path) :]}", 1) is None
    ]
    return f"it is a link to {target[:200] or '/'}, where packages are not looked for" if hidden else ""
