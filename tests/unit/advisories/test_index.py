"""The index: whole or not at all, and never silent about what it does not know."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import pytest

from secscan.advisories.control import CONTROL_PACKAGE, CONTROL_VERSION
from secscan.advisories.index import Index
from secscan.advisories.store import describe, import_sources, resolve
from secscan.errors import AdvisoryError
from tests.support.osv_records import index_of, osv


def ids(path: Path, package: str, version: str) -> list[str]:
    with Index(path) as index:
        return [match.id for match in index.affecting("PyPI", package, version)]


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


def record(name: str, **fields) -> bytes:
    return json.dumps(osv(name, **fields)).encode()


def test_what_was_put_in_is_found(tmp_path: Path) -> None:
    path = index_of(tmp_path / "i.sqlite", osv("PYSEC-2"), osv("PYSEC-1"), osv("PYSEC-3", package="jinja2"))
    assert ids(path, "Flask", "1.0") == ["PYSEC-1", "PYSEC-2"]
    assert ids(path, "flask", "2.0") == []
    assert ids(path, CONTROL_PACKAGE, CONTROL_VERSION) == ["SECSCAN-CONTROL-1"]


def test_the_digest_tells_indexes_apart_and_not_builds(tmp_path: Path) -> None:
    one, same = (index_of(tmp_path / name, osv("PYSEC-1")) for name in "ab")
    other = index_of(tmp_path / "c", osv("PYSEC-1", summary="changed"))
    digests = []
    for path in (one, same, other):
        with Index(path) as index:
            digests.append(index.digest)
    assert digests[0] == digests[1] != digests[2]


def test_silence_means_something_only_where_the_index_is_open(tmp_path: Path) -> None:
    with Index(index_of(tmp_path / "open", osv())) as index:
        assert index.knows("PyPI", "anything")
        assert not index.knows("npm", "anything")
    with Index(index_of(tmp_path / "closed", osv(), closed={"PyPI": frozenset({"Flask"})})) as index:
        assert index.knows("PyPI", "flask")
        assert not index.knows("PyPI", "anything")


def test_archives_folders_and_files_are_imported(tmp_path: Path) -> None:
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "a.json").write_bytes(record("PYSEC-1"))
    (folder / "b.yaml").write_text(
        "id: PYSEC-2\nmodified: 2026-01-01T00:00:00Z\n"
        "affected:\n- package: {name: flask, ecosystem: PyPI}\n  versions: ['1.0']\n"
    )
    whole = archive(tmp_path / "all.zip", {"PYSEC-3.json": record("PYSEC-3"), "README": b"no record"})
    target = tmp_path / "deep" / "index.sqlite"
    assert import_sources([folder, whole], target) == 3
    assert ids(target, "flask", "1.0") == ["PYSEC-1", "PYSEC-2", "PYSEC-3"]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"README": b"nothing"},
        {"a.json": b"{"},
        {"a.json": b"[]"},
        {"a.json": b'{"id": 7}'},
        {"a.json": record("PYSEC-1"), "b.json": b'{"id": "x", "affected": [{"versions": "1.0"}]}'},
        {"a.json": b'{"id": "x", "affected": ' + b"[" * 100_000},
        {"a.json": b" " * 9_000_000},
    ],
    ids=["empty", "no record", "half", "a list", "no id", "second broken", "deep", "too large"],
)
def test_a_broken_import_leaves_the_old_index_whole(tmp_path: Path, members: dict[str, bytes]) -> None:
    target = index_of(tmp_path / "index.sqlite", osv("PYSEC-OLD"))
    with pytest.raises(AdvisoryError) as caught:
        import_sources([archive(tmp_path / "all.zip", members)], target)
    assert caught.value.hint
    assert ids(target, "flask", "1.0") == ["PYSEC-OLD"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".index.sqlite.lock", "all.zip", "index.sqlite"]


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    whole = archive(tmp_path / "all.zip", {f"{at}.json": record(f"PYSEC-{at}") for at in range(50)})
    (tmp_path / "half.zip").write_bytes(whole.read_bytes()[:-400])
    with pytest.raises(AdvisoryError, match=r"half\.zip"):
        import_sources([tmp_path / "half.zip"], tmp_path / "index.sqlite")
    assert not (tmp_path / "index.sqlite").exists()


def test_a_flipped_bit_in_an_archive_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    whole = archive(tmp_path / "all.zip", {f"{at}.json": record(f"PYSEC-{at}") for at in range(4)}).read_bytes()
    refused = 0
    for at in range(0, len(whole), 3):
        (tmp_path / "bad.zip").write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        try:
            import_sources([tmp_path / "bad.zip"], tmp_path / "index.sqlite")
        except AdvisoryError:
            refused += 1
    assert refused > 100


def test_a_size_that_an_archive_lies_about_does_not_matter(tmp_path: Path) -> None:
    """The central directory says 10 bytes, the member has millions."""
    path = archive(tmp_path / "all.zip", {"a.json": b" " * 9_000_000})
    data = path.read_bytes()
    path.write_bytes(data.replace((9_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(AdvisoryError):
        import_sources([path], tmp_path / "index.sqlite")


def test_of_a_record_that_comes_twice_the_last_one_counts_once(tmp_path: Path) -> None:
    old = archive(tmp_path / "old.zip", {"a.json": record("PYSEC-1"), "b.json": record("PYSEC-2")})
    new = archive(tmp_path / "new.zip", {"a.json": record("PYSEC-1", withdrawn="2026-01-01T00:00:00Z")})
    assert import_sources([old, new], tmp_path / "index.sqlite") == 2
    assert ids(tmp_path / "index.sqlite", "flask", "1.0") == ["PYSEC-2"]


def test_a_record_cannot_stand_in_for_all_others_as_the_control(tmp_path: Path) -> None:
    alone = archive(tmp_path / "all.zip", {"a.json": record("SECSCAN-CONTROL-1")})
    with pytest.raises(AdvisoryError, match="our own control"):
        import_sources([alone], tmp_path / "index.sqlite")


@pytest.mark.parametrize(
    "text", ["a: [", "? " * 2000 + "x", "- &a [*a]", "\t", "id: [1.0]", "id: x\naffected: [{versions: [[1.0]]}]"]
)
def test_yaml_that_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(AdvisoryError, match=r"a\.yaml"):
        import_sources([tmp_path / "a.yaml"], tmp_path / "index.sqlite")


def test_names_in_an_archive_are_never_paths(tmp_path: Path) -> None:
    hostile = archive(tmp_path / "all.zip", {"../../evil.json": record("PYSEC-1"), "/etc/evil.json": record("PYSEC-2")})
    (tmp_path / "in").mkdir()
    assert import_sources([hostile], tmp_path / "in" / "index.sqlite") == 2
    assert sorted(path.name for path in tmp_path.rglob("*")) == [".index.sqlite.lock", "all.zip", "in", "index.sqlite"]


@pytest.mark.parametrize("damage", ["empty", "text", "truncated", "other format", "no tables", "rubbish inside"])
def test_a_damaged_index_is_an_error_and_never_clean(tmp_path: Path, damage: str) -> None:
    path = index_of(tmp_path / "index.sqlite", *(osv(f"PYSEC-{at}", details="x" * 3000 + str(at)) for at in range(60)))
    data = path.read_bytes()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "text":
        path.write_text("this is no database")
    elif damage == "truncated":
        path.write_bytes(data[: len(data) // 3])
    elif damage == "rubbish inside":
        with sqlite3.connect(path) as database:
            database.execute("UPDATE affected SET rules = x'00ff'")
        database.close()
    else:
        with sqlite3.connect(path) as database:
            database.execute(
                "UPDATE meta SET value = 'x/9' WHERE key = 'format'" if "format" in damage else "DROP TABLE affected"
            )
        database.close()
    with pytest.raises(AdvisoryError) as caught:
        ids(path, "flask", "1.0")
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_an_index_cut_anywhere_is_an_error(tmp_path: Path) -> None:
    path = index_of(tmp_path / "index.sqlite", *(osv(f"PYSEC-{at}") for at in range(60)))
    data = path.read_bytes()
    for size in range(0, len(data), 512):
        path.write_bytes(data[:size])
        with pytest.raises(AdvisoryError), resolve(str(path)):
            pass


def test_a_wrong_bit_in_an_index_is_an_error_or_loses_nothing(tmp_path: Path) -> None:
    """SQLite itself does not see a changed letter in a package's name; the package would have no advisories."""
    path = index_of(
        tmp_path / "index.sqlite", *(osv(f"PYSEC-{at}") for at in range(30)), closed={"PyPI": frozenset("ab")}
    )
    whole, data = ids(path, "flask", "1.0"), path.read_bytes()
    places = [at for at in range(len(data)) if data[at]]
    refused = 0
    for at in places[:: len(places) // 800]:
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x04]) + data[at + 1 :])
        try:
            with resolve(str(path)), Index(path) as index:
                assert [match.id for match in index.affecting("PyPI", "flask", "1.0")] == whole
                assert not index.knows("PyPI", "c")
        except AdvisoryError:
            refused += 1
    assert refused > 100


def test_an_index_that_is_named_and_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AdvisoryError), resolve(str(tmp_path / "gone")):
        pass


def test_the_demonstration_index_is_used_only_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECSCAN_ADVISORIES", str(tmp_path / "own.sqlite"))
    with resolve("") as found:
        assert found is None
    assert "none at" in describe()
    index_of(tmp_path / "own.sqlite", osv())
    with resolve("") as found:
        assert found == tmp_path / "own.sqlite"
    assert "PyPI: 1 records" in describe()
    with resolve("demo") as found:
        assert found is not None
        with Index(found) as index:
            assert index.knows("PyPI", "flask")
            assert not index.knows("PyPI", "django")
    assert not found.exists()


def test_a_system_is_known_by_its_parts_and_a_distribution_not_without_its_release(tmp_path: Path) -> None:
    names = ("Debian", "Debian:12", "Wolfi", "Red Hat:enterprise_linux:9::baseos", "Red Hat:rhel_eus:9.4::baseos")
    record = osv(affected=[{"package": {"ecosystem": one, "name": "x"}, "versions": ["1"]} for one in names])
    with Index(index_of(tmp_path / "index.sqlite", record)) as index:
        assert [index.knows(one, "y") for one in ("Debian:12", "Wolfi", "Red Hat:enterprise_linux:9")] == [True] * 3
        unknown = ("Debian", "Debian:13", "Red Hat", "Red Hat:enterprise_linux:8", "Red Hat:enterprise_linux:9:")
        assert not any(index.knows(one, "x") for one in unknown)
        assert [one.id for one in index.affecting("Red Hat:enterprise_linux:9", "x", "1")] == ["PYSEC-1"]
        assert [one.name for one in index.parts_of("Red Hat:enterprise_linux:9")] == [names[3]]
