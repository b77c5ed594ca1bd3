"""Takes the entries of all layers, from the lowest, and keeps what somebody wants to know of them."""

from __future__ import annotations

import io
import itertools
import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap, OutOfScope
from secscan.findings.paths import encode_path
from secscan.images.facts import facts_of, may_matter
from secscan.images.limits import ImageLimits, TooMuch, gap
from secscan.images.links import hidden_behind
from secscan.images.reading import NO_KEYS, FileFact, FoundSecret, Keys
from secscan.images.tar import Entry, Sort
from secscan.images.tree import Tree, whiteout
from secscan.images.wanted import (
    MOST_SECRETS,
    RELEASES,
    SEARCHED_BYTES,
    SEARCHED_IN_ALL,
    is_lock,
    unsearched_part,
)
from secscan.inventory.contract import Declared, Inventory, Reader, broken
from secscan.inventory.installed.executable import Executable, is_executable
from secscan.inventory.installed.known import most_bytes, reader_of_installed

_MOST_FACTS = 5_000
_RELEASE_BYTES = 100_000

Key = tuple[str, str, str, str, str]


@dataclass(slots=True)
class Kept:
    """What is known of one file."""

    layer: int
    packages: Inventory | None = None
    since: dict[Key, int] | None = None
    """Since which layer the file has named each package without a break."""
    lock: bytes | None = None
    release: bytes | None = None
    facts: tuple[FileFact, ...] = ()
    gaps: tuple[Gap, ...] = ()
    link: bytes | None = None
    """Where it points to, if it is a symbolic link."""

    @property
    def matters(self) -> bool:
        """Whether there is anything to keep."""
        return bool(self.packages or self.facts or self.gaps) or not self.lock is self.release is self.link is None


class Collector:
    """The state of the file system as far as it was laid."""

    def __init__(self, limits: ImageLimits, keys: Keys | None, tell: Callable[[int], None] = lambda size: None) -> None:  # noqa: ARG005 - nobody waits
        """Without `keys`, only packages are wanted. `tell` is given the bytes that have been read so far."""
        self._limits = limits
        self._keys = keys
        self._tell = tell
        self.tree: Tree[Kept] = Tree()
        self.secrets: list[FoundSecret] = []
        self.gaps: list[Gap] = []
        self.entries = self.size = 0
        self._unsearched: Counter[str] = Counter()
        self._folder = self._part = ""
        self._facts = self._searched = self._held = self._packages = self._told = self._paths = 0

    @property
    def out_of_scope(self) -> tuple[OutOfScope, ...]:
        """What is not searched for secrets."""
        reason = "what distributions and packages install is not searched for secrets"
        return tuple(OutOfScope(path=path, reason=reason, files=n) for path, n in sorted(self._unsearched.items()))

    def take(self, entry: Entry, chunks: Iterable[bytes], layer: int) -> None:
        """Take one entry of a layer."""
        self.entries += 1
        self.size += entry.size
        self._tell(self.size)
        self._paths += len(entry.path)
        if self.entries > self._limits.entries or self._paths > self._limits.paths:
            what = f"{self._limits.entries} entries, or paths of {self._limits.paths} bytes"
            raise TooMuch(f"the image has more than {what}")
        if entry.climbs:
            detail = "a path that climbs upwards; engines refuse it, or read it in ways of their own"
            self.gaps += self._gap(GapKind.PARTIAL, encode_path(entry.path), detail)
            return
        if hidden := whiteout(entry.path):
            self._hide(*hidden, layer)
            return
        if not entry.path:
            return
        old = self.tree.lay(entry.path, folder=entry.sort is Sort.FOLDER)
        if old and old.packages:  # it goes, whatever comes in its place
            self._packages -= len(old.packages.packages) + len(old.packages.gaps)
        kept = self._look(entry, chunks, layer)
        if kept.matters:
            if kept.packages:
                before = old.since if old and old.since else {}
                kept.since = {key: before.get(key, layer) for key in map(key_of, kept.packages.packages)}
            self.tree.put(entry.path, kept, layer)

    def _hide(self, what: str, path: bytes, layer: int) -> None:
        if what == "file":
            self.tree.remove(path, layer)
        elif what == "folder":
            self.tree.clear(path, layer)
        elif what == "odd":
            detail = "a whiteout that names nothing; engines do not agree on what it removes"
            self.gaps += self._gap(GapKind.PARTIAL, encode_path(path), detail)

    def _gap(self, kind: GapKind, subject: str, detail: str) -> tuple[Gap, ...]:
        """A gap; none where there are more than anybody reads, which is said once."""
        self._told += 1
        if self._told == self._limits.told + 1:
            detail = f"from here on, nothing is told of single files: more than {self._limits.told} cannot be read"
            self.gaps.append(gap(GapKind.TOO_LARGE, subject, detail))
        return (gap(kind, subject, detail),) if self._told <= self._limits.told else ()

    def _look(self, entry: Entry, chunks: Iterable[bytes], layer: int) -> Kept:
        path = encode_path(entry.path)
        kept = Kept(layer)
        if self._keys is not None and may_matter(entry, path):
            kept.facts = self._facts_of(entry, path, layer)
        if entry.sort is Sort.FILE:
            self._content(kept, entry, path, iter(chunks))
        elif entry.sort is Sort.HARD_LINK:
            self._hard_link(kept, entry, path)
        elif entry.sort is Sort.LINK:
            kept.link = entry.link if path in RELEASES else None
            if hidden := hidden_behind(path, encode_path(entry.link)):
                self.gaps += self._gap(GapKind.PARTIAL, path, hidden)  # also where a file is laid through it later
        elif _is_database(path) and entry.sort is not Sort.FOLDER:
            kept.gaps = self._gap(GapKind.PARTIAL, path, f"a {entry.sort.value} stands where packages are listed")
        return kept

    def _hard_link(self, kept: Kept, entry: Entry, path: str) -> None:
        target = posixpath.normpath(b"/" + entry.link).lstrip(b"/")
        other = self.tree.get(target)
        listed, read_here = reader_of_installed(encode_path(target), 1), reader_of_installed(path, 1)
        if other and (other.packages or other.lock is not None or other.release is not None):
            if other.packages and (read_here or not listed):  # programs count anywhere, the rest where it is looked for
                self._keep(kept, path, other.packages)
            kept.lock = other.lock if is_lock(path) else None
            kept.release = other.release if path in RELEASES else None
        elif read_here or is_lock(path):
            what = f"it is a hard link to {encode_path(target)}, which was not read"
            kept.gaps = self._gap(GapKind.PARTIAL, path, what)

    def _content(self, kept: Kept, entry: Entry, path: str, chunks: Iterator[bytes]) -> None:
        reader = reader_of_installed(path, entry.size)
        lock = reader is None and is_lock(path)
        if entry.sparse and (reader or lock or entry.mode & 0o111):
            kept.gaps = self._gap(GapKind.PARTIAL, path, "it is stored without its holes, which is not read")
            return
        if reader is not None:
            most = most_bytes(path)
            if entry.size > most:
                kept.gaps = self._gap(GapKind.TOO_LARGE, path, f"it has {entry.size} bytes, more than {most}")
                return
            self._keep(kept, path, _read(reader, path, _whole(chunks), self._limits.packages))
        elif lock:
            if entry.size > self._limits.lock or entry.size + self._held > self._limits.kept:
                detail = f"it has {entry.size} bytes; of lock files, {self._limits.lock} are read of each"
                kept.gaps = self._gap(GapKind.TOO_LARGE, path, f"{detail}, and {self._limits.kept} in all")
                return
            kept.lock = _whole(chunks)
            self._held += entry.size
        elif path in RELEASES:
            kept.release = b"".join(chunks)[:_RELEASE_BYTES] if entry.size <= _RELEASE_BYTES else b""
        elif entry.size:
            self._other(kept, entry, path, chunks)

    def _other(self, kept: Kept, entry: Entry, path: str, chunks: Iterator[bytes]) -> None:
        """A program, or a text to be searched for secrets."""
        first = next(chunks, b"")
        if is_executable(first[:64]):
            program = Executable(path)
            program.feed(first)
            for chunk in chunks:
                program.feed(chunk)
            self._keep(kept, path, program.finish())
        elif self._keys is None:
            return
        elif part := self._unsearched_part(path):
            self._pass_over(part)
        elif b"\0" not in first[:8192] and entry.size <= SEARCHED_BYTES:
            self._search(first + b"".join(chunks), path, kept.layer)
        else:
            why = "binary files" if b"\0" in first[:8192] else f"texts of more than {SEARCHED_BYTES} bytes"
            self._pass_over(why)

    def _unsearched_part(self, path: str) -> str:
        """See `wanted.unsearched_part`. The files of a folder follow each other, and share the answer."""
        folder = path[: path.rfind("/") + 1]
        if folder != self._folder:
            self._folder, self._part = folder, unsearched_part(path)
        return self._part

    def _pass_over(self, part: str) -> None:
        self._unsearched[
            part if part in self._unsearched or len(self._unsearched) < self._limits.told else "others"
        ] += 1

    def _search(self, data: bytes, path: str, layer: int) -> None:
        if self._searched > SEARCHED_IN_ALL:
            return
        self._searched += len(data)
        most = min(MOST_SECRETS, self._limits.told)
        room = max(0, most - len(self.secrets))  # those of the configuration were there before
        within = self._searched <= SEARCHED_IN_ALL
        found = list(itertools.islice(self._secrets(data, path), room + 1)) if within else []
        if not within or len(found) > room:
            self._searched = SEARCHED_IN_ALL + 1
            what = f"{SEARCHED_IN_ALL} bytes of text, or {most} secrets"
            detail = f"from here on, nothing is searched for secrets: it has more than {what}"
            self.gaps.append(gap(GapKind.TOO_LARGE, path, detail))
        self.secrets += [FoundSecret(path=path, layer=layer, found=plain(one)) for one in found[:room]]

    def _secrets(self, data: bytes, path: str) -> Iterator[dict[str, Any]]:
        from secscan.secrets.worker import look_at  # takes longer to start than many an image to read

        keys = self._keys or NO_KEYS
        return look_at(data, path, key=keys.key, values_key=keys.values_key)

    def _keep(self, kept: Kept, path: str, found: Inventory) -> None:
        count = len(found.packages) + len(found.gaps)
        if self._packages <= self._limits.packages < self._packages + count:
            detail = f"from here on, no package is read: it names more than {self._limits.packages}"
            self.gaps.append(gap(GapKind.TOO_LARGE, path, detail))
        self._packages += count
        if count and self._packages <= self._limits.packages:
            kept.packages = found

    def _facts_of(self, entry: Entry, path: str, layer: int) -> tuple[FileFact, ...]:
        names = list(facts_of(entry, path))
        if not names:
            return ()
        self._facts += len(names)
        if self._facts > _MOST_FACTS:
            if self._facts - len(names) <= _MOST_FACTS:
                detail = f"owners and modes of more than {_MOST_FACTS} files matter; the others are not told"
                self.gaps.append(gap(GapKind.PARTIAL, path, detail))
            return ()
        return tuple(
            FileFact(path=path, fact=name, mode=entry.mode, user=entry.user, group=entry.group, layer=layer)
            for name in names
        )


def _whole(chunks: Iterable[bytes]) -> bytes:
    """All of a file, without a second copy of it."""
    whole = io.BytesIO()
    for chunk in chunks:
        whole.write(chunk)
    return whole.getvalue()


def _read(reader: Reader, path: str, data: bytes, most: int) -> Inventory:
    """What a reader finds; a list of more than `most` packages is not read at all."""
    if data.count(b"\n\n") > most:
        return broken(path, f"it has more than {most} paragraphs")
    return reader(path, data)


def plain(found: dict[str, Any]) -> dict[str, str | int]:
    """Return what the detector found as values that can be written anywhere."""
    return {
        key: value if isinstance(value, int) else str(value).encode("utf-8", "replace").decode()
        for key, value in found.items()
    }


def _is_database(path: str) -> bool:
    return path.startswith(("var/lib/", "usr/lib/", "usr/share/rpm/", "lib/apk/")) and (
        reader_of_installed(path, 1) is not None
    )


def key_of(one: Declared) -> Key:
    """What makes a package of one layer the same as that of another."""
    return one.ecosystem, one.name, one.version, one.architecture, one.path


def with_layers(kept: Kept) -> Iterator[Declared]:
    """Yield the packages of a file, each with the layer that brought it: since when it stood there without a break."""
    if kept.packages is None or kept.since is None:
        return
    for one in kept.packages.packages:
        yield replace(one, layer=kept.since[key_of(one)])
