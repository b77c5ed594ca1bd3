"""What a baseline knows and a later scan does not have: fixed, or only not looked at. The one place that decides it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from secscan.findings.evidence import explained_subjects, trouble
from secscan.findings.globs import any_glob
from secscan.findings.judgement import Fixed
from secscan.findings.levels import RunStatus
from secscan.findings.model import Finding, at_each_place
from secscan.findings.scan import Scan
from secscan.policy.baseline import PARTIAL, Baseline, Known, under_old_names


@dataclass(frozen=True)
class Gone:
    """A finding of the baseline, at one place, that the scan does not have."""

    known: Known
    not_seen: str = ""
    """Why the scan could not have seen it; empty where it is fixed."""


def fixed_since(baseline: Baseline, scan: Scan) -> tuple[Fixed, ...]:
    """Return findings of the baseline that are fixed: their file was looked at or is no more, by the scanners that had
    reported them."""
    return tuple(
        Fixed(fingerprint=one.known.fingerprint, title=one.known.title, path=one.known.path)
        for one in what_is_gone(baseline, scan)
        if not one.not_seen
    )


def what_is_gone(baseline: Baseline, scan: Scan) -> Iterator[Gone]:
    """Yield everything of the baseline that the scan does not have, in the order of the baseline."""
    old_names = under_old_names(scan.findings, baseline.renames)
    there = {old_names.get(one.fingerprint, one.fingerprint) for one in at_each_place(scan.findings)}
    sight = _Sight(baseline, scan)
    for known in baseline.findings:
        if known.fingerprint not in there:
            yield Gone(known, sight.missing(known))


class _Sight:
    """What a scan was able to see of what a baseline knows."""

    def __init__(self, baseline: Baseline, scan: Scan) -> None:
        old = baseline.renames
        self._explained = explained_subjects(scan)
        self._moved = _Moved(baseline, scan)
        self._runs = {run.scanner: run for run in scan.scanners}
        self._files = {old.get(one.path, one.path) for one in scan.files}
        self._gaps = {old.get(one.subject, one.subject): one.kind for one in scan.gaps}
        self._target = scan.target
        self._left_out = any_glob([pattern for one in scan.target.out_of_scope for pattern in _patterns(one.path)])
        self._of_packages = [(gap.scanner, _plain(gap.subject), gap.kind) for gap in scan.gaps]
        self._unread_image = next(
            (one.kind for one in scan.gaps if scan.target.image and _of_image(one.subject, scan)), ""
        )

    def missing(self, known: Known) -> str:
        """Why the finding could not have been seen; empty where it could."""
        for scanner in known.scanners:
            if trouble := self._not_done(scanner):
                return trouble
        if known.path in self._gaps:
            return f"{known.path} was not looked at as a whole ({self._gaps[known.path]})"
        if self._unread_image:
            return f"the image was not read as a whole ({self._unread_image})"
        if known.package:
            name = re.compile(rf"(?<![\w.@/-]){re.escape(_plain(known.package))}(?![\w.-])")
            for scanner, subject, kind in self._of_packages:
                if scanner in known.scanners and name.search(subject):
                    return f"{known.package} was not looked up ({kind})"
        if path := self._moved.unfound(known):
            return f"its content now lies at {path}, and nothing shows that {', '.join(known.scanners)} looked there"
        if known.path in self._files:
            return ""
        if self._left_out(known.path):
            return f"{known.path} is out of scope"
        if self._target.kind in PARTIAL:
            return f"{known.path} is not in the part that was looked at ({self._target.kind})"
        return ""

    def _not_done(self, scanner: str) -> str:
        run = self._runs.get(scanner)
        if run is None or run.imported:
            return f"{scanner} was not run"
        if run.status is not RunStatus.COMPLETED and not run.not_applicable:
            return f"{scanner} {run.status}"
        return trouble(run, self._explained)


class _Moved:
    """Where the content of the baseline's files lies in a later scan, under whatever name: which scanners read a file
    may depend on its name, and that they find nothing more there is then no sign of anything."""

    def __init__(self, baseline: Baseline, scan: Scan) -> None:
        self._old = {one.path: one.digest for one in baseline.files}
        self._now = {one.path: one.digest for one in scan.files}
        self._findings: defaultdict[str, list[Finding]] = defaultdict(list)
        for finding in at_each_place(scan.findings):
            self._findings[finding.location.path].append(finding)
        self._paths: defaultdict[str, list[str]] = defaultdict(list)
        for path, digest in self._now.items():
            self._paths[digest].append(path)

    def unfound(self, known: Known) -> str:
        """The file that now has the content of the finding's file and not the finding; empty where there is none."""
        content = self._old.get(known.path, "")
        if not content or self._now.get(known.path) == content:
            return ""
        paths = self._paths.get(content, [])
        if known.path in self._now:  # what was rewritten in place is not hidden by a copy that was there before
            paths = [path for path in paths if self._old.get(path) != content]
        return "" if any(self._is_found(known, path) for path in paths) else next(iter(paths), "")

    def _is_found(self, known: Known, path: str) -> bool:
        here = tuple(msgspec.structs.replace(one, places=()) for one in self._findings.get(path, ()))
        return known.fingerprint in under_old_names(here, {path: known.path}).values()


def _patterns(path: str) -> tuple[str, ...]:
    """A file or a folder that was left out, as globs; many of one kind stand there as a pattern already."""
    return (f"{path}**",) if path.endswith("/") else (path, f"{path}/**")


def _of_image(subject: str, scan: Scan) -> bool:
    """Whether a gap is about a layer, or the image itself: what is in it may be anywhere."""
    return subject.startswith("layer ") or subject == scan.target.name


def _plain(name: str) -> str:
    """Names of packages as PyPI compares them; others have no two spellings that this would confuse."""
    return re.sub(r"[_.-]+", "-", name).lower()
