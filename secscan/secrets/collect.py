"""The first pass: which values do the findings themselves say are secret?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from secscan.errors import SecscanError
from secscan.findings.levels import Kind
from secscan.findings.model import Finding, Region, at_each_place
from secscan.secrets.assignments import assignment_spans
from secscan.secrets.literals import string_literals
from secscan.secrets.mask import Span
from secscan.secrets.patterns import pattern_spans
from secscan.secrets.secret import Secret
from secscan.secrets.strength import MIN_LENGTH, is_plain, is_strong
from secscan.secrets.texts import decoded

_SETTINGS = re.compile(
    r"(?i)(?:\.(?:ya?ml|ini|cfg|conf|cnf|env|properties|toml|json|xml|tfvars|htpasswd|netrc|pgpass|txt|sh|service|mk)|(?:^|/)[._]?(?:env|netrc|npmrc|pypirc|pgpass|s3cfg|boto|makefile"
    r"|dockerfile|credentials|htpasswd)(?:\.(?!(?:py|pyi|js|ts|go|java|kt|rb|php|cs|rs|c|h|cc|cpp|swift|scala)$)[\w.-]+)?)$"
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_LINE_END = re.compile(r"\r\n|\r|\n")
_MOST_LINES = 200
"""Lines of one statement that are read. Private keys have about 50."""
_MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class Known:
    """A value that is secret because a finding says so."""

    secret: Secret
    path: str
    """File it stands in."""
    everywhere: bool
    """Whether it is masked in every text; a weak value is masked only where a text about its file quotes it."""


def is_settings(path: str) -> bool:
    """Whether values stand without quotes in this kind of file."""
    return _SETTINGS.search(path) is not None


def tells_secret(finding: Finding) -> bool:
    """Whether the finding says that a value in the source is secret."""
    return finding.kind is Kind.SECRET or finding.defect in ("hardcoded-credential", "jwt-misuse")


def collect(findings: Iterable[Finding], read: Callable[[str], bytes]) -> tuple[Known, ...]:
    """Return the secret values at the places of those findings that tell of one.

    `read` gives a file's content by its path text; a file it cannot give is passed over.
    """
    by_file: dict[str, list[Finding]] = {}
    for finding in at_each_place(findings):
        if tells_secret(finding) and finding.location.region is not None:
            by_file.setdefault(finding.location.path, []).append(finding)
    known: dict[tuple[str, str], Known] = {}
    for path, told in by_file.items():
        try:
            data = read(path)[:_MOST_BYTES]
        except (OSError, KeyError, SecscanError):
            continue
        countings = _countings(data)
        for finding in told:
            for lines in countings:
                for one in _as_code(_values(finding, lines)):
                    key = (path, one.secret.reveal())
                    known[key] = one if one.everywhere else known.get(key, one)
    return tuple(known.values())


def _countings(data: bytes) -> list[list[str]]:
    """The lines of a file as scanners count them: what looks for secrets sees through encodings and ends lines at `\\n`
    only, Python's own tools end them at a lone `\\r`, too. One value too many is masked rather than one too few."""
    seen = decoded(data)[0].split("\n")
    usual = _LINE_END.split(data.decode("utf-8", errors="replace"))
    return [seen] if seen == usual else [seen, usual]


def _values(finding: Finding, lines: list[str]) -> Iterator[Known]:
    path = finding.location.path
    only_strong = finding.kind is not Kind.SECRET and finding.defect == "jwt-misuse"
    for region in _regions(finding):
        text = "\n".join(lines[region.start_line - 1 : min(region.last_line, region.start_line + _MOST_LINES)])
        spans = [
            *assignment_spans(text, text.lower(), settings=is_settings(path)),
            *pattern_spans(text, text.lower()),
        ]
        for span in spans:
            yield from _known(path, text[span.start : span.end], span.kind, bound=True, only_strong=only_strong)
        for literal in string_literals(text):
            bound = _bound(literal.start, literal.end, spans)
            if literal.is_name and bound is None:
                continue
            for value in literal.values:
                kind = bound.kind if bound else "secret"
                yield from _known(path, value, kind, bound=bound is not None, only_strong=only_strong)
    if finding.kind is Kind.SECRET:
        matched = _text_of(finding.location.region, lines)
        for value in {matched, *matched.splitlines()}:
            yield from _known(path, value.strip().strip("\"'`"), "secret", bound=True, only_strong=False)


def _regions(finding: Finding) -> Iterator[Region]:
    """The statement, what the scanner pointed at, and, where the key comes from elsewhere in the file, its way here."""
    location = finding.location
    regions = {one for one in (location.statement, location.region) if one is not None}
    regions |= {source.region for source in finding.sources if source.region is not None}
    regions |= {step.region for step in finding.trace if step.path == location.path}
    yield from sorted(regions)


def _bound(start: int, end: int, spans: list[Span]) -> Span | None:
    return next((span for span in spans if span.start < end and span.end > start), None)


def _known(path: str, value: str, kind: str, *, bound: bool, only_strong: bool) -> Iterator[Known]:
    if len(value) < MIN_LENGTH or value.startswith("-----"):
        return
    if is_strong(value, bound=bound):
        yield Known(Secret(value, kind), path, everywhere=True)
    elif not only_strong and (bound or not is_plain(value) or " " not in value.strip()):
        yield Known(Secret(value, kind), path, everywhere=False)


def _as_code(values: Iterable[Known]) -> Iterator[Known]:
    """The values, of notebooks also as they stand in the code, which a snippet shows and the file escapes."""
    for one in values:
        yield one
        value = one.secret.reveal()
        if "\\" in value and one.path.endswith(".ipynb"):
            plain = _ESCAPE.sub(_unescaped, value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            yield replace(one, secret=Secret(plain, one.secret.kind))


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else {"n": "\n", "t": "\t", "r": "\r"}.get(found[2], found[2])


def _text_of(region: Region | None, lines: list[str]) -> str:
    if region is None or not region.start_column:
        return ""
    chosen = lines[region.start_line - 1 : min(region.last_line, region.start_line + _MOST_LINES)]
    if not chosen:
        return ""
    if region.end_column:
        chosen[-1] = chosen[-1][: region.end_column - 1]
    chosen[0] = chosen[0][region.start_column - 1 :]
    return "\n".join(chosen)
