"""Whatever bytes a manifest holds: packages and gaps, or a gap. Never a crash, never silence, in bounded time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.inventory.blocks import read_documents
from secscan.inventory.contract import Inventory
from secscan.inventory.documents import json_lines
from secscan.inventory.known import NAMES, reader_of

EXAMPLES = {
    "pyproject.toml": "[project]\ndependencies = ['a==1']\n",
    "setup.cfg": "[options]\ninstall_requires =\n  a==1\n",
    "requirements.txt": "a==1\n-r b.txt\n",
    "Pipfile": "[packages]\na = '*'\n",
    "Pipfile.lock": '{"default": {"a": {"version": "==1"}}}',
    "uv.lock": "[[package]]\nname = 'a'\nversion = '1'\ndependencies = [{name = 'b'}]\n",
    "environment.yml": "dependencies:\n  - a=1.2.3\n  - pip:\n      - b==1\n",
    "x.dist-info/METADATA": "Name: a\nVersion: 1\n\nText\n",
    "package.json": '{"dependencies": {"a": "^1"}}',
    "package-lock.json": '{"packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": {"version": "1.0.0"}}}',
    "npm-shrinkwrap.json": '{"dependencies": {"a": {"version": "1.0.0", "dependencies": {}}}}',
    "yarn.lock": 'a@^1, "b@^2":\n  version "1.0.0"\n  dependencies:\n    c "^1"\n',
    "pnpm-lock.yaml": "lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {integrity: x}\n",
    "bun.lock": '{"packages": {"a": ["a@1.0.0", "", {"dependencies": {"b": "1"}}],},} // x',
    "go.mod": "module m\ngo 1.22\nrequire (\n a v1 // indirect\n)\nreplace a => ./b\n",
    "go.sum": "a v1.0.0 h1:x=\n",
    "Cargo.lock": "[[package]]\nname = 'a'\nversion = '1'\nsource = 'registry+x'\ndependencies = ['b 1']\n",
    "pom.xml": "<project><dependencies><dependency><artifactId>${a}</artifactId></dependency></dependencies></project>",
    "gradle.lockfile": "a:b:1=x\n",
    "Gemfile.lock": "GEM\n  specs:\n    a (1.0)\n      b (>= 1)\n\nDEPENDENCIES\n  a!\n",
    "composer.lock": '{"packages": [{"name": "a/b", "version": "1.0", "require": {"c/d": "1"}}]}',
    "composer.json": '{"require": {"a/b": "1"}}',
    "packages.lock.json": '{"dependencies": {"net6.0": {"A": {"type": "Direct", "resolved": "1"}}}}',
    "x.deps.json": '{"libraries": {"A/1": {"type": "package"}}, "targets": {"t": {"A/1": {"dependencies": {}}}}}',
    "packages.config": '<packages><package id="A" version="1"/></packages>',
    "x.csproj": '<Project><PackageReference Include="A" Version="1"/></Project>',
    "mix.lock": '%{\n  "a": {:hex, :a, "1.0", "x", [:mix], [{:b, "1", []}], "hexpm", "y"},\n}\n',
    "pubspec.lock": "packages:\n  a:\n    source: hosted\n    version: '1.0'\n",
    ".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n      - uses: a/b@v1.0.0 # v1\n",
    "bom.json": '{"bomFormat": "CycloneDX", "components": [{"purl": "pkg:pypi/a@1", "components": []}]}',
    "bom.xml": '<bom xmlns="http://cyclonedx.org/x"><components><component><purl>pkg:pypi/a@1</purl></component></components></bom>',
    "x.spdx.json": '{"spdxVersion": "SPDX-2.3", "packages": [{"name": "a"}], "relationships": []}',
    "x.spdx": "SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: SPDXRef-a\n",
}
"""One small file of every format: what is mutated, and proof that each is understood."""


def read(path: str, data: bytes) -> Inventory:
    reader = reader_of(path)
    assert reader is not None
    found = reader(path, data)
    assert all(isinstance(one.name, str) and isinstance(one.version, str) and one.version for one in found.packages)
    texts = [text for one in found.packages for text in (one.name, one.version, one.licence, *one.why)]
    texts += [text for one in found.ranges for text in (one.name, one.text)]
    texts += [text for gap in found.gaps for text in (gap.subject, gap.detail)]
    assert all(text.encode() or not text for text in texts), "half a character would break the saved scan"
    assert all(len(gap.subject) < 400 + len(path) for gap in found.gaps)
    return found


@pytest.mark.parametrize("path", EXAMPLES)
def test_every_example_is_understood(path: str) -> None:
    found = read(path, EXAMPLES[path].encode())
    assert found.packages or found.ranges or found.includes or found.gaps
    assert "broken-manifest" not in {gap.kind for gap in found.gaps}


@pytest.mark.parametrize("path", EXAMPLES)
@given(data=st.binary(max_size=300))
def test_any_bytes(path: str, data: bytes) -> None:
    read(path, data)


@pytest.mark.parametrize("path", EXAMPLES)
@given(data=st.data())
def test_a_file_that_was_cut_and_pasted(path: str, data: st.DataObject) -> None:
    """Near to what is right is where readers break."""
    text = EXAMPLES[path]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        text = text[:start] + data.draw(st.sampled_from(PIECES) | st.text(max_size=4)) + text[end:]
    read(path, text.encode("utf-8", errors="surrogatepass"))


PIECES = [
    *("{", "}", "[", "]", '"', "'", ":", ",", "\n", "\n  ", " ", "- ", "? ", "#", "@", "/", "|", "&a", "*a", "!x"),
    *("null", "1", "-1", "true", "{}", "[]", '""', '"a": 1', "<a>", "</a>", "&amp;", "\x00", "\ufeff", "\\", "${a}"),
    *("a" * 300, "9" * 5000, "[[package]]\n", "name = 'a'\n", "version = 1\n", "dependencies = 7\n"),
]

MEMBERS = [
    *("packages", "dependencies", "default", "name", "version", "resolved", "license", "licenses", "license", "type"),
    *("", "node_modules/a", "node_modules/a/node_modules/b", "requires", "link", "require", "packages-dev", "dist"),
    *("bomFormat", "components", "purl", "bom-ref", "ref", "dependsOn", "spdxVersion", "relationships", "metadata"),
    *("libraries", "targets", "a/1", "workspaces", "externalRefs", "component", "expression", "SPDXID", "net6.0"),
]
VALUES = [
    "a\ud800@1.0.0",
    "pkg:pypi/a%ED%A0%80@1",
    "CycloneDX",
    "SPDX-2.3",
    "1.0.0",
    "pkg:pypi/a@1",
    "a@1.0.0",
    "Direct",
    "MIT",
    "",
    "^1",
    "npm:",
    "git+x",
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(VALUES) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5),
    max_leaves=25,
)


@pytest.mark.parametrize(
    "path", [path for path in EXAMPLES if path.endswith(".json") or path in ("bun.lock", "Pipfile.lock")]
)
@given(value=json_values)
def test_any_json(path: str, value: object) -> None:
    head = {"bom.json": {"bomFormat": "CycloneDX"}, "x.spdx.json": {"spdxVersion": "SPDX-2.3"}}.get(path, {})
    document = {**value, **head} if isinstance(value, dict) else value
    read(path, json.dumps(document).encode())


@given(json_values)
def test_lines_of_any_json(value: object) -> None:
    text = json.dumps(value, indent=1)
    lines = text.splitlines()
    for place, number in json_lines(text, depth=10).items():
        assert json.dumps(place[-1]) in lines[number - 1] or isinstance(place[-1], int)


@given(st.text(alphabet="ab:-?#'\"{}[],| \n", max_size=60))
def test_any_indented_text(text: str) -> None:
    try:
        read_documents(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either it is read, or the reason is told


def test_the_document_names_every_file_that_is_known(project: Path) -> None:
    text = (project / "docs" / "inventory.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"`{name}`" not in text] == []


LARGE = 100_000


@pytest.mark.parametrize("path", EXAMPLES)
@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "{",
        '{"a":',
        '"',
        "'",
        "a",
        " ",
        "\n",
        "- ",
        "a: ",
        "? ",
        '\\"',
        "<a>",
        "(",
        ",",
        "a,",
        "/*",
        "${a}",
        "a@b, ",
    ],
)
def test_what_is_repeated_without_end_is_read_in_linear_time(path: str, unit: str) -> None:
    """Quadratic reading would take hours here, and the test suite's patience."""
    read(path, (unit * LARGE).encode())
