"""What is fetched must be the version that a lock file claims."""

from __future__ import annotations

import json

import pytest

from secscan.inventory.addresses import fetched_from
from secscan.inventory.contract import Declared
from tests.unit.inventory.support import gaps, pins, read

HOST = "https://mirror.example.com/some/where"


def is_of(ecosystem: str, name: str, version: str, address: str) -> bool:
    found = fetched_from(Declared(name, version, ecosystem, "lock"), ["", address])
    assert pins(found) == [f"{name} {version}"]
    return not found.gaps


@pytest.mark.parametrize(
    ("version", "end"),
    [
        ("4.17.21", "lodash/-/lodash-4.17.21.tgz#abc"),
        ("4.17.21", "lodash/-/lodash-4.17.21.tgz?cache=1"),
        ("4.17.21-rc.1", "@s%2flodash/-/lodash-4.17.21-rc.1.tgz"),
        ("4.17.21+build.7", "lodash-4.17.21.tgz"),
        ("4.17.21", "@s/lodash/4.17.21.tgz"),
        ("4.17.21", "download/@s/lodash/4.17.21/0a1b2c3d"),
    ],
)
def test_an_address_of_npm_that_names_the_version(version: str, end: str) -> None:
    assert is_of("npm", "lodash", version, f"{HOST}/{end}")


@pytest.mark.parametrize(
    "end",
    [
        "lodash-4.17.20.tgz",
        "lodash-4.17.20.tgz?lodash-4.17.21.tgz",
        "lodash-4.17.20.tgz#lodash-4.17.21.tgz",
        "lodash-4.17.20.tgz#/lodash-4.17.21.tgz",
        "lodash-4.17.20.tgz%2flodash-4.17.21.tgz",
        "4.17.21/lodash-4.17.20.tgz",
        "lodash-4.17.21-rc.1.tgz",
        "lodash-14.17.21.tgz",
        "lodash-4.17.210.tgz",
        "lodash-4.17.20-4.17.21.tgz",
        "lodash-4.17.21.tgz/..",
        "lodash",
        "",
    ],
)
def test_an_address_of_npm_that_does_not(end: str) -> None:
    assert not is_of("npm", "lodash", "4.17.21", f"{HOST}/{end}")


@pytest.mark.parametrize(
    ("name", "version", "file"),
    [
        ("certifi", "2020.6.20", "certifi-2020.06.20-py2.py3-none-any.whl"),
        ("zope.interface", "5.0", "zope_interface-5.0.0.tar.gz"),
        ("python-3parclient", "4.2", "python-3parclient-4.2.zip"),
        ("torch", "2.0.0+cu118", "torch-2.0.0%2Bcu118-cp310-cp310-linux_x86_64.whl"),
        ("x", "1.0.post1", "x-1.0-1.tar.gz"),
        ("old", "2013b", "old-2013b.tar.bz2"),
    ],
)
def test_a_file_of_python_that_names_the_version(name: str, version: str, file: str) -> None:
    assert is_of("PyPI", name, version, f"{HOST}/{file}#sha256=abc")


@pytest.mark.parametrize(
    "file",
    [
        "flask-1.0-py3-none-any.whl",
        "flask-1.0-2.0-py3-none-any.whl",
        "flask-1.0-2.0.tar.gz",
        "flask-2.0rc1.tar.gz",
        "django-2.0.tar.gz",
        "flask-2.0",
        "-" * 100_000 + "2.0.zip",
        "flask-what.zip",
    ],
)
def test_a_file_of_python_that_does_not(file: str) -> None:
    assert not is_of("PyPI", "flask", "2.0", f"{HOST}/{file}")


YARN_BERRY = '"a@npm:^1.0.0":\n  version: 1.0.1\n  resolution: "a@npm:VERSION"\n'
URL = f"{HOST}/a-VERSION.tgz"
WHEELS = f'wheels = [{{ url = "{HOST}/a-1.0.1.tar.gz" }}, {{ url = "{HOST}/a-VERSION-py3-none-any.whl" }}]\n'
LOCKS = {
    "package-lock.json": json.dumps({"packages": {"node_modules/a": {"version": "1.0.1", "resolved": URL}}}),
    "npm-shrinkwrap.json": json.dumps({"dependencies": {"a": {"version": "1.0.1", "resolved": URL}}}),
    "yarn.lock": f'a@^1.0.0:\n  version "1.0.1"\n  resolved "{URL}#abc"\n',
    "b/yarn.lock": YARN_BERRY,
    "c/yarn.lock": YARN_BERRY.replace("VERSION", "1.0.1::__archiveUrl=https%3A%2F%2Fexample.com%2Fa-VERSION.tgz"),
    "pnpm-lock.yaml": f"lockfileVersion: '9.0'\npackages:\n  a@1.0.1:\n    resolution: {{tarball: {URL}}}\n",
    "bun.lock": json.dumps({"packages": {"a": ["a@1.0.1", URL, {}, "sha512-x"]}}),
    "uv.lock": f'[[package]]\nname = "a"\nversion = "1.0.1"\n{WHEELS}',
    "pylock.toml": '[[packages]]\nname = "a"\nversion = "1.0.1"\nsdist = { path = "b/a-VERSION.zip" }\n',
    "pdm.lock": f'[[package]]\nname = "a"\nversion = "1.0.1"\n{WHEELS.replace("wheels", "files")}',
}


@pytest.mark.parametrize("path", LOCKS)
def test_every_lock_file_is_held_to_its_addresses(path: str) -> None:
    good = read(path, LOCKS[path].replace("VERSION", "1.0.1"))
    assert pins(good) == ["a 1.0.1"]
    assert not good.gaps
    bad = read(path, LOCKS[path].replace("VERSION", "1.0.0"))
    assert pins(bad) == ["a 1.0.1"]
    assert gaps(bad) == [("unsupported-requirement", "a 1.0.1")]


@pytest.mark.parametrize("member", ["file", "git", "path", "editable"])
def test_a_version_in_a_pipfile_lock_is_none_beside_a_place(member: str) -> None:
    found = read("Pipfile.lock", json.dumps({"default": {"a": {"version": "==1.0", member: "x"}}}))
    assert pins(found) == ["a 1.0"]
    assert gaps(found) == [("unsupported-requirement", "a")]
