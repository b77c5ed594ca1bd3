"""What is installed of npm, RubyGems, conda, Composer and Python."""

from __future__ import annotations

import json

import pytest

from secscan.inventory.contract import Scope
from tests.unit.inventory.installed.support import read
from tests.unit.inventory.support import gaps, pins


def test_an_npm_package_has_the_name_that_it_says() -> None:
    package = {"name": "lodash", "version": "4.17.20", "license": "MIT", "dependencies": {"x": "^1"}, "main": [1, {}]}
    found = read("srv/node_modules/alias/package.json", json.dumps(package))
    assert [(one.name, one.version, one.ecosystem, one.licence) for one in found.packages] == [
        ("lodash", "4.17.20", "npm", "MIT")
    ]
    assert not found.ranges
    old = '\ufeff{"name": "a", "version": "1.0.0", "licenses": [{"type": "BSD"}, {"type": "MIT"}]}'
    assert [one.licence for one in read("node_modules/a/package.json", old).packages] == ["BSD OR MIT"]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"name": "a"}', '{"name": 1, "version": "1"}', "[" * 200_000, '{"name": "\\ud800"}']
)
def test_an_npm_package_without_a_name_or_a_version_is_a_gap(text: str) -> None:
    assert gaps(read("node_modules/a/package.json", text)) == [("broken-manifest", "node_modules/a/package.json")]


def test_what_lies_deep_in_a_package_is_passed_over() -> None:
    text = '{"x": ' + '{"a":' * 500 + "1" + "}" * 500 + ', "name": "a", "version": "1.0.0"}'
    assert pins(read("node_modules/@s/a/package.json", text)) == ["a 1.0.0"]


GEM = """\
# -*- encoding: utf-8 -*-
# stub: rack 2.2.3 ruby lib
# stub: ext/extconf.rb

Gem::Specification.new do |s|
  s.name = "rack".freeze
  s.version = "2.2.3"

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.licenses = ["MIT".freeze, "Ruby".freeze]
  s.description = "s.name = 'no'"
  s.add_dependency(%q<x>.freeze, ["~> 1"])
end
"""


@pytest.mark.parametrize(
    "path",
    ["usr/local/bundle/specifications/rack-2.2.3.gemspec", "usr/lib/ruby/gems/3.1.0/specifications/default/a.gemspec"],
)
def test_a_gem(path: str) -> None:
    found = read(path, GEM)
    assert [(one.name, one.version, one.ecosystem, one.line, one.licence) for one in found.packages] == [
        ("rack", "2.2.3", "RubyGems", 6, "MIT OR Ruby")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Gem::Specification.new do |s|\n  s.name = 'a'\n  s.version = Gem::Version.new('1.0')\nend\n",
        "# stub: a 1.0 ruby lib\nGem::Specification.new do |s|\n  s.name = NAME\n  s.version = VERSION\nend\n",
    ],
)
def test_other_ways_to_write_a_gem(text: str) -> None:
    assert pins(read("specifications/a.gemspec", text)) == ["a 1.0"]


def test_a_gem_that_only_running_it_would_tell_is_a_gap() -> None:
    text = "Gem::Specification.new do |s|\n  s.name = `id`\n  s.version = File.read('VERSION')\nend\n"
    assert gaps(read("specifications/a.gemspec", text)) == [("broken-manifest", "specifications/a.gemspec")]


def test_a_package_of_conda() -> None:
    text = json.dumps(
        {"name": "numpy", "version": "1.26.0", "subdir": "linux-64", "license": "BSD-3-Clause", "files": [1]}
    )
    found = read("opt/conda/conda-meta/numpy-1.26.0-py311_0.json", text)
    assert [(one.name, one.version, one.ecosystem, one.architecture, one.licence) for one in found.packages] == [
        ("numpy", "1.26.0", "conda", "linux-64", "BSD-3-Clause")
    ]
    assert gaps(read("conda-meta/x.json", "{}")) == [("broken-manifest", "conda-meta/x.json")]


PHP = [
    {"name": "monolog/monolog", "version": "2.9.1", "license": ["MIT"]},
    {"name": "phpunit/phpunit", "version": "9.6.0"},
    {"name": "own/fork", "version": "dev-main"},
]
NO_PACKAGES = [[], 7, {"name": "a/b"}, {"version": "1.0"}]


def test_packages_of_composer() -> None:
    path = "srv/vendor/composer/installed.json"
    found = read(path, json.dumps({"packages": PHP, "dev": True, "dev-package-names": ["phpunit/phpunit"]}))
    assert [(one.name, one.version, one.ecosystem, one.scope) for one in found.packages] == [
        ("monolog/monolog", "2.9.1", "Packagist", Scope.UNKNOWN),
        ("phpunit/phpunit", "9.6.0", "Packagist", Scope.DEV),
    ]
    assert gaps(found) == [("unsupported-requirement", "own/fork dev-main")]
    assert pins(read(path, json.dumps([*NO_PACKAGES, *PHP]))) == pins(found)
    assert len(read(path, json.dumps([*NO_PACKAGES, *PHP])).gaps) == 5
    assert gaps(read(path, "{}")) == gaps(read(path, "[")) == [("broken-manifest", path)]


@pytest.mark.parametrize(
    "path",
    [
        "usr/lib/python3/dist-packages/a-1.dist-info/METADATA",
        "usr/lib/python3/dist-packages/a.egg-info/PKG-INFO",
        "usr/lib/python3/dist-packages/a-1.egg-info",
        "usr/lib/python2.7/site-packages/a-1-py2.7.egg/EGG-INFO/PKG-INFO",
    ],
)
def test_a_package_of_python(path: str) -> None:
    assert pins(read(path, "Name: a\nVersion: 1\n")) == ["a 1"]


def test_a_package_of_python_from_elsewhere_is_a_gap() -> None:
    found = read("x/a-1.dist-info/direct_url.json", '{"url": "https://example.com"}')
    assert gaps(found) == [("unsupported-requirement", "a-1")]
