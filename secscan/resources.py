"""Finds the data folders `policies/`, `reports/` and `pipelines/`, in an installed wheel or in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_dir(name: str) -> Path:
    """Return the folder of shipped data called `name` (`policies`, `reports` or `pipelines`).

    In a wheel the data lies inside the package; in a checkout beside it. The working directory is
    never looked at. Raises `FileNotFoundError` when the installation is damaged.
    """
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"secscan is installed without its {name}/ folder; reinstall it")
