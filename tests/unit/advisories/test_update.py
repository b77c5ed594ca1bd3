"""`secscan advisories update` against a real server on loopback, well and unwell."""

from __future__ import annotations

import errno
import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from secscan.advisories.download import Limits, checked_address, fetch
from secscan.advisories.index import Index
from secscan.advisories.update import BASE_VARIABLE, Wanted, update
from secscan.errors import AdvisoryError
from tests.support.certificates import certificate_and_key
from tests.support.feed import Feed, serving
from tests.support.osv_records import index_of, osv

QUICK = Limits(stall=0.6, seconds=3, size=3_000_000, pause=0.01)
KEV = {
    "catalogVersion": "2026.01.01",
    "dateReleased": "2026-01-01T00:00:00.0Z",
    "count": 1,
    "vulnerabilities": [{"cveID": "CVE-2026-1000", "dateAdded": "2026-01-01"}],
}


def packed(*records: dict[str, Any]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for record in records:
            archive.writestr(f"{record['id']}.json", json.dumps(record))
    return made.getvalue()


def of(ecosystem: str, record_id: str, package: str = "x", **fields: Any) -> dict[str, Any]:
    affected = {"package": {"ecosystem": ecosystem, "name": package}, "versions": ["1.0"]}
    return osv(record_id, affected=[affected], **fields)


@pytest.fixture
def feed() -> Iterator[Feed]:
    files = {
        "/osv/PyPI/all.zip": packed(of("PyPI", "PYSEC-1"), of("PyPI", "PYSEC-2")),
        "/osv/GitHub%20Actions/all.zip": packed(of("GitHub Actions", "GHSA-1", "Some/Action")),
        "/kev.json": json.dumps(KEV).encode(),
        "/epss.csv": b"#model_version:v1,score_date:2026-01-02T00:00:00Z\ncve,epss,percentile\nCVE-2026-1000,0.5,0.9\n",
    }
    with serving(Feed(files)) as served:
        yield served


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "index.sqlite"


def get(target: Path, feed: Feed, *ecosystems: str, limits: Limits = QUICK, **fields: str) -> tuple[str, ...]:
    wanted = Wanted(base=f"{feed.url}/osv/", ecosystems=ecosystems, limits=limits, **fields)
    return update(target, wanted, watch=lambda name: lambda have, total: None)


def ids(path: Path, ecosystem: str = "PyPI", package: str = "x") -> list[str]:
    with Index(path) as index:
        index.verify()
        return index.records_of(ecosystem, package)


def test_archives_and_catalogues_become_one_index(target: Path, feed: Feed) -> None:
    changed = get(target, feed, "PyPI", "GitHub Actions", kev=f"{feed.url}/kev.json", epss=f"{feed.url}/epss.csv")
    assert changed == ("OSV PyPI", "OSV GitHub Actions", "CISA KEV", "FIRST EPSS")
    assert ids(target) == ["PYSEC-1", "PYSEC-2"]
    assert ids(target, "GitHub Actions", "some/action") == ["GHSA-1"]
    with Index(target) as index:
        assert index.states["PyPI"].as_of == "2025-10-09T08:53:20Z"
        assert index.exploited_since("CVE-2026-1000") == "2026-01-01"
        assert index.epss("CVE-2026-1000") == 0.5
    assert sorted(path.name for path in target.parent.iterdir()) == [
        ".index.sqlite.download",
        ".index.sqlite.lock",
        "index.sqlite",
    ]
    assert not list((target.parent / ".index.sqlite.download").iterdir())


def test_what_has_not_changed_is_not_sent_again(target: Path, feed: Feed) -> None:
    get(target, feed, "PyPI", "GitHub Actions")
    feed.files["/osv/PyPI/all.zip"] = packed(of("PyPI", "PYSEC-1"), of("PyPI", "PYSEC-3"))
    assert get(target, feed) == ("OSV PyPI",)
    assert ids(target) == ["PYSEC-1", "PYSEC-3"]
    assert ids(target, "GitHub Actions", "some/action") == ["GHSA-1"]
    assert get(target, feed) == ()
    assert all("If-None-Match" in headers for _, headers in feed.asked[2:])


def test_what_was_got_before_is_got_from_there_again(target: Path, feed: Feed) -> None:
    get(target, feed, "PyPI", "GitHub Actions")
    feed.files["/osv/PyPI/all.zip"] = packed(of("PyPI", "PYSEC-1"), of("PyPI", "PYSEC-3"))
    wanted = Wanted(limits=QUICK)
    assert update(target, wanted, watch=lambda name: lambda have, total: None) == ("OSV PyPI",)
    assert ids(target) == ["PYSEC-1", "PYSEC-3"]
    with pytest.raises(AdvisoryError, match="no address to get the advisories of npm from"):
        update(target, Wanted(ecosystems=("npm",), limits=QUICK), watch=lambda name: lambda have, total: None)


def test_sources_from_disk_stay(target: Path, feed: Feed) -> None:
    index_of(target, of("npm", "GHSA-2"))
    get(target, feed, "PyPI")
    assert ids(target, "npm") == ["GHSA-2"]


def test_an_archive_that_has_lost_most_of_its_records_is_no_newer_one(target: Path, feed: Feed) -> None:
    feed.files["/osv/PyPI/all.zip"] = packed(*(of("PyPI", f"PYSEC-{at}") for at in range(9)))
    get(target, feed, "PyPI")
    feed.files["/osv/PyPI/all.zip"] = packed(of("PyPI", "PYSEC-1"))
    with pytest.raises(AdvisoryError, match="no newer edition"):
        get(target, feed, "PyPI")
    assert len(ids(target)) == 9


@pytest.mark.parametrize(
    "fault",
    [
        *("500", "429", "503", "403", "404", "html", "empty", "page token", "half", "cut", "no length", "packed"),
        *("says it is huge", "endless", "drips", "nothing", "another part", "hangs up"),
        *("moved to file:///etc/passwd", "moved to http://192.0.2.1/x", "moved to ftp://127.0.0.1/x", "moved to /loop"),
    ],
)
@pytest.mark.parametrize("there", [True, False], ids=["an old index", "no index"])
def test_a_server_that_goes_wrong_leaves_the_old_index_and_says_why(
    target: Path, feed: Feed, fault: str, there: bool
) -> None:
    if there:
        index_of(target, of("PyPI", "PYSEC-OLD"))
    before = target.read_bytes() if there else None
    feed.fault = fault
    with pytest.raises(AdvisoryError) as caught:
        get(target, feed, "PyPI")
    assert caught.value.hint
    assert (target.read_bytes() if target.exists() else None) == before
    assert not list(target.parent.glob(".index.sqlite.new-*"))


@pytest.mark.parametrize("fault", ["500", "429", "cut", "hangs up", "another part"])
def test_a_server_that_goes_wrong_once_is_asked_again(target: Path, feed: Feed, fault: str) -> None:
    feed.fault, feed.times = fault, 1
    get(target, feed, "PyPI")
    assert ids(target) == ["PYSEC-1", "PYSEC-2"]


def test_what_was_interrupted_is_gone_on_with(target: Path, feed: Feed, tmp_path: Path) -> None:
    """A part of half the file; the rest comes by its range."""
    whole = feed.files["/osv/PyPI/all.zip"]
    feed.fault, feed.times = "cut", 1
    # The first answer has no version of its own here, so the part is not gone on with: it is got anew.
    fetch(f"{feed.url}/osv/PyPI/all.zip", tmp_path / "a.zip", limits=QUICK)
    assert "Range" not in feed.asked[-1][1]
    etag = fetch(f"{feed.url}/osv/PyPI/all.zip", tmp_path / "b.zip", limits=QUICK).etag
    (tmp_path / "c.zip.part").write_bytes(whole[:100])
    about = {"address": f"{feed.url}/osv/PyPI/all.zip", "etag": etag}
    (tmp_path / "c.zip.part.json").write_text(json.dumps(about))
    fetch(f"{feed.url}/osv/PyPI/all.zip", tmp_path / "c.zip", limits=QUICK)
    assert feed.asked[-1][1]["Range"] == "bytes=100-"
    assert {(tmp_path / name).read_bytes() for name in ("a.zip", "b.zip", "c.zip")} == {whole}


def test_a_part_of_an_older_version_is_thrown_away(feed: Feed, tmp_path: Path) -> None:
    (tmp_path / "c.zip.part").write_bytes(b"old" * 9)
    about = {"address": f"{feed.url}/osv/PyPI/all.zip", "etag": '"old"'}
    (tmp_path / "c.zip.part.json").write_text(json.dumps(about))
    fetch(f"{feed.url}/osv/PyPI/all.zip", tmp_path / "c.zip", limits=QUICK)
    assert (tmp_path / "c.zip").read_bytes() == feed.files["/osv/PyPI/all.zip"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "osv.example",
        "http://osv.example/x",
        "http://169.254.169.254/x",
        "http://127.0.0.1.example/x",
        "http://[::2]/x",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "https://",
        "https://user:secret@osv.example/x",
        "https://osv.example/x?token=1",
        "https://[::1/x",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_may_not_be_asked(address: str) -> None:
    with pytest.raises(AdvisoryError) as caught:
        checked_address(address)
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "address", ["https://osv.example/x", "http://127.0.0.1:8/x", "http://[::1]/", "http://localhost/"]
)
def test_an_address_that_may_be_asked(address: str) -> None:
    assert checked_address(address) == address


def test_nothing_is_asked_that_was_not_named(target: Path, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(**fields: Any) -> tuple[str, ...]:
        return update(target, Wanted(limits=QUICK, **fields), watch=lambda name: lambda have, total: None)

    with pytest.raises(AdvisoryError, match="nothing to update"):
        run()
    with pytest.raises(AdvisoryError, match="no address"):
        run(ecosystems=("PyPI",))
    assert not feed.asked
    monkeypatch.setenv(BASE_VARIABLE, f"{feed.url}/osv")
    assert run(ecosystems=("PyPI",)) == ("OSV PyPI",)


def test_only_a_certificate_that_is_vouched_for_is_trusted(
    target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = tmp_path / "own.pem"
    certificate.write_text(certificate_and_key(), encoding="utf-8")
    with serving(Feed({"/osv/PyPI/all.zip": packed(of("PyPI", "PYSEC-1"))}), certificate) as feed:
        with pytest.raises(AdvisoryError, match="certificate of the server is not trusted") as caught:
            get(target, feed, "PyPI")
        assert "SSL_CERT_FILE" in caught.value.hint
        assert not feed.asked
        assert not target.exists()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        get(target, feed, "PyPI")
    assert ids(target) == ["PYSEC-1"]


def test_a_full_disk_is_no_fault_of_the_server(target: Path, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("secscan.advisories.download._save", full)
    with pytest.raises(AdvisoryError, match=r"cannot write .*: No space left on device"):
        get(target, feed, "PyPI")
    assert len(feed.asked) == 1


def test_progress_is_told(target: Path, feed: Feed) -> None:
    seen: list[tuple[str, int, int]] = []
    wanted = Wanted(base=f"{feed.url}/osv", ecosystems=("PyPI",), limits=QUICK)
    update(target, wanted, watch=lambda name: lambda have, total: seen.append((name, have, total)))
    size = len(feed.files["/osv/PyPI/all.zip"])
    assert seen[-1] == ("OSV PyPI", size, size)


def test_a_proxy_is_not_asked_for_what_is_on_loopback(
    target: Path, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    assert get(target, feed, "PyPI")
