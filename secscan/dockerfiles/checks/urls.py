"""Addresses: cleartext ones, and those that do not leave the machine."""

from __future__ import annotations

import re

_CLEARTEXT = re.compile(r"[\"']?(?:http|ftp|git)://", re.IGNORECASE)
_LOCAL = re.compile(
    r"[\"']?(?:[a-z][a-z0-9+.-]*://)?(?:[^@/\s]*@)?(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0)(?::|/|$|\?)",
    re.IGNORECASE,
)


def is_cleartext(url: str) -> bool:
    """Whether what comes from an address comes without encryption, from another machine."""
    return _CLEARTEXT.match(url) is not None and not is_local(url)


def is_local(url: str) -> bool:
    """Whether an address is that of the machine itself."""
    return _LOCAL.match(url) is not None
