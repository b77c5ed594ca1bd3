"""`secscan advisories update debian:12` with the real gpg and gpgv, against an archive that was made for it."""

from __future__ import annotations

import gzip
import json
import lzma
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from secscan.advisories.debian import release as release_module
from secscan.advisories.debian import update as debian_module
from secscan.advisories.debian.wanted import Debian, sources_in
from secscan.advisories.download import Limits
from secscan.advisories.index import Index
from secscan.advisories.update import Wanted, update
from secscan.cli.app import run
from secscan.errors import AdvisoryError, ExitCode
from tests.support.debian_archive import DISTS, Archive, Key, deb
from tests.support.feed import Feed, serving
from tests.support.osv_records import index_of, osv

pytestmark = pytest.mark.skipif(not (shutil.which("gpg") and shutil.which("gpgv")), reason="gpg and gpgv are not there")

QUICK = Limits(stall=2, seconds=20, size=3_000_000, pause=0.01)
CHANGELOG = """openssl (3.0.13-1~deb12u2) bookworm-security; urgency=medium

  * CVE-2026-1001: fixed

openssl (3.0.13-1~deb12u1) bookworm-security; urgency=medium

  * CVE-2026-1000: fixed
"""


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Key, Key]]:
    found = (Key(tmp_path_factory.mktemp("k") / "a", "archive"), Key(tmp_path_factory.mktemp("k") / "b", "stranger"))
    yield found
    for key in found:
        key.close()


@pytest.fixture
def key(keys: tuple[Key, Key]) -> Key:
    return keys[0]


@pytest.fixture
def archive() -> Archive:
    made = Archive()
    made.source("openssl", "3.0.13-1~deb12u2")
    made.source("tzdata", "2026f-0+deb12u1")
    made.source("glibc", "9.9-9", more="Extra-Source-Only: yes\n")
    doc = "./usr/share/doc/libssl3/changelog.Debian.gz"
    made.package("openssl-doc", "3.0.13-1~deb12u2", deb({}, links={doc: "x"}), source="openssl")
    big = deb({"./usr/lib/x": b"x" * 5000, doc: gzip.compress(CHANGELOG.encode())})
    made.package("libssl3", "3.0.13-1~deb12u2+b1", big, source="openssl (3.0.13-1~deb12u2)")
    made.package("libssl-old", "3.0.9-1", deb({doc: b"odd"}), source="openssl")
    made.package("tzdata", "2026f-0+deb12u1", deb({"./usr/share/doc/tzdata/changelog.gz": gzip.compress(b"none")}))
    return made


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return index_of(tmp_path / "index.sqlite", osv("PYSEC-1"))


@pytest.fixture
def feed(archive: Archive, key: Key) -> Iterator[Feed]:
    with serving(Feed(archive.files(key))) as served:
        yield served


@pytest.fixture
def get(target: Path, feed: Feed, key: Key) -> Callable[..., list[str]]:
    def update_it(*releases: str, told: list[str] | None = None, **fields) -> list[str]:
        options = {"keyring": key.keyring, "mirror": f"{feed.url}/debian-security", **fields}
        wanted = Wanted(debian=Debian(releases=releases or ("debian:12",), **options), limits=QUICK)
        tell = told.append if told is not None else lambda _: None
        return list(update(target, wanted, watch=lambda name: lambda have, total: None, tell=tell))

    return update_it


def affecting(target: Path, package: str, version: str) -> list[str]:
    with Index(target) as index:
        index.verify()
        return [
            one.id.removeprefix("DEBIAN-SECURITY-bookworm-") for one in index.affecting("Debian:12", package, version)
        ]


def test_what_there_is_an_update_for(get, target: Path, archive: Archive) -> None:
    assert get() == ["Debian:12 security index"]
    assert affecting(target, "openssl", "3.0.11-1~deb12u2") == ["openssl"]
    assert affecting(target, "openssl", "3.0.13-1~deb12u2") == []
    assert affecting(target, "glibc", "2.36-9") == []
    with Index(target) as index:
        assert index.records_of("PyPI", "flask") == ["PYSEC-1"]
        state = index.states["Debian:12"]
        assert (state.updates, state.closed, state.records) == (True, False, 2)
        assert state.as_of == archive.made.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert index.knows("Debian:12", "anything")
    assert not list((target.parent / f".{target.name}.download").iterdir())


def test_with_changelogs_vulnerabilities_are_known_and_those_of_other_packages_stay(
    get, target: Path, feed: Feed, archive: Archive, key: Key
) -> None:
    told: list[str] = []
    assert get(changelogs=True, told=told) == ["Debian:12 security index", "Debian:12 changelogs"]
    assert affecting(target, "openssl", "3.0.11-1") == ["openssl", "openssl-CVE-2026-1000", "openssl-CVE-2026-1001"]
    assert affecting(target, "openssl", "3.0.13-1~deb12u1") == ["openssl", "openssl-CVE-2026-1001"]
    assert not told
    assert not [path for path, _ in feed.asked if "old" in path]
    archive.source("zlib", "2-1")
    archive.package("zlib1g", "2-1", deb({"./usr/share/doc/zlib1g/changelog.gz": b"odd"}), source="zlib")
    feed.files = archive.files(key)
    get(changelogs=True, only=frozenset({"zlib", "other"}), told=told)
    assert "zlib: no changelog was found; it is only known that there is an update" in told
    assert affecting(target, "openssl", "3.0.13-1~deb12u1") == ["openssl", "openssl-CVE-2026-1001"]
    get()
    assert affecting(target, "openssl", "3.0.13-1~deb12u1") == ["openssl", "openssl-CVE-2026-1001"]


def test_what_was_got_before_is_got_again_without_being_named(get, target: Path, feed: Feed, key: Key) -> None:
    get("debian:bookworm")
    wanted = Wanted(debian=Debian(keyring=key.keyring), limits=QUICK)
    assert update(target, wanted, watch=lambda name: lambda have, total: None) == ("Debian:12 security index",)


def test_of_several_signatures_one_that_is_known_is_enough(
    get, archive: Archive, feed: Feed, keys: tuple[Key, Key], target: Path
) -> None:
    known, stranger = keys
    feed.files[f"{DISTS}/InRelease"] = stranger.sign_with(known, archive.release(archive.lists()))
    get()
    assert affecting(target, "openssl", "3.0.11-1") == ["openssl"]


HOUR = timedelta(hours=1)


def change(feed: Feed, archive: Archive, key: Key, lists: dict[str, bytes] | None = None, **fields) -> None:
    feed.files = replace(archive, **fields).files(key, lists)


def signed(feed: Feed, edit: Callable[[bytes], bytes]) -> None:
    feed.files[f"{DISTS}/InRelease"] = edit(feed.files[f"{DISTS}/InRelease"])


SOURCES = f"{DISTS}/main/source/Sources.xz"
NOW = datetime.now(UTC)


def listed(data: bytes) -> Callable[[Feed, Archive, Key, Key], object]:
    """A list that was signed as it is."""
    return lambda f, a, k, _: change(f, a, k, {"main/source/Sources.xz": data})


def fault(name: str) -> Callable[[Feed, Archive, Key, Key], object]:
    return lambda f, *_: setattr(f, "fault", name)


REFUSED: dict[str, tuple[Callable[[Feed, Archive, Key, Key], object], str]] = {
    "another text": (lambda f, *_: signed(f, lambda data: data.replace(b"Debian", b"debian")), "not signed"),
    "no signature": (lambda f, a, *_: signed(f, lambda _: a.release(a.lists()).encode()), "not signed"),
    "half a signature": (lambda f, *_: signed(f, lambda data: data[:-200]), "not signed"),
    "nothing": (lambda f, *_: signed(f, lambda _: b""), "not signed"),
    "an unknown key": (lambda f, a, _, s: change(f, a, s), "not signed"),
    "it is over": (lambda f, a, k, _: change(f, a, k, made=NOW - 8 * 24 * HOUR), "held until"),
    "to come": (lambda f, a, k, _: change(f, a, k, made=NOW + 48 * HOUR), "to come"),
    "no end": (lambda f, a, k, _: change(f, a, k, without=("Valid-Until",)), "Valid-Until"),
    "no date": (lambda f, a, k, _: change(f, a, k, without=("Date",)), "Date"),
    "another suite": (lambda f, a, k, _: change(f, a, k, codename="bullseye-security"), "bullseye"),
    "a field twice": (lambda f, a, k, _: change(f, a, k, more="Codename: x\n"), "twice"),
    "no list": (lambda f, a, k, _: change(f, a, k, {}), "names no"),
    "another list": (lambda f, *_: f.files.update({SOURCES: lzma.compress(b"")}), "not the file"),
    "a list cut short": (lambda f, *_: f.files.update({SOURCES: f.files[SOURCES][:-1]}), "not the file"),
    "no list there": (lambda f, *_: f.files.pop(SOURCES), "404"),
    "half an xz": (listed(lzma.compress(b"Package: xx\nVersion: 1\n")[:-30]), "not whole"),
    "no xz": (listed(b"odd" * 99), "damaged"),
    "a bomb": (listed(lzma.compress(b"\n" * 9_000_000)), "unpacks to more"),
    "no line ends": (listed(lzma.compress(b"x" * 3_000_000)), "no end"),
    "no packages": (listed(lzma.compress(b"Package: ../x\nVersion: 1\n")), "is none"),
    "nothing in it": (listed(lzma.compress(b"\n")), "no OSV record"),
    "moved to a file": (fault("moved to file:///etc/passwd"), "302"),
    "moved to ftp": (fault("moved to ftp://127.0.0.1/x"), "cannot be used"),
    "without end": (fault("endless"), "more than"),
    "an index that is huge": (fault("says it is huge"), "more than"),
    "broken": (fault("500"), "500"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_leaves_the_index_as_it_was(
    case: str, get, target: Path, feed: Feed, archive: Archive, keys: tuple[Key, Key], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian_module, "_MAX_LIST", 8_000_000)
    before = target.read_bytes()
    damage, says = REFUSED[case]
    damage(feed, archive, *keys)
    with pytest.raises(AdvisoryError, match=says) as caught:
        get()
    assert caught.value.hint
    assert target.read_bytes() == before
    left = [one.name for one in target.parent.rglob("*") if one.is_file() and one.stat().st_size]
    assert [name for name in left if ".part" not in name] == [target.name]


def test_what_stands_around_the_signed_text_is_not_read(get, target: Path, feed: Feed) -> None:
    signed(feed, lambda data: b"Valid-Until: Tue, 01 Dec 2099 00:34:33 UTC\n\n" + data + b"Date: x\n")
    get()
    assert affecting(target, "openssl", "3.0.11-1") == ["openssl"]


def test_an_older_index_is_refused_though_it_is_signed(get, feed: Feed, archive: Archive, key: Key) -> None:
    get()
    change(feed, archive, key, made=archive.made - HOUR)
    with pytest.raises(AdvisoryError, match="we have one of"):
        get()


def test_a_redirect_to_elsewhere_on_the_mirror_is_followed(get, feed: Feed) -> None:
    feed.files["/elsewhere"] = feed.files[f"{DISTS}/InRelease"]
    feed.fault, feed.times = "moved to /elsewhere", 1
    assert get()


def test_a_package_that_is_not_the_one_that_is_named(get, target: Path, feed: Feed) -> None:
    before = target.read_bytes()
    (name,) = [path for path in feed.files if "libssl3" in path]
    feed.files[name] += b"x"
    with pytest.raises(AdvisoryError, match="not the file"):
        get(changelogs=True)
    assert target.read_bytes() == before


def test_without_what_checks_signatures_nothing_is_taken(get, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AdvisoryError, match="no keyring"):
        get(keyring=tmp_path / "none.gpg")
    (tmp_path / "odd.gpg").write_bytes(b"odd")
    with pytest.raises(AdvisoryError, match="not signed"):
        get(keyring=tmp_path / "odd.gpg")
    monkeypatch.setattr(release_module, "find_program", lambda *_, **__: None)
    with pytest.raises(AdvisoryError, match="gpgv") as caught:
        get()
    assert "apt install" in caught.value.hint


@pytest.mark.parametrize("name", ["debian:99", "debian:potato", "debian:sid"])
def test_releases_that_are_not_known(get, name: str) -> None:
    with pytest.raises(AdvisoryError, match="no release"):
        get(name)


def test_a_mirror_has_to_be_named_and_changelogs_are_those_of_debian(get, target: Path) -> None:
    with pytest.raises(AdvisoryError, match="no mirror") as caught:
        get(mirror="")
    assert "SECSCAN_DEBIAN_MIRROR" in caught.value.hint
    for mirror in ("ftp://example.org/", "http://a:b@example.org/"):
        with pytest.raises(AdvisoryError):
            get(mirror=mirror)
    wanted = Wanted(debian=Debian(changelogs=True))
    with pytest.raises(AdvisoryError, match="those of Debian"):
        update(target, wanted, watch=lambda name: lambda have, total: None)


def test_as_a_person_calls_it(
    tmp_path: Path, feed: Feed, key: Key, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SECSCAN_ADVISORIES", str(tmp_path / "own.sqlite"))
    monkeypatch.setenv("SECSCAN_DEBIAN_MIRROR", f"{feed.url}/debian-security/")
    purl = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12&upstream=openssl"
    (tmp_path / "project").mkdir()
    sbom = tmp_path / "project" / "image.cdx.json"
    sbom.write_text(json.dumps({"bomFormat": "CycloneDX", "components": [{"name": "libssl3", "purl": purl}]}))
    assert sources_in(sbom) == {"openssl"}
    assert run(["advisories", "update", "debian:12", "--keyring", str(key.keyring), "--packages-of", str(sbom)]) == 0
    assert "changed: Debian:12 security index, Debian:12 changelogs" in capsys.readouterr().err
    assert run(["advisories", "status"]) == 0
    assert "Debian:12 (only what there is an update for): 4 records" in capsys.readouterr().out
    assert run(["advisories", "show", "CVE-2026-1000"]) == 0
    assert "fixed by Debian in 3.0.13-1~deb12u1" in capsys.readouterr().out
    assert run(["advisories", "lookup", "pkg:deb/debian/openssl@3.0.13-1~deb12u1?distro=debian-12"]) == 0
    assert "2 vulnerabilities" in capsys.readouterr().out
    assert run(["advisories", "lookup", purl]) == 0
    assert "Debian:12 openssl 3.0.11-1: 3 vulnerabilities" in capsys.readouterr().out
    out = tmp_path / "out"
    run(["scan", str(sbom.parent), "-s", "osv", "-o", str(out)])
    found = json.loads((out / "secscan.json").read_bytes())
    assert sorted((one["defect"], one["identifiers"][0]) for one in found["findings"]) == [
        ("outdated-package", "DEBIAN-SECURITY-bookworm-openssl"),
        ("vulnerable-dependency", "CVE-2026-1000"),
        ("vulnerable-dependency", "CVE-2026-1001"),
    ]
    assert any("only what there is a security update for" in one["text"] for one in found["notices"])
    (tmp_path / "x.txt").write_text("")
    for wrong in (tmp_path / "x.txt", tmp_path / "none.cdx.json"):
        command = ["advisories", "update", "debian:12", "--packages-of", str(wrong)]
        assert run(command) == ExitCode.USAGE
