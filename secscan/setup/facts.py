"""What is known of a repository before it is set up, and a file to write there: the two values of this package.

    repository -> detect -> Facts -> propose, pipelines, ... -> NewFile -> write

Whoever writes files for a repository (settings, pipelines of a CI system) is a function from `Facts` to `NewFile`s: it
reads nothing and writes nothing. All texts in `Facts` that come from the repository are path texts (`findings.paths`)
or one of our own words; a path is whatever the repository's author wrote, so what it goes into must quote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CI_SYSTEMS = ("github", "gitlab", "jenkins", "circleci", "azure", "bitbucket", "argo")
"""The CI systems by the names that `secscan init --ci` takes."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A language, or a folder, and how many files there are of it."""

    name: str
    files: int
    why: str = ""
    """Of a folder: what it was taken for, and by which sign."""


@dataclass(frozen=True, slots=True)
class ForeignSettings:
    """A file with settings of a scanner, which will not be honoured."""

    path: str
    tool: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was found in a repository."""

    root: Path
    """The folder that is set up; real, absolute."""
    in_git: bool = False
    default_branch: str = ""
    """Of the remote `origin` as git knows it, else the branch that is checked out; empty where neither is known."""
    files: int = 0
    languages: tuple[Counted, ...] = ()
    """Programming languages, most files first."""
    lock_files: tuple[str, ...] = ()
    """Files that name packages with their versions, which can be looked up."""
    loose_manifests: tuple[str, ...] = ()
    """Files that ask for packages and have no lock file: what they come to is not known."""
    ecosystems: tuple[str, ...] = ()
    """Of the packages that are named with versions, as the advisory index calls them: `PyPI`, `npm`, `Go` ..."""
    dockerfiles: tuple[str, ...] = ()
    compose_files: tuple[str, ...] = ()
    kubernetes_files: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    """Archives and layouts of container images among the files."""
    vault: tuple[str, ...] = ()
    """Files that refer to Vault."""
    ci: tuple[str, ...] = ()
    """Those of `CI_SYSTEMS` whose files are there."""
    hooks: tuple[str, ...] = ()
    """What manages git hooks here: `pre-commit`, `husky`, `lefthook`, `git` (a hook file of its own)."""
    foreign: tuple[ForeignSettings, ...] = ()
    projects: tuple[str, ...] = ()
    """Folders with a manifest of their own, where there are several; `""` is the top."""
    generated: tuple[Counted, ...] = ()
    """Folders of generated files."""
    vendored: tuple[Counted, ...] = ()
    """Folders of other people's source."""
    gitignore: bytes = b""
    """What the `.gitignore` at the top holds."""
    own: tuple[str, ...] = ()
    """Files of ours that are there already: `secscan.yaml`, `.secscan/policy.yaml` ..."""

    def has(self, language: str) -> bool:
        """Whether there is a file in a language."""
        return any(one.name == language for one in self.languages)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to write below the top of the repository."""

    path: str
    """Relative, with `/`; never one that leads out."""
    content: bytes
    about: str
    """What it is for, in a few words, for whoever is asked whether to write it."""
