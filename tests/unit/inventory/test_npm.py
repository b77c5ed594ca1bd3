"""npm, yarn, pnpm and bun: lock files of every version, with what real ones hold."""

from __future__ import annotations

import json

import pytest

from secscan.inventory.contract import Declared, Scope
from secscan.inventory.discover import take_inventory
from secscan.scanners.dependencies import declared
from tests.unit.inventory.support import gaps, pins, read

LOCK_3 = {
    "name": "app",
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "app", "dependencies": {"a": "^1", "local": "*"}, "devDependencies": {"d": "^1"}},
        "node_modules/a": {"version": "1.0.0", "license": "MIT", "dependencies": {"b": "^1"}},
        "node_modules/a/node_modules/b": {"version": "1.5.0", "dependencies": {"@s/c": "*"}},
        "node_modules/b": {"version": "2.0.0", "optional": True},
        "node_modules/@s/c": {"version": "3.0.0", "license": "(MIT OR GPL-3.0)"},
        "node_modules/d": {"version": "1.1.1", "dev": True, "dependencies": {"b": "2"}},
        "node_modules/alias": {"name": "real", "version": "4.0.0"},
        "node_modules/local": {"resolved": "packages/local", "link": True},
        "packages/local": {"version": "0.0.1", "dependencies": {"alias": "npm:real@4"}},
        "node_modules/g": {"version": "5.0.0", "resolved": "git+ssh://git@github.com/x/g.git#abc"},
        "node_modules/t": {"version": "https://example.com/t.tgz"},
    },
}


def test_a_package_lock_of_version_3() -> None:
    text = json.dumps(LOCK_3, indent=1)
    found = read("package-lock.json", text)
    assert [(one.name, one.version, one.direct, one.why, one.scope, one.licence) for one in found.packages] == [
        ("a", "1.0.0", True, (), Scope.UNKNOWN, "MIT"),
        ("b", "1.5.0", False, ("a 1.0.0",), Scope.UNKNOWN, ""),
        ("b", "2.0.0", False, ("d 1.1.1",), Scope.OPTIONAL, ""),
        ("@s/c", "3.0.0", False, ("a 1.0.0", "b 1.5.0"), Scope.UNKNOWN, "(MIT OR GPL-3.0)"),
        ("d", "1.1.1", True, (), Scope.DEV, ""),
        ("real", "4.0.0", True, (), Scope.UNKNOWN, ""),
        ("g", "5.0.0", None, (), Scope.UNKNOWN, ""),
    ]
    assert gaps(found) == [("unsupported-requirement", "g"), ("unsupported-requirement", "t")]
    lines = text.splitlines()
    assert all(f"node_modules/{one.name}" in lines[one.line - 1] for one in found.packages if one.name != "real")


def test_a_package_lock_of_version_1_nests_what_has_two_versions() -> None:
    document = {
        "lockfileVersion": 1,
        "dependencies": {
            "a": {"version": "1.0.0", "requires": {"b": "1"}, "dependencies": {"b": {"version": "1.0.0", "dev": True}}},
            "b": {"version": "2.0.0"},
            "g": {"version": "github:x/g#abc", "from": "g@github:x/g"},
            "n": {"version": "npm:real@3.0.0"},
        },
    }
    text = json.dumps(document, indent=1)
    found = read("package-lock.json", text)
    assert sorted(pins(found)) == ["a 1.0.0", "b 1.0.0", "b 2.0.0", "real 3.0.0"]
    assert gaps(found) == [("unsupported-requirement", "g")]
    line = {one.version: one.line for one in found.packages if one.name == "b"}
    assert line["1.0.0"] < line["2.0.0"]
    assert '"b": {' in text.splitlines()[line["2.0.0"] - 1]


def test_version_2_says_everything_twice_and_is_read_once() -> None:
    both = {
        "lockfileVersion": 2,
        "packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": {"version": "1.0.0"}},
        "dependencies": {"a": {"version": "1.0.0"}},
    }
    assert pins(read("npm-shrinkwrap.json", json.dumps(both))) == ["a 1.0.0"]


def test_what_only_one_of_the_two_lists_of_version_2_names_is_found() -> None:
    hidden = {
        "lockfileVersion": 2,
        "packages": {"node_modules/own": {"resolved": "own", "link": True}, "node_modules/a": {"version": "1.0.0"}},
        "dependencies": {
            "own": {"version": "file:own"},
            "a": {"version": "1.0.0"},
            "b": {"version": "2.0.0"},
            "g": {"version": "git+https://example.com/g.git"},
        },
    }
    found = read("package-lock.json", json.dumps(hidden, indent=1))
    assert [(one.name, one.version, one.line > 0) for one in found.packages] == [
        ("a", "1.0.0", True),
        ("b", "2.0.0", True),
    ]
    assert gaps(found) == [("unsupported-requirement", "g")]
    assert pins(read("package-lock.json", json.dumps(hidden | {"packages": {}}))) == ["a 1.0.0", "b 2.0.0"]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "{",
        '{"packages": 1}',
        '{"dependencies": []}',
        '{"packages": {"node_modules/a": 1}}',
        '{"packages": {"node_modules/a": {"version": 1}}}',
        '{"dependencies": {"a": 1}}',
        '{"dependencies": {"a": {}}}',
        "[" * 100_000,
        '{"packages":' * 5_000 + "{}" + "}" * 5_000,
    ],
)
def test_a_broken_package_lock_is_a_gap(text: str) -> None:
    found = read("package-lock.json", text)
    assert found.gaps
    assert not found.packages


@pytest.mark.parametrize("wanted", ["file:a in .github/workflows/b", "file:a in in .github/workflows/b"])
def test_a_dependency_cannot_pass_for_one_of_a_workflow(wanted: str) -> None:
    """Policies tolerate gaps by such texts (`**/* in .github/workflows/**`)."""
    (gap,) = read("package.json", json.dumps({"dependencies": {"x in .github/workflows/y": wanted}})).gaps
    assert gap.kind == "unsupported-requirement"
    assert gap.subject.count(" in ") == 1
    assert gap.subject.endswith(" in package.json")


def test_a_range_and_a_folder_cannot_either() -> None:
    path = "a in .github/workflows/package.json"
    manifest = json.dumps({"dependencies": {"x": ">1 in .github/workflows/b"}})
    (gap,) = take_inventory([path], {path: manifest.encode()}.__getitem__).gaps
    assert gap.kind == "version-range"
    assert gap.subject.endswith(" in a_in_.github/workflows/package.json")
    assert gap.subject.count(" in ") == 1
    one = Declared("x in .github/workflows/y", "1 in .github/workflows/b", "npm", "package-lock.json")
    assert declared(one) == "x_in_.github/workflows/y@1_in_.github/workflows/b in package-lock.json"


def test_a_lock_of_a_project_without_dependencies_is_no_gap() -> None:
    assert read("package-lock.json", '{"lockfileVersion": 3, "packages": {"": {}}}') == read(
        "package-lock.json", '{"lockfileVersion": 1}'
    )


def test_package_json_names_ranges_that_a_lock_file_above_resolves() -> None:
    manifest = (
        '{"dependencies": {"a": "^1.0.0", "x": "2.0.0", "g": "user/repo", "u": "https://x/y.tgz", "o": "npm:r@1.2.3"},'
        '\n"devDependencies": {"w": "workspace:*", "t": "~1.2", "f": "file:../f"}, "peerDependencies": {"p": "*"}}'
    )
    found = read("package.json", manifest)
    assert pins(found) == ["x 2.0.0", "r 1.2.3"]
    assert [(one.text, one.scope, one.line) for one in found.ranges] == [
        ("a ^1.0.0", Scope.UNKNOWN, 1),
        ("t ~1.2", Scope.DEV, 2),
        ("p *", Scope.UNKNOWN, 2),
    ]
    assert [subject for _, subject in gaps(found)] == ["g", "u", "f file:../f"]
    files = {
        "parts/one/package.json": b'{"dependencies": {"a": "^1.0.0", "b": "^1.0.0"}}',
        "package-lock.json": b'{"packages": {"node_modules/a": {"version": "1.0.0"}}}',
    }
    assert gaps(take_inventory(list(files), files.__getitem__)) == [("version-range", "b ^1.0.0")]


YARN_1 = """\
# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.
# yarn lockfile v1


"@scope/a@^1.0.0", "@scope/a@^1.1.0":
  version "1.2.0"
  resolved "https://registry.example.com/@scope/a/-/a-1.2.0.tgz#abc"
  integrity sha512-x
  dependencies:
    b "^1.0.0 || >=2"

b@^1.0.0, "b@^1.0.0 || >=2", b@~1.0:
  version "1.0.0"

alias@npm:real@^3:
  version "3.0.0"
  resolved "https://registry.example.com/real/-/real-3.0.0.tgz"

"g@git+https://example.com/g.git":
  version "0.1.0"
  resolved "git+https://example.com/g.git#abc"

"h@user/h":
  version "0.2.0"
  resolved "https://codeload.github.com/user/h/tar.gz/abc"

novers@^1:
  resolved "https://registry.example.com/x.tgz"
"""


def test_yarn_1() -> None:
    found = read("yarn.lock", YARN_1)
    assert [(one.name, one.version, one.line) for one in found.packages] == [
        ("@scope/a", "1.2.0", 5),
        ("b", "1.0.0", 12),
        ("real", "3.0.0", 15),
        ("g", "0.1.0", 19),
        ("h", "0.2.0", 23),
    ]
    assert [kind for kind, _ in gaps(found)] == [
        "unsupported-requirement",
        "unsupported-requirement",
        "broken-manifest",
    ]


def test_two_names_for_one_entry_of_yarn_1_are_two_packages() -> None:
    text = """\
safe@^1.0.0, lodash@^4.0.0, lodash@^4.1.0:
  version "4.17.20"

old@^1.0.0, "other@npm:real@^1.0.0", "git@git+https://example.com/x":
  version "1.0.0"
  dependencies:
    lodash "^4.1.0"
"""
    found = read("yarn.lock", text)
    assert pins(found) == ["safe 4.17.20", "lodash 4.17.20", "old 1.0.0", "real 1.0.0", "git 1.0.0"]
    assert gaps(found) == [("unsupported-requirement", "git 1.0.0")]
    (graph,) = found.graphs
    assert graph.asks_for[("old", "1.0.0")] == [("lodash", "4.17.20")]


OVERRIDES = """{
"dependencies": {"own": "1.0.0"},
"overrides": {"a": "1.0.0", "b@^1": {".": "2.0.0", "c": "^3", "own": "$own"}},
"resolutions": {"**/d": "4.0.0", "x/@s/e": "5.0.0", "f@npm:^1.0.0": "npm:g@6.0.0", "": "1.0.0"},
"pnpm": {"overrides": {"h@1>i@>=1 <2": "7.0.0", "j": "-", "k@>1": "git+ssh://x/y", "l": 1}}
}"""


def test_what_overrides_the_dependencies_is_read() -> None:
    found = read("package.json", OVERRIDES)
    assert [(f"{one.name} {one.version}", one.direct, one.line) for one in found.packages] == [
        ("own 1.0.0", True, 2),
        ("a 1.0.0", None, 3),
        ("b 2.0.0", None, 3),
        ("d 4.0.0", None, 4),
        ("@s/e 5.0.0", None, 4),
        ("g 6.0.0", None, 4),
        ("i 7.0.0", None, 5),
    ]
    assert [one.text for one in found.ranges] == ["c ^3"]
    assert gaps(found) == [
        ("broken-manifest", "package.json"),
        ("unsupported-requirement", "k"),
        ("broken-manifest", "package.json"),
    ]


@pytest.mark.parametrize(
    ("lock", "known"),
    [
        (b'{"packages": {"node_modules/a": {"version": "1.0.0"}}}', True),
        (b'{"lockfileVersion": 3, "packages": {"": {}}}', False),
    ],
)
def test_what_pins_ask_for_is_known_by_a_lock_file_alone(lock: bytes, known: bool) -> None:
    files = {"app/package.json": b'{"dependencies": {"a": "1.0.0"}}', "package-lock.json": lock}
    expected = [] if known else [("unsupported-requirement", "indirect dependencies")]
    assert gaps(take_inventory(list(files), files.__getitem__)) == expected


def test_a_package_json_without_dependencies_needs_no_lock_file() -> None:
    assert not take_inventory(["package.json"], {"package.json": b"{}"}.__getitem__).gaps


def test_what_package_json_asks_for_is_direct_in_yarn_1() -> None:
    files = {"yarn.lock": YARN_1.encode(), "package.json": b'{"dependencies": {"@scope/a": "^1.0.0"}}'}
    found = take_inventory(list(files), files.__getitem__)
    told = {one.name: (one.direct, one.why) for one in found.packages}
    assert told["@scope/a"] == (True, ())
    assert told["b"] == (False, ("@scope/a 1.2.0",))
    assert told["real"] == (None, ())


YARN_BERRY = """\
# This file is generated by running "yarn install" inside your project.

__metadata:
  version: 8
  cacheKey: 10c0

"@scope/a@npm:^1.0.0, @scope/a@npm:^1.1.0":
  version: 1.2.0
  resolution: "@scope/a@npm:1.2.0"
  dependencies:
    b: "npm:^1.0.0"
  checksum: 10c0/abc
  languageName: node
  linkType: hard

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    "@scope/a": "npm:^1.0.0"
  languageName: unknown
  linkType: soft

"b@npm:^1.0.0":
  version: 1.0.0
  resolution: "b@npm:1.0.0"
  conditions: os=linux & cpu=x64
  linkType: hard

"c@patch:c@npm%3A1.0.0#~/.yarn/patches/c.patch":
  version: 1.0.0
  resolution: "c@patch:c@npm%3A1.0.0#~/.yarn/patches/c.patch::version=1.0.0&hash=1"
  linkType: hard

"g@https://github.com/x/g.git":
  version: 2.0.0
  resolution: "g@https://github.com/x/g.git#commit=abc"
  linkType: hard
"""


def test_yarn_berry() -> None:
    found = read("yarn.lock", YARN_BERRY)
    assert [(one.name, one.version, one.direct, one.why) for one in found.packages] == [
        ("@scope/a", "1.2.0", True, ()),
        ("b", "1.0.0", False, ("@scope/a 1.2.0",)),
        ("c", "1.0.0", None, ()),
        ("g", "2.0.0", None, ()),
    ]
    assert gaps(found) == [("unsupported-requirement", "c 1.0.0"), ("unsupported-requirement", "g 2.0.0")]


PNPM_5 = """\
lockfileVersion: 5.4

specifiers:
  a: ^1.0.0

dependencies:
  a: 1.0.0_react@17.0.2

devDependencies:
  '@s/c': 3.0.0

packages:

  /a/1.0.0_react@17.0.2:
    resolution: {integrity: sha512-x}
    engines: {node: '>=10'}
    peerDependencies:
      react: '>=16'
    dependencies:
      b: 2.0.0
    dev: false

  /@s/c/3.0.0:
    resolution: {integrity: sha512-x}
    deprecated: 'this: is, "text"'
    dev: true

  /b/2.0.0:
    resolution: {integrity: sha512-x}
    hasBin: true
    optional: true

  github.com/user/g/abc:
    resolution: {tarball: https://codeload.github.com/user/g/tar.gz/abc}
    name: g
    version: 4.0.0
"""

PNPM_6 = (
    PNPM_5.replace("5.4", "'6.0'")
    .replace("  a: 1.0.0_react@17.0.2", "  a:\n    specifier: ^1.0.0\n    version: 1.0.0(react@17.0.2)")
    .replace("/a/1.0.0_react@17.0.2:", "/a@1.0.0(react@17.0.2):")
    .replace("/@s/c/3.0.0:", "/@s/c@3.0.0:")
    .replace("/b/2.0.0:", "/b@2.0.0:")
    .replace("  '@s/c': 3.0.0", "  '@s/c':\n    specifier: ^3\n    version: 3.0.0")
    .replace("github.com/user/g/abc:", "github.com/user/g/abc:")
)

PNPM_9 = """\
lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

importers:

  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.0.0(react@17.0.2)
    devDependencies:
      '@s/c':
        specifier: ^3
        version: 3.0.0

packages:

  '@s/c@3.0.0':
    resolution: {integrity: sha512-x}

  a@1.0.0:
    resolution: {integrity: sha512-x}
    peerDependencies:
      react: '>=16'

  b@2.0.0:
    resolution: {integrity: sha512-x}
    os: [linux, '!win32']

  g@https://codeload.github.com/user/g/tar.gz/abc:
    resolution: {tarball: https://codeload.github.com/user/g/tar.gz/abc}
    version: 4.0.0

snapshots:

  '@s/c@3.0.0': {}

  a@1.0.0(react@17.0.2):
    dependencies:
      b: 2.0.0

  b@2.0.0:
    optional: true

  g@https://codeload.github.com/user/g/tar.gz/abc: {}
"""


PNPM_OWN = "---\nlockfileVersion: '9.0'\nimporters:\n  .:\n    configDependencies: {}\n\n---\n"
"""What pnpm writes for itself, before that of the project."""


@pytest.mark.parametrize("text", [PNPM_5, PNPM_6, PNPM_9, PNPM_OWN + PNPM_9])
def test_pnpm(text: str) -> None:
    found = read("pnpm-lock.yaml", text)
    told = {one.name: (one.version, one.direct, one.why) for one in found.packages}
    assert told == {
        "a": ("1.0.0", True, ()),
        "@s/c": ("3.0.0", True, ()),
        "b": ("2.0.0", False, ("a 1.0.0",)),
        "g": ("4.0.0", None, ()),
    }
    assert {one.name: one.scope for one in found.packages}["@s/c"] is Scope.DEV
    assert [kind for kind, _ in gaps(found)] == ["unsupported-requirement"]
    lines = text.splitlines()
    assert all(one.name in lines[one.line - 1] or "/g/" in lines[one.line - 1] for one in found.packages)


@pytest.mark.parametrize(
    "text",
    [
        "lockfileVersion: '9.0'\npackages:\n  - a\n",
        "packages:\n  a@1.0.0: {}\n",
        "lockfileVersion: '9.0'\npackages:\n  a@1.0.0: {}\n  a@1.0.0: {}\n",
        "lockfileVersion: '9.0'\npackages:\n    a@1.0.0: {}\n  b@1.0.0: {}\n",
        "lockfileVersion: '9.0'\npackages: &all\n  a@1.0.0: {}\n",
        "",
    ],
)
def test_a_broken_pnpm_lock_is_a_gap(text: str) -> None:
    found = read("pnpm-lock.yaml", text)
    assert [kind for kind, _ in gaps(found)] == ["broken-manifest"]


BUN = """\
{
  "lockfileVersion": 1,
  "workspaces": {
    "": {
      "name": "app", // a comment, "quoted"
      "dependencies": { "a": "^1.0.0", },
      "devDependencies": { "@s/c": "^3", },
    },
    "packages/one": { "name": "one", "version": "0.0.1", },
  },
  "packages": {
    "@s/c": ["@s/c@3.0.0", "", {}, "sha512-x"],
    "a": ["a@1.0.0", "", { "dependencies": { "b": "^1" } }, "sha512-http://x"],
    "a/b": ["b@1.5.0", "", {}, "sha512-x"],
    "b": ["b@2.0.0", "", {}, "sha512-x"],
    "g": ["g@github:user/g#abc", {}, "user-g-abc"],
    "one": ["one@workspace:packages/one"],
    "bad": [],
  },
}
"""


def test_bun() -> None:
    found = read("bun.lock", BUN)
    assert [(one.name, one.version, one.direct, one.why, one.scope, one.line) for one in found.packages] == [
        ("@s/c", "3.0.0", True, (), Scope.DEV, 12),
        ("a", "1.0.0", True, (), Scope.UNKNOWN, 13),
        ("b", "1.5.0", False, ("a 1.0.0",), Scope.UNKNOWN, 14),
        ("b", "2.0.0", None, (), Scope.UNKNOWN, 15),
    ]
    assert [kind for kind, _ in gaps(found)] == ["unsupported-requirement", "broken-manifest"]


def test_pnpm_keys_of_every_age() -> None:
    text = """\
lockfileVersion: 5.3
packages:
  /foo/1.0.0:
    resolution: {integrity: sha512-x}
  registry.example.com/@foo/bar/1.1.0:
    resolution: {integrity: sha512-x, registry: 'https://registry.example.com/', tarball: 'https://x/-/bar-1.1.0.tgz'}
  /foo/1.2.0_bar@2.0.0+qar@3.0.0:
    resolution: {integrity: sha512-x}
    engines: {node: ^14 || >=16, npm: YARN NO LONGER USED - use npm.}
    deprecated: |-
      a text: with anything
        - in it
  /@foo/baz/1.3.0-beta.1:
    resolution:
      integrity: sha512-x
    peerDependenciesMeta:
      '@types/node':
        optional: true
    bundledDependencies:
      - a
      - b
  file:../own:
    resolution: {directory: ../own, type: directory}
    name: own
    version: 0.1.0
"""
    found = read("pnpm-lock.yaml", text)
    assert pins(found) == ["foo 1.0.0", "@foo/bar 1.1.0", "foo 1.2.0", "@foo/baz 1.3.0-beta.1"]
    assert [kind for kind, _ in gaps(found)] == ["unsupported-requirement"]


@pytest.mark.parametrize("member", ["name: safe", "version: 4.17.21"])
def test_the_key_of_pnpm_counts_where_a_member_says_something_else(member: str) -> None:
    text = f"""\
lockfileVersion: '9.0'
packages:
  lodash@4.17.0:
    resolution: {{integrity: sha512-x}}
    {member}
"""
    found = read("pnpm-lock.yaml", text)
    assert pins(found) == ["lodash 4.17.0"]
    assert gaps(found) == [("unsupported-requirement", "lodash@4.17.0")]
    for same in ("name: lodash", "version: 4.17.0"):
        assert not read("pnpm-lock.yaml", text.replace(member, same)).gaps


@pytest.mark.parametrize(
    "key",
    ["h@https://evil.example/h-1.5.0.tgz", "h@file:h-1.5.0.tgz", "h@runtime:1.5.0", "x:y@1.5.0", "file:x/h/1.5.0"],
)
def test_a_key_of_pnpm_that_is_an_address_is_no_release_whatever_its_members_say(key: str) -> None:
    text = f"""\
lockfileVersion: '9.0'
packages:
  {key}:
    resolution: {{integrity: sha512-x}}
    name: h
    version: 1.5.0
"""
    found = read("pnpm-lock.yaml", text)
    assert pins(found) == ["h 1.5.0"]
    assert gaps(found) == [("unsupported-requirement", key)]


def test_pnpm_6_names_with_brackets() -> None:
    text = """\
lockfileVersion: '6.0'
packages:
  /next@13.4.0(@babel/core@7.21.0)(react@18.2.0):
    resolution: {integrity: sha512-x}
  /@scope/pkg@1.0.0(@other/peer@2.0.0):
    resolution: {integrity: sha512-x}
"""
    assert pins(read("pnpm-lock.yaml", text)) == ["next 13.4.0", "@scope/pkg 1.0.0"]


def test_bun_with_packages_from_elsewhere() -> None:
    text = """{
  "lockfileVersion": 0,
  "workspaces": {"": {"dependencies": {"t": "./css#tools.tgz", "lodash": "^1.2.1",},
    "devDependencies": {"etag": "file:./x"},},},
  "packages": {
    "t": ["@adobe/css-tools@./css#tools.tgz", {}, "sha512-x"],

    "etag": ["etag@file:deps/etag", {}],

    "lodash": ["lodash@1.3.1", "", {}, "sha512-//x,]"],
  }
}
"""
    found = read("bun.lock", text)
    assert pins(found) == ["lodash 1.3.1"]
    assert len(found.gaps) == 2
