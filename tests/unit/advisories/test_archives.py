"""What is imported from disk came over a network: archives, folders, records and catalogues, well and hostile."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.advisories.bundle import pack
from secscan.advisories.catalogues import read_epss, read_kev
from secscan.advisories.index import Index
from secscan.advisories.store import describe, import_sources
from secscan.errors import AdvisoryError
from tests.support.osv_records import index_of, osv

KEV = {
    "title": "CISA Catalog of Known Exploited Vulnerabilities",
    "catalogVersion": "2026.01.01",
    "dateReleased": "2026-01-01T17:04:19.9796Z",
    "count": 2,
    "vulnerabilities": [
        {"cveID": "CVE-2026-1000", "dateAdded": "2025-12-31"},
        {"cveID": "CVE-2026-1001", "dateAdded": "2026-01-01"},
    ],
}
EPSS = b"#model_version:v2025.03.14,score_date:2026-01-02T12:55:00Z\ncve,epss,percentile\nCVE-2026-1000,0.97,0.99\n"


def archive(path: Path, members: dict[str, bytes], **options: Any) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


def record(name: str, **fields: Any) -> bytes:
    return json.dumps(osv(name, **fields)).encode()


def ids(path: Path, package: str = "flask", ecosystem: str = "PyPI") -> list[str]:
    with Index(path) as index:
        return index.records_of(ecosystem, package)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "in" / "index.sqlite"


def refused(paths: list[Path], target: Path, why: str) -> None:
    with pytest.raises(AdvisoryError, match=why) as caught:
        import_sources(paths, target)
    assert caught.value.hint
    assert not target.exists()


def test_broken_json_in_one_member_is_an_error_that_names_it(tmp_path: Path, target: Path) -> None:
    members = {f"{at}.json": record(f"PYSEC-{at}") for at in range(9)} | {"5.json": b'{"id": "PYSEC-5", '}
    refused([archive(tmp_path / "all.zip", members)], target, r"all\.zip: 5\.json")


def test_two_members_of_one_id_that_say_different_things_are_an_error(tmp_path: Path, target: Path) -> None:
    members = {"a.json": record("PYSEC-1"), "b.json": record("PYSEC-1", withdrawn="2026-01-01T00:00:00Z")}
    refused([archive(tmp_path / "all.zip", members)], target, r"b\.json: the record PYSEC-1 is there already")
    same = {"a.json": record("PYSEC-1"), "b.json": record("PYSEC-1")}
    assert import_sources([archive(tmp_path / "same.zip", same)], target) == 1


def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path: Path, target: Path) -> None:
    padding = b'{"details": "' + b"x" * 7_000_000 + b'", '
    members = {f"{at}.json": padding + record(f"PYSEC-{at}")[1:] for at in range(12)}
    bomb = archive(tmp_path / "all.zip", members)
    assert bomb.stat().st_size < 200_000
    refused([bomb], target, "more than 100 times its size")


def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path, target: Path) -> None:
    inner = archive(tmp_path / "inner.zip", {"a.json": record("PYSEC-1")})
    outer = archive(tmp_path / "all.zip", {"inner.zip": inner.read_bytes()})
    refused([outer], target, "no OSV record")


def test_an_encrypted_member_is_refused(tmp_path: Path, target: Path) -> None:
    data = bytearray(archive(tmp_path / "all.zip", {"a.json": record("PYSEC-1")}).read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    (tmp_path / "all.zip").write_bytes(data)
    refused([tmp_path / "all.zip"], target, "not a whole OSV archive")


@pytest.mark.parametrize("name", ["../../evil.json", "/etc/evil.json", "a\\b.json", "C:evil.json", "\u202e.json"])
def test_a_member_name_is_never_a_path(tmp_path: Path, target: Path, name: str) -> None:
    assert import_sources([archive(tmp_path / "all.zip", {name: record("PYSEC-1")})], target) == 1
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        ".index.sqlite.lock",
        "all.zip",
        "index.sqlite",
    ]


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in ("all.zip", "a.json", "a.yaml", "a.csv", "a.csv.gz"):
        (folder / name).write_bytes(data)
        with pytest.raises(AdvisoryError):
            import_sources([folder / name], folder / "index.sqlite")
    assert not (folder / "index.sqlite").exists()


def test_aliases_in_yaml_are_refused(tmp_path: Path, target: Path) -> None:
    """Ten lines of them make a document of gigabytes."""
    lines = ["id: x", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 12)]
    (tmp_path / "a.yaml").write_text("\n".join(lines))
    refused([tmp_path / "a.yaml"], target, "alias")


def test_a_newer_archive_takes_the_place_of_the_older_one_and_of_nothing_else(tmp_path: Path, target: Path) -> None:
    own = tmp_path / "ours"
    own.mkdir()
    (own / "a.json").write_bytes(record("OUR-1"))
    import_sources([archive(tmp_path / "all.zip", {"a.json": record("PYSEC-1"), "b.json": record("PYSEC-2")})], target)
    import_sources([own], target)
    newer = archive(tmp_path / "newer.zip", {"a.json": record("PYSEC-1", withdrawn="2026-01-01T00:00:00Z")})
    assert import_sources([newer], target) == 2
    assert ids(target) == ["OUR-1"]
    import_sources([newer], target, replace=True)
    assert ids(target) == []


def test_archives_that_are_given_together_are_all_there(tmp_path: Path, target: Path) -> None:
    paths = [archive(tmp_path / f"{at}.zip", {"a.json": record(f"PYSEC-{at}")}) for at in range(3)]
    assert import_sources(paths, target) == 3
    with Index(target) as index:
        assert [source.name for source in index.sources] == ["OSV PyPI", "OSV PyPI (2)", "OSV PyPI (3)"]


def test_the_age_of_an_archive_is_that_of_its_newest_record_and_never_in_the_future(
    tmp_path: Path, target: Path
) -> None:
    members = {
        "a.json": record("PYSEC-1", modified="2026-01-05T00:00:00Z"),
        "b.json": record("PYSEC-2", modified="2999-01-01T00:00:00Z"),
    }
    import_sources([archive(tmp_path / "all.zip", members)], target)
    with Index(target) as index:
        assert index.states["PyPI"].as_of == "2026-01-05T00:00:00Z"


@pytest.mark.parametrize("modified", ["2020-01-01", "2020 junk", "2020-01-01T00:00:00"])
def test_a_date_that_is_none_is_no_age(tmp_path: Path, target: Path, modified: str) -> None:
    import_sources([archive(tmp_path / "all.zip", {"a.json": record("PYSEC-1", modified=modified)})], target)
    assert "of unknown age" in describe(target)


def test_a_record_that_cannot_be_read_is_named(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the system's refusal is made up."""
    path = tmp_path / "a.yaml"
    path.write_bytes(record("PYSEC-1"))

    opens = Path.open

    def refuse(self: Path, *rest: Any) -> Any:
        if self == path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return opens(self, *rest)

    monkeypatch.setattr(Path, "open", refuse)
    refused([path], target, "a.yaml cannot be read: Permission denied")


def test_what_does_not_tell_its_age_can_be_told(tmp_path: Path, target: Path) -> None:
    members = {"a.json": record("GO-1", modified="0001-01-01T00:00:00Z")}
    path = archive(tmp_path / "all.zip", members)
    import_sources([path], target)
    with Index(target) as index:
        assert index.states["PyPI"].as_of == ""
    assert "of unknown age" in describe(target)
    import_sources([path], target, as_of="2026-01-05T00:00:00Z")
    with Index(target) as index:
        assert index.states["PyPI"].as_of == "2026-01-05T00:00:00Z"


# --- Catalogues -------------------------------------------------------------------------------------------------------


def test_catalogues_in_a_folder_are_found_by_what_they_are(tmp_path: Path, target: Path) -> None:
    folder = tmp_path / "feeds"
    folder.mkdir()
    archive(folder / "all.zip", {"a.json": record("PYSEC-1", aliases=["CVE-2026-1000"])})
    (folder / "known.json").write_text(json.dumps(KEV))
    (folder / "epss.csv.gz").write_bytes(gzip.compress(EPSS))
    (folder / "b.json").write_bytes(record("PYSEC-2"))
    assert import_sources([folder], target) == 2
    with Index(target) as index:
        assert {source.kind: source.records for source in index.sources} == {"osv": 1, "kev": 2, "epss": 1}
        assert index.exploited_since("CVE-2026-1000") == "2025-12-31"
        assert index.epss("CVE-2026-1000") == 0.97
        assert {source.as_of for source in index.sources if source.kind != "osv"} == {
            "2026-01-01T17:04:19Z",
            "2026-01-02T12:55:00Z",
        }


@pytest.mark.parametrize(
    "change",
    [
        {"count": 3},
        {"vulnerabilities": []},
        {"vulnerabilities": [{"cveID": "x", "dateAdded": "2026-01-01"}], "count": 1},
        {"vulnerabilities": [{"cveID": "CVE-2026-1000", "dateAdded": "yesterday"}], "count": 1},
        {"vulnerabilities": {}},
        {"dateReleased": None},
    ],
)
def test_a_catalogue_that_is_not_whole_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(AdvisoryError, match="KEV"):
        read_kev(json.dumps({**KEV, **change}).encode(), origin="kev.json")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"cve,epss\n",
        b"a,b\nCVE-2026-1000,0.5\n",
        b"cve,epss\nCVE-2026-1000,1.5\n",
        b"cve,epss\nCVE-2026-1000,nan\n",
        b"cve,epss\nCVE-2026-1000\n",
        b"cve,epss\nflask,0.5\n",
        gzip.compress(EPSS)[:-12],
        gzip.compress(b"x" * 300_000_000, 9),
    ],
    ids=["empty", "no line", "other columns", "too much", "no number", "cut", "no CVE", "half", "bomb"],
)
def test_scores_that_are_not_whole_are_refused(data: bytes) -> None:
    with pytest.raises(AdvisoryError, match="epss"):
        read_epss(data, origin="epss.csv")


# --- One file to carry ------------------------------------------------------------------------------------------------


@pytest.fixture
def carried(tmp_path: Path) -> tuple[Path, str]:
    index = index_of(tmp_path / "old.sqlite", osv("PYSEC-1"), osv("PYSEC-2"))
    return tmp_path / "advisories.bundle", pack(index, tmp_path / "advisories.bundle")


def test_an_exported_index_is_the_same_elsewhere(carried: tuple[Path, str], target: Path) -> None:
    path, digest = carried
    index_of(target, osv("PYSEC-OLD"))
    assert import_sources([path], target, digest=digest) == 2
    assert ids(target) == ["PYSEC-1", "PYSEC-2"]


def test_another_digest_is_refused(carried: tuple[Path, str], target: Path) -> None:
    with pytest.raises(AdvisoryError, match="holds the index"):
        import_sources([carried[0]], target, digest="0" * 64)
    assert not target.exists()


def test_an_exported_index_with_a_wrong_bit_is_refused_or_the_same(carried: tuple[Path, str], target: Path) -> None:
    path, digest = carried
    data = path.read_bytes()
    refused = 0
    for at in range(0, len(data), max(1, len(data) // 300)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :])
        try:
            import_sources([path], target, digest=digest)
        except AdvisoryError:
            refused += 1
        else:
            assert ids(target) == ["PYSEC-1", "PYSEC-2"]
    assert refused > 100


@pytest.mark.parametrize("damage", ["half", "another index", "no index", "a huge index", "another format", "packing"])
def test_a_file_that_is_not_what_it_says_is_refused(
    carried: tuple[Path, str], tmp_path: Path, target: Path, damage: str
) -> None:
    path, _ = carried
    with zipfile.ZipFile(path) as opened:
        about, index = (opened.read(name) for name in ("secscan-advisories.json", "index.sqlite"))
    other = index_of(tmp_path / "other.sqlite", osv("PYSEC-9")).read_bytes()
    members = {
        "another index": {"secscan-advisories.json": about, "index.sqlite": other},
        "no index": {"secscan-advisories.json": about},
        "a huge index": {"secscan-advisories.json": about, "index.sqlite": index + b"\0"},
        "another format": {"secscan-advisories.json": about.replace(b"bundle/1", b"bundle/9"), "index.sqlite": index},
    }
    data = path.read_bytes()
    if damage == "packing":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as packed:
            packed.writestr("secscan-advisories.json", about)
        data = path.read_bytes()
        at = data.index(b"secscan-advisories.json") + len("secscan-advisories.json")
        path.write_bytes(data[: at + 4] + b"\xff" * 5 + data[at + 9 :])
    elif damage == "half":
        path.write_bytes(data[: len(data) // 2])
    else:
        archive(path, members[damage])
    with pytest.raises(AdvisoryError):
        import_sources([path], target)
    assert not target.exists()


def test_an_exported_index_is_imported_alone(carried: tuple[Path, str], tmp_path: Path, target: Path) -> None:
    one = archive(tmp_path / "all.zip", {"a.json": record("PYSEC-1")})
    refused([carried[0], one], target, "import it alone|whole index")
    with pytest.raises(AdvisoryError, match="--digest"):
        import_sources([one], target, digest="0" * 64)


def test_an_empty_archive_has_no_name_and_no_record(tmp_path: Path, target: Path) -> None:
    made = io.BytesIO()
    zipfile.ZipFile(made, "w").close()
    (tmp_path / "all.zip").write_bytes(made.getvalue())
    refused([tmp_path / "all.zip"], target, "no OSV record")
