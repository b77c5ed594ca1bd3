"""The event that started a run of GitHub Actions, as the platform wrote it into a file.

The file is the platform's. What people chose in it (titles, names of branches and repositories) is as hostile as any
text of a change, and nothing here trusts it for more than it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from secscan.commit_id import is_commit_id

_MOST_BYTES = 10_000_000


def read_event(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the event's document; an empty one where there is none, or it cannot be read."""
    try:
        with Path(environment.get("GITHUB_EVENT_PATH", "")).open("rb") as file:
            document = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def text_at(document: Any, *names: str) -> str:
    """Return the text that stands below these names; empty where there is none."""
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document if isinstance(document, str) else ""


def commit_at(document: Any, *names: str) -> str:
    """Return the id of a commit that stands below these names; empty where there is none."""
    text = text_at(document, *names)
    return text if is_commit_id(text) else ""


def number_at(document: Any, *names: str) -> int:
    """Return the positive whole number that stands below these names; 0 where there is none."""
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document if isinstance(document, int) and not isinstance(document, bool) and document > 0 else 0
