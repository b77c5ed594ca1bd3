"""What Python's lock files tell beside names and versions: what is direct, why something is there, and what for."""

from __future__ import annotations

import json

import pytest

from secscan.inventory.contract import Scope
from secscan.inventory.discover import take_inventory
from tests.unit.inventory.support import gaps, pins, read

UV = """\
version = 1

[[package]]
name = "app"
version = "0.1"
source = { editable = "." }
dependencies = [{ name = "flask" }]

[package.optional-dependencies]
web = [{ name = "gunicorn" }]

[package.dev-dependencies]
test = [{ name = "pytest" }, { name = "flask" }]

[[package]]
name = "flask"
version = "2.0"
source = { registry = "https://example.com/simple" }
dependencies = [{ name = "jinja2" }]

[[package]]
name = "gunicorn"
version = "20.0"

[[package]]
name = "jinja2"
version = "3.0"
dependencies = [{ name = "MarkupSafe" }]

[[package]]
name = "markupsafe"
version = "2.0"
dependencies = [{ name = "jinja2" }]

[[package]]
name = "pytest"
version = "8.0"
"""


def test_uv_tells_who_asks_for_whom() -> None:
    assert [(one.name, one.direct, one.why, one.scope) for one in read("uv.lock", UV).packages] == [
        ("flask", True, (), Scope.UNKNOWN),
        ("gunicorn", True, (), Scope.OPTIONAL),
        ("jinja2", False, ("flask 2.0",), Scope.UNKNOWN),
        ("markupsafe", False, ("flask 2.0", "jinja2 3.0"), Scope.UNKNOWN),
        ("pytest", True, (), Scope.DEV),
    ]


POETRY = """\
[[package]]
name = "flask"
version = "2.0"
optional = false
groups = ["main"]

[package.dependencies]
Jinja2 = ">=3"

[[package]]
name = "jinja2"
version = "3.0"
optional = true
groups = ["main", "dev"]

[[package]]
name = "pytest"
version = "8.0"
category = "dev"
"""


@pytest.mark.parametrize(
    "manifest",
    [
        '[project]\ndependencies = ["flask>=2"]\n[dependency-groups]\ntest = ["pytest"]\n',
        '[tool.poetry.dependencies]\nflask = "^2"\n[tool.poetry.group.test.dependencies]\npytest = "*"\n',
    ],
)
def test_the_manifest_beside_a_poetry_lock_tells_what_is_direct(manifest: str) -> None:
    files = {"a/poetry.lock": POETRY.encode(), "a/pyproject.toml": manifest.encode()}
    found = take_inventory(list(files), files.__getitem__)
    assert [(one.name, one.direct, one.why, one.scope) for one in found.packages] == [
        ("flask", True, (), Scope.UNKNOWN),
        ("jinja2", False, ("flask 2.0",), Scope.OPTIONAL),
        ("pytest", True, (), Scope.DEV),
    ]
    assert not found.gaps


def test_a_poetry_lock_alone_does_not_tell() -> None:
    assert {one.direct for one in take_inventory(["poetry.lock"], lambda _: POETRY.encode()).packages} == {None}


def test_pdm_names_what_is_asked_for_as_requirements() -> None:
    lock = (
        '[[package]]\nname = "flask"\nversion = "2.0"\ngroups = ["default"]\n'
        'dependencies = ["jinja2>=3; python_version > \'3\'", "bad req"]\n'
        '[[package]]\nname = "jinja2"\nversion = "3.0"\ngroups = ["test"]\n'
    )
    files = {"pdm.lock": lock.encode(), "pyproject.toml": b'[project]\ndependencies = ["flask"]\n'}
    found = take_inventory(list(files), files.__getitem__)
    assert [(one.name, one.why, one.scope) for one in found.packages] == [
        ("flask", (), Scope.UNKNOWN),
        ("jinja2", ("flask 2.0",), Scope.DEV),
    ]


def test_a_chain_of_twenty_thousand_is_told_in_part() -> None:
    count = 20_000
    entries = [
        f'[[package]]\nname = "p{at}"\nversion = "1"\ndependencies = [{{ name = "p{at + 1}" }}]\n'
        for at in range(count)
    ]
    root = '[[package]]\nname = "app"\nsource = { virtual = "." }\ndependencies = [{ name = "p0" }]\n'
    found = read("uv.lock", root + "".join(entries))
    assert found.packages[-1].why[0] == "p0 1"
    assert len(found.packages[-1].why) == 30


def test_an_empty_list_does_not_hide_the_other() -> None:
    found = read("pylock.toml", 'package = []\n[[packages]]\nname = "a"\nversion = "1.0"\n')
    assert [(one.name, one.line) for one in found.packages] == [("a", 2)]
    assert gaps(read("pylock.toml", 'package = {}\n[[packages]]\nname = "a"\n')) == [("broken-manifest", "pylock.toml")]


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("uv.lock", 'source = { registry = "https://example.com", virtual = "." }'),
        ("uv.lock", 'source = { editable = "https://example.com/a" }'),
        ("uv.lock", "source = { virtual = true }"),
        ("poetry.lock", 'source = { type = "directory", url = "https://example.com/a" }'),
        ("pdm.lock", "editable = true"),
        ("pdm.lock", 'editable = true\ngit = "https://example.com/a"'),
        ("pylock.toml", 'directory = { path = "." }\nwheels = []'),
    ],
)
def test_what_only_calls_itself_the_project_is_judged(path: str, origin: str) -> None:
    found = read(path, f'[[{"packages" if "py" in path else "package"}]]\nname = "a"\nversion = "1.0"\n{origin}\n')
    assert pins(found) == ["a 1.0"]
    assert gaps(found) == [("unsupported-requirement", "a")]


@pytest.mark.parametrize("path", ["uv.lock", "poetry.lock"])
def test_a_member_without_meaning_hides_no_package(path: str) -> None:
    found = read(path, '[[package]]\nname = "a"\nversion = "1.0"\neditable = true\ndirectory = { path = "." }\n')
    assert pins(found) == ["a 1.0"]
    assert not found.gaps


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("uv.lock", 'source = { virtual = "." }'),
        ("poetry.lock", 'source = { type = "directory", url = "../a" }'),
        ("pdm.lock", 'path = "./a"\neditable = true'),
        ("pylock.dev.toml", 'directory = { path = ".", editable = true }'),
    ],
)
def test_the_project_itself_is_no_package(path: str, origin: str) -> None:
    found = read(path, f'[[{"packages" if "py" in path else "package"}]]\nname = "a"\nversion = "1.0"\n{origin}\n')
    assert not found.packages
    assert not found.gaps


def test_pipfile_and_its_lock() -> None:
    manifest = (
        '[[source]]\nurl = "https://example.com"\n[packages]\nflask = "*"\nx = {git = "https://a"}\nclick = "==6.7"\n'
        '[dev-packages]\npytest = {version = ">=8"}\n[requires]\npython_version = "3"\n'
    )
    found = read("Pipfile", manifest)
    assert pins(found) == ["click 6.7"]
    assert [(one.text, one.scope) for one in found.ranges] == [("flask *", Scope.UNKNOWN), ("pytest >=8", Scope.DEV)]
    assert gaps(found) == [("unsupported-requirement", "x")]
    lock = json.dumps({"default": {"flask": {"version": "==2.0"}}, "develop": {"pytest": {"version": "==8.1"}}})
    files = {"Pipfile": b'[packages]\nflask = "*"\n[dev-packages]\npytest = ">=8"\n', "Pipfile.lock": lock.encode()}
    whole = take_inventory(list(files), files.__getitem__)
    assert [(one.name, one.scope) for one in whole.packages] == [("flask", Scope.UNKNOWN), ("pytest", Scope.DEV)]
    assert not whole.gaps


def test_pyproject_tells_what_each_list_is_for() -> None:
    text = """\
[project]
dependencies = ["a==1", 7]
optional-dependencies = {x = ["b==1"]}
[dependency-groups]
t = ["c==1", {include-group = "u"}, {other = "u"}]
[build-system]
requires = ["d==1"]
[tool.hatch.envs.test]
extra-dependencies = ["e==1"]
[tool.uv.sources]
a = { git = "https://example.com/a" }
w = { workspace = true }
[tool.poetry.dependencies]
f = "1.2.3"
g = {path = "../g"}
h = [{version = "^1", python = "<3"}, {version = "==2.0"}]
i = {version = "^1", optional = true}
"""
    found = read("pyproject.toml", text)
    assert [(one.name, one.scope) for one in found.packages] == [
        ("a", Scope.UNKNOWN),
        ("b", Scope.OPTIONAL),
        ("c", Scope.DEV),
        ("d", Scope.DEV),
        ("e", Scope.DEV),
        ("f", Scope.UNKNOWN),
        ("h", Scope.UNKNOWN),
    ]
    assert [(one.text, one.scope) for one in found.ranges] == [("h ^1", Scope.UNKNOWN), ("i ^1", Scope.OPTIONAL)]
    assert [kind for kind, _ in gaps(found)] == [
        *("broken-manifest", "broken-manifest"),
        *("unsupported-requirement", "unsupported-requirement"),
    ]


def test_a_conda_environment() -> None:
    text = """\
name: science
channels: [conda-forge]
dependencies:
  - python=3.11
  - numpy=1.26.4
  - conda-forge::scipy==1.11
  - libx=1.2=h123_0
  - pandas>=2
  - pip:
      - flask==2.0
      - -r requirements.txt
      - git+https://example.com/x
"""
    found = read("environment.yml", text)
    assert [(one.ecosystem, one.name, one.version, one.line) for one in found.packages] == [
        ("conda", "numpy", "1.26.4", 5),
        ("conda", "scipy", "1.11", 6),
        ("conda", "libx", "1.2", 7),
        ("PyPI", "flask", "2.0", 10),
    ]
    assert [one.text for one in found.ranges] == ["python=3.11", "pandas>=2"]
    assert found.includes == ("requirements.txt",)
    assert [kind for kind, _ in gaps(found)] == ["unsupported-requirement"]
    assert gaps(read("environment.yml", "dependencies: [&a b]\n")) == [("broken-manifest", "environment.yml")]


def test_installed_metadata() -> None:
    text = "Metadata-Version: 2.4\nName: Flask\nVersion: 2.0\nLicense-Expression: BSD-3-Clause\n\nName: not this\n"
    found = read("site-packages/flask-2.0.dist-info/METADATA", text)
    assert [(one.name, one.version, one.licence, one.line) for one in found.packages] == [
        ("Flask", "2.0", "BSD-3-Clause", 2)
    ]
    assert gaps(read("x.dist-info/METADATA", "Name: x\n")) == [("broken-manifest", "x.dist-info/METADATA")]


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ("License: MIT\nClassifier: License :: OSI Approved :: Apache Software License", "Apache Software License"),
        ("License: MIT\nClassifier: License :: OSI Approved", "MIT"),
        ("Classifier: License :: OSI Approved :: MIT License", "MIT"),
        ("License: Apache 2.0", "Apache-2.0"),
        ("License: UNKNOWN", ""),
        ("License: BSD", "BSD"),
        ("", ""),
        (
            "Classifier: License :: OSI Approved :: MIT License\n"
            "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)",
            "MIT / GPL-3.0-only",
        ),
    ],
)
def test_the_licence_of_what_is_installed(fields: str, licence: str) -> None:
    (one,) = read("x.dist-info/METADATA", f"Name: x\nVersion: 1\n{fields}\n").packages
    assert one.licence == licence
