"""PyPI: PEP 440, by `packaging`."""

from __future__ import annotations

from packaging.version import Version


def key(text: str) -> Version | None:
    """Return the version; None for a text that PEP 440 does not know."""
    try:
        return Version(text)
    except ValueError:  # `InvalidVersion` is one; so is what Python says of a number of thousands of digits
        return None


def normal(text: str) -> str:
    """Return the canonical spelling, without trailing zeros; the text itself where PEP 440 does not know it."""
    from packaging.utils import canonicalize_version  # it takes logging, and tags of platforms, with it

    try:
        return canonicalize_version(Version(text))
    except ValueError:
        return text


def public(text: str) -> str:
    """Return the version without its local part; the text itself where PEP 440 does not know it."""
    try:
        return Version(text).public
    except ValueError:
        return text
