"""Opens a target: the one door through which the rest of the program gets files to look at."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from secscan.errors import TargetError, UsageError
from secscan.findings.paths import decode_path, encode_path
from secscan.leftovers import private_folder
from secscan.targets.contract import Target
from secscan.targets.diff import Part, diff_span, open_commit, open_span
from secscan.targets.environment import open_environment
from secscan.targets.find_git import find_repository
from secscan.targets.git import Repository
from secscan.targets.history import open_history
from secscan.targets.opened import OpenedTarget
from secscan.targets.paths import open_paths
from secscan.targets.provenance import with_provenance
from secscan.targets.ranges import Span, index_of_commit, staged_span
from secscan.targets.scope import Wishes
from secscan.targets.server import open_server
from secscan.targets.standard_input import open_standard_input
from secscan.targets.tree import open_file, open_tree, prefix_of


@dataclass(frozen=True)
class TargetRequest:
    """What to look at. At most one of `staged`, `diff`, `span`, `commit`, `history` and `paths_from` is given."""

    path: Path
    """A folder, one file, or `-` for standard input. A symbolic link that the user names is followed; none inside it
    ever is."""
    staged: bool = False
    """The content of git's index, of what differs from HEAD."""
    diff: str = ""
    """`BASE...HEAD`, `BASE..HEAD` or `BASE`; see `targets.diff`."""
    span: Span | None = None
    """What differs from all its bases; see `targets.ranges`."""
    commit: str = ""
    """A revision: all files of that commit, with the content that they have there."""
    part: Part = field(default_factory=Part)
    """Which part of what is staged, of a span or of a commit."""
    index: Path | None = None
    """The index that is meant by `staged`, where that is not the repository's own."""
    history: bool = False
    """Every version of every file that was ever committed; see `targets.history`."""
    paths_from: str = ""
    """A file with a list of paths, or `-` for standard input."""
    server: str = ""
    """The address of a Vault server, which is looked at instead of any path."""
    environment: Path | None = None
    """A Python environment, of which what is installed is looked at instead of any path."""
    include: tuple[str, ...] = ()
    """Path globs (see `findings.globs`) of what is brought back into scope."""
    exclude: tuple[str, ...] = ()
    """Path globs of what is left out; shown among what is out of scope."""


def commit_of(request: TargetRequest, commit: str) -> TargetRequest:
    """Return the request for all files of a commit, whatever part of them is asked for."""
    return TargetRequest(path=request.path, commit=commit, include=request.include, exclude=request.exclude)


@contextlib.contextmanager
def open_target(
    request: TargetRequest,
    *,
    told: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005 - nobody waits
) -> Iterator[Target]:
    """Open a target and count what is in it. Copies of content that lies in git are removed at the end.

    `told` is given how many contents of how many have been copied out of git.
    Raises `TargetError` where it does not exist, cannot be read, or is not in a git repository where it must
    be, and `UsageError` where the request contradicts itself.
    """
    if request.server:
        with private_folder() as folder:
            yield open_server(request.server, Path(os.path.realpath(folder)))
        return
    ways = (request.staged, request.diff, request.span, request.commit, request.history, request.paths_from)
    if sum(map(bool, ways)) > 1:
        raise UsageError("--staged, --diff, --history and --paths-from exclude each other", hint="give one of them")
    if str(request.path) == "-":
        if any(ways):
            raise UsageError("standard input has no git and no paths", hint="give a folder")
        with private_folder() as folder:
            yield open_standard_input(Path(os.path.realpath(folder)))
        return
    if request.environment is not None:
        if any(ways):
            hint = "--staged, --diff, --history and --paths-from take a folder of sources"
            raise UsageError("an environment has no git and no paths", hint=hint)
        yield open_environment(_resolve(request.environment))
        return
    place = _resolve(request.path)
    wishes = Wishes(request.include, request.exclude)
    if stat.S_ISREG(place.stat().st_mode):
        if any(ways):
            hint = "--staged, --diff, --history and --paths-from take a folder"
            raise UsageError(f"{request.path} is a file", hint=hint)
        yield _told(open_file(place))
    elif request.paths_from:
        yield _told(open_paths(place, request.paths_from, wishes))
    elif any(ways):
        repository = replace(_repository(place), told=told)
        with private_folder() as folder:
            folder = Path(os.path.realpath(folder))
            yield _told(_of_git(repository, place, request, folder, wishes))
    else:
        yield _told(open_tree(place, wishes))


def _of_git(repository: Repository, place: Path, request: TargetRequest, folder: Path, wishes: Wishes) -> OpenedTarget:
    """What lies in git's index or objects, copied into `folder`."""
    if request.history:
        return open_history(repository, place, folder, wishes)
    if request.span is not None and request.span.inner:
        return open_history(repository, place, folder, wishes, span=request.span)
    if request.commit:
        return open_commit(repository, place, request.commit, folder, wishes, part=request.part)
    if request.staged:
        repository = replace(repository, index_file=request.index or index_of_commit(repository))
        span = staged_span(repository)
    else:
        span = request.span or diff_span(repository, request.diff)
    return open_span(repository, place, span, folder, wishes, part=request.part)


def _told(opened: OpenedTarget) -> OpenedTarget:
    """The target, with where it comes from."""
    repository, _ = find_repository(opened.origin)
    if repository is None:
        return opened
    prefix = prefix_of(opened.origin, repository)
    return replace(opened, info=with_provenance(opened.info, repository, prefix))


@dataclass(frozen=True)
class Base:
    """One commit with which a change is compared."""

    request: TargetRequest
    """The files that are asked for, as they are there."""
    renames: dict[str, str]
    """Old path text by new, of what was renamed since."""


def base_of(request: TargetRequest, span: Span, commit: str, paths: Collection[str]) -> Base:
    """Return how to look at files of a change, given by their path text, as they were in one of its bases."""
    place = _resolve(request.path)
    repository = index_at(request.path, request.index)
    prefix = prefix_of(place, repository)
    renames = _below(repository.renames(commit, span.last), prefix)
    names = frozenset(prefix + decode_path(renames.get(path, path)) for path in paths)
    part = replace(request.part, names=names)
    wanted = TargetRequest(
        path=request.path, commit=commit, part=part, include=request.include, exclude=request.exclude
    )
    return Base(wanted, renames)


def index_at(path: Path, index: Path | None = None) -> Repository:
    """Return the repository that holds `path`, with the index of the commit that is being made.

    Raises `TargetError`.
    """
    repository = _repository(_resolve(path))
    return replace(repository, index_file=index or index_of_commit(repository))


def renames_since(path: Path, base: str) -> dict[str, str]:
    """Return old path text by new path text, below the folder `path`, of the files that were renamed from the commit
    `base` to HEAD."""
    return renames_between(path, base, _repository(_resolve(path)).commit("HEAD"))


def renames_between(path: Path, base: str, last: str) -> dict[str, str]:
    """Return old path text by new path text, below the folder `path`, of what was renamed between two commits."""
    place = _resolve(path)
    repository = _repository(place)
    prefix = prefix_of(place, repository)
    return _below(repository.renames(base, last), prefix)


def _below(renames: dict[bytes, bytes], prefix: bytes) -> dict[str, str]:
    return {
        encode_path(new[len(prefix) :]): encode_path(old[len(prefix) :])
        for new, old in renames.items()
        if new.startswith(prefix) and old.startswith(prefix)
    }


@dataclass(frozen=True)
class RangeEnds:
    """The two commits of a range, and what lies between them for some files."""

    base: str
    last: str
    before: dict[str, bytes]
    """Content in the first commit, by path text, of those that were asked for."""
    after: dict[str, bytes]
    """Content in the last, also of what was renamed since."""
    renamed: dict[str, str]
    """New path text by old."""


def range_ends(path: Path, span: str, names: Collection[str]) -> RangeEnds:
    """Return the ends of a range of commits (see `targets.diff`), with the content of the files `names` at both.

    Raises `TargetError` where a commit is not there.
    """
    place = _resolve(path)
    repository = _repository(place)
    ends = diff_span(repository, span)
    base, last = ends.bases[0], ends.last
    renamed = {old: new for new, old in renames_between(place, base, last).items()}
    prefix = prefix_of(place, repository)

    def contents(commit: str, wanted: Collection[str]) -> dict[str, bytes]:
        oids = {encode_path(one.path[len(prefix) :]): one.oid for one in repository.tree(commit, prefix)}
        oids = {name: oids[name] for name in wanted if name in oids}
        data = dict(repository.blobs(oids.values()))
        return {name: found for name, oid in oids.items() if (found := data.get(oid)) is not None}

    after = contents(last, {renamed.get(name, name) for name in names})
    return RangeEnds(base, last, contents(base, names), after, renamed)


def _resolve(path: Path) -> Path:
    """The real path of what the user named, which must be a readable folder or regular file."""
    try:
        place = path.resolve(strict=True)
        mode = place.stat().st_mode
        if stat.S_ISDIR(mode):
            with os.scandir(place):
                return place
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        if isinstance(error, PermissionError):
            raise TargetError(f"cannot read {path}", hint="scan as a user who may read it") from error
        if path.is_symlink():
            raise TargetError(f"{path} is a symbolic link that points to nothing", hint="give what is meant") from error
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            image = f"; an image of an engine is written docker:{path} or podman:{path}" if ":" in path.name else ""
            raise TargetError(f"{path} does not exist", hint=f"give a folder or a file{image}") from error
        raise TargetError(f"cannot read {path}: {error}", hint="give a folder or a file") from error
    if not stat.S_ISREG(mode):
        raise TargetError(f"{path} is neither a folder nor a regular file", hint="give a folder or a file")
    if not os.access(place, os.R_OK):
        raise TargetError(f"cannot read {path}", hint="scan as a user who may read it")
    return place


def _repository(folder: Path) -> Repository:
    repository, unused = find_repository(folder)
    if repository is None:
        why = f": {unused}" if unused else ""
        raise TargetError(
            f"{folder} is not in a git repository that can be used{why}",
            hint="--staged, --diff and --history need one; without them the whole folder is scanned",
        )
    return repository
