"""Ids of commits."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def is_commit_id(text: str) -> bool:
    """Return whether a text is a whole id of a commit as git writes it, by SHA-1 or SHA-256, and so no other name."""
    return _WHOLE.fullmatch(text) is not None
