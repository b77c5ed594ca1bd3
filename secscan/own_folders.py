"""Where a user's own files lie: the XDG Base Directory Specification
(https://specifications.freedesktop.org/basedir-spec/latest/)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from secscan.errors import ConfigError

_USUAL = {
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
}
"""By variable: the folder below the home of who does not set it."""


def own_folder(variable: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return our folder among those that the variable is about. It need not be there.

    A relative path in the variable counts for nothing, as the specification has it: it would lead into whatever folder
    we stand in, which may be one that is scanned. Raises `ConfigError` for a user without a home, such as one that a
    container makes up.
    """
    named = environment.get(variable, "")
    if Path(named).is_absolute():
        return Path(named) / "secscan"
    try:
        return Path.home() / _USUAL[variable] / "secscan"
    except RuntimeError:
        raise ConfigError("this user has no home folder", hint=f"set {variable} to a folder, or HOME") from None
