"""What a hook says."""

from __future__ import annotations

import msgspec
import pytest

from secscan.findings.fingerprint import with_fingerprints
from secscan.findings.levels import GapKind
from secscan.findings.model import Finding, Gap
from secscan.findings.scan import Scan
from secscan.hooks.words import Commands, said
from secscan.policy.load import load_policy
from tests.support.hostile_scans import hostile
from tests.support.hostile_strings import STRINGS, TAME
from tests.support.oracles import oracle_of
from tests.support.scans import NOTE, PACKAGE, TAINTED, clean, ordinary, run, scan_of, spread

COMMANDS = Commands(waive="secscan waiver add ID", explain="secscan explain ID")
INDEX = Gap(scanner="osv", kind=GapKind.NO_INDEX, subject="flask==1 in requirements.txt", detail="there is none")


def told(scan: Scan) -> str:
    return said(scan, "this commit", COMMANDS)


def judged(*findings: Finding, policy: str = "hook", gaps: tuple[Gap, ...] = ()) -> Scan:
    """A scan by all scanners that the policy asks for."""
    scanners = tuple(run(name) for name in sorted(load_policy(policy).required))
    return scan_of(*with_fingerprints(findings), policy=policy, scanners=scanners, gaps=gaps)


def test_nothing_is_said_of_what_passes() -> None:
    assert told(clean()) == ""
    assert told(judged(NOTE)) == ""


def test_what_blocks_is_told_in_full_and_what_warns_is_not() -> None:
    text = told(judged(TAINTED, PACKAGE, NOTE))
    assert text.startswith("secscan: 2 findings block this commit\n")
    assert TAINTED.place in text
    assert NOTE.title not in text
    assert "secscan waiver add ID" in text
    assert "secscan explain ID" in text


def test_what_is_tolerated_is_one_line_wherever_it_is_told() -> None:
    passed = told(judged(gaps=(INDEX, msgspec.structs.replace(INDEX, scanner="pip-audit"))))
    assert passed.startswith("secscan: nothing blocks; not looked at, as the policy allows: 1 no-index (")
    assert passed.count("\n") == 1
    failed = told(judged(TAINTED, gaps=(INDEX,)))
    assert failed.splitlines()[-1].startswith("secscan: not looked at, as the policy allows: 1 no-index (")


def test_what_had_to_be_looked_at_is_told_with_what_to_do() -> None:
    gap = msgspec.structs.replace(INDEX, kind=GapKind.UNPARSABLE, scanner="bandit", subject="a.py", remedy="mend it")
    text = told(judged(gaps=(gap,)))
    assert text.startswith("secscan: nothing blocks, but this had to be looked at, and was not:\n")
    assert "a.py" in text
    assert "to do: mend it" in text


def test_a_scan_that_nobody_judged_does_not_look_like_one_that_passed() -> None:
    assert "block this commit" in told(msgspec.structs.replace(ordinary(), judgement=None))


def test_a_secret_names_its_places() -> None:
    assert "also in " in told(spread())


def test_nothing_in_a_scan_does_anything_to_the_terminal() -> None:
    oracle = oracle_of("terminal")
    tame = tuple(told(hostile(text, turn)).encode() for turn in range(12) for text in TAME)
    wrong = [
        f"{text[:60]!a}: {one}"
        for turn, text in enumerate(STRINGS)
        for one in oracle(told(hostile(text, turn)).encode(), text, tame)
    ]
    assert not wrong


@pytest.mark.parametrize("count", [1, 30])
def test_it_stays_short(count: int) -> None:
    findings = [
        msgspec.structs.replace(
            TAINTED, location=msgspec.structs.replace(TAINTED.location, path=f"f{n}.py"), fingerprint=""
        )
        for n in range(count)
    ]
    lines = told(judged(*findings)).splitlines()
    assert len(lines) < 9 * min(count, 20) + 8
    assert ("  ... and 10 more" in lines) == (count == 30)
