"""Files of a tree that count since the user trusts them, on real repositories: only what was trusted, as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from secscan.cli.app import build
from secscan.cli.judging import Judge, Wanted, gather
from secscan.errors import ConfigError, PolicyError
from secscan.scanners.registry import all_scanners
from secscan.trust.listed import list_path
from tests.support.repositories import commit, git, repository, write

POLICY = "format: secscan.policy/1\nname: {name}\nrequired: [{required}]\nextends: ./base.yaml\n"
BASE = """\
format: secscan.policy/1
name: base
required: [secrets]
rules: [{{id: all, action: {action}, reason: because}}]
"""
WAIVERS = """
format: secscan.waivers/1
waivers:
  - id: {id}
    fingerprint: ["12345678"]
    reason: long enough a reason
    owner: ana
    expires: 2099-01-01
"""
BASELINE = {
    "format": "secscan.baseline/1", "target": "repo", "findings": [], "tools": [], "packages": [], "files": [],
    "renames": {},
}  # fmt: skip
FILES: dict[str, bytes | str] = {
    "secscan.yaml": "version: 1\nscan: {exclude: ['/docs/**']}\nvex: [judge/vex.json]\n",
    ".secscan/policy.yaml": POLICY.format(name="house", required="secrets"),
    ".secscan/base.yaml": BASE.format(action="block"),
    ".secscan/waivers.yaml": WAIVERS.format(id="agreed"),
    ".secscan/baseline.json": json.dumps(BASELINE),
    "judge/vex.json": json.dumps(
        {
            "@context": "https://openvex.dev/ns/v0.2.0",
            "@id": "https://example.org/vex",
            "author": "ana",
            "timestamp": "2026-01-01T00:00:00Z",
            "version": 1,
            "statements": [],
        }
    ),
}
KNOWN = {"fingerprint": "12345678", "title": "t", "path": "a.py", "scanners": ["bandit"], "first_seen": ""}
EVIL: dict[str, bytes | str] = {
    "secscan.yaml": "version: 1\nscanners: {disable: [secrets]}\n",
    ".secscan/policy.yaml": POLICY.format(name="evil", required="bandit"),
    ".secscan/base.yaml": BASE.format(action="accept"),
    ".secscan/waivers.yaml": WAIVERS.format(id="brought"),
    ".secscan/baseline.json": json.dumps({**BASELINE, "findings": [KNOWN]}),
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", FILES)


def run(*words: str, code: int = 0) -> str:
    ended = CliRunner().invoke(build(), words)
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    assert ended.exit_code == code, ended.output
    return ended.output


def judged(repo: Path, **wanted: object) -> Judge:
    return gather(repo, None, Wanted(**wanted), scanners=tuple(all_scanners()))  # type: ignore[arg-type]


def words(judge: Judge) -> str:
    return "\n".join(f"{one.subject}: {one.text}" for one in judge.notices)


def check_trusted(judge: Judge) -> None:
    assert judge.settings.exclude == ("/docs/**",)
    assert (judge.terms.policy.name, judge.terms.policy.rules[0].action) == ("house", "block")
    assert [one.id for one in judge.terms.waivers] == ["agreed"]
    assert judge.terms.baseline is not None
    assert judge.trusted == set(FILES)


def check_nothing_of_the_tree(judge: Judge) -> None:
    assert (judge.settings.exclude, judge.settings.disable) == ((), ())
    assert judge.terms.policy.name == "default"
    assert (judge.terms.waivers, judge.terms.baseline) == ((), None)
    assert not judge.trusted


def test_nothing_counts_before_it_is_trusted(repo: Path) -> None:
    judge = judged(repo)
    check_nothing_of_the_tree(judge)
    for name in ("scan.exclude", ".secscan/policy.yaml", ".secscan/waivers.yaml", ".secscan/baseline.json"):
        assert name in words(judge)
    assert "secscan config trust" in words(judge)


def test_everything_counts_as_it_was_trusted(repo: Path) -> None:
    said = run("config", "trust", str(repo))
    assert "action: block" in said  # what is trusted is shown
    check_trusted(judged(repo))
    check_trusted(judged(repo, staged=True))
    check_trusted(judged(repo, diff="HEAD"))
    assert "it counts, since whoever scans trusts it" in words(judged(repo))


@pytest.mark.parametrize("changed", sorted(EVIL))
def test_a_file_that_changes_does_not_count_any_more(repo: Path, changed: str) -> None:
    run("config", "trust", str(repo))
    write(repo, {changed: EVIL[changed]})
    judge = judged(repo)
    assert judge.settings.disable == ()
    assert judge.terms.policy.name in ("house", "default")
    assert all(rule.action != "accept" or rule.reason != "because" for rule in judge.terms.policy.rules)
    assert [one.id for one in judge.terms.waivers] in ([], ["agreed"])
    assert not (judge.terms.baseline and judge.terms.baseline.findings)
    assert changed not in judge.trusted
    assert f"{changed}: it is not what was trusted" in words(judge)
    assert "secscan config trust --show" in words(judge)
    assert changed in run("config", "trust", "--show", str(repo))
    assert changed not in judged(repo).trusted  # to look is not to trust
    write(repo, {changed: FILES[changed]})
    check_trusted(judged(repo))


def test_a_policy_counts_with_all_its_files_or_not_at_all(repo: Path) -> None:
    run("config", "trust", str(repo))
    write(repo, {".secscan/base.yaml": EVIL[".secscan/base.yaml"]})
    judge = judged(repo)
    assert judge.terms.policy.name == "default"
    assert ".secscan/policy.yaml: it names a file that is gone or is not what was trusted" in words(judge)


def test_a_file_that_is_gone_is_told(repo: Path) -> None:
    run("config", "trust", str(repo))
    (repo / ".secscan/waivers.yaml").unlink()
    judge = judged(repo)
    assert judge.terms.waivers == ()
    assert ".secscan/waivers.yaml: it is gone" in words(judge)


def test_a_file_that_comes_later_is_not_trusted_with_the_rest(repo: Path) -> None:
    (repo / ".secscan/waivers.yaml").unlink()
    run("config", "trust", str(repo))
    write(repo, {".secscan/waivers.yaml": EVIL[".secscan/waivers.yaml"]})
    assert judged(repo).terms.waivers == ()


def test_what_is_staged_is_judged_by_what_is_staged(repo: Path) -> None:
    run("config", "trust", str(repo))
    write(repo, EVIL)
    check_trusted(judged(repo, staged=True))
    git(repo, "add", "--all")
    check_nothing_of_the_tree(judged(repo, staged=True))
    check_trusted(judged(repo, diff="HEAD"))
    commit(repo, "evil")
    check_nothing_of_the_tree(judged(repo, diff="HEAD"))
    write(repo, FILES)
    check_trusted(judged(repo))
    judge = judged(repo, staged=True)
    check_nothing_of_the_tree(judge)
    assert "as it is in the index, it is not what was trusted" in words(judge)


def test_in_a_pull_request_the_base_counts_and_the_list_does_not(repo: Path) -> None:
    git(repo, "branch", "base")
    write(repo, EVIL)
    commit(repo, "evil")
    run("config", "trust", str(repo))
    judge = judged(repo, policy_ref="base")
    assert judge.settings.exclude == ("/docs/**",)
    assert judge.terms.policy.name == "house"
    assert [one.id for one in judge.terms.waivers] == ["agreed"]
    assert judge.terms.baseline is not None
    assert judge.terms.baseline.findings == ()
    assert [one.id for one in judge.pending] == ["brought"]
    assert judge.brought is not None
    assert set(judge.changed) >= {".secscan/policy.yaml", ".secscan/waivers.yaml", ".secscan/baseline.json"}


@pytest.mark.slow
def test_a_baseline_that_the_change_removes_stays_that_of_the_base(repo: Path) -> None:
    git(repo, "branch", "base")
    (repo / ".secscan/baseline.json").unlink()
    commit(repo, "no baseline")
    judge = judged(repo, policy_ref="base")
    assert judge.terms.baseline is not None
    assert judge.changed == (".secscan/baseline.json",)


def test_what_the_caller_names_goes_before_what_he_trusts(repo: Path, tmp_path: Path) -> None:
    run("config", "trust", str(repo))
    judge = judged(repo, policy="strict", baseline_ref="HEAD")
    assert judge.terms.policy.name == "strict"
    assert judge.terms.baseline is None
    assert "not honoured" not in words(judge)
    write(tmp_path, {"other.yaml": BASE.format(action="warn").replace("base", "other")})
    assert judged(repo, policy=str(tmp_path / "other.yaml")).terms.policy.name == "other"


def test_settings_that_the_caller_names_count_with_what_they_name(repo: Path) -> None:
    write(repo, {"named.yaml": "version: 1\npolicy: .secscan/policy.yaml\nwaivers: [.secscan/waivers.yaml]\n"})
    judge = gather(repo, repo / "named.yaml", Wanted(), scanners=tuple(all_scanners()))
    assert judge.terms.policy.name == "house"
    assert [one.id for one in judge.terms.waivers] == ["agreed"]


def test_a_floor_that_is_trusted_cannot_be_lowered(repo: Path) -> None:
    settings = "version: 1\npolicy: strict\nfloor: .secscan/base.yaml\n"
    write(repo, {"secscan.yaml": settings})
    run("config", "trust", str(repo))
    assert judged(repo).terms.policy.floor is not None
    write(repo, {".secscan/base.yaml": EVIL[".secscan/base.yaml"]})
    for wanted in ({}, {"policy": "strict"}):
        judge = judged(repo, **wanted)
        assert "is not what was trusted" in words(judge)
        assert judge.terms.policy.floor is None


@pytest.mark.slow
def test_a_part_of_a_repository_has_settings_of_its_own(repo: Path) -> None:
    write(repo, {"services/api/secscan.yaml": "version: 1\nscan: {exclude: ['/gen/**']}\n"})
    run("config", "trust", str(repo / "services/api"))
    judge = judged(repo / "services/api")
    assert judge.settings.exclude == ("/gen/**",)
    assert judge.terms.policy.name == "house"
    assert judged(repo).settings.exclude == ()
    run("config", "trust", str(repo))
    assert judged(repo / "services/api").settings.exclude == ("/gen/**",)
    check_trusted(judged(repo))


def test_a_folder_without_git_can_be_trusted(tmp_path: Path) -> None:
    write(tmp_path / "plain", FILES)
    run("config", "trust", str(tmp_path / "plain"))
    check_trusted(judged(tmp_path / "plain"))
    (tmp_path / "plain").rename(tmp_path / "moved")
    check_nothing_of_the_tree(judged(tmp_path / "moved"))


def test_links_lead_to_nothing_that_was_not_trusted(repo: Path, tmp_path: Path) -> None:
    run("config", "trust", str(repo))
    write(tmp_path / "outside", EVIL)
    git(repo, "rm", "-rq", "--cached", ".secscan")
    for path in (repo / ".secscan").iterdir():
        path.unlink()
    (repo / ".secscan").rmdir()
    (repo / ".secscan").symlink_to(tmp_path / "outside/.secscan")
    judge = judged(repo)
    assert judge.terms.policy.name == "default"
    assert judge.terms.waivers == ()
    assert judge.terms.baseline is None


def test_the_list_is_never_taken_from_the_tree(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("config", "trust", str(repo))
    place = list_path()
    (repo / "config/secscan").mkdir(parents=True)
    (repo / "config/secscan/trusted.json").write_bytes(place.read_bytes())
    (repo / "config/secscan/trusted.json").chmod(0o600)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(repo / "config"))
    judge = judged(repo)
    check_nothing_of_the_tree(judge)
    assert "lies in the tree" in words(judge)
    with pytest.raises(ConfigError, match="lies in the tree"):
        run("config", "trust", str(repo))


def test_a_list_that_others_can_write_is_not_read_and_that_is_told(repo: Path) -> None:
    run("config", "trust", str(repo))
    list_path().chmod(0o666)
    judge = judged(repo)
    check_nothing_of_the_tree(judge)
    assert "can be written by" in words(judge)


def test_an_environment_of_a_policy_that_does_not_count_is_no_other_policy_s(repo: Path) -> None:
    rule = "{id: more, match: {kind: [sast]}, action: block, reason: because}"
    more = f"environments: {{production: {{rules: [{rule}]}}}}\n"
    write(repo, {".secscan/policy.yaml": POLICY.format(name="house", required="secrets") + more})
    run("config", "trust", str(repo))
    assert judged(repo, environment="production").terms.policy.name == "house"
    write(repo, {".secscan/base.yaml": EVIL[".secscan/base.yaml"]})
    with pytest.raises(PolicyError, match=r"\.secscan/base\.yaml is not there, or is not what you trusted"):
        judged(repo, environment="production")


def test_files_by_which_vault_is_asked_are_trusted_with_the_settings(repo: Path) -> None:
    write(repo, {"secscan.yaml": f"version: 1\nvault: {{mode: index, index: {repo}/index.json}}\n", "index.json": "{}"})
    run("config", "trust", str(repo))
    assert judged(repo).settings.vault is not None
    write(repo, {"index.json": "{ }"})
    judge = judged(repo)
    assert judge.settings.vault is None
    assert "index.json: it is not what was trusted" in words(judge)


def test_reports_go_through_no_link_out_of_the_tree(repo: Path, tmp_path: Path) -> None:
    write(repo, {"secscan.yaml": "version: 1\noutput: build/out\n"})
    run("config", "trust", str(repo))
    assert judged(repo).settings.output == f"{repo}/build/out"
    (tmp_path / "home").mkdir()
    (repo / "build").symlink_to(tmp_path / "home")
    with pytest.raises(ConfigError, match="through a link"):
        judged(repo)


def test_trust_is_taken_back(repo: Path) -> None:
    run("config", "trust", str(repo))
    assert str(repo) in run("config", "trust", "--list")
    run("config", "untrust", str(repo))
    check_nothing_of_the_tree(judged(repo))
    assert run("config", "trust", "--list") == ""


def test_what_is_wrong_is_not_trusted(repo: Path) -> None:
    write(repo, {".secscan/base.yaml": "format: secscan.policy/1\nname: base\nrulez: []\n"})
    with pytest.raises(PolicyError, match=r"base\.yaml:3:1"):
        run("config", "trust", str(repo))
    write(repo, {".secscan/base.yaml": FILES[".secscan/base.yaml"], "secscan.yaml": "version: 1\nbaseline: no.json\n"})
    with pytest.raises(PolicyError, match=r"no\.json is not there"):
        run("config", "trust", str(repo))
    assert not list_path().exists()


@pytest.mark.slow
def test_our_own_commands_keep_the_trust_in_what_they_write(repo: Path) -> None:
    run("config", "trust", str(repo))
    write(repo, {".secscan/waivers.yaml": WAIVERS.format(id="ended").replace("2099", "2020")})
    run("waiver", "prune", str(repo / ".secscan/waivers.yaml"))
    assert ".secscan/waivers.yaml" not in judged(repo).trusted  # what was there was not what was trusted
    run("config", "trust", str(repo))
    write(repo, {".secscan/waivers.yaml": WAIVERS.format(id="ended").replace("2099", "2020")})
    run("config", "trust", str(repo))
    run("waiver", "prune", str(repo / ".secscan/waivers.yaml"))
    assert ".secscan/waivers.yaml" in judged(repo).trusted
    assert judged(repo).terms.waivers == ()
