"""Secrets in everything that was ever committed, on real git repositories that try to hide them."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from secscan import pipeline
from secscan.findings.levels import Confidence, GapKind
from secscan.findings.model import Finding, Introduced
from secscan.findings.scan import Scan, dumps
from secscan.gate.weakening import Terms
from secscan.policy.load import load_policy
from secscan.scanners.registry import choose
from secscan.targets.open import TargetRequest
from tests.support.repositories import commit, git, repository, write
from tests.support.secret_samples import Maker

MAKER = Maker(11)
POLICY = load_policy("secrets-only")


def token() -> str:
    return MAKER.checked("ghp_")


def scan(folder: Path) -> Scan:
    request = pipeline.ScanRequest(
        target=TargetRequest(path=folder, history=True),
        scanners=choose(("secrets",)),
        terms=Terms(POLICY),
        advisories=None,
    )
    return pipeline.scan(request, progress=lambda _: None)


def places(seen: Scan) -> set[str]:
    return {one.place for one in seen.findings}


def test_what_was_deleted_is_found_with_the_commit_that_brought_it(tmp_path: Path) -> None:
    first, second = token(), token()
    repo = repository(tmp_path / "repo", {"a.py": f'T = "{first}"\n'})
    brought = git(repo, "rev-parse", "HEAD")
    write(repo, {"a.py": f'# moved down\nT = "{first}"\n', "b.py": f'T = "{second}"\n'})
    commit(repo)
    write(repo, {"a.py": "T = 1\n"})
    commit(repo, "take it out")
    seen = scan(repo)
    assert places(seen) == {"a.py:1", "b.py:1"}
    gone, there = sorted(seen.findings, key=lambda one: one.location.path)
    assert f"Brought by commit {brought[:12]} (Test, 2026-01-01). It is not in HEAD any more" in gone.message
    assert "It still stands in HEAD." in there.message
    assert "rotate it" in gone.message
    document = dumps(seen).decode()
    assert first not in document
    assert second not in document


def test_branches_tags_and_merges_hide_nothing(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"base.txt": "x\n"})
    git(repo, "checkout", "-q", "-b", "side")
    write(repo, {"side.py": f'T = "{token()}"\n'})
    commit(repo)
    git(repo, "checkout", "-q", "--detach")
    write(repo, {"tagged.py": f'T = "{token()}"\n'})
    commit(repo)
    git(repo, "tag", "v1")
    git(repo, "checkout", "-q", "main")
    write(repo, {"main.py": "x = 1\n"})
    commit(repo)
    git(repo, "merge", "-q", "--no-commit", "side")
    write(repo, {"evil.py": f'T = "{token()}"\n'})  # in the merge itself, in neither of its parents
    commit(repo, "merge")
    write(repo, {"evil.py": "x = 1\n"})
    commit(repo)
    assert places(scan(repo)) == {"side.py:1", "tagged.py:1", "evil.py:1"}


def test_nothing_of_the_repository_decides_what_is_seen(tmp_path: Path) -> None:
    planted = tmp_path / "ran"
    repo = repository(
        tmp_path / "repo",
        {
            ".gitattributes": "*.py -diff\n*.txt binary\n*.x diff=x\n",
            ".gitleaksignore": "*\n",
            ".betterleaksignore": "*\n",
            ".gitleaks.toml": "[allowlist]\npaths = ['.*']\n",
            "a.py": f'T = "{token()}"  # gitleaks:allow # nosec\n',
            "b.txt": f"T={token()}\n",
            "utf16.txt": f"T={token()}\r\n".encode("utf-16"),
            "package-lock.json": f'{{"x": "{token()}"}}\n',
            "logo.png": b"\x89PNG\r\n\x00\x00" + token().encode() + b"\x00",
            "node_modules/m/i.js": f"k('{token()}')\n",
            "zeros.py": b"\x00\x00\x00" + f'T = "{token()}"\n'.encode(),
            "inner.yaml": f"d: {base64.b64encode(f'token={token()}'.encode()).decode()}\n",
            "c.x": f"T={token()}\n",
        },
    )
    for key, value in {
        "diff.x.textconv": f"touch {planted}; cat",
        "core.fsmonitor": f"touch {planted}",
        "core.pager": f"touch {planted}",
        "diff.external": f"touch {planted}",
        "core.hooksPath": str(tmp_path),
    }.items():
        git(repo, "config", key, value)
    seen = scan(repo)
    assert not planted.exists()
    found = {one.location.path for one in seen.findings}
    assert found == {
        *("a.py", "b.txt", "utf16.txt", "package-lock.json", "logo.png", "node_modules/m/i.js"),
        *("zeros.py", "inner.yaml", "c.x"),
    }


def test_odd_names_and_renames(tmp_path: Path) -> None:
    value = token()
    repo = repository(tmp_path / "repo", {"a b/\u00fc\n.py": f'T = "{value}"\n', os.fsdecode(b"\xff.py"): "x = 1\n"})
    git(repo, "mv", "a b/\u00fc\n.py", "other.py")
    commit(repo)
    (finding,) = scan(repo).findings
    assert {one.location.path: one.introduced.in_head for one in finding.each if one.introduced} == {
        "other.py": True,
        "a b/\u00fc%0A.py": False,
    }
    assert finding.location.path == "other.py"


def test_a_shallow_clone_is_a_gap_and_never_clean(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"a.py": f'T = "{token()}"\n'})
    write(repo, {"a.py": "T = 1\n"})
    commit(repo)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repo}", "shallow")
    seen = scan(tmp_path / "shallow")
    assert seen.findings == ()
    assert [(one.kind, one.scanner) for one in seen.gaps] == [(GapKind.NOT_SEEN, "secscan")]
    assert seen.judgement is not None
    assert seen.judgement.verdict == "incomplete"


def test_only_what_is_below_the_folder_that_was_named(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"in/a.py": f'T = "{token()}"\n', "out/b.py": f'T = "{token()}"\n'})
    assert places(scan(repo / "in")) == {"a.py:1"}


@pytest.mark.parametrize("value", ["c0pper-Lantern.42", "x9#Kq!vv2$Lm8Rt"])
def test_what_only_its_place_makes_a_secret_is_not_quoted(tmp_path: Path, value: str) -> None:
    """The versions of a file lie under other names than the report gives them; the scrubber must know both."""
    repo = repository(tmp_path / "repo", {".netrc": f"machine git.corp.internal login ci password {value}\n"})
    write(repo, {".netrc": "machine git.corp.internal login ci\n"})
    commit(repo)
    seen = scan(repo)
    assert places(seen) == {".netrc:1"}
    assert value not in dumps(seen).decode()


def brought(finding: Finding) -> Introduced:
    assert finding.introduced is not None
    return finding.introduced


def test_one_finding_per_secret_over_all_versions_and_files(tmp_path: Path) -> None:
    old, new = "c0pper-Lantern.42", "n1ght-Harbour.77"
    repo = repository(tmp_path / "repo", {"app.py": f'PASSWORD = "{old}"\n', "db.env": f"DB_PASSWORD={old}\n"})
    first = git(repo, "rev-parse", "HEAD")
    write(repo, {"app.py": f'PASSWORD = "{new}"\n', "db.env": f"x=1\nDB_PASSWORD={old}\n"})
    second = commit(repo)
    one, other = sorted(scan(repo).findings, key=lambda finding: -len(finding.places))
    assert {place.location.path: brought(place) for place in one.each} == {
        "app.py": Introduced(commit=first, author="Test", date="2026-01-01T00:00:00Z", in_head=False),
        "db.env": Introduced(commit=first, author="Test", date="2026-01-01T00:00:00Z", in_head=True),
    }
    # A value that took the place of another in the same statement is a secret of its own.
    assert (other.place, brought(other).commit, brought(other).in_head) == ("app.py:1", second, True)
    assert one.location.path == "db.env"


def test_a_new_value_in_an_old_statement_takes_no_fingerprint_of_an_old_one(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"app.py": 'PASSWORD = "c0pper-Lantern.42"\n'})
    (before,) = scan(repo).findings
    write(repo, {"app.py": '\n\n\nPASSWORD = "a0pper-Lantern.42"\n'})
    commit(repo)
    write(repo, {"app.py": 'PASSWORD = "b0pper-Lantern.42"\n'})
    commit(repo)
    after = scan(repo).findings
    assert len(after) == 3
    assert [one.fingerprint for one in after if not brought(one).in_head and one.place == "app.py:1"] == [
        before.fingerprint
    ]


def test_a_file_that_was_copied_out_of_the_tests_is_a_place_of_its_own(tmp_path: Path) -> None:
    """The content is the same object to git; what it stands in decides what is said of it."""
    text = 'PASSWORD = "c0pper-Lantern.42"\n'
    repo = repository(tmp_path / "repo", {"tests/db.py": text})
    write(repo, {"src/db.py": text, "lib/db.py": text})
    copied = commit(repo)
    (one,) = scan(repo).findings
    assert {place.location.path: place.confidence for place in one.each} == {
        "lib/db.py": Confidence.HIGH,
        "src/db.py": Confidence.HIGH,
        "tests/db.py": Confidence.MEDIUM,
    }
    assert [brought(place).commit == copied for place in one.each] == [True, True, False]
    seen = scan(repo)
    assert seen.judgement is not None
    assert {decision.rule for decision in seen.judgement.decisions} == {"secret", "made-up-for-a-test"}
    assert seen.judgement.verdict == "failed"


def test_a_version_with_a_marker_speaks_for_none_without(tmp_path: Path) -> None:
    value = token()
    repo = repository(tmp_path / "repo", {"a.py": f'T = "{value}"  # gitleaks:allow\n'})
    write(repo, {"a.py": f'T = "{value}"\n'})
    commit(repo)
    (one,) = scan(repo).findings
    assert sorted(len(place.markers) for place in one.each) == [0, 1]


def test_odd_authors_and_times(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"base.txt": "x\n"})
    for number, (name, seconds) in enumerate([("An\u2028a\x0b B\x85", "1"), ("Ben", "9999999999999999")]):
        write(repo, {f"{number}.py": f'T = "{token()}"\n'})
        git(repo, "add", "--all")
        made = f"tree {git(repo, 'write-tree')}\nparent {git(repo, 'rev-parse', 'HEAD')}\n"
        made += f"author {name} <a@b> {seconds} +0000\ncommitter C <c@d> 1 +0000\n\nmessage\n"
        git(
            repo,
            "reset",
            "-q",
            "--soft",
            git(repo, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=made.encode()),
        )
    first, second = scan(repo).findings
    assert (brought(first).author, brought(first).date) == ("An\u2028a\x0b B\x85", "1970-01-01T00:00:01Z")
    assert (brought(second).author, brought(second).date) == ("Ben", "")
