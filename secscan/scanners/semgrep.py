"""semgrep: source code, by our own embedded rules with taint tracking; offline.

The program `semgrep` of the PyPI package is a thin front that hands over to the engine `semgrep-core`. Where the
program found is that front, the engine is started directly: it takes an explicit list of files (no ignore
files, size limits or default excludes come between), costs 0.2 s instead of 2.8 s, and gives the data flow of
each finding. It is given one core: its threads wait for each other, and where a core is busy with something else, as
other scanners see to, two of them took twice the processor time of one and three times as long (measured). Any other
program called `semgrep`, and a run whose positive control was not found this way, goes through `semgrep scan`.

Traps, each with a test against the real tool: exit code 0 with rules that did not load, files partly parsed, or
rules that timed out; a rule for a newer engine is dropped with level "info"; three time-outs end all rules on
a file unless the threshold is 0.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from secscan.findings.levels import Kind
from secscan.process import Ended, run
from secscan.scanners.by_file import FileScanner
from secscan.scanners.contract import MalformedOutput, Needs, Report, Setup, refuse_trouble
from secscan.scanners.semgrep_answer import Answer, findings_of, gaps_of, refuse_lost_rules, refuse_rule_errors
from secscan.scanners.semgrep_rules import RulePack, load_rules
from secscan.scanners.toolkit import FileBatch, languages, program_version, strict_json, typed
from secscan.targets.contract import SourceFile

CONTROL = "secscan_control.py"
_CONTROL_SOURCE = b"""def control():
    secscan_control_pattern("positive control")
    value = secscan_control_source()
    secscan_control_sink(value)
"""
CONTROL_RULES = frozenset({"secscan.control.taint", "secscan.control.pattern"})

_ASKED = "rules.json"

_LANGUAGE = "python"
"""The language of the embedded rules, as semgrep and `targets.languages` both call it."""

_RULE_SECONDS = 30
"""Time for one rule on one file; above it the file has a gap, and the other rules still run."""

_ENGINE_FRONT = b"semgrep.console_scripts.entrypoint"

_NO_NETWORK = {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
"""Without this even `semgrep --version` asks a server, and waits for it for minutes where there is no network."""


class Semgrep(FileScanner):
    """See the module's description."""

    name = "semgrep"
    title = "Source code: embedded rules with taint tracking"
    kinds = (Kind.SAST,)
    needs = Needs(programs=("semgrep",))
    install_hint = "pip install semgrep"
    reads_code = True
    byte_columns = True
    kept_by = "content"
    pace = 20.0
    megabytes = 600

    def files(self, setup: Setup) -> tuple[SourceFile, ...]:
        """See `FileScanner.files`."""
        return languages(setup.target.files, _LANGUAGE, "notebook")

    def options(self) -> str:
        """See `FileScanner.options`."""
        return f"{_RULE_SECONDS} s for a rule on a file"

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        """Run the engine on one batch; see the module's description for the two ways."""
        pack = load_rules()
        return _asked(self._run(piece, setup, pack), pack)

    def _run(self, piece: FileBatch, setup: Setup, pack: RulePack) -> Ended:
        engine = _engine(setup.programs["semgrep"])
        if engine is not None:
            ended = _run_engine(engine, piece, pack, setup)
            if _ran_well(_asked(ended, pack), piece):
                return ended
        return _run_front(piece, pack, setup)

    def parse(self, ended: Ended, piece: FileBatch) -> Report:
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0, 1))
        # The engine names a metavariable twice where two patterns of a rule bind it; nothing here reads those.
        document = strict_json(ended.stdout, tool="semgrep", repeatable="$")
        answer: Answer = typed(document, Answer, tool="semgrep")
        refuse_rule_errors(answer)
        refuse_lost_rules(answer, json.loads(ended.files.get(_ASKED, b"[]")))
        back = piece.back()
        scanned = {back[name] for name in answer.paths.scanned if name in back}
        controls = {result.check_id for result in answer.results if result.path.endswith(CONTROL)}
        return Report(
            findings=tuple(findings_of(answer, back)),
            gaps=(*piece.lost, *gaps_of(answer, back)),
            looked_at=frozenset(scanned),
            control=controls >= CONTROL_RULES,
        )

    def version(self, setup: Setup) -> str:
        """See `Scanner.version`."""
        return program_version(setup.programs["semgrep"], "semgrep", env=_NO_NETWORK)

    def rules_digest(self, setup: Setup) -> str:  # noqa: ARG002 - the rules are embedded
        """Digest of the embedded rule pack."""
        return load_rules().digest


def _engine(program: Path) -> Path | None:
    """Return the engine that `program` would hand over to, if it is the front that comes with it."""
    try:
        if program.stat().st_size > 4096 or _ENGINE_FRONT not in program.read_bytes():
            return None
    except OSError:
        return None
    for packages in sorted(program.resolve().parent.parent.glob("lib/python3*/site-packages/semgrep/bin")):
        engine = packages / "semgrep-core"
        if engine.is_file():
            return engine
    return None


def _run_engine(engine: Path, piece: FileBatch, pack: RulePack, setup: Setup) -> Ended:
    names = [CONTROL, *piece.placed.values()]
    targets = ["Targets", [_code_target(name) for name in names]]
    return run(
        [
            *(str(engine), "-rules", "rules.json", "-targets", "targets.json", "-json_nodots"),
            *("-j", "1", "-timeout", str(_RULE_SECONDS), "-timeout_threshold", "0"),
        ],
        limits=setup.limits,
        files={
            "rules.json": pack.document,
            "targets.json": json.dumps(targets).encode(),
            CONTROL: _CONTROL_SOURCE,
        },
    )


def _code_target(path: str) -> list[Any]:
    return [
        "CodeTarget",
        {"path": {"fpath": path, "ppath": f"/{path.lstrip('/')}"}, "analyzer": _LANGUAGE, "products": ["sast"]},
    ]


def _run_front(piece: FileBatch, pack: RulePack, setup: Setup) -> Ended:
    return run(
        [
            *(str(setup.programs["semgrep"]), "scan", "--json", "--quiet", "--metrics=off", "--disable-version-check"),
            *("--no-git-ignore", "--x-ignore-semgrepignore-files", "--scan-unknown-extensions", "--disable-nosem"),
            *("--max-target-bytes=0", "--timeout-threshold=0", f"--timeout={_RULE_SECONDS}", "--jobs=1", "--time"),
            *("--no-rewrite-rule-ids", "--config=rules.json", "--", CONTROL, *piece.placed.values()),
        ],
        limits=setup.limits,
        files={"rules.json": pack.document, CONTROL: _CONTROL_SOURCE},
        env=_NO_NETWORK,
    )


def _ran_well(ended: Ended, piece: FileBatch) -> bool:
    try:
        return Semgrep().parse(ended, piece).control
    except MalformedOutput:
        # Ended by us or by the operator: the slow way would fare no better.
        return bool(ended.trouble)


def _asked(ended: Ended, pack: RulePack) -> Ended:
    """How a run ended, with the rules that it was given."""
    return replace(ended, files={**ended.files, _ASKED: json.dumps(pack.ids).encode()})


SCANNER = Semgrep()
"""What the registry finds."""
