"""Looks at a repository: what is there to scan, and what is set up already.

Only names, and the texts that name packages, manifests and Vault, are read; nothing is run. The files are those that a
scan without settings would look at.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from secscan.findings.levels import GapKind
from secscan.findings.paths import is_test_path, os_path
from secscan.hooks.managers import managers_of
from secscan.inventory.contract import Inventory
from secscan.inventory.discover import take_inventory
from secscan.manifests.recognise import SUFFIXES, is_compose_name, looks_like_manifest
from secscan.settings.places import OWN_FILES, SETTINGS_FILE
from secscan.setup.facts import Counted, Facts, ForeignSettings
from secscan.setup.places import ci_systems, generated_and_vendored, projects_of
from secscan.stores.references.find import find as find_references
from secscan.targets.content import NotRegularError, read_regular
from secscan.targets.contract import SourceFile, Target
from secscan.targets.find_git import find_repository
from secscan.targets.git import Repository
from secscan.targets.languages import is_dockerfile
from secscan.targets.notices import TOPIC, owner_of
from secscan.targets.open import TargetRequest, open_target

_NO_PROGRAMS = frozenset(
    (
        "",
        "yaml",
        "json",
        "toml",
        "ini",
        "xml",
        "html",
        "css",
        "markdown",
        "text",
        "gomod",
        "gosum",
        "dockerfile",
        "make",
    )
)
_LOOSE = (GapKind.VERSION_RANGE, GapKind.NO_LOCK_FILE, GapKind.UNSUPPORTED_MANIFEST)
_MOST_BYTES = 500_000
"""A larger file is no manifest, and refers to nothing, that somebody wrote."""
_MOST_NAMED = 50
"""Files of one kind that are named."""
_IMAGE_NAME = re.compile(r".*\.(?:tar|tar\.gz|tgz|tar\.zst)$", re.IGNORECASE)


def look_at(folder: Path) -> Facts:
    """Return what is known of a repository, or of a folder. Raises `TargetError` where it cannot be read."""
    root = Path(os.path.realpath(folder))
    repository, _ = find_repository(root)
    with open_target(TargetRequest(path=root)) as target:
        files = [file for file in target.files if not _is_ours(file.path)]
        paths = [file.path for file in files]
        inventory = take_inventory(paths, target.read)
        compose = tuple(path for path in paths if is_compose_name(path))
        generated, vendored = generated_and_vendored(paths)
        return Facts(
            root=root,
            in_git=repository is not None,
            default_branch=_default_branch(repository) if repository else "",
            files=len(paths),
            languages=_languages(files),
            lock_files=_named({one.path for one in inventory.packages if not _is_workflow(one.path)}),
            loose_manifests=_loose(inventory),
            ecosystems=tuple(sorted({one.ecosystem for one in inventory.packages} - {""})),
            dockerfiles=_named(path for path in paths if is_dockerfile(path)),
            compose_files=_named(compose),
            kubernetes_files=_named(_manifests(target, files, set(compose))),
            images=_named(_images(target, files)),
            vault=_named(_referring(target, files)),
            ci=ci_systems(paths, lambda path: _text(target, path)),
            hooks=_hooks(root, repository),
            foreign=_foreign(target),
            projects=projects_of(paths),
            generated=generated,
            vendored=vendored,
            gitignore=_gitignore(root),
            own=tuple(path for path in OWN_FILES if (root / path).exists()),
        )


def _named(paths: set[str] | Sequence[str] | Iterator[str]) -> tuple[str, ...]:
    """Path texts, those of the project itself before tests and examples."""
    return tuple(sorted(paths, key=lambda path: (is_test_path(path), path.count("/"), path))[:_MOST_NAMED])


def _languages(files: Sequence[SourceFile]) -> tuple[Counted, ...]:
    counts = Counter(file.language for file in files if file.language not in _NO_PROGRAMS)
    return tuple(Counted(name, number) for name, number in sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _is_ours(path: str) -> bool:
    """Whether it is a file of ours: what was set up once must not look like something to set up for."""
    return path == SETTINGS_FILE or path.startswith(".secscan/")


def _is_workflow(path: str) -> bool:
    return path.startswith(".github/workflows/") or posixpath.basename(path) in ("action.yml", "action.yaml")


def _loose(inventory: Inventory) -> tuple[str, ...]:
    """Manifests of which nobody says what their ranges come to. A gap about a range is of `WHAT in PATH`."""
    subjects = {one.subject.rpartition(" in ")[2] for one in inventory.gaps if one.kind in _LOOSE}
    return _named(subjects)


def _manifests(target: Target, files: Sequence[SourceFile], compose: set[str]) -> Iterator[str]:
    for file in files:
        if file.path.endswith(SUFFIXES) and file.path not in compose and file.size <= _MOST_BYTES:
            text = _text(target, file.path)
            if "apiVersion" in text and looks_like_manifest(file.path, text):
                yield file.path


def _referring(target: Target, files: Sequence[SourceFile]) -> Iterator[str]:
    for file in files:
        if file.language not in ("markdown", "text") and file.size <= _MOST_BYTES:
            text = _text(target, file.path)
            if "vault" in text.lower() and find_references(file.path, text).references:
                yield file.path


def _images(target: Target, files: Sequence[SourceFile]) -> Iterator[str]:
    from secscan.errors import UsageError
    from secscan.images.reference import sniff

    for file in files:
        if posixpath.basename(file.path) == "oci-layout":
            yield posixpath.dirname(file.path) or "."
        elif _IMAGE_NAME.fullmatch(file.path):
            try:
                found = sniff(target.root / os_path(file.path))
            except (UsageError, OSError):
                continue
            if found:
                yield file.path


def _text(target: Target, path: str) -> str:
    return target.read(path).decode("utf-8", "replace")


def _foreign(target: Target) -> tuple[ForeignSettings, ...]:
    return tuple(ForeignSettings(one.subject, owner_of(one.subject)) for one in target.notices if one.topic == TOPIC)


def _hooks(root: Path, repository: Repository | None) -> tuple[str, ...]:
    found = {one.name for one in managers_of(root)}
    if repository is not None and (repository.git_dir / "hooks" / "pre-commit").is_file():
        found.add("git")
    return tuple(sorted(found))


def _gitignore(root: Path) -> bytes:
    try:
        return read_regular(root / ".gitignore", most=_MOST_BYTES)
    except (OSError, NotRegularError):
        return b""


def _default_branch(repository: Repository) -> str:
    """What `origin` has for its default branch, as a clone writes it down; else the branch that is checked out."""
    prefix = "ref: refs/remotes/origin/"
    try:
        line = read_regular(repository.git_dir / "refs" / "remotes" / "origin" / "HEAD", most=1000).decode().strip()
    except (OSError, NotRegularError, UnicodeDecodeError):
        line = ""
    return line.removeprefix(prefix) if line.startswith(prefix) else repository.branch()
