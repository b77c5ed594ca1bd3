"""Go, Rust, Java, Ruby, PHP, .NET, Elixir, Dart and GitHub Actions: their lock files, with what real ones hold."""

from __future__ import annotations

import json

import pytest

from secscan.inventory.contract import Scope
from secscan.inventory.discover import take_inventory
from tests.unit.inventory.support import gaps, pins, read

GO_MOD = """\
module example.com/app // the project

go 1.22.3

toolchain go1.23.4

require github.com/a/one v1.2.3
require (
	github.com/b/two/v2 v2.0.0-20200101000000-abcdef123456
	"github.com/c/three" v0.1.0 // indirect
	github.com/d/old v1.0.0
	github.com/e/here v1.0.0
	github.com/f/some v1.0.0
)

replace github.com/d/old => github.com/d/new v1.1.0

replace (
	github.com/e/here v1.0.0 => ./here
	github.com/f/some v9.9.9 => github.com/f/other v1.0.0
)

exclude github.com/g/bad v1.0.0
retract v0.0.1
tool github.com/a/one/cmd
"""


def test_go_mod() -> None:
    found = read("go.mod", GO_MOD)
    assert [(one.name, one.version, one.direct, one.line) for one in found.packages] == [
        ("stdlib", "1.23.4", True, 5),
        ("github.com/a/one", "v1.2.3", True, 7),
        ("github.com/b/two/v2", "v2.0.0-20200101000000-abcdef123456", True, 9),
        ("github.com/c/three", "v0.1.0", False, 10),
        ("github.com/d/new", "v1.1.0", True, 11),
        ("github.com/f/some", "v1.0.0", True, 13),
    ]
    assert gaps(found) == [("unsupported-requirement", "github.com/e/here replaced by ./here")]
    assert not found.includes


GO_SUM = b"a.b/x v1.0.0 h1:abc=\na.b/x v1.0.0/go.mod h1:abc=\na.b/old v0.9.0/go.mod h1:abc=\na.b/y v1.1.0 h1:abc=\n"


def test_go_sum_counts_where_go_mod_does_not_name_everything() -> None:
    new = {"go.mod": b"module m\ngo 1.17.0\nrequire a.b/x v1.0.0\n", "go.sum": GO_SUM}
    assert pins(take_inventory(list(new), new.__getitem__)) == ["stdlib 1.17.0", "a.b/x v1.0.0"]
    old = {"go.mod": b"module m\ngo 1.16\nrequire a.b/x v1.0.0\n", "go.sum": GO_SUM}
    assert pins(take_inventory(list(old), old.__getitem__)) == ["a.b/x v1.0.0", "a.b/x v1.0.0", "a.b/y v1.1.0"]
    gone = {"go.mod": old["go.mod"]}
    assert ("broken-manifest", "go.mod") in gaps(take_inventory(list(gone), gone.__getitem__))
    assert pins(take_inventory(["go.sum"], lambda _: GO_SUM)) == ["a.b/x v1.0.0", "a.b/y v1.1.0"]


@pytest.mark.parametrize("text", ["", "require a v1\n", "module m\nrequire a\n", "module m\nreplace => b\n"])
def test_a_broken_go_mod_is_a_gap(text: str) -> None:
    assert gaps(read("go.mod", text)) == [("broken-manifest", "go.mod")]


@pytest.mark.parametrize(
    "text",
    [
        "require(\n\tgolang.org/x/text v0.3.0\n)\n",
        'require ( // why\n\t"golang.org\\x2fx\\u002ftext" `v0.3.0`//indirect\n)\n',
        'require "golang.org/x/text"v0.3.0\nretract [v1.0.0,v1.1.0]\nexclude(\n)\ntool()\n',
        "replace a v1 =>golang.org/x/text v0.3.0\nrequire a v1\n",
    ],
)
def test_go_mod_needs_no_blanks_around_brackets(text: str) -> None:
    found = read("go.mod", f"module a\ngo 1.99.0\n{text}")
    assert pins(found) == ["stdlib 1.99.0", "golang.org/x/text v0.3.0"]
    assert not found.gaps


@pytest.mark.parametrize(
    "text",
    [
        "require (\n\ta v1\n",
        "a v1\n",
        ")\n",
        "(\n)\n",
        "require ( a v1 )\n",
        "require{\na v1\n}\n",
        "requires a v1\n",
        'require "a v1\n',
        'require "\\q" v1\n',
        "require a (\nb v1\n)\n",
        "exclude (\nrequire (\na v1\n)\n)\n",
    ],
)
def test_what_go_mod_cannot_hold_is_a_gap(text: str) -> None:
    assert gaps(read("go.mod", f"module m\n{text}")) == [("broken-manifest", "go.mod")]


CARGO = """\
version = 3

[[package]]
name = "app"
version = "0.1.0"
dependencies = ["a", "b 2.0.0"]

[[package]]
name = "a"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "abc"
dependencies = ["b 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)"]

[[package]]
name = "b"
version = "1.0.0"
source = "sparse+https://index.example.com/"

[[package]]
name = "b"
version = "2.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "g"
version = "0.3.0"
source = "git+https://example.com/g?rev=1#1"
"""


def test_cargo() -> None:
    found = read("Cargo.lock", CARGO)
    assert [(one.name, one.version, one.direct, one.why, one.line) for one in found.packages] == [
        ("a", "1.0.0", True, (), 8),
        ("b", "1.0.0", False, ("a 1.0.0",), 15),
        ("b", "2.0.0", True, (), 20),
        ("g", "0.3.0", None, (), 25),
    ]
    assert gaps(found) == [("unsupported-requirement", "g 0.3.0")]
    assert gaps(read("Cargo.lock", "")) == [("broken-manifest", "Cargo.lock")]


POM = """\
<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>org.up</groupId><artifactId>up</artifactId><version>5</version></parent>
  <artifactId>app</artifactId>
  <properties><x.version>${y.version}.3</x.version><y.version>1.2</y.version><loop>${loop}</loop></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.m</groupId><artifactId>managed</artifactId><version>4.0</version></dependency>
    <dependency>
      <groupId>org.bom</groupId><artifactId>bom</artifactId><version>1</version><scope>import</scope>
    </dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <dependency><groupId>org.x</groupId><artifactId>x</artifactId><version>${x.version}</version></dependency>
    <dependency><groupId>org.m</groupId><artifactId>managed</artifactId></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>own</artifactId><version>${project.version}</version></dependency>
    <dependency><groupId>org.n</groupId><artifactId>nover</artifactId><scope>test</scope></dependency>
    <dependency><groupId>org.l</groupId><artifactId>loop</artifactId><version>${loop}</version></dependency>
    <dependency><groupId>org.r</groupId><artifactId>range</artifactId><version>[1,2)</version></dependency>
    <dependency><groupId>org.e</groupId><artifactId>exact</artifactId><version>[1.5]</version><scope>test</scope></dependency>
    <dependency><groupId>org.s</groupId><artifactId>sys</artifactId><version>1</version><scope>system</scope></dependency>
  </dependencies>
  <build><plugins><plugin><artifactId>maven-jar-plugin</artifactId><version>3.0</version></plugin></plugins></build>
</project>
"""


def test_a_pom() -> None:
    found = read("pom.xml", POM)
    assert [(one.name, one.version, one.scope, one.line) for one in found.packages] == [
        ("org.x:x", "1.2.3", Scope.UNKNOWN, 13),
        ("org.m:managed", "4.0", Scope.UNKNOWN, 14),
        ("org.up:own", "5", Scope.UNKNOWN, 15),
        ("org.e:exact", "1.5", Scope.DEV, 19),
        ("org.apache.maven.plugins:maven-jar-plugin", "3.0", Scope.DEV, 22),
    ]
    assert [one.text for one in found.ranges] == ["org.r:range [1,2)"]
    assert [subject for _, subject in gaps(found)] == [
        *("org.n:nover", "org.l:loop", "org.s:sys (a file of the system)"),
        *("versions of org.bom:bom", "parent org.up:up:5", "indirect dependencies"),
    ]


LAUGHS = '<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><project><name>&b;</name></project>'
OUTSIDE = '<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]><project><name>&a;</name></project>'


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE, "", "<project>", "<other/>", "<a>" * 100_000, "\x00"])
def test_a_hostile_pom_is_a_gap(text: str) -> None:
    assert gaps(read("pom.xml", text)) == [("broken-manifest", "pom.xml")]


def part(name: str, version: str = "", more: str = "") -> str:
    told = f"<version>{version}</version>" if version else ""
    return f"<groupId>g</groupId><artifactId>{name}</artifactId>{told}{more}"


def dependencies(*parts: str) -> str:
    return "<dependencies>" + "".join(f"<dependency>{one}</dependency>" for one in parts) + "</dependencies>"


def managed(*parts: str) -> str:
    return f"<dependencyManagement>{dependencies(*parts)}</dependencyManagement>"


def profile(text: str) -> str:
    return f"<profiles><profile><id>p</id>{text}</profile></profiles>"


def test_a_profile_adds_versions_and_takes_none_away() -> None:
    """Which profiles a build takes is not in the file."""
    text = managed(part("log", "2.14.1")) + dependencies(part("log")) + profile(managed(part("log", "2.99")))
    assert pins(read("pom.xml", f"<project>{text}</project>")) == ["g:log 2.14.1", "g:log 2.99"]
    text = "<properties><v>1</v></properties>" + dependencies(part("a", "${v}.0")) + managed(part("b", "${v}"))
    text += profile("<properties><v>2</v></properties>" + dependencies(part("b")))
    found = pins(read("pom.xml", f"<project>{text}</project>"))
    assert found == ["g:a 1.0", "g:a 2.0", "g:b 1", "g:b 2"]


def test_a_version_that_a_profile_leaves_open_is_a_gap() -> None:
    text = "<properties><v>1</v></properties>" + dependencies(part("a", "${v}"))
    found = read("pom.xml", f"<project>{text}{profile('<properties><v/></properties>')}</project>")
    assert (pins(found), gaps(found)[0]) == (["g:a 1"], ("unsupported-requirement", "g:a"))


def test_plugins_bring_dependencies_and_extensions() -> None:
    its = dependencies(part("its", "3"), part("open"))
    listed = f"<pluginManagement><plugins><plugin>{part('listed', '2', its)}</plugin></plugins></pluginManagement>"
    used = f"<plugins><plugin>{part('listed')}</plugin><plugin>{part('used', '1', its)}</plugin></plugins>"
    build = f"<build>{listed}{used}<extensions><extension>{part('ext', '4')}</extension></extensions></build>"
    for text in (build, profile(build)):
        found = read("pom.xml", f"<project>{text}</project>")
        assert {one.scope for one in found.packages} == {Scope.DEV}
        assert set(pins(found)) == {"g:listed 2", "g:used 1", "g:its 3", "g:ext 4"}
        assert ("unsupported-requirement", "g:open") in gaps(found)
    report = f"<reporting><plugins><plugin>{part('site', '5')}</plugin></plugins></reporting>"
    assert pins(read("pom.xml", f"<project>{report}</project>")) == ["g:site 5"]


def test_values_without_end_are_a_gap() -> None:
    properties = "".join(f"<v>{at}</v>" for at in range(1000))
    text = f"<properties>{properties}</properties>" + dependencies(part("a", "${v}"), part("b", "${v}${v}${v}"))
    found = read("pom.xml", f"<project>{text}</project>")
    assert len(found.packages) < 200
    assert {("unsupported-requirement", "g:a"), ("unsupported-requirement", "g:b")} <= set(gaps(found))


def test_properties_that_grow_without_end_are_not_filled_in() -> None:
    names = "".join(f"<p{at}>${{p{at + 1}}}${{p{at + 1}}}${{p{at + 1}}}</p{at}>" for at in range(100))
    text = (
        f"<project><properties>{names}</properties><dependencies><dependency><groupId>a</groupId>"
        "<artifactId>b</artifactId><version>${p0}</version></dependency></dependencies></project>"
    )
    assert not read("pom.xml", text).packages


def test_gradle() -> None:
    text = (
        "# This is a Gradle generated file for dependency locking.\n"
        "org.a:one:1.0=compileClasspath,runtimeClasspath\norg.b:two:2.0=testCompileClasspath\nbad\nempty=annotationProcessor\n"
    )
    found = read("gradle.lockfile", text)
    assert [(one.name, one.version, one.scope, one.line) for one in found.packages] == [
        ("org.a:one", "1.0", Scope.UNKNOWN, 2),
        ("org.b:two", "2.0", Scope.DEV, 3),
    ]
    assert gaps(found) == [("broken-manifest", "gradle.lockfile")]
    assert pins(read("gradle/dependency-locks/compile.lockfile", "a:b:1\n")) == ["a:b 1"]


@pytest.mark.parametrize("kind", ["buildscript-", "settings-", "settings-buildscript-"])
def test_lock_files_of_what_builds_a_project_of_gradle_are_read_and_tell_nothing_of_the_project(kind: str) -> None:
    files = {"build.gradle": b"", f"{kind}gradle.lockfile": b"a:b:1=classpath\n"}
    found = take_inventory(list(files), files.__getitem__)
    assert (pins(found), gaps(found)) == (["a:b 1"], [("no-lock-file", "build.gradle")])


GEMFILE = """\
GIT
  remote: https://example.com/g.git
  revision: abc
  specs:
    g (0.3.0)
      rack (>= 1)

PATH
  remote: engines/own
  specs:
    own (0.1.0)
      rails (~> 7)

GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.15.0)
      racc (~> 1.4)
    nokogiri (1.15.0-x86_64-linux)
      racc (~> 1.4)
    racc (1.7.1)
    rack (2.2.3)
    rails (7.0.4.1)
      nokogiri (>= 1)
      rack

PLATFORMS
  ruby
  x86_64-linux

DEPENDENCIES
  g!
  own!
  nokogiri (~> 1.15)

RUBY VERSION
   ruby 3.2.0p0

BUNDLED WITH
   2.4.0
"""


def test_a_gemfile_lock() -> None:
    found = read("Gemfile.lock", GEMFILE)
    assert [(one.name, one.version, one.direct, one.why, one.line) for one in found.packages] == [
        ("g", "0.3.0", True, (), 5),
        ("nokogiri", "1.15.0", True, (), 17),
        ("racc", "1.7.1", False, ("nokogiri 1.15.0",), 21),
        ("rack", "2.2.3", False, ("g 0.3.0",), 22),
        ("rails", "7.0.4.1", True, (), 23),
    ]
    assert gaps(found) == [("unsupported-requirement", "g 0.3.0")]
    assert gaps(read("Gemfile.lock", "GEM\n  specs:\n    odd\n")) == [("broken-manifest", "Gemfile.lock")]
    assert gaps(read("Gemfile.lock", "")) == [("broken-manifest", "Gemfile.lock")]


def test_composer() -> None:
    lock = {
        "packages": [
            {"name": "a/one", "version": "v1.2.3", "license": ["MIT"], "require": {"php": ">=8", "b/two": "^1"}},
            {"name": "b/two", "version": "1.0.0-beta.2", "license": ["MIT", "GPL-2.0-only"]},
            {"name": "c/dev", "version": "dev-main"},
            {"name": "d/own", "version": "1.0", "dist": {"type": "path"}},
        ],
        "packages-dev": [{"name": "e/test", "version": "9.0"}, {"name": "f/odd"}],
    }
    manifest = b'{"require": {"php": "^8", "a/one": "^1"}, "require-dev": {"e/test": "*"}}'
    files = {"composer.lock": json.dumps(lock, indent=1).encode(), "composer.json": manifest}
    found = take_inventory(list(files), files.__getitem__)
    assert [(one.name, one.version, one.direct, one.why, one.scope, one.licence) for one in found.packages] == [
        ("a/one", "v1.2.3", True, (), Scope.UNKNOWN, "MIT"),
        ("b/two", "1.0.0-beta.2", False, ("a/one v1.2.3",), Scope.UNKNOWN, "MIT OR GPL-2.0-only"),
        ("e/test", "9.0", True, (), Scope.DEV, ""),
    ]
    assert gaps(found) == [("unsupported-requirement", "c/dev dev-main"), ("broken-manifest", "composer.lock")]
    assert all(found.packages[at].line < found.packages[at + 1].line for at in range(2))


def test_nuget() -> None:
    lock = {
        "version": 1,
        "dependencies": {
            "net6.0": {
                "A": {"type": "Direct", "requested": "[1.0, )", "resolved": "1.0.0", "dependencies": {"b": "2.0.0"}},
                "B": {"type": "Transitive", "resolved": "2.0.0"},
                "own": {"type": "Project", "dependencies": {"C": "[3.0.0, )"}},
                "C": {"type": "Transitive", "resolved": "3.0.0"},
                "D": {"type": "Transitive"},
            },
            "net7.0": {"A": {"type": "Direct", "resolved": "1.0.0"}},
        },
    }
    found = read("packages.lock.json", json.dumps(lock, indent=1))
    assert [(one.name, one.version, one.direct, one.why) for one in found.packages] == [
        ("A", "1.0.0", True, ()),
        ("B", "2.0.0", False, ("A 1.0.0",)),
        ("C", "3.0.0", True, ()),
    ]
    assert gaps(found) == [("broken-manifest", "packages.lock.json")]


def test_what_a_build_of_dotnet_says_of_itself() -> None:
    document = {
        "targets": {
            "net6.0": {"app/1.0": {"dependencies": {"A": "1.0.0"}}, "A/1.0.0": {"dependencies": {"B": "2.0.0"}}}
        },
        "libraries": {
            "app/1.0": {"type": "project"},
            "A/1.0.0": {"type": "package"},
            "B/2.0.0": {"type": "package"},
            "x": {},
        },
    }
    found = read("bin/app.deps.json", json.dumps(document))
    assert [(one.name, one.direct, one.why) for one in found.packages] == [("A", True, ()), ("B", False, ("A 1.0.0",))]
    assert gaps(found) == [("broken-manifest", "bin/app.deps.json")]


def test_older_files_of_dotnet() -> None:
    config = '<?xml version="1.0"?>\n<packages>\n<package id="A" version="1.0" />\n<package id="B"/></packages>'
    found = read("packages.config", config)
    assert [(one.name, one.version, one.line) for one in found.packages] == [("A", "1.0", 3)]
    assert gaps(found) == [("broken-manifest", "packages.config")]
    project = (
        '<Project Sdk="x"><ItemGroup>\n<PackageReference Include="A" Version="1.0.0" />\n'
        '<PackageReference Include="B"><Version>[2.0.0]</Version></PackageReference></ItemGroup></Project>'
    )
    both = read("app.csproj", project)
    assert (pins(both), [one.text for one in both.ranges]) == (["B 2.0.0"], ["A 1.0.0"])


def item(text: str, path: str = "app.csproj") -> tuple[list[str], list[str], list[tuple[str, str]]]:
    found = read(path, f"<Project><ItemGroup>{text}</ItemGroup></Project>")
    return pins(found), [one.text for one in found.ranges], gaps(found)


def test_an_item_of_a_project_can_name_many_packages_in_many_ways() -> None:
    assert item('<PackageReference Include="A; B;" Version="[1.0]"/>') == (["A 1.0", "B 1.0"], [], [])
    assert item('<packageReference include="A" VERSION="[1.0]"/>') == (["A 1.0"], [], [])
    assert item('<GlobalPackageReference Include="A"><version>[1.0]</version></GlobalPackageReference>')[0] == ["A 1.0"]
    assert item('<PackageDownload Include="A" Version="[1.0];[2.0]"/>') == (["A 1.0", "A 2.0"], [], [])
    assert item('<PackageReference Update="A" Version="[1.0]" VersionOverride="[2.0]"/>')[0] == ["A 1.0", "A 2.0"]
    two = '<Version Condition="x">[1.0]</Version><Version>[2.0]</Version>'
    assert item(f'<PackageReference Include="A">{two}</PackageReference>')[0] == ["A 1.0", "A 2.0"]
    assert item('<PackageReference Remove="A"/>') == ([], [], [])


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ('<PackageReference Include="$(X)" Version="[1.0]"/>', "$(X) [1.0]"),
        ('<PackageReference Include="@(X)"/>', "@(X)"),
        ('<PackageReference Include="A%3BB" Version="[1.0]"/>', "A%3BB [1.0]"),
        ('<PackageReference Include="A" Version="$(V)"/>', "A $(V)"),
        ('<PackageReference Version="[1.0]"/>', "PackageReference without a name"),
    ],
)
def test_what_only_the_build_of_dotnet_knows_is_a_gap(text: str, subject: str) -> None:
    assert item(text) == ([], [], [("unsupported-requirement", subject)])


def test_names_times_versions_without_end_are_not_read() -> None:
    versions = ";".join(map(str, range(10_000)))
    found = item(f'<PackageReference Include="{"a;" * 1_000_000}" Version="{versions}"/>')
    assert found == ([], [], [("broken-manifest", "app.csproj")])


@pytest.mark.parametrize("path", ["Directory.Build.props", "a/directory.build.TARGETS", "eng/x.props", "x.targets"])
def test_what_projects_of_dotnet_have_in_common(path: str) -> None:
    assert item('<PackageReference Include="A" Version="[1.0]"/>', path)[0] == ["A 1.0"]
    assert not read(path, "a=b\n").gaps, "a file of another tool"
    assert gaps(read(path, "<Project>")) == [("broken-manifest", path)]
    wide = '<Project><PackageReference Include="A" Version="[1.0]"/></Project>'.encode("utf-16")
    assert pins(take_inventory([path], {path: wide}.__getitem__)) == ["A 1.0"]


def test_mix() -> None:
    text = """\
%{
  "plug": {:hex, :plug, "1.14.0", "abc", [:mix], [{:mime, "~> 2.0", [hex: :mime, repo: "hexpm"]}], "hexpm", "def"},
  "mime": {:hex, :mime, "2.0.3", "abc", [:mix], [], "hexpm", "def"},
  "other": {:hex, :"other-name", "0.1.0", "abc"},
  "g": {:git, "https://example.com/g.git", "abc", [tag: "v1"]},
  "odd": something(),
}
"""
    found = read("mix.lock", text)
    assert [(one.name, one.version, one.line) for one in found.packages] == [
        ("plug", "1.14.0", 2),
        ("mime", "2.0.3", 3),
        ("other-name", "0.1.0", 4),
    ]
    assert gaps(found) == [("unsupported-requirement", "g"), ("broken-manifest", "mix.lock")]
    assert not read("mix.lock", "%{\n}\n").gaps
    old = '%{"a": {:hex, :a, "1.0.0", "abc", [:mix], []},\n  "b": {:hex, :b, "2.0.0", "abc", [:mix], []}}\n'
    assert (pins(read("mix.lock", old)), gaps(read("mix.lock", old))) == (["a 1.0.0", "b 2.0.0"], [])


def test_pub() -> None:
    text = """\
# Generated by pub
packages:
  async:
    dependency: transitive
    description:
      name: async
      sha256: "abc"
      url: "https://pub.dev"
    source: hosted
    version: "2.10.0"
  flutter:
    dependency: "direct main"
    description: flutter
    source: sdk
    version: "0.0.0"
  http:
    dependency: "direct main"
    description:
      name: http
    source: hosted
    version: "0.13.5"
  lints:
    dependency: "direct dev"
    source: hosted
    version: "2.0.1"
  own:
    source: path
    version: "1.0.0"
sdks:
  dart: ">=2.18.0 <3.0.0"
"""
    found = read("pubspec.lock", text)
    assert [(one.name, one.version, one.direct, one.scope, one.line) for one in found.packages] == [
        ("async", "2.10.0", False, Scope.UNKNOWN, 3),
        ("http", "0.13.5", True, Scope.UNKNOWN, 16),
        ("lints", "2.0.1", True, Scope.DEV, 22),
    ]
    assert gaps(found) == [("unsupported-requirement", "flutter 0.0.0")]
    assert gaps(read("pubspec.lock", "x: y\n")) == [("broken-manifest", "pubspec.lock")]


def test_a_package_of_pub_is_the_one_that_its_description_names() -> None:
    text = """\
packages:
  safe:
    dependency: "direct main"
    description:
      name: real
    source: hosted
    version: "1.0.0"
"""
    found = read("pubspec.lock", text)
    assert (pins(found), gaps(found)) == (["real 1.0.0"], [("unsupported-requirement", "safe")])


WORKFLOW = """\
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4.1.2
      - name: two
        uses: actions/setup-python@v5
      - uses: a/pinned@1234567890123456789012345678901234567890 # v3.2.1
      - uses: b/pinned@1234567890123456789012345678901234567890
      - uses: ./.github/actions/own
      - uses: docker://alpine:3.8
      - uses: github/codeql-action/init@main
      - run: echo uses x/y@v1.0.0
  two:
    uses: org/repo/.github/workflows/w.yml@v1.0.0
"""


def test_a_workflow() -> None:
    found = read(".github/workflows/ci.yml", WORKFLOW)
    assert [(one.name, one.version, one.line) for one in found.packages] == [
        ("actions/checkout", "4.1.2", 6),
        ("a/pinned", "3.2.1", 9),
        ("org/repo", "1.0.0", 16),
    ]
    assert [(one.text, one.line) for one in found.ranges] == [
        ("actions/setup-python@v5", 8),
        ("github/codeql-action/init@main", 13),
    ]
    assert [subject for _, subject in gaps(found)] == [
        "a/pinned@123456789012",
        "b/pinned@123456789012",
        "docker://alpine:3.8",
    ]


@pytest.mark.parametrize(
    "text", ["a: &b c\n", "\t", "- a\n", "jobs: [1, {steps: {a: b}}]\n", "jobs: {a: {uses: [x]}}\n"]
)
def test_an_odd_workflow_never_ends_the_scan(text: str) -> None:
    found = read(".github/workflows/ci.yml", text)
    assert not found.packages


def test_a_composite_action() -> None:
    assert pins(read("action.yml", "runs:\n  using: composite\n  steps:\n    - uses: a/b@1.0.0\n")) == ["a/b 1.0.0"]


@pytest.mark.parametrize(
    ("manifest", "lock", "content", "empty"),
    [
        ("Gemfile", "Gemfile.lock", b"GEM\n  specs:\n    a (1.0)\n", b"GEM\n  specs:\n"),
        ("a/b/Cargo.toml", "a/Cargo.lock", CARGO.encode(), b"version = 4\n"),
        ("a/build.gradle.kts", "gradle.lockfile", b"a:b:1.0=compileClasspath\n", b"empty=\n"),
        ("a/b/build.gradle", "a/gradle/dependency-locks/compile.lockfile", b"a:b:1.0\n", b"# none\n"),
    ],
)
def test_a_manifest_of_ranges_without_its_lock_file_is_a_gap(
    manifest: str, lock: str, content: bytes, empty: bytes
) -> None:
    """A lock file that holds nothing is no shield for what lies below it."""
    missing = ("no-lock-file", manifest)
    assert gaps(take_inventory([manifest], {}.__getitem__)) == [missing]
    assert missing not in gaps(take_inventory([manifest, lock], {lock: content}.__getitem__))
    assert missing in gaps(take_inventory([manifest, lock], {lock: empty}.__getitem__))


def _bom(purl: str) -> bytes:
    return json.dumps({"bomFormat": "CycloneDX", "components": [{"name": "x", "purl": purl}]}).encode()


def _workflow(uses: str) -> bytes:
    return f"jobs:\n  a:\n    steps:\n      - uses: {uses}\n".encode()


CSPROJ = b'<Project><ItemGroup><PackageReference Include="A" Version="1.0" /></ItemGroup></Project>'
CENTRAL = b'<Project><ItemGroup><PackageVersion Include="A" Version="[9.0]" /></ItemGroup></Project>'
METADATA = b"Metadata-Version: 2.1\nName: django\nVersion: 99.0\n"


@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": b"django>=1.0", "sbom.json": _bom("pkg:pypi/django@99.0")},
        {"requirements.txt": b"django>=1.0", "django.egg-info": METADATA},
        {"requirements.txt": b"django>=1.0", "docs-requirements.txt": b"django==99.0"},
        {"pyproject.toml": b'[project]\ndependencies=["django>1"]', "a.cdx.json": _bom("pkg:pypi/django@99.0")},
        {"pyproject.toml": b'[project]\ndependencies=["django>1"]', "constraints.txt": b"django==99.0"},
        {"app/package.json": b'{"dependencies": {"lodash": "<=4"}}', "bom.json": _bom("pkg:npm/lodash@4.17.21")},
        {"a/package.json": b'{"dependencies": {"x": "<=4"}}', "package.json": b'{"dependencies": {"x": "4.1.0"}}'},
        {".github/workflows/a.yml": _workflow("o/x@v45"), ".github/workflows/b.yml": _workflow("o/x@99.0.0")},
        {"a/a.csproj": CSPROJ, "Directory.Packages.props": CENTRAL},
    ],
)  # fmt: skip
def test_only_a_lock_file_of_its_own_tool_resolves_a_range(files: dict[str, bytes]) -> None:
    assert len(_ranges(files)) == 1


@pytest.mark.parametrize(("compiled", "ranges"), [("dev.txt", 0), ("other.txt", 1)])
def test_what_was_compiled_from_an_in_file_resolves_its_ranges(compiled: str, ranges: int) -> None:
    files = {"requirements/dev.in": b"django>=1.0", f"requirements/{compiled}": b"django==4.2.1"}
    assert len(_ranges(files)) == ranges


def _ranges(files: dict[str, bytes]) -> list[tuple[str, str]]:
    found = take_inventory(list(files), files.__getitem__)
    return [(one.subject, one.detail) for one in found.gaps if one.kind == "version-range"]


@pytest.mark.parametrize("version", ["1" + "a" * 100_000 + "!", "1" + "-a1" * 30_000 + "/", "1" + "." * 100_000])
def test_a_version_that_is_none_is_told_in_linear_time(version: str) -> None:
    """A careless pattern would take longer than the universe has lasted."""
    lock = json.dumps({"packages": [{"name": "a/b", "version": version}]})
    assert len(read("composer.lock", lock).packages) + len(gaps(read("composer.lock", lock))) == 1


def test_a_property_that_is_too_long_is_not_filled_in() -> None:
    text = (
        f"<project><properties><p>{'x' * 1_000_000}</p></properties><dependencies><dependency><groupId>a</groupId>"
        f"<artifactId>b</artifactId><version>{'${p}' * 100}</version></dependency></dependencies></project>"
    )
    assert [subject for _, subject in gaps(read("pom.xml", text))] == ["a:b"]
