"""The scrubber: every text passes it before it is saved.

Tools quote secrets in messages, neighbouring lines and variables, not only in the line they point at. So a first pass
collects the values that findings say are secret (`secrets.collect`); then every text of every finding, gap and
notice is read for those values in all their encodings and for what looks like a secret by itself, whichever
finding it belongs to. What was found is replaced by its kind and length.

Left as they are: paths, line numbers, fingerprints, rule ids and identifiers: they are what a finding is found by.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

from secscan.findings.model import Finding, Gap, Notice, Package, ScannerRun, Value
from secscan.findings.scan import Scan
from secscan.memo import Memo, NoMemo
from secscan.secrets.assignments import assignment_spans
from secscan.secrets.collect import Known, collect, is_settings
from secscan.secrets.known import HostileText, KnownSecrets
from secscan.secrets.line_hashes import with_line_hashes
from secscan.secrets.mask import MASK, Span, between_masks, mask, replace_spans
from secscan.secrets.patterns import pattern_spans

ValueT = TypeVar("ValueT", bound=Value)

_QUOTED = re.compile(
    r"(?P<quote>\\*[\"'`]|&quot;|&#39;|&#x27;|&#34;)(?P<v>[^\"'`\n]{3,400}?)(?=(?P=quote))",
)
_ROUNDS = 8
"""A text is scrubbed until nothing changes: taking a secret out can lay the next one open. Twice is usual."""


class Scrubber:
    """Masks known secrets and everything that looks like one. Holds no text it has not been given."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._weak: dict[str, dict[str, str]] = {}
        strong: dict[str, str] = {}
        for one in known:
            if one.everywhere:
                strong.setdefault(one.secret.reveal(), one.secret.kind)
            else:
                self._weak.setdefault(one.path, {}).setdefault(one.secret.reveal(), one.secret.kind)
        self._known = KnownSecrets(strong.items())
        self._strong = hashlib.sha256(msgspec.msgpack.encode(sorted(strong.items()))).digest()
        self._done: dict[tuple[str, str], str] = {}

    def scrub(self, text: str, *, path: str = "") -> str:
        """Return the text with every secret masked.

        `path` is the file the text is about: the weak secrets of that file are masked where they stand in quotes,
        and if it is a settings file also values without quotes. Scrubbing again changes nothing.
        """
        key = (text, path)
        if key not in self._done:
            self._done[key] = self._until_clean(text, path)
        return self._done[key]

    def scrub_lines(self, text: str, *, path: str) -> str | None:
        """Return a text whose lines end at `\\n` with every secret masked and every line still in its place.

        A mask says nothing, not even a length, so that a secret may be replaced by another. None for a text made to
        defeat the scrubber. Nothing of it is remembered.
        """
        try:
            for _ in range(_ROUNDS):
                clean = replace_spans(text, self._spans(text, path), keep_lines=True)
                if clean == text:
                    return MASK.sub("[masked]", text)
                text = clean
        except HostileText:
            pass
        return None

    def known_in(self, path: str) -> bytes:
        """Return what `scrub_lines` depends on besides the text: the values it masks there, and how it reads the file.
        It is made from secrets: good for the key of a memo, and never to be written."""
        weak = sorted(self._weak.get(path, {}).items())
        return msgspec.msgpack.encode((self._strong, weak, is_settings(path)))

    def scrub_finding(self, finding: Finding) -> Finding:
        """Return the finding with every one of its texts scrubbed."""
        path = finding.location.path
        location = self._changed(finding.location, path, "snippet", "symbol")
        return msgspec.structs.replace(
            self._changed(finding, path, "message", "remediation"),
            title=self.scrub(finding.title),
            location=location,
            sources=tuple(self._changed(one, path, "message", "note", "url") for one in finding.sources),
            trace=tuple(self._changed(step, step.path, "text") for step in finding.trace),
            markers=tuple(self._changed(marker, path, "text", "reason") for marker in finding.markers),
            notes=tuple(self.scrub(note, path=path) for note in finding.notes),
            references=tuple(self.scrub(url) for url in finding.references),
            package=self._package(finding.package),
            introduced=self._changed(finding.introduced, path, "author") if finding.introduced else None,
            places=tuple(self.scrub_finding(one) for one in finding.places),
        )

    def scrub_gap(self, gap: Gap) -> Gap:
        """Return the gap with its texts scrubbed. Its subject may be a requirement with a password in its URL."""
        return self._changed(gap, "", "subject", "detail", "remedy")

    def scrub_notice(self, notice: Notice) -> Notice:
        """Return the notice with its texts scrubbed."""
        return self._changed(notice, "", "subject", "text")

    def scrub_run(self, run: ScannerRun) -> ScannerRun:
        """Return the run with its texts scrubbed: its hint quotes the tool's standard error."""
        return self._changed(run, "", "reason", "hint")

    def _package(self, package: Package | None) -> Package | None:
        return None if package is None else self._changed(package, "", "purl", "name", "version")

    def _changed(self, value: ValueT, path: str, *names: str) -> ValueT:
        texts = {name: getattr(value, name) for name in names}
        return msgspec.structs.replace(value, **{name: self.scrub(text, path=path) for name, text in texts.items()})

    def _until_clean(self, text: str, path: str) -> str:
        try:
            for _ in range(_ROUNDS):
                clean = replace_spans(text, self._spans(text, path))
                if clean == text:
                    return text
                text = clean
        except HostileText:
            pass
        return mask("text", len(text))  # made to defeat the scrubber; nothing of it is worth the risk

    def _spans(self, text: str, path: str) -> Iterator[Span]:
        weak = self._weak.get(path, {})
        for start, end in between_masks(text):
            part = text[start:end]
            folded = part.lower()
            spans = (
                *pattern_spans(part, folded),
                *assignment_spans(part, folded, settings=bool(path) and is_settings(path)),
                *self._known.spans(part),
                *_quoted(part, weak),
            )
            yield from (Span(start + span.start, start + span.end, span.kind) for span in spans)


def scrub_findings(findings: tuple[Finding, ...], read: Callable[[str], bytes]) -> tuple[Finding, ...]:
    """Scrub findings alone. `read` gives the content of a file by its path text."""
    scrubber = Scrubber(collect(findings, read))
    return tuple(scrubber.scrub_finding(finding) for finding in findings)


def scrub_scan(scan: Scan, read: Callable[[str], bytes], memo: Memo | None = None) -> Scan:
    """Scrub everything that a scan saw, and hash the lines it points at as they are then: see `secrets.line_hashes`.
    `read` gives the content of a file by its path text."""
    scrubber = Scrubber(collect(scan.findings, read))
    findings = tuple(scrubber.scrub_finding(finding) for finding in scan.findings)
    return msgspec.structs.replace(
        scan,
        # The lines of a history are those of files that are no more.
        findings=findings
        if scan.target.kind in ("history", "commits")
        else with_line_hashes(findings, read, scrubber, memo or NoMemo()),
        gaps=tuple(scrubber.scrub_gap(gap) for gap in scan.gaps),
        notices=tuple(scrubber.scrub_notice(notice) for notice in scan.notices),
        scanners=tuple(scrubber.scrub_run(run) for run in scan.scanners),
    )


def _quoted(text: str, weak: dict[str, str]) -> Iterator[Span]:
    if weak:
        for found in _QUOTED.finditer(text):
            if found["v"] in weak:
                yield Span(found.start("v"), found.end("v"), weak[found["v"]])
