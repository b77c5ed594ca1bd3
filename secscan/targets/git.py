"""The only place that calls git: plumbing commands, in an environment in which nothing of the repository runs.

A repository may come from an archive, so its `.git` is as hostile as its files: git starts programs that
`.git/config` names (file system monitor, hooks, filters, textconv, external diff, ssh, credential helpers, remote
helpers). So only commands that read the index and the object database are used, never one that compares or
converts the content of files; every key that starts a program is overridden; no protocol is allowed, so a missing
object is an error and never a download. We find `.git` ourselves (`targets.find_git`) and name it to git
(`--git-dir`): its own search would take a bare repository planted among the files, and refuse one that another user
owns.

Paths are bytes, relative to the top of the work tree, as git knows them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from secscan import process
from secscan.errors import TargetError
from secscan.findings.paths import encode_path, is_test_path
from secscan.findings.scan import timestamp

REGULAR, EXECUTABLE, LINK, GITLINK = 0o100644, 0o100755, 0o120000, 0o160000
"""Modes of entries in an index or tree: file, executable file, symbolic link, submodule."""

MAX_BLOB = 200_000_000
"""A blob of more bytes than this is not copied out of the object database."""
_BATCH = 64_000_000
_LIMITS = process.Limits(seconds=300, megabytes=4096)

CONFIG = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.excludesFile": os.devnull,
    "core.attributesFile": os.devnull,
    "core.untrackedCache": "false",
    "core.alternateRefsCommand": "",
    "core.pager": "cat",
    "core.sshCommand": "false",
    "credential.helper": "",
    "diff.external": "",
    "log.showSignature": "false",
    "protocol.allow": "never",
    "safe.bareRepository": "explicit",
    "submodule.recurse": "false",
}
ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "GIT_SSH_COMMAND": "false",
    "GIT_EDITOR": "false",
    "GIT_PAGER": "cat",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    # Replacement objects and grafts would show other content and other history than the commit's.
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_CONFIG_COUNT": str(len(CONFIG)),
    **{f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(CONFIG)},
    **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(CONFIG.values())},
}

_USER = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
"""Variables by which git finds the user's own settings."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the index or of a commit's tree."""

    mode: int
    oid: str
    path: bytes
    stage: int = 0
    """Above 0: one side of a conflict that is not resolved."""
    not_checked_out: bool = False
    """Whether a sparse checkout leaves it out of the work tree."""


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs between a commit and another, or between a commit and the index."""

    status: str
    """`A` added, `M` changed, `T` another type of entry, `D` deleted, `U` in conflict."""
    mode: int
    oid: str
    path: bytes


@dataclass(frozen=True, slots=True)
class Name:
    """A name under which a content was committed."""

    path: bytes
    commit: str
    """The commit that brought it there, the first in the order of history."""
    order: int
    """The place of that commit in it."""


@dataclass(frozen=True)
class Version:
    """One content that a file had in some commit, under names that say the same of it: the last part of the path is
    equal, and so is whether it stands among tests."""

    oid: str
    mode: int
    names: tuple[Name, ...]
    """The oldest first."""


@dataclass(frozen=True)
class Repository:
    """A git repository with a work tree."""

    root: Path
    git_dir: Path
    program: Path
    index_file: Path | None = None
    """Another index than the repository's own: git gives its hooks one that holds what is about to be committed."""
    told: Callable[[int, int], None] = field(default=lambda done, total: None, compare=False)  # noqa: ARG005
    """Is given how many contents of how many have been read, while `blobs` reads them."""

    def head(self) -> str:
        """The commit that HEAD names; empty before the first commit."""
        if not self.run("rev-parse", "--verify", "--quiet", "HEAD", accept=(0, 1)):
            return ""
        return self.run("rev-parse", "--verify", "HEAD^{commit}").decode("ascii").strip()

    def commit(self, revision: str) -> str:
        """The id of the commit that a revision names. Raises `TargetError` if there is none."""
        hint = "fetch it first, for example with `git fetch origin BASE` (on GitHub: `fetch-depth: 0`)"
        if not revision or revision.startswith("-") or not revision.isprintable():
            raise TargetError(f"{revision!r} does not name a commit", hint="give a branch, a tag or a commit id")
        meanings = self._meanings(revision)
        if len(meanings) > 1:
            # git would take a tag before a branch, and whoever may push a tag would choose.
            raise TargetError(
                f"{revision} means several things: {', '.join(meanings)}", hint="write the one that is meant in full"
            )
        answer = self.run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", accept=(0, 1, 128)).strip()
        if not answer:
            raise TargetError(f"{revision!r} does not name a commit of {self.root}", hint=hint)
        return answer.decode("ascii")

    def remote(self) -> str:
        """The address of the remote `origin`, as it is configured; empty where there is none."""
        told = self.run("config", "--null", "--get", "remote.origin.url", accept=(0, 1))
        return told.rstrip(b"\0").decode("utf-8", "replace")

    def branch(self) -> str:
        """The branch that is checked out; empty where none is."""
        told = self.run("symbolic-ref", "--quiet", "--short", "HEAD", accept=(0, 1))
        return told.decode("utf-8", "replace").strip()

    def merge_base(self, one: str, other: str) -> str:
        """The best common ancestor of two commits. Raises `TargetError` if there is none."""
        answer = self.run("merge-base", one, other, accept=(0, 1)).split()
        if not answer:
            raise TargetError(
                f"{one[:12]} and {other[:12]} have no common ancestor here",
                hint="fetch more history, for example with `git fetch --unshallow` (on GitHub: `fetch-depth: 0`)",
            )
        return answer[0].decode("ascii")

    def index(self, prefix: bytes = b"") -> tuple[Entry, ...]:
        """The entries of the index below `prefix`."""
        entries = []
        for row in _rows(self.run("ls-files", "-s", "-t", "-z", "--", *_pathspec(prefix))):
            head, path = row.split(b"\t", 1)
            tag, mode, oid, stage = head.split()
            entries.append(
                Entry(
                    mode=int(mode, 8),
                    oid=oid.decode("ascii"),
                    path=path,
                    stage=int(stage),
                    not_checked_out=tag.upper() == b"S",
                )
            )
        return tuple(entries)

    def tracked(self, paths: Sequence[bytes]) -> tuple[bytes, ...]:
        """Those of the paths that are files in the index."""
        return tuple(path for path in _rows(self.run("ls-files", "-z", "--", *paths)) if path in paths)

    def ignored(self) -> tuple[bytes, ...]:
        """What git ignores; a folder that is ignored as a whole ends in `/`.

        Always for the whole work tree: with a path inside an ignored folder, git 2.39 ends with an internal error.
        """
        return tuple(_rows(self.run("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")))

    def tree(self, commit: str, prefix: bytes = b"") -> tuple[Entry, ...]:
        """Every file, link and submodule in a commit's tree below `prefix`."""
        entries = []
        for row in _rows(self.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *_pathspec(prefix))):
            head, path = row.split(b"\t", 1)
            mode, _, oid = head.split()
            entries.append(Entry(mode=int(mode, 8), oid=oid.decode("ascii"), path=path))
        return tuple(entries)

    def changes(self, base: str, commit: str, prefix: bytes = b"") -> tuple[Change, ...]:
        """What differs between two commits; an empty `commit` stands for the index, an empty `base` for nothing."""
        options = ("-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv")
        of_index = ("diff-index", "--cached", "--ita-invisible-in-index", *options[1:])
        base = base or self.run("hash-object", "-t", "tree", "--stdin", stdin=b"").decode("ascii").strip()
        command = ("diff-tree", *options, base, commit) if commit else (*of_index, base)
        rows = _rows(self.run(*command, "--", *_pathspec(prefix)))
        found = []
        for head, path in zip(rows, rows, strict=True):
            _, mode, _, oid, status = head.split()
            found.append(Change(status=chr(status[0]), mode=int(mode, 8), oid=oid.decode("ascii"), path=path))
        return tuple(found)

    def renames(self, base: str, commit: str) -> dict[bytes, bytes]:
        """Old path by new path of the files that git takes for renamed between two commits; an empty `commit` stands
        for the index."""
        options = ("-r", "-z", "-M", "--diff-filter=R", "--no-ext-diff", "--no-textconv", "--name-status")
        command = ("diff-tree", *options, base, commit) if commit else ("diff-index", "--cached", *options[1:], base)
        rows = _rows(self.run(*command))
        return {new: old for _, old, new in zip(rows, rows, rows, strict=True)}

    def versions(self, last: str = "", since: Sequence[str] = ()) -> tuple[Version, ...]:
        """Every content of a file that a ref reaches, or the commit `last` and none of `since`, with the names it
        had."""
        which = (last, *(f"^{one}" for one in since)) if last else ("--all",)
        commits = self.run("rev-list", "--reverse", "--topo-order", *which)
        if not commits:
            return ()
        options = ("--stdin", "-r", "-z", "-m", "--root", "--no-renames", "--no-ext-diff", "--no-textconv", "--raw")
        found: dict[tuple[str, bytes, bool], tuple[int, dict[bytes, Name]]] = {}
        commit, order = "", 0
        rows = _rows(self.run("diff-tree", *options, stdin=commits))
        for row in rows:
            if not row.startswith(b":"):
                commit, order = row.split()[0].decode("ascii"), order + 1
                continue
            _, mode, _, oid, _ = row[1:].split()
            path = next(rows)
            if int(mode, 8) in (REGULAR, EXECUTABLE, 0o100664):
                key = (oid.decode("ascii"), path.rpartition(b"/")[2], is_test_path(encode_path(path)))
                names = found.setdefault(key, (int(mode, 8), {}))[1]
                names.setdefault(path, Name(path, commit, order))
        return tuple(Version(key[0], mode, tuple(names.values())) for key, (mode, names) in found.items())

    def authors(self, commits: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Who wrote each commit, and when (RFC 3339, UTC; empty where its author's clock gave no time)."""
        asked = sorted(set(commits))
        if not asked:
            return {}
        answer = self.run("rev-list", "--no-walk", "--stdin", "--format=%at %an", stdin="\n".join(asked).encode())
        # A name can hold what Python takes for the end of a line; git ends its lines with one character only.
        lines = iter(answer.decode("utf-8", "replace").rstrip("\n").split("\n"))
        told = {header.split()[1]: line.partition(" ") for header, line in zip(lines, lines, strict=True)}
        return {commit: (name, _moment(seconds)) for commit, (seconds, _, name) in told.items()}

    def blobs(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Yield the content of each object once; None where it is missing, not a blob, or above `MAX_BLOB`."""
        batch: list[str] = []
        filled = 0
        wanted = sorted(set(oids))
        for done, (oid, size) in enumerate(self._sizes(wanted)):
            self.told(done, len(wanted))
            if size is None or size > MAX_BLOB:
                yield oid, None
                continue
            if batch and filled + size > _BATCH:
                yield from self._contents(batch)
                batch, filled = [], 0
            batch.append(oid)
            filled += size
        if batch:
            yield from self._contents(batch)

    def borrows_from(self) -> str:
        """Where this repository takes objects from besides its own; empty for nowhere."""
        alternates = self.git_dir / "objects" / "info" / "alternates"
        return "objects/info/alternates" if alternates.is_file() else ""

    def _meanings(self, name: str) -> tuple[str, ...]:
        """The refs that a short name can mean, git's first choice first; none for anything but a short name."""
        full = [f"refs/{folder}{name}" for folder in ("", "tags/", "heads/", "remotes/")]
        known = set(self.run("for-each-ref", "--format=%(refname)", *full).decode("utf-8", "replace").splitlines())
        return tuple(one for one in full if one in known)

    def _sizes(self, oids: Sequence[str]) -> Iterator[tuple[str, int | None]]:
        if not oids:
            return
        answer = self.run("cat-file", "--batch-check", "--buffer", stdin="\n".join([*oids, ""]).encode("ascii"))
        for oid, line in zip(oids, answer.splitlines(), strict=True):
            parts = line.split()
            yield oid, int(parts[2]) if len(parts) == 3 and parts[1] == b"blob" else None

    def _contents(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
        data = self.run("cat-file", "--batch", "--buffer", stdin="\n".join([*oids, ""]).encode("ascii"))
        at = 0
        for oid in oids:
            end = data.index(b"\n", at)
            size = int(data[at:end].split()[2])
            yield oid, data[end + 1 : end + 1 + size]
            at = end + 1 + size + 1

    def run(self, *arguments: str | bytes, stdin: bytes | None = None, accept: Sequence[int] = (0,)) -> bytes:
        """Run a plumbing command and return what it wrote. Raises `TargetError` for an exit code not in `accept`."""
        command = arguments[0]
        root, git_dir = str(self.root), str(self.git_dir)
        environment = dict(ENVIRONMENT)
        if self.git_dir == self.root / ".git":
            environment["GIT_COMMON_DIR"] = git_dir  # a planted `commondir` file would lead elsewhere
        if self.index_file is not None:
            environment["GIT_INDEX_FILE"] = str(self.index_file)
        try:
            ended = process.run(
                [str(self.program), "-C", root, f"--git-dir={git_dir}", f"--work-tree={root}", "--no-pager"]
                + [os.fsdecode(argument) for argument in arguments],
                limits=_LIMITS,
                env=environment,
                stdin=stdin,
            )
        except process.StartError as error:
            raise TargetError(f"git cannot be started: {error}", hint="install git 2.30 or newer") from error
        if ended.trouble or ended.exit_code not in accept:
            words = ended.stderr.decode("utf-8", "replace").strip().splitlines()
            why = ended.trouble or (words[-1][:300] if words else f"it ended with exit code {ended.exit_code}")
            raise TargetError(
                f"git {os.fsdecode(command)} failed in {root}: {why}",
                hint="check the repository with `git fsck`, or scan a fresh clone",
            )
        return ended.stdout


def user_config(repository: Repository, key: str) -> str:
    """Return a setting as git has it for the user, with his own and the system's files; empty where nobody set it.

    Reading settings starts no program; what is read is not trusted here.
    """
    ours = [name for name in ENVIRONMENT if name.startswith("GIT_CONFIG")]
    program = str(repository.program)
    environment = {name: os.environ[name] for name in _USER if name in os.environ}
    environment |= {name: value for name, value in ENVIRONMENT.items() if name not in ours}
    try:
        ended = process.run(
            [program, "-C", str(repository.root), f"--git-dir={repository.git_dir}", "config", "--null", "--get", key],
            limits=_LIMITS,
            env=environment,
        )
    except process.StartError as error:
        raise TargetError(f"git cannot be started: {error}", hint="install git 2.30 or newer") from error
    return ended.stdout.rstrip(b"\0").decode("utf-8", "surrogateescape") if ended.exit_code == 0 else ""


def _moment(seconds: str) -> str:
    """Seconds since 1970 as a time. Who makes a commit can write any number."""
    try:
        return timestamp(datetime.fromtimestamp(int(seconds), UTC))
    except (ValueError, OverflowError, OSError):
        return ""


def _rows(data: bytes) -> Iterator[bytes]:
    return iter(data.split(b"\0")[:-1])


def _pathspec(prefix: bytes) -> tuple[bytes, ...]:
    return (prefix,) if prefix else ()
