"""pyproject.toml, setup.cfg and lock files: read as data, whatever is in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.levels import GapKind
from secscan.inventory.contract import Scope
from secscan.inventory.discover import take_inventory
from secscan.inventory.known import may_hold_python, reader_of
from secscan.inventory.python_files import read_pyproject, read_setup_cfg
from secscan.inventory.python_locks import read_pipfile_lock, read_toml_lock

READERS = (read_pyproject, read_setup_cfg, read_toml_lock, read_pipfile_lock)

PYPROJECT = b"""\
[project]
dependencies = [
  "flask==2.0",
  "jinja2>=3",
]
dynamic = ["version"]
[project.optional-dependencies]
web = ["werkzeug==1.0"]
[dependency-groups]
test = ["pytest==8.0", {include-group = "web"}]
[tool.poetry.dependencies]
python = "^3.11"
requests = "^2"
"""


def test_pyproject() -> None:
    inventory = read_pyproject("pyproject.toml", PYPROJECT)
    assert [(one.name, one.version, one.line, one.direct) for one in inventory.packages] == [
        ("flask", "2.0", 3, True),
        ("werkzeug", "1.0", 8, True),
        ("pytest", "8.0", 10, True),
    ]
    assert [(one.name, one.line) for one in inventory.ranges] == [("jinja2", 4), ("requests", 13)]
    assert not inventory.gaps


def test_dependencies_that_a_build_computes_are_a_gap() -> None:
    (gap,) = read_pyproject("pyproject.toml", b'[project]\nname = "x"\ndynamic = ["dependencies"]\n').gaps
    assert (gap.kind, gap.line) == (GapKind.UNSUPPORTED_REQUIREMENT, 3)


@pytest.mark.parametrize("table", ["package", "packages"])
def test_a_lock_file(table: str) -> None:
    text = f'[[{table}]]\nname = "flask"\nversion = "2.0"\n\n[[{table}]]\nname = "odd"\n'
    inventory = read_toml_lock("uv.lock", text.encode())
    assert [(one.name, one.version, one.line) for one in inventory.packages] == [("flask", "2.0", 1)]
    assert [(gap.kind, gap.line) for gap in inventory.gaps] == [(GapKind.UNSUPPORTED_REQUIREMENT, 5)]


def test_the_project_itself_in_a_lock_file_is_no_package() -> None:
    text = b'[[package]]\nname = "me"\nversion = "0.1"\nsource = { editable = "." }\n'
    assert read_toml_lock("uv.lock", text) == read_toml_lock("uv.lock", b"version = 1\n")


def test_pipfile_lock() -> None:
    document = {"default": {"flask": {"version": "==2.0"}, "x": {"git": "https://a"}}, "develop": {"pytest": {}}}
    inventory = read_pipfile_lock("Pipfile.lock", json.dumps(document, indent=1).encode())
    assert [(one.name, one.version, one.line) for one in inventory.packages] == [("flask", "2.0", 3)]
    assert len(inventory.gaps) == 2


def test_every_category_of_a_pipfile_lock_is_read() -> None:
    document = {"_meta": {"sources": []}, "default": {}, "docs": {"sphinx": {"version": "==1.0"}}, "odd": []}
    inventory = read_pipfile_lock("Pipfile.lock", json.dumps(document).encode())
    assert [one.name for one in inventory.packages] == ["sphinx"]
    assert [gap.kind for gap in inventory.gaps] == [GapKind.BROKEN_MANIFEST]


@pytest.mark.parametrize(
    "origin",
    [
        'source = { git = "https://example.com/x?rev=1#1" }',
        'source = { url = "https://example.com/x.whl" }',
        'source = { path = "x.whl" }',
        '[package.source]\ntype = "git"\nurl = "https://example.com/x"',
        '[package.source]\ntype = "file"\nurl = "x.whl"',
        'git = "https://example.com/x"',
        'vcs = { type = "git", url = "https://example.com/x" }',
    ],
)
def test_a_locked_package_from_elsewhere_is_asked_about_and_a_gap(origin: str) -> None:
    inventory = read_toml_lock("x.lock", f'[[package]]\nname = "flask"\nversion = "2.0"\n{origin}\n'.encode())
    assert [(one.name, one.version) for one in inventory.packages] == [("flask", "2.0")]
    assert [gap.kind for gap in inventory.gaps] == [GapKind.UNSUPPORTED_REQUIREMENT]


@pytest.mark.parametrize(
    "origin",
    [
        'source = { registry = "https://pypi.org/simple" }',
        '[package.source]\ntype = "legacy"\nurl = "https://example.com/simple"',
        "",
    ],
)
def test_a_locked_package_of_an_index_is_no_gap(origin: str) -> None:
    inventory = read_toml_lock("x.lock", f'[[package]]\nname = "flask"\nversion = "2.0"\n{origin}\n'.encode())
    assert len(inventory.packages) == 1
    assert not inventory.gaps


def test_the_tables_of_uv_and_pdm_are_read() -> None:
    text = b'[tool.uv]\ndev-dependencies = ["flask==1.0"]\n[tool.pdm.dev-dependencies]\ntest = ["click==6.7"]\n'
    assert [one.name for one in read_pyproject("pyproject.toml", text).packages] == ["flask", "click"]


def test_setup_cfg_may_name_files() -> None:
    text = (
        b"[options]\ninstall_requires = file: deps.txt, more/deps.txt\n[options.extras_require]\nx = file: ../out.txt\n"
    )
    inventory = read_setup_cfg("app/setup.cfg", text)
    assert inventory.includes == ("app/deps.txt", "app/more/deps.txt", "out.txt")
    assert [gap.kind for gap in read_setup_cfg("setup.cfg", text).gaps] == [GapKind.UNSUPPORTED_REQUIREMENT]


def test_setup_cfg() -> None:
    text = (
        b"[options]\ninstall_requires =\n  flask==2.0\n  # note\n  jinja2>=3\n"
        b"[options.extras_require]\nx = click==6.7\n"
    )
    inventory = read_setup_cfg("setup.cfg", text)
    assert [(one.name, one.line) for one in inventory.packages] == [("flask", 3), ("click", 0)]
    assert [one.name for one in inventory.ranges] == ["jinja2"]


@pytest.mark.parametrize("reader", READERS)
@given(data=st.binary(max_size=200))
def test_no_bytes_are_too_strange(reader, data: bytes) -> None:
    reader("x", data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["default", "develop", "version", "name", "project", "dependencies", "package", "x"]), inner
        )
    ),
    max_leaves=8,
)


@given(json_values)
def test_a_lock_file_may_hold_any_json(value: object) -> None:
    read_pipfile_lock("Pipfile.lock", json.dumps(value).encode())


@pytest.mark.parametrize(
    "text",
    [
        "project = 1",
        "[project]\ndependencies = 'x'\noptional-dependencies = 3\ndynamic = 7",
        "[project.optional-dependencies]\na = 1\nb = [1, {}]",
        "[dependency-groups]\na = 'x'",
        "[tool.poetry]\ndependencies = 1\ngroup = {a = 1}",
        "dependency-groups = []\n[tool]\npoetry = 1",
    ],
)
def test_wrong_types_are_not_followed(text: str) -> None:
    assert not read_pyproject("pyproject.toml", text.encode()).packages


@pytest.mark.parametrize("text", ["package = 1", "[[package]]\nname = 1", "[package]\nname = 'x'", ""])
def test_a_broken_lock_file_is_a_gap(text: str) -> None:
    assert [gap.kind for gap in read_toml_lock("uv.lock", text.encode()).gaps] == [GapKind.BROKEN_MANIFEST]


def test_a_hundred_thousand_entries_are_read_in_one_go() -> None:
    """Quadratic reading would take minutes here, and the test suite's patience."""
    names = "".join(f'  "p{at}==1",\n' for at in range(100_000))
    inventory = read_pyproject("pyproject.toml", f"[project]\ndependencies = [\n{names}]\n".encode())
    assert inventory.packages[-1].line == 100_002


@pytest.mark.parametrize(
    ("path", "reader"),
    [
        ("pyproject.toml", "read_pyproject"),
        ("a/uv.lock", "read_toml_lock"),
        ("pylock.dev.toml", "read_toml_lock"),
        ("requirements.txt", "read_requirements"),
        ("requirements/dev.in", "read_requirements"),
        ("dev-requirements.txt", "read_requirements"),
        ("constraints.txt", "read_requirements"),
        ("requirements dev.txt", "read_requirements"),
        ("requirements+a.txt", "read_requirements"),
        ("requirements.lock", "read_requirements"),
        ("requirements-dev.lock", "read_requirements"),
        ("Pipfile.lock", "read_pipfile_lock"),
        ("setup.cfg", "read_setup_cfg"),
        ("a/tool.py.lock", "read_toml_lock"),
        ("pnpm-lock.feature!a.yaml", "read_pnpm_lock"),
        ("gemfiles/rails_7.0.gemfile.lock", "read_gemfile_lock"),
        ("Gemfile.next.lock", "read_gemfile_lock"),
        ("a/packages.App.config", "read_packages_config"),
    ],
)
def test_manifests_are_known_by_name(path: str, reader: str) -> None:
    assert reader_of(path).__name__ == reader


def test_a_file_that_is_included_is_read_once_and_a_circle_ends() -> None:
    files = {"requirements.txt": b"-r deps/more.lst\n", "deps/more.lst": b"-r ../requirements.txt\nflask==1.0\n"}
    inventory = take_inventory(list(files), files.__getitem__)
    assert [one.name for one in inventory.packages] == ["flask"]
    assert not inventory.gaps


def test_a_file_that_is_included_and_not_there_is_a_gap() -> None:
    inventory = take_inventory(["requirements.txt"], {"requirements.txt": b"-r gone.txt\n"}.__getitem__)
    assert [gap.kind for gap in inventory.gaps] == [GapKind.BROKEN_MANIFEST]


def test_a_lock_file_resolves_the_ranges_beside_it_only() -> None:
    files = {
        "pyproject.toml": b'[project]\ndependencies = ["flask>=1"]\n',
        "uv.lock": b'[[package]]\nname = "Flask"\nversion = "2.0"\n',
        "other/pyproject.toml": b'[project]\ndependencies = ["flask>=1"]\n',
    }
    (gap,) = take_inventory(list(files), files.__getitem__).gaps
    assert (gap.kind, "other/pyproject.toml" in gap.subject) == (GapKind.VERSION_RANGE, True)


@pytest.mark.parametrize(("pinned", "resolved"), [("2.0", True), ("2.1rc1", True), ("0.9", False), ("rubbish", False)])
def test_a_pin_resolves_only_a_range_that_it_lies_in(pinned: str, resolved: bool) -> None:
    """An old lock file, or a pin for another platform, says nothing of what is installed."""
    files = {
        "pyproject.toml": b'[project]\ndependencies = ["flask>=1"]\n',
        "uv.lock": f'[[package]]\nname = "flask"\nversion = "{pinned}"\n'.encode(),
    }
    gaps = take_inventory(list(files), files.__getitem__).gaps
    assert [gap.kind for gap in gaps] == ([] if resolved else [GapKind.VERSION_RANGE])


def test_a_pin_for_another_platform_hides_no_range() -> None:
    text = b"flask==1.0; sys_platform == 'win32'\nflask>=2; sys_platform != 'win32'\n"
    (gap,) = take_inventory(["requirements.txt"], {"requirements.txt": text}.__getitem__).gaps
    assert (gap.kind, gap.line) == (GapKind.VERSION_RANGE, 2)


def test_a_manifest_that_is_too_large_is_a_gap() -> None:
    (gap,) = take_inventory(["requirements.txt"], {"requirements.txt": b"#" * 20_000_001}.__getitem__).gaps
    assert gap.kind is GapKind.BROKEN_MANIFEST


@pytest.mark.parametrize("path", ["web/flake.lock", "go.work"])
def test_a_manifest_that_nobody_reads_yet_is_a_gap(path: str) -> None:
    (gap,) = take_inventory([path], {}.__getitem__).gaps
    assert gap.kind is GapKind.UNSUPPORTED_MANIFEST


@pytest.mark.parametrize(
    ("path", "text", "scope"),
    [
        ("pyproject.toml", '[tool.uv]\noverride-dependencies = ["a==1.0", "b>=2"]\n', Scope.UNKNOWN),
        ("pyproject.toml", '[tool.uv]\nconstraint-dependencies = ["a==1.0", "b>=2"]\n', Scope.UNKNOWN),
        ("pyproject.toml", '[tool.uv]\nbuild-constraint-dependencies = ["a==1.0", "b>=2"]\n', Scope.DEV),
        ("pyproject.toml", '[tool.flit.metadata]\nrequires = ["a==1.0", "b>=2"]\n', Scope.UNKNOWN),
        ("pyproject.toml", '[tool.flit.metadata.requires-extra]\nx = ["a==1.0", "b>=2"]\n', Scope.OPTIONAL),
        ("pyproject.toml", '[tool.pixi.pypi-dependencies]\na = "==1.0"\nb = { version = ">=2" }\n', Scope.UNKNOWN),
        ("pyproject.toml", '[tool.pixi.feature.x.pypi-dependencies]\na = ">=1.0,<=1.0"\nb = ">=2"\n', Scope.UNKNOWN),
        ("setup.cfg", "[options]\ninstall-requires =\n  a==1.0\n  b>=2\n", Scope.UNKNOWN),
        ("setup.cfg", "[options]\ntests-require =\n  a==1.0\n  b>=2\n", Scope.DEV),
    ],
)
def test_the_less_usual_places_of_requirements_are_read(path: str, text: str, scope: Scope) -> None:
    reader = reader_of(path)
    assert reader is not None
    found = reader(path, text.encode())
    assert [(one.name, one.version, one.scope) for one in found.packages] == [("a", "1.0", scope)]
    assert [(one.name, one.scope) for one in found.ranges] == [("b", scope)]


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ('[tool.poetry.requires-plugins]\na = "==1.0"\nb = ">=2"\n', Scope.DEV),
        ('[tool.hatch.env]\nrequires = ["a==1.0", "b>=2"]\n', Scope.DEV),
        ('[tool.hatch.build.hooks.custom]\ndependencies = ["a==1.0", "b>=2"]\n', Scope.DEV),
        ('[tool.hatch.build.targets.wheel]\ndependencies = ["a==1.0", "b>=2"]\n', Scope.DEV),
        ('[tool.hatch.build.targets.wheel.hooks.x]\ndependencies = ["a==1.0", "b>=2"]\n', Scope.DEV),
        ('[tool.hatch.build]\ndependencies = ["a==1.0", "b>=2"]\n', Scope.DEV),
        ('[tool.pixi.target.linux-64.pypi-dependencies]\na = "==1.0"\nb = ">=2"\n', Scope.UNKNOWN),
        ('[tool.pixi.feature.x.target.win.pypi-dependencies]\na = "==1.0"\nb = ">=2"\n', Scope.UNKNOWN),
    ],
)
def test_what_the_tools_of_a_project_ask_for_is_read(text: str, scope: Scope) -> None:
    found = read_pyproject("pyproject.toml", text.encode())
    assert [(one.name, one.version, one.scope) for one in found.packages] == [("a", "1.0", scope)]
    assert [(one.name, one.scope) for one in found.ranges] == [("b", scope)]


@pytest.mark.parametrize("place", ["", ".package", ".target.linux-64", ".feature.x", ".feature.x.target.osx"])
@pytest.mark.parametrize("member", ["dependencies", "host-dependencies", "build-dependencies"])
def test_what_pixi_takes_from_conda_is_found_wherever_it_stands(place: str, member: str) -> None:
    found = read_pyproject("pyproject.toml", f'[tool.pixi{place}.{member}]\nnumpy = "2.0"\n'.encode())
    assert [(one.name, one.ecosystem, one.line) for one in found.ranges] == [("numpy", "conda", 2)]


def test_one_of_several_sources_of_uv_that_is_no_index_is_a_gap() -> None:
    text = (
        b'[project]\ndependencies = ["a==1.0", "b==1.0"]\n[tool.uv.sources]\n'
        b'a = [{ index = "x" }, { git = "https://example.com/a", marker = "x" }]\nb = [{ index = "x" }, 7]\n'
    )
    found = read_pyproject("pyproject.toml", text)
    assert [one.name for one in found.packages] == ["a", "b"]
    assert [one.subject for one in found.gaps] == ["a (tool.uv.sources) in pyproject.toml"]


@pytest.mark.parametrize("path", ["pixi.lock", "a/pixi.toml"])
def test_what_pixi_writes_is_a_gap(path: str) -> None:
    (gap,) = take_inventory([path], {}.__getitem__).gaps
    assert (gap.kind, may_hold_python(path)) == (GapKind.UNSUPPORTED_MANIFEST, True)


def test_what_pixi_takes_from_conda_is_a_range() -> None:
    text = b'[tool.pixi.dependencies]\nnumpy = "2.0"\n'
    (gap,) = take_inventory(["pyproject.toml"], {"pyproject.toml": text}.__getitem__).gaps
    assert gap.kind is GapKind.VERSION_RANGE
