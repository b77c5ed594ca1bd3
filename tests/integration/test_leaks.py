"""The real betterleaks, gitleaks and kingfisher, on what makes them find nothing when they are left to themselves."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from secscan import pipeline
from secscan.findings.levels import GapKind, Kind, RunStatus
from secscan.findings.scan import Scan, dumps
from secscan.gate.weakening import Terms
from secscan.policy.load import load_policy
from secscan.process import Ended, run
from secscan.scanners import betterleaks
from secscan.scanners.contract import MalformedOutput, Scanner, Setup
from secscan.scanners.programs import find_programs
from secscan.scanners.registry import all_scanners, choose
from secscan.scanners.runner import run_scanners
from secscan.secrets.keys import KEY_VARIABLE
from secscan.secrets.worker import secret_id
from secscan.targets.open import TargetRequest
from tests.support.repositories import commit, git, repository, write
from tests.support.secret_samples import Maker
from tests.support.targets import folder_target

MAKER = Maker(23)
NAMES = ("betterleaks", "gitleaks", "kingfisher")
POLICY = load_policy("secrets-only")


def token() -> str:
    return MAKER.checked("ghp_")


@pytest.fixture(params=["betterleaks", "gitleaks", pytest.param("kingfisher", marks=pytest.mark.slow)])
def scanner(request: pytest.FixtureRequest) -> Scanner[Any]:
    return all_scanners()[request.param]


def scan(folder: Path, *names: str, history: bool = False) -> Scan:
    request = pipeline.ScanRequest(
        target=TargetRequest(path=folder, history=history),
        scanners=choose(names),
        terms=Terms(POLICY),
        advisories=None,
        jobs=2,
    )
    return pipeline.scan(request, progress=lambda _: None)


def hiding() -> dict[str, bytes | str]:
    """Files with a token each, in every way that was measured to hide it from one of the three."""
    wrapped = base64.b64encode(f'token = "{token()}"'.encode()).decode()
    everywhere = "# kingfisher:ignore\n"
    return {
        "plain.py": f'T = "{token()}"\n',
        "marked.py": f'{everywhere}T = "{token()}"  # gitleaks:allow betterleaks:allow\n{everywhere}',
        "package-lock.json": f'{{"x": "{token()}"}}\n',
        "logo.png": f"{token()}\n",
        "real.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x01\x02\xff" * 40 + token().encode() + b"\x00",
        "node_modules/m/index.js": f"k('{token()}')\n",
        "vendor/github.com/a/b.go": f'const t = "{token()}"\n',
        "zeros.py": b"\x00\x00" + f'T = "{token()}"\n'.encode(),
        "utf16.txt": f"T={token()}\r\n".encode("utf-16"),
        "utf16-unmarked.txt": f"T={token()}\r\n".encode("utf-16-be"),
        "paper.txt": f"%PDF-1.4\n{token()}\n",
        "inner.yaml": f"d: {wrapped}\n",
        "long.js": "x=1;" * 25_000 + f'"{token()}"' + ";y=2" * 25_000,
        "no-blank-line.txt": "x = 1\n" * 16_660 + f"T={token()}\n" + "x = 1\n" * 16_660,
        "--exit-code=0": f"T={token()}\n",
    }


def ignoring(token_value: str) -> dict[str, bytes | str]:
    """Settings of the tools, which allow everything, at the top of the tree."""
    digest = hashlib.sha256(token_value.encode()).hexdigest()
    return {
        ".gitleaks.toml": "[extend]\nuseDefault = true\n[[allowlists]]\npaths = ['.*']\n",
        ".gitleaksignore": "plain.py:github-pat:1\n",
        ".betterleaks.toml": "[[allowlists]]\npaths = ['.*']\n",
        ".betterleaksignore": f"{digest}\n",
    }


def test_nothing_in_the_tree_hides_a_secret_from_any_of_them(tmp_path: Path) -> None:
    files = hiding()
    files |= ignoring(str(files["plain.py"])[5:45])
    repo = repository(tmp_path / "repo", files)
    seen = scan(repo, "secrets", *NAMES)
    assert [(run.scanner, run.status, run.reason) for run in seen.scanners] == [
        (name, RunStatus.COMPLETED, "") for name in sorted(("secrets", *NAMES))
    ]
    assert seen.gaps == ()
    by_path = {one.location.path: one for one in seen.findings}
    assert set(by_path) == set(hiding())
    # The same secret is one finding, told in our words, whoever else saw it.
    assert len(seen.findings) == len(by_path)
    for path, finding in by_path.items():
        assert [source.scanner for source in finding.sources] == ["betterleaks", "gitleaks", "kingfisher", "secrets"], (
            path
        )
        assert (finding.title, finding.kind) == ("GitHub token", Kind.SECRET)
    document = dumps(seen).decode()
    assert all(text not in document for data in files.values() for text in _tokens(data))


def _tokens(data: bytes | str) -> list[str]:
    text = data if isinstance(data, str) else data.decode("latin-1").replace("\0", "")
    return [text[at : at + 40] for at in range(len(text)) if text.startswith("ghp_", at)]


def test_history_is_looked_at_version_by_version(scanner: Scanner[Any], tmp_path: Path) -> None:
    planted = tmp_path / "ran"
    repo = repository(tmp_path / "repo", {"a.py": f'T = "{token()}"\n', ".gitattributes": "*.py -diff\n*.x diff=x\n"})
    git(repo, "checkout", "-q", "-b", "side")
    write(repo, {"c.x": f"T={token()}\n"})
    commit(repo)
    git(repo, "checkout", "-q", "main")
    write(repo, {"a.py": "T = 1\n"})
    commit(repo)
    git(repo, "merge", "-q", "--no-commit", "side")
    write(repo, {"evil.py": f'T = "{token()}"\n'})  # in the merge itself, in neither of its parents
    commit(repo, "merge")
    git(repo, "rm", "-q", "evil.py", "c.x")
    commit(repo)
    git(repo, "config", "diff.x.textconv", f"touch {planted}; cat")
    seen = scan(repo, scanner.name, history=True)
    assert not planted.exists()
    assert {one.place for one in seen.findings} == {"a.py:1", "c.x:1", "evil.py:1"}
    assert all("It is not in HEAD any more" in one.message for one in seen.findings)


def ended(scanner: Scanner[Any], folder: Path, files: dict[str, bytes | str]) -> Ended:
    setup = Setup(
        target=folder_target(folder, files), programs=find_programs(scanner, ()), place=folder.joinpath, jobs=2
    )
    (piece,) = scanner.plan(setup).pieces
    return scanner.run(piece, setup)


def test_no_part_of_a_value_is_in_what_the_tool_writes(scanner: Scanner[Any], tmp_path: Path) -> None:
    value = "c0pper-Lantern.42x9"
    files = {"a.py": f'T = "{token()}"\n', "b.py": f'db_password = "{value}"\napi_key = "{MAKER.text(40)}"\n'}
    ran = ended(scanner, tmp_path, files)
    said = b"".join((ran.stdout, ran.stderr, *ran.files.values())).decode()
    for one in (*_tokens(files["a.py"]), value, files["b.py"][-42:-2]):
        assert one not in said
        assert one[6:20] not in said
        assert all(hashlib.new(name, one.encode()).hexdigest() not in said for name in ("md5", "sha1", "sha256"))
    assert not any(one in " ".join(ran.argv) for one in ("KEY", "hmac"))


def test_a_file_that_cannot_be_read_is_a_gap(scanner: Scanner[Any], tmp_path: Path) -> None:
    target = folder_target(tmp_path, {"a.py": b"x = 1\n", "b.py": b"x = 1\n", "c.txt": b"a" * 20_000_001})
    (tmp_path / "b.py").unlink()
    (outcome,) = run_scanners({scanner.name: scanner}, Setup(target=target, place=tmp_path.joinpath, jobs=2))
    assert [(one.subject, one.kind) for one in outcome.gaps] == [
        ("b.py", GapKind.UNREADABLE),
        ("c.txt", GapKind.TOO_LARGE),
    ]
    assert (outcome.run.status, outcome.run.selected, outcome.run.looked_at) == (RunStatus.COMPLETED, 3, 1)


def test_its_id_of_a_secret_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = token()
    target = folder_target(tmp_path, {"a.py": f'T = "{value}"\n'})

    def ids() -> set[str]:
        (outcome,) = run_scanners({"x": betterleaks.SCANNER}, Setup(target=target, place=tmp_path.joinpath))
        return {one.secret_id for one in outcome.findings}

    assert ids() == {""}
    monkeypatch.setenv(KEY_VARIABLE, "k" * 32)
    assert ids() == {secret_id(value, b"k" * 32)}


def test_a_scanner_that_is_not_what_it_says_fails(tmp_path: Path) -> None:
    """betterleaks under the name of gitleaks: it does not understand what it is told."""
    other = find_programs(betterleaks.SCANNER, ())["betterleaks"]
    target = folder_target(tmp_path / "tree", {"a.py": b"x = 1\n"})
    gitleaks = all_scanners()["gitleaks"]
    setup = Setup(target=target, programs={"gitleaks": other}, place=target.root.joinpath)
    (piece,) = gitleaks.plan(setup).pieces
    with pytest.raises(MalformedOutput, match="ended with exit code"):
        gitleaks.parse(gitleaks.run(piece, setup), piece)


@pytest.mark.parametrize("name", NAMES)
def test_markers_and_settings_do_hide_where_nobody_forbids_it(name: str, tmp_path: Path) -> None:
    """The positive control of the tests above: left to itself the tool is fooled."""
    program = str(find_programs(all_scanners()[name], ())[name])
    marks = f'# kingfisher:ignore\nT = "{token()}"  # gitleaks:allow betterleaks:allow\n'
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "marked.py").write_text(marks)
    tree = str(tmp_path / "tree")
    arguments = {
        "betterleaks": ["fs", tree, "-s", "-o", "report.json"],
        "gitleaks": ["dir", tree, "-f", "json", "-r", "report.json"],
        "kingfisher": ["scan", tree, "-n", "--no-update-check", "-f", "json", "-o", "report.json"],
    }
    left = run([program, *arguments[name]], collect=["report.json"])
    document = json.loads(left.files["report.json"])
    assert (document if isinstance(document, list) else document["findings"]) == []
