"""What the places of files say: CI systems, projects of a monorepo, folders of generated and of vendored files."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Sequence

from secscan.findings.paths import is_test_path
from secscan.setup.facts import CI_SYSTEMS, Counted

_CI = {
    "github": r"\.github/workflows/[^/]+\.ya?ml",
    "gitlab": r"\.gitlab-ci\.ya?ml",
    "jenkins": r"Jenkinsfile(?:\.[\w-]+)?",
    "circleci": r"\.circleci/config\.ya?ml",
    "azure": r"(?:\.azure-pipelines/.+|azure-pipelines[\w.-]*)\.ya?ml",
    "bitbucket": r"bitbucket-pipelines\.ya?ml",
}
_ARGO = re.compile(r"(?m)^apiVersion:\s*argoproj\.io/")
_MANIFEST = re.compile(
    r"pyproject\.toml|setup\.py|package\.json|go\.mod|Cargo\.toml|pom\.xml|build\.gradle(?:\.kts)?|composer\.json"
    r"|Gemfile|mix\.exs|pubspec\.yaml|[^/]+\.(?:cs|fs|vb)proj"
)
_VENDORED = {
    **dict.fromkeys(("vendor", "vendored", "_vendor", "_vendored"), "its name says that it is vendored"),
    **dict.fromkeys(("third_party", "third-party", "thirdparty", "3rdparty"), "its name says that others wrote it"),
    **dict.fromkeys(("node_modules", "bower_components"), "installed packages, which git tracks"),
}
_GENERATED = {
    **dict.fromkeys(("generated", "__generated__", "_generated", "autogen"), "its name says that it is generated"),
    **dict.fromkeys(("dist", "build"), "what a build makes, which git tracks"),
}
_MOST = 30


def ci_systems(paths: Sequence[str], text_of: Callable[[str], str]) -> tuple[str, ...]:
    """Return the CI systems whose files are there, in the order of `CI_SYSTEMS`."""
    found = {name for name, pattern in _CI.items() if any(re.fullmatch(pattern, path) for path in paths)}
    manifests = (path for path in paths if path.endswith((".yaml", ".yml")) and "argo" in path.lower())
    if any(_ARGO.search(text_of(path)) for path in manifests):
        found.add("argo")
    return tuple(name for name in CI_SYSTEMS if name in found)


def projects_of(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the folders that have a manifest of their own, where there are several; tests and examples are none."""
    folders = {
        posixpath.dirname(path)
        for path in paths
        if _MANIFEST.fullmatch(posixpath.basename(path)) and not is_test_path(path) and not _marked(path, _VENDORED)
    }
    return tuple(sorted(folders)[:_MOST]) if len(folders) > 1 else ()


def generated_and_vendored(paths: Sequence[str]) -> tuple[tuple[Counted, ...], tuple[Counted, ...]]:
    """Return the folders of generated files, and those of other people's source, the largest first."""
    return _folders(paths, _GENERATED), _folders(paths, _VENDORED)


def _folders(paths: Sequence[str], signs: dict[str, str]) -> tuple[Counted, ...]:
    counts = Counter(folder for path in paths if (folder := _marked(path, signs)))
    found = (Counted(folder, number, signs[posixpath.basename(folder)]) for folder, number in counts.items())
    return tuple(sorted(found, key=lambda one: (-one.files, one.name))[:_MOST])


def _marked(path: str, signs: dict[str, str]) -> str:
    """The highest folder above a file that has one of the names; empty where there is none."""
    parts = path.split("/")[:-1]
    at = next((number for number, part in enumerate(parts) if part in signs), None)
    return "/".join(parts[: at + 1]) if at is not None else ""
