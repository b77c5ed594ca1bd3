"""What is found in a repository, what is proposed, and what is written: from small trees to files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from secscan.config import parse_settings
from secscan.errors import UsageError
from secscan.gate.rehearsal import rehearse
from secscan.scanners.registry import all_scanners
from secscan.settings.schema import settings_schema
from secscan.setup.backlog import policy_for_backlog
from secscan.setup.detect import look_at
from secscan.setup.facts import Counted, Facts, ForeignSettings, NewFile
from secscan.setup.propose import SCHEMA_FILE, Wishes, first_commands, proposed, why
from secscan.setup.write import State, steps, write
from tests.support.repositories import git, repository
from tests.support.repositories import write as put

TREE: dict[str, bytes | str] = {
    "app/main.py": "print('x')\n",
    "app/util.py": "import os\n",
    "web/index.js": "alert(1)\n",
    "web/package.json": '{"dependencies": {"left-pad": "^1.3.0"}}',
    "pyproject.toml": '[project]\nname = "x"\nversion = "1"\ndependencies = ["flask>=2"]\n',
    "requirements.txt": "flask==2.0.0\n",
    "Dockerfile": "FROM scratch\n",
    "docker-compose.yml": "services: {a: {image: b}}\n",
    "deploy/app.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n",
    "deploy/argo/app.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n",
    "deploy/agent.sh": "vault kv get -field=password secret/db\n",
    ".github/workflows/ci.yml": "on: push\njobs: {}\n",
    ".gitlab-ci.yml": "test: {script: [make]}\n",
    ".pre-commit-config.yaml": "repos: []\n",
    ".husky/pre-commit": "npm test\n",
    ".bandit": "[bandit]\nskips: B101\n",
    ".trivyignore": "CVE-2020-1\n",
    "third_party/zlib/a.c": "int x;\n",
    "third_party/zlib/b.c": "int y;\n",
    "web/dist/out.js": "x\n",
    ".gitignore": "*.pyc",
    "README.md": "vault kv get secret/example\n",
}


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return look_at(repository(tmp_path_factory.mktemp("setup") / "repo", TREE))


def test_what_is_there_is_found(facts: Facts) -> None:
    assert (facts.in_git, facts.default_branch, facts.files) == (True, "main", len(TREE))
    counts = {one.name: one.files for one in facts.languages}
    assert counts == {"python": 2, "javascript": 2, "c": 2, "shell": 1}
    assert facts.lock_files == ("requirements.txt",)
    assert set(facts.loose_manifests) == {"pyproject.toml", "web/package.json"}
    assert facts.ecosystems == ("PyPI",)
    assert (facts.dockerfiles, facts.compose_files) == (("Dockerfile",), ("docker-compose.yml",))
    assert facts.kubernetes_files == ("deploy/app.yaml", "deploy/argo/app.yaml")
    assert facts.vault == ("deploy/agent.sh",)
    assert facts.ci == ("github", "gitlab", "argo")
    assert facts.hooks == ("husky", "pre-commit")
    assert facts.foreign == (ForeignSettings(".bandit", "bandit"), ForeignSettings(".trivyignore", "trivy"))
    assert facts.projects == ("", "web")
    assert [(one.name, one.files) for one in facts.vendored] == [("third_party", 2)]
    assert [(one.name, one.files) for one in facts.generated] == [("web/dist", 1)]
    assert facts.own == ()


def test_hooks_of_git_and_the_default_branch_of_the_remote(tmp_path: Path) -> None:
    folder = repository(tmp_path / "repo", {"a.py": ""})
    put(folder / ".git", {"hooks/pre-commit": "", "refs/remotes/origin/HEAD": "ref: refs/remotes/origin/trunk\n"})
    facts = look_at(folder)
    assert (facts.hooks, facts.default_branch) == (("git",), "trunk")


def test_an_image_is_found_by_what_is_in_it(tmp_path: Path) -> None:
    import io
    import tarfile

    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        entry = tarfile.TarInfo("manifest.json")
        entry.size = 2
        tar.addfile(entry, io.BytesIO(b"[]"))
    put(tmp_path, {"app.tar": data.getvalue(), "data.tar": b"nothing", "layout/oci-layout": "{}"})
    assert look_at(tmp_path).images == ("app.tar", "layout")


def settings_of(files: tuple[NewFile, ...]) -> dict[str, Any]:
    content = next(one.content for one in files if one.path == "secscan.yaml")
    parse_settings(content, origin="/x/secscan.yaml", from_tree=False)
    data = YAML(typ="safe").load(content)
    assert jsonschema_rs.validator_for(settings_schema()).is_valid(data)
    assert isinstance(data, dict)
    return data


def test_the_proposal_is_right_and_says_why(facts: Facts) -> None:
    files = proposed(facts, Wishes())
    assert settings_of(files) == {"version": 1, "policy": "default"}
    text = next(one.content for one in files if one.path == "secscan.yaml").decode()
    first = text.splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA_FILE}"
    schema = next(one.content for one in files if one.path == SCHEMA_FILE)
    assert json.loads(schema) == settings_schema()
    for found in (
        "requirements.txt",
        "Dockerfile",
        "deploy/app.yaml",
        "deploy/agent.sh",
        ".bandit",
        '"/third_party/**"',
    ):
        assert found in text, found
    assert next(one.content for one in files if one.path == ".gitignore").startswith(b"*.pyc\n# Reports of secscan\n")


def test_what_stands_in_comments_is_right_once_it_is_wanted(facts: Facts) -> None:
    """Whoever takes a comment's mark away gets settings that are taken."""
    (content,) = (one.content.decode() for one in proposed(facts, Wishes()) if one.path == "secscan.yaml")
    marks = ("# scan:", "#   exclude:", "#     - ", "# vault:", "#   address", "#   mode")
    wanted = [line[2:] for line in content.splitlines() if line.startswith(marks)]
    assert len(wanted) == 7
    settings = parse_settings("\n".join(["version: 1", *wanted]).encode(), origin="/x/s.yaml", from_tree=False)
    assert settings.exclude == ("/web/dist/**", "/third_party/**")
    assert settings.vault is not None


def test_a_baseline_and_a_policy_of_ones_own(facts: Facts) -> None:
    wishes = Wishes(policy="strict", baseline=True)
    assert settings_of(proposed(facts, wishes)) == {
        "version": 1,
        "policy": ".secscan/policy.yaml",
        "baseline": ".secscan/baseline.json",
    }
    assert settings_of(proposed(facts, Wishes(policy="strict")))["policy"] == "strict"
    own = Facts(root=facts.root, own=(".secscan/policy.yaml",))
    assert settings_of(proposed(own, Wishes()))["policy"] == ".secscan/policy.yaml"


@pytest.mark.parametrize("policy", ["default", "strict"])
def test_the_policy_for_a_backlog_passes_its_own_tests(policy: str, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_bytes(policy_for_backlog(policy))
    done = rehearse(str(tmp_path / "policy.yaml"), scanners=tuple(all_scanners()))
    assert done.passed
    assert done.score.percent >= 90


HOSTILE = ["a\n- b", "x: y", "*glob*", "quo\"te'", "#c", "é", "\x1b[31m", "a b", "{a}", "%25", "\\", "$(id)", "`id`"]


def test_names_of_a_hostile_repository_stay_in_their_comments(tmp_path: Path) -> None:
    tree: dict[str, bytes | str] = {}
    for name in HOSTILE:
        tree |= {f"{name}/vendor/a.py": "x = 1\n", f"{name}/requirements.txt": "a==1\n"}
    facts = look_at(repository(tmp_path / "repo", tree))
    assert len(facts.vendored) == len(HOSTILE)
    files = proposed(facts, Wishes())
    assert settings_of(files) == {"version": 1, "policy": "default"}
    for one in facts.vendored:  # each by itself, as few are named
        alone = Facts(root=facts.root, vendored=(one,), lock_files=(f"{one.name}/requirements.txt",))
        assert settings_of(proposed(alone, Wishes())) == {"version": 1, "policy": "default"}


def test_nothing_is_proposed_for_a_gitignore_that_has_the_reports(facts: Facts) -> None:
    known = b"/secscan.json\n/secscan.terms.json\n/secscan.sarif\n/secscan.html\n"
    files = proposed(Facts(root=facts.root, in_git=True, gitignore=known), Wishes())
    assert [one.path for one in files] == ["secscan.yaml", SCHEMA_FILE]
    assert len(proposed(Facts(root=facts.root), Wishes())) == 2


def test_the_first_commands(facts: Facts) -> None:
    without = first_commands(facts, has_index=False, address="https://osv.example")
    assert without[0][0] == "secscan advisories update PyPI --from https://osv.example"
    assert "network" in without[0][1]
    assert "import" in without[0][1]
    with_index = first_commands(facts, has_index=True, address="https://osv.example")
    assert [command for command, _ in with_index][:1] == ["secscan scan"]
    assert len(without) == len(with_index) == 3
    odd = Facts(root=facts.root, ecosystems=("Debian:12", "GitHub Actions", "npm"))
    assert first_commands(odd, has_index=False, address="x")[0][0].startswith(
        "secscan advisories update 'GitHub Actions' npm --from"
    )


def test_the_reasons_name_a_few_and_count_the_rest() -> None:
    facts = Facts(
        root=Path("/x"), languages=(Counted("go", 3),), dockerfiles=tuple(f"{n}/Dockerfile" for n in range(9))
    )
    told = dict(why(facts))
    assert told["Dockerfiles"].startswith("0/Dockerfile, 1/Dockerfile, 2/Dockerfile, 3/Dockerfile and 5 more")
    assert told["code"] == "go (3): secrets"


def test_what_writing_would_do(tmp_path: Path) -> None:
    put(tmp_path, {"same": "a\n", "grows": "a\n", "differs": "a\n"})
    files = [NewFile(name, content, "") for name, content in
             {"new/er": b"a\n", "same": b"a\n", "grows": b"a\nb\n", "differs": b"b\n"}.items()]  # fmt: skip
    found = steps(tmp_path, files)
    assert [one.state for one in found] == [State.NEW, State.SAME, State.GROWS, State.DIFFERS]
    assert list(found[3].difference())[-3:] == ["-a", "+b", " "]
    for one in found:
        write(tmp_path, one)
    assert all((tmp_path / one.path).read_bytes() == one.content for one in files)


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "repo"
    outside.mkdir()
    root.mkdir()
    (root / ".secscan").symlink_to(outside)
    with pytest.raises(UsageError, match="through a link"):
        steps(root, [NewFile(".secscan/settings-1.json", b"x", "")])
    (root / "secscan.yaml").symlink_to(outside / "stolen")
    with pytest.raises(UsageError, match="no plain file"):
        steps(root, [NewFile("secscan.yaml", b"x", "")])
    assert not list(outside.iterdir())


def test_a_submodule_and_an_empty_repository_are_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "-q")
    facts = look_at(tmp_path / "empty")
    assert (facts.files, facts.default_branch) == (0, "main")
    assert settings_of(proposed(facts, Wishes()))["version"] == 1
