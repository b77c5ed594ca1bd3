"""The commands about policies, waivers, baselines and explanations, by the installed program on saved scans."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from secscan.findings.model import TargetInfo
from secscan.findings.scan import Scan, dumps
from tests.e2e.conftest import Run
from tests.support.scans import HOUSE_POLICY, MARKED, NOTE, PACKAGE, SPREAD, TAINTED, UNSCORED, ordinary, run, scan_of

HOUSE = ("--policy", HOUSE_POLICY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the program runs: it holds the saved scan of a failed run."""
    found = tmp_path / "work"
    found.mkdir()
    save(found / "secscan.json", scan_of(TAINTED, MARKED, PACKAGE, UNSCORED, NOTE))
    return found


def save(path: Path, scan: Scan) -> None:
    path.write_bytes(dumps(scan))


# --- Policies ---------------------------------------------------------------------------------------------------------


def test_policy_test_says_what_the_tests_notice(secscan: Run, folder: Path) -> None:
    result = secscan("policy", "test", "default", "strict", "--least", 90, cwd=folder)
    assert result.code == 0
    assert "default: 81 tests, 81 passed" in result.stdout
    assert "mutation score: 100 %" in result.stdout
    assert "not noticed: the rule medium: undecided: next" in result.stdout
    assert secscan("policy", "test", "strict", "--least", 100, cwd=folder).code == 1


def test_policy_test_fails_where_a_test_does(secscan: Run, folder: Path) -> None:
    wrong = "format: secscan.policy/1\nname: mine\nrules:\n  - {id: rest, action: warn, reason: because}\n"
    wrong += "tests:\n  - {name: it blocks, finding: {}, expect: {action: block}}\n"
    (folder / "mine.yaml").write_text(wrong)
    result = secscan("policy", "test", "mine.yaml", cwd=folder)
    assert result.code == 1
    assert "FAILED it blocks (mine.yaml:6)" in result.stdout
    assert "expected block, got warn by the rule rest" in result.stdout


def test_policy_lint_is_the_reader_of_the_gate(secscan: Run, folder: Path) -> None:
    head = "format: secscan.policy/1\nname: mine\nrules:\n"
    last = "  - {id: rest, action: warn, reason: because}\n"
    (folder / "good.yaml").write_text(head + last)
    (folder / "waivers.yaml").write_text("format: secscan.waivers/1\nwaivers: []\n")
    bad = "  - {id: a, when: finding.sevrity == 'high', action: block, reason: because}\n"
    (folder / "bad.yaml").write_text(head + bad + last)
    good = secscan("policy", "lint", "good.yaml", "waivers.yaml", cwd=folder)
    assert (good.code, good.stderr) == (0, "")
    assert "good.yaml: policy mine, 1 rule, 0 tests, well formed" in good.stdout
    assert "waivers.yaml: 0 waivers, well formed" in good.stdout
    result = secscan("policy", "lint", "bad.yaml", "good.yaml", "gone.yaml", cwd=folder)
    assert result.code == 2
    assert "good.yaml: policy mine" in result.stdout
    assert "bad.yaml:4:" in result.stderr
    assert "did you mean 'severity'?" in result.stderr
    assert "        ^" in result.stderr
    assert "gone.yaml" in result.stderr
    # What the gate says of it is the same.
    gate = secscan("gate", "secscan.json", "--policy", "./bad.yaml", cwd=folder)
    assert gate.code == 2
    assert "bad.yaml:4:" in gate.stderr


EVERYBODY = ("bandit", "dockerfile", "image", "manifests", "osv", "pip-audit", "secrets", "semgrep")
"""Whom the default policy requires."""


def test_backtest_says_which_verdicts_flip_and_why(secscan: Run, folder: Path) -> None:
    everybody = tuple(run(name) for name in EVERYBODY)
    save(folder / "note.json", scan_of(NOTE, scanners=everybody))
    result = secscan("policy", "backtest", "advisory", "secscan.json", "note.json", cwd=folder)
    assert result.code == 0
    assert "secscan.json: failed -> failed (only logs)" in result.stdout
    assert "block -> warn: Command injection in shop/admin.py:7" not in result.stdout
    assert "note.json: passed (only logs), as before" in result.stdout
    assert "1 of 2 verdicts flip under advisory" in result.stderr
    strict = secscan("policy", "backtest", "strict", "note.json", "--json", cwd=folder)
    (line,) = strict.stdout.splitlines()
    said = json.loads(line)
    assert (said["before"]["verdict"], said["after"]["verdict"]) == ("passed", "passed")
    assert [(one["before"]["action"], one["after"]["action"]) for one in said["flips"]] == [("accept", "warn")]
    assert said["flips"][0]["after"]["rule"] == "low"


def test_schemas_are_printed(secscan: Run, folder: Path) -> None:
    for name in ("scan", "policy", "waivers", "baseline"):
        assert json.loads(secscan("schema", name, cwd=folder).stdout)["$id"].endswith(f"/{name}-1.json")
    unknown = secscan("schema", "polcy", cwd=folder)
    assert unknown.code == 2
    assert "scan, policy, waivers, baseline" in unknown.stderr


# --- Waivers ----------------------------------------------------------------------------------------------------------

ADD = ("--reason", "the input is a constant", "--owner", "ana@example.org", *HOUSE)


def test_a_waiver_from_its_finding_to_its_end(secscan: Run, folder: Path) -> None:
    save(folder / "secscan.json", scan_of(TAINTED, NOTE))
    added = secscan("waiver", "add", "aaaa0001", *ADD, "--ticket", "SHOP-7", "--expires", "30d", cwd=folder)
    assert added.code == 0
    last = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    assert f"added sql-injection-aaaa0001, which counts until {last}" in added.stderr
    assert "will not count" not in added.stderr
    file = folder / ".secscan" / "waivers.yaml"
    assert file.read_text().startswith("# Findings that are accepted for a while")
    again = secscan("waiver", "add", "aaaa0001", *ADD, cwd=folder)
    assert again.code == 2
    assert "there already" in again.stderr

    gate = secscan("gate", "secscan.json", *HOUSE, "--waivers", file, cwd=folder)
    assert gate.code == 0
    listed = secscan("waiver", "list", "--scan", "secscan.json", *HOUSE, cwd=folder)
    assert "used        sql-injection-aaaa0001  (ana@example.org, 1 finding)" in listed.stdout

    # The finding is repaired: nobody needs the waiver any more.
    save(folder / "secscan.json", scan_of(NOTE))
    dry = secscan("waiver", "prune", "--scan", "secscan.json", *HOUSE, "--dry-run", cwd=folder)
    assert "1 of 1 waivers would be removed" in dry.stderr
    assert "sql-injection-aaaa0001" in file.read_text()
    pruned = secscan("waiver", "prune", "--scan", "secscan.json", *HOUSE, cwd=folder)
    assert "sql-injection-aaaa0001: unused" in pruned.stdout
    assert "waivers: []" in file.read_text()


def test_a_waiver_that_will_not_count_is_said_at_once(secscan: Run, folder: Path) -> None:
    result = secscan("waiver", "add", "aaaa0001", *ADD, "--expires", "4000d", cwd=folder)
    assert result.code == 0
    assert "will not count (too-long)" in result.stderr


def test_a_vulnerability_is_waived_by_its_name(secscan: Run, folder: Path) -> None:
    result = secscan("waiver", "add", "aaaa0003", *ADD, "--vulnerability", "--until-fixable", cwd=folder)
    assert result.code == 0
    text = (folder / ".secscan" / "waivers.yaml").read_text()
    assert "identifier: [CVE-2023-30861]" in text
    assert "package: [Flask]" in text
    # There is a version that clears it.
    assert "will not count (fixable)" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("aaaa",), "5 fingerprints begin with aaaa"),
        (("aaa",), "too short"),
        (("bbbb1234",), "no finding of the scan has the fingerprint"),
        (("aaaa0001", "--expires", "never"), "is not a day"),
        (("aaaa0001", "--expires", "2020-01-01"), "is over already"),
        (("aaaa0001", "--expires", "99999999999d"), "is not a day"),
        (("aaaa0001", "--vulnerability"), "no vulnerability of a package"),
        (("aaaa0001", "--id", "a b"), "is not a name"),
        (("aaaa0001", "--scan", "gone.json"), "cannot read gone.json"),
    ],
)
def test_what_cannot_be_added_is_not(secscan: Run, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    result = secscan("waiver", "add", *arguments, *ADD, cwd=folder)
    assert result.code == 2
    assert said in result.stderr
    assert "hint:" in result.stderr
    assert not (folder / ".secscan").exists()


def test_a_part_of_the_tree_does_not_show_which_waivers_nobody_needs(secscan: Run, folder: Path) -> None:
    secscan("waiver", "add", "aaaa0001", *ADD, cwd=folder)
    part = TargetInfo(kind="staged", name="shop", digest="0" * 64, files=1, bytes=1)
    for scan, why in ((scan_of(NOTE, target=part), "of a part (staged)"), (ordinary(), "incomplete")):
        save(folder / "part.json", scan)
        result = secscan("waiver", "prune", "--scan", "part.json", *HOUSE, cwd=folder)
        assert result.code == 2
        assert why in result.stderr


# --- Baselines --------------------------------------------------------------------------------------------------------


def test_a_baseline_keeps_the_days_and_tells_what_is_new(secscan: Run, folder: Path) -> None:
    save(folder / "old.json", scan_of(TAINTED))
    first = secscan("baseline", "write", "old.json", cwd=folder)
    assert first.code == 0
    assert ".secscan/baseline.json: 1 finding" in first.stderr
    seen = scan_of(TAINTED, NOTE)
    assert seen.run is not None
    later = msgspec.structs.replace(seen, run=msgspec.structs.replace(seen.run, started="2026-03-01T00:00:00Z"))
    save(folder / "new.json", later)
    shown = secscan("baseline", "show", "--scan", "new.json", cwd=folder)
    assert "new (code): shop/db.py:2: Check by assert" in shown.stdout
    assert "1 new, 0 gone, 1 known" in shown.stderr
    again = secscan("baseline", "write", "new.json", cwd=folder)
    assert "2 findings (1 new, 0 gone)" in again.stderr
    known = json.loads((folder / ".secscan/baseline.json").read_bytes())["findings"]
    assert [one["first_seen"][:10] for one in known] == ["2026-01-31", "2026-03-01"]
    assert secscan("baseline", "show", cwd=folder).stdout.startswith("2026-01-31  aaaa0001  shop/catalog.py")
    secscan("baseline", "write", "new.json", "--fresh", cwd=folder)
    known = json.loads((folder / ".secscan/baseline.json").read_bytes())["findings"]
    assert {one["first_seen"][:10] for one in known} == {"2026-03-01"}
    judged = secscan("gate", "new.json", *HOUSE, "--baseline", ".secscan/baseline.json", "--output", ".", cwd=folder)
    assert [one["new"] for one in judged.scan["judgement"]["decisions"]] == [False, False]


def test_a_baseline_of_a_part_is_refused(secscan: Run, folder: Path) -> None:
    part = TargetInfo(kind="diff", name="shop", digest="0" * 64, files=1, bytes=1)
    save(folder / "part.json", scan_of(TAINTED, target=part))
    result = secscan("baseline", "write", "part.json", cwd=folder)
    assert result.code == 2
    assert "looked at a part only (diff)" in result.stderr
    assert not (folder / ".secscan").exists()


# --- Explanations -----------------------------------------------------------------------------------------------------


def test_a_decision_is_explained_rule_by_rule(secscan: Run, folder: Path) -> None:
    result = secscan("explain", "aaaa0003", *HOUSE, cwd=folder)
    assert result.code == 0
    assert "flask 2.2.2: cookie of one client sent to others (high, high confidence)" in result.stdout
    assert "* vulnerable-and-fixable: block" in result.stdout
    assert "yes: severity: [critical, high, unknown] (here: high)" in result.stdout
    below = secscan("explain", "aaaa0005", *HOUSE, cwd=folder)
    assert "  serious: no, severity is low" in below.stdout
    assert "* notes: accept" in below.stdout
    assert all(len(line) <= 80 for line in below.stdout.splitlines())


def test_without_its_policy_what_the_scan_knows_is_shown(secscan: Run, folder: Path) -> None:
    result = secscan("explain", "aaaa0001", cwd=folder)
    assert result.code == 0
    assert "yes: severity: [critical, high, unknown] (here: critical)" in result.stdout
    assert "name its file with" in result.stdout


def test_another_policy_says_what_it_would_decide(secscan: Run, folder: Path) -> None:
    result = secscan("explain", "aaaa0005", "--policy", "strict", cwd=folder)
    assert "The scan was judged by another policy; this is what strict says." in result.stdout
    assert "Warned of by the rule low of the policy strict" in result.stdout


def test_a_finding_that_nobody_decided_on_is_said_so(secscan: Run, folder: Path) -> None:
    scan = scan_of(TAINTED, NOTE)
    assert scan.judgement is not None
    lacking = msgspec.structs.replace(scan.judgement, decisions=scan.judgement.decisions[1:])
    save(folder / "secscan.json", msgspec.structs.replace(scan, judgement=lacking))
    result = secscan("explain", scan.judgement.decisions[0].fingerprint, cwd=folder)
    assert result.code == 2
    assert "there is no decision on it" in result.stderr


def test_the_verdict_is_explained_by_what_turns_it(secscan: Run, folder: Path) -> None:
    result = secscan("explain", "--verdict", cwd=folder)
    assert result.code == 0
    assert "What turns the gate green (3 steps):" in result.stdout
    assert "upgrade Flask 2.2.2 to 2.2.5 in requirements.txt" in result.stdout
    assert "secscan waiver add aaaa0001" in result.stdout
    save(folder / "secscan.json", scan_of(NOTE))
    assert "turns" not in secscan("explain", "--verdict", cwd=folder).stdout
    save(folder / "secscan.json", ordinary())
    incomplete = secscan("explain", "--verdict", cwd=folder).stdout
    assert "pip-audit failed: killed" in incomplete
    assert "To close it: give it more memory" in incomplete.replace("\n  ", " ")


@pytest.mark.parametrize("arguments", [(), ("aaaa0001", "--verdict")])
def test_it_must_be_said_what_to_explain(secscan: Run, folder: Path, arguments: tuple[str, ...]) -> None:
    result = secscan("explain", *arguments, cwd=folder)
    assert result.code == 2
    assert "a FINGERPRINT, --verdict, or --secrets FILE" in result.stderr


def test_what_is_a_secret_and_what_is_none_is_explained(secscan: Run, folder: Path) -> None:
    (folder / "settings.py").write_text('PASSWORD = "c0pper-Lantern.42"\nTOKEN = "your-token-here"\nID = 7\n')
    result = secscan("explain", "--secrets", "settings.py", cwd=folder)
    assert result.code == 0
    said = " ".join(result.stdout.split())
    assert "settings.py:1 generic-password: a secret (password, 17 characters), high confidence" in said
    assert "settings.py:2 generic-token: none, its words say that it is to be filled in" in said
    assert "c0pper" not in result.stdout
    assert secscan("explain", "--secrets", "gone.py", cwd=folder).code == 2


# --- A secret in several places ---------------------------------------------------------------------------------------


def test_a_place_is_waived_and_explained_by_itself_and_all_of_them_on_demand(secscan: Run, folder: Path) -> None:
    save(folder / "secscan.json", scan_of(SPREAD))
    said = secscan("explain", "dddd0003", "--policy", HOUSE_POLICY, cwd=folder)
    assert said.code == 0
    assert "tests/test_api.py:3" in said.stdout
    assert "brought by commit cccccccccccc (Ana, 2025-11-30), in HEAD" in said.stdout
    assert "  block (serious): shop/settings.py:2, fingerprint dddd0002" in said.stdout
    assert "  warn (worth-a-look): docs/setup.md:4" in said.stdout
    verdict = secscan("explain", "--verdict", cwd=folder).stdout
    assert "- failed: 1 blocked by the rule serious" in verdict
    assert "deploy/a [b](c).yaml:3 and 6 more places" in verdict
    assert "secscan waiver add dddd0001 --all-places" in verdict
    why = ("--reason", "a token that was never issued", "--owner", "ana")
    one = secscan("waiver", "add", "dddd0003", *why, *HOUSE, "--file", "one.yaml", cwd=folder)
    assert "it is about tests/test_api.py:3 only; 7 other places of the secret: --all-places" in one.stderr
    assert "dddd0001" not in (folder / "one.yaml").read_text()
    added = secscan("waiver", "add", "dddd0003", *why, *HOUSE, "--all-places", "--file", "all.yaml", cwd=folder)
    assert added.code == 0
    ends = [
        secscan("gate", "secscan.json", *HOUSE, "--waivers", name, cwd=folder).code for name in ("one.yaml", "all.yaml")
    ]
    assert ends == [1, 0]
    listed = secscan("waiver", "list", "all.yaml", "--scan", "secscan.json", *HOUSE, cwd=folder)
    assert "8 findings" in listed.stdout


def test_a_baseline_knows_every_place(secscan: Run, folder: Path) -> None:
    save(folder / "secscan.json", scan_of(msgspec.structs.replace(SPREAD, places=SPREAD.places[:1])))
    assert "2 findings" in secscan("baseline", "write", cwd=folder).stderr
    save(folder / "now.json", scan_of(SPREAD))
    shown = secscan("baseline", "show", "--scan", "now.json", cwd=folder)
    assert "6 new, 0 gone, 2 known" in shown.stderr
    assert "tests/test_api.py:3: GitHub token" in shown.stdout
