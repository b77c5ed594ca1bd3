"""What lies in images: the databases of distributions and the packages of languages, with what a reader must find.

Each sample is made of fields as its format has them; none is a copy of a real package.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.support.binaries import elf_with_go, elf_with_rust
from tests.support.tars import Entry, file, folder, symlink

ELSEWHERE = (1980, 1, 1, 0, 0, 0)
"""The time of members of zip archives, so that they are the same each time."""


@dataclass(frozen=True, order=True)
class Known:
    """A package that a reader must find."""

    ecosystem: str
    """As OSV names it."""
    name: str
    version: str
    source: tuple[str, str] = ("", "")
    """The source package of one of a distribution, where it differs."""
    architecture: str = ""


@dataclass(frozen=True)
class Sample:
    """Entries of a layer, and the packages in them."""

    entries: tuple[Entry, ...]
    packages: frozenset[Known]


def os_release(**fields: str) -> tuple[Entry, ...]:
    """`/usr/lib/os-release`, and the link to it from `/etc`."""
    text = "".join(f'{key.upper()}="{value}"\n' for key, value in fields.items())
    return (file("usr/lib/os-release", text), symlink("etc/os-release", "../usr/lib/os-release"))


DEBIAN = os_release(id="debian", version_id="12", version_codename="bookworm", pretty_name="Debian GNU/Linux 12")

DEBS = (
    Known("Debian:12", "libc6", "2.36-9+deb12u4", ("glibc", "2.36-9+deb12u4"), "amd64"),
    Known("Debian:12", "libssl3", "3.0.9-1", ("openssl", "3.0.9-1"), "amd64"),
    Known("Debian:12", "bash", "5.2.15-2+b2", ("bash", "5.2.15-2"), "amd64"),
    Known("Debian:12", "login", "1:4.13+dfsg1-1+b1", ("shadow", "1:4.13+dfsg1-1"), "amd64"),
    Known("Debian:12", "tzdata", "2024a-0+deb12u1", architecture="all"),
)


def deb_paragraph(package: Known, status: str = "install ok installed") -> str:
    """One paragraph of dpkg's database."""
    name, version = package.source
    source = f"Source: {name or package.name}" + (f" ({version})" if version not in ("", package.version) else "")
    lines = [
        f"Package: {package.name}",
        *([f"Status: {status}"] if status else []),
        "Priority: optional",
        "Maintainer: A. Person <a@example.org>",
        f"Architecture: {package.architecture or 'amd64'}",
        *([source] if name else []),
        f"Version: {package.version}",
        f"Description: made for a test: {package.name}",
        " Package: not-a-package",
        " .",
        " Version: 0",
    ]
    return "\n".join(lines) + "\n"


def debian(packages: Iterable[Known] = DEBS) -> Sample:
    """An installed Debian: `status`, with one package that was removed again and left its settings."""
    packages = tuple(packages)
    removed = Known("Debian:12", "telnetd", "0.17-44", ("netkit-telnet", "0.17-44"), "amd64")
    status = [*map(deb_paragraph, packages), deb_paragraph(removed, "deinstall ok config-files")]
    return Sample(
        (
            *DEBIAN,
            file("etc/debian_version", "12.5\n"),
            file("var/lib/dpkg/status", "\n".join(status)),
            file("var/lib/dpkg/status-old", deb_paragraph(Known("Debian:12", "old", "1"))),
            *(file(f"var/lib/dpkg/info/{one.name}.list", "/.\n") for one in packages),
        ),
        frozenset(packages),
    )


def distroless(packages: Iterable[Known] = DEBS) -> Sample:
    """Debian as distroless has it: a file a package, no `dpkg`."""
    packages = tuple(packages)
    entries = [*DEBIAN]
    for one in packages:
        entries.append(file(f"var/lib/dpkg/status.d/{one.name}", deb_paragraph(one, "")))
        entries.append(file(f"var/lib/dpkg/status.d/{one.name}.md5sums", "d41d8cd98f00b204e9800998ecf8427e  x\n"))
    return Sample(tuple(entries), frozenset(packages))


APKS = (
    Known("Alpine:v3.18", "musl", "1.2.4-r0", architecture="x86_64"),
    Known("Alpine:v3.18", "libcrypto3", "3.1.1-r1", ("openssl", "3.1.1-r1"), "x86_64"),
    Known("Alpine:v3.18", "busybox-binsh", "1.36.1-r0", ("busybox", "1.36.1-r0"), "x86_64"),
)


def alpine(packages: Iterable[Known] = APKS) -> Sample:
    """An installed Alpine."""
    packages = tuple(packages)
    paragraphs = []
    for one in packages:
        fields = {
            "C": "Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "P": one.name,
            "V": one.version,
            "A": one.architecture,
            "S": "1",
            "I": "1",
            "T": "made for a test",
            "U": "https://example.org/",
            "L": "MIT",
            "o": one.source[0] or one.name,
            "F": "usr/lib",
            "R": f"{one.name}.so",
        }
        paragraphs.append("".join(f"{key}:{value}\n" for key, value in fields.items()))
    return Sample(
        (
            *os_release(id="alpine", version_id="3.18.0", pretty_name="Alpine Linux v3.18"),
            file("etc/alpine-release", "3.18.0\n"),
            file("lib/apk/db/installed", "\n".join(paragraphs) + "\n"),
            file("etc/apk/world", "musl\n"),
        ),
        frozenset(packages),
    )


WHEELS = (Known("PyPI", "Django", "2.2"), Known("PyPI", "requests", "2.19.1"), Known("PyPI", "ruamel.yaml", "0.17.21"))
EGGS = (Known("PyPI", "PyYAML", "5.1"), Known("PyPI", "simplejson", "3.8.2"))


def python_packages(
    wheels: Iterable[Known] = WHEELS, eggs: Iterable[Known] = EGGS, site: str = "usr/lib/python3/dist-packages"
) -> Sample:
    """Installed Python packages: from wheels, and of the older kinds, one a folder and one a file by turns."""
    wheels, eggs = tuple(wheels), tuple(eggs)
    entries = []
    for one in wheels:
        place = f"{site}/{one.name.replace('-', '_')}-{one.version}.dist-info"
        entries.append(file(f"{place}/METADATA", _metadata(one)))
        entries.append(file(f"{place}/RECORD", f"{one.name}/__init__.py,,\n"))
        entries.append(file(f"{place}/INSTALLER", "pip\n"))
    for count, one in enumerate(eggs):
        place = f"{site}/{one.name.replace('-', '_')}-{one.version}-py3.11.egg-info"
        entries.append(file(place if count % 2 else f"{place}/PKG-INFO", _metadata(one)))
    return Sample(tuple(entries), frozenset((*wheels, *eggs)))


def _metadata(one: Known) -> str:
    head = f"Metadata-Version: 2.1\nName: {one.name}\nVersion: {one.version}\nSummary: made for a test\n"
    return f"{head}License: MIT\n\nName: not-a-package\nVersion: 0\n"


NODE = (
    Known("npm", "lodash", "4.17.4"),
    Known("npm", "@babel/core", "7.0.0"),
    Known("npm", "minimist", "0.0.8"),
)


def node_packages(packages: Iterable[Known] = NODE, root: str = "app") -> Sample:
    """Installed packages of npm, one below another; and files that look like packages and are none."""
    packages = tuple(packages)
    entries, place = [], f"{root}/node_modules"
    for one in packages:
        about = {"name": one.name, "version": one.version, "license": "MIT"}
        entries.append(file(f"{place}/{one.name}/package.json", json.dumps(about)))
    entries.append(file(f"{place}/{packages[0].name}/test/fixtures/package.json", '{"name": "fixture", "version": 1}'))
    entries.append(file(f"{place}/{packages[0].name}/esm/package.json", '{"type": "module"}'))
    below = Known("npm", "ms", "0.7.1")
    entries.append(
        file(f"{place}/{packages[-1].name}/node_modules/ms/package.json", '{"name": "ms", "version": "0.7.1"}')
    )
    return Sample(tuple(entries), frozenset((*packages, below)))


MODULES = {"golang.org/x/net": "v0.7.0", "github.com/gin-gonic/gin": "v1.8.1"}


def go_binary(
    path: str = "usr/bin/shop", go: str = "go1.19.8", modules: Mapping[str, str] = MODULES, form: str = "inline"
) -> Sample:
    """A program of Go, with what its linker writes of its modules; see `binaries.elf_with_go` for the forms."""
    known = {Known("Go", name, version) for name, version in modules.items()}
    known.add(Known("Go", "stdlib", go.removeprefix("go")))
    program = elf_with_go(go=go, main="example.com/shop", modules=modules, form=form)
    return Sample((file(path, program, mode=0o755),), frozenset(known))


def rust_binary(path: str = "usr/bin/till", crates: Mapping[str, str] | None = None) -> Sample:
    """A program of Rust, built by cargo auditable."""
    crates = crates or {"time": "0.1.43", "smallvec": "1.6.0"}
    program = elf_with_rust("till", crates)
    known = frozenset(Known("crates.io", name, version) for name, version in crates.items())
    return Sample((file(path, program, mode=0o755),), known)


GEMS = (Known("RubyGems", "rails", "5.2.0"), Known("RubyGems", "nokogiri", "1.8.0"))


def ruby_gems(packages: Iterable[Known] = GEMS) -> Sample:
    """Installed gems; one is for a platform."""
    packages = tuple(packages)
    entries = []
    for count, one in enumerate(packages):
        platform = "-x86_64-linux" if count % 2 else ""
        text = (
            f"# -*- encoding: utf-8 -*-\n# stub: {one.name} {one.version} {platform[1:] or 'ruby'} lib\n\n"
            f'Gem::Specification.new do |s|\n  s.name = "{one.name}".freeze\n  s.version = "{one.version}"\nend\n'
        )
        place = "usr/local/bundle/specifications"
        entries.append(file(f"{place}/{one.name}-{one.version}{platform}.gemspec", text))
    return Sample(tuple(entries), frozenset(packages))


JARS = (Known("Maven", "org.apache.logging.log4j:log4j-core", "2.14.1"), Known("Maven", "com.h2database:h2", "1.4.200"))


def java_archives(packages: Iterable[Known] = JARS, path: str = "app/shop.jar") -> Sample:
    """An application's archive with those of its libraries inside, and the first once more as a file of its own."""
    packages = tuple(packages)
    inner = {f"BOOT-INF/lib/{_jar_name(one)}": jar(one) for one in packages}
    own = Known("Maven", "com.example:shop", "1.0.0")
    entries = (file(path, jar(own, inner)), file(f"opt/lib/{_jar_name(packages[0])}", jar(packages[0])))
    return Sample(entries, frozenset((*packages, own)))


def _jar_name(one: Known) -> str:
    return f"{one.name.partition(':')[2]}-{one.version}.jar"


def jar(one: Known, inner: Mapping[str, bytes] | None = None) -> bytes:
    """An archive as Maven makes it."""
    group, _, artifact = one.name.partition(":")
    properties = f"#Generated\nversion={one.version}\ngroupId={group}\nartifactId={artifact}\n"
    files = {
        "META-INF/MANIFEST.MF": f"Manifest-Version: 1.0\r\nImplementation-Title: {artifact}\r\n"
        f"Implementation-Version: {one.version}\r\n\r\n".encode(),
        f"META-INF/maven/{group}/{artifact}/pom.properties": properties.encode(),
        "com/example/Main.class": b"\xca\xfe\xba\xbe\0\0\0\x34",
        **(inner or {}),
    }
    return zipped(files)


def zipped(files: Mapping[str, bytes], stored: tuple[str, ...] = (".jar", ".war")) -> bytes:
    """A zip archive; members with these endings are stored, the others deflated."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, ELSEWHERE)
            member.compress_type = zipfile.ZIP_STORED if name.endswith(stored) else zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
    return out.getvalue()


def application() -> Sample:
    """Everything of languages at once."""
    parts = (python_packages(), node_packages(), go_binary(), rust_binary(), ruby_gems(), java_archives())
    entries = [entry for part in parts for entry in part.entries]
    return Sample((folder("app"), *entries), frozenset().union(*(part.packages for part in parts)))
