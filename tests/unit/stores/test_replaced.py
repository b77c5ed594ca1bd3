from __future__ import annotations

import msgspec
import pytest

from secscan.findings.levels import Kind
from secscan.findings.model import Finding, Source
from secscan.stores.replaced import Fate, Now, reference_in, replaced
from tests.unit.secrets.test_rotation import finding

BEFORE = b'import os\nPASSWORD = "c0pper-Lantern.42"\n'
AFTER = b'import os\nPASSWORD = os.environ["DB_PASSWORD"]\n'


def at(path: str, fingerprint: str, **more: object) -> Finding:
    return finding(path=path, fingerprint=fingerprint.ljust(32, "0"), **more)


def now(*findings: Finding, **more: object) -> Now:
    fields: dict[str, object] = {
        "looked_at": frozenset({"a.py", "b.py"}), "before": {"a.py": BEFORE}, "after": {"a.py": AFTER},
    }  # fmt: skip
    return Now(findings=findings, **{**fields, **more})  # type: ignore[arg-type]


def fate(saved: Finding, then: Now) -> Fate:
    (one,) = replaced([saved], then)
    return one.fate


def test_gone_with_a_reference_is_done() -> None:
    (one,) = replaced([at("a.py", "1")], now())
    assert (one.fate, one.detail) == (Fate.DONE, "a reference stands in a.py:2")


def test_a_literal_in_the_same_place_is_still_there() -> None:
    assert fate(at("a.py", "1"), now(at("a.py", "1"))) is Fate.THERE


def test_one_that_moved_is_still_there() -> None:
    assert fate(at("a.py", "1"), now(at("b.py", "2"))) is Fate.THERE
    assert fate(at("a.py", "1", secret_id="x"), now(at("b.py", "2", secret_id="x"))) is Fate.THERE
    # A secret with another id is another secret, for which the scan of today is there.
    assert fate(at("a.py", "1", secret_id="x"), now(at("b.py", "2", secret_id="y"))) is Fate.DONE
    token = Source(scanner="secrets", rule="secscan.secret.jwt")
    assert fate(at("a.py", "1"), now(at("b.py", "2", sources=(token,)))) is Fate.DONE


def test_what_was_there_before_in_another_place_is_not_the_one_that_moved() -> None:
    first, second = at("a.py", "1"), at("b.py", "2")
    assert [one.fate for one in replaced([first, second], now(second))] == [Fate.DONE, Fate.THERE]


def test_every_place_of_a_secret_is_said() -> None:
    here, there = at("a.py", "1"), at("b.py", "2")
    both = msgspec.structs.replace(here, places=(there,))
    assert [one.fate for one in replaced([both], now(there))] == [Fate.DONE, Fate.THERE]


def test_gone_without_a_reference_is_said() -> None:
    assert fate(at("a.py", "1"), now(after={"a.py": b"import os\n"})) is Fate.GONE
    assert fate(at("a.py", "1"), now(looked_at=frozenset({"b.py"}), after={})) is Fate.GONE


def test_a_file_that_could_not_be_looked_at_is_no_done() -> None:
    assert fate(at("a.py", "1"), now(lost=frozenset({"a.py"}))) is Fate.UNKNOWN


def test_a_literal_may_have_been_moved_to_where_nobody_could_look() -> None:
    lost = frozenset({"large.txt"})
    (one,) = replaced([at("a.py", "1")], now(lost=lost))
    assert (one.fate, one.detail) == (Fate.UNKNOWN, "large.txt could not be looked at as a whole")
    assert fate(at("a.py", "1"), now(lost=lost, looked_at=frozenset({"b.py"}), after={})) is Fate.UNKNOWN
    assert fate(at("a.py", "1"), now(at("a.py", "1"), lost=lost)) is Fate.THERE


def test_what_only_another_scanner_saw_is_not_judged() -> None:
    assert fate(at("a.py", "1", sources=(Source(scanner="vault", rule="secscan.vault.live"),)), now()) is Fate.UNKNOWN


def test_a_file_that_was_renamed_is_looked_at_under_its_new_name() -> None:
    moved = now(renamed={"a.py": "b.py"}, after={"b.py": AFTER}, lost=frozenset())
    (one,) = replaced([at("a.py", "1")], moved)
    assert (one.fate, one.detail) == (Fate.DONE, "a reference stands in b.py:2")


def test_what_is_no_secret_is_none_of_it() -> None:
    other = msgspec.structs.replace(at("a.py", "1"), kind=Kind.SAST)
    assert replaced([other], now()) == ()


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.py", 'p = os.getenv("X")'),
        ("a.js", "const p = process.env.DB_PASSWORD"),
        ("a.rb", "p = ENV.fetch('X')"),
        ("a.java", 'p = System.getenv("X");'),
        ("a.yml", "  password: ${{ secrets.DB }}"),
        ("a.yml", "  password: ${DB_PASSWORD}"),
        ("a.sh", 'p="$(vault kv get -field=password secret/app/db)"'),
        ("a.tf", "  password = var.db_password"),
        ("a.yaml", "      secretKeyRef: {name: db, key: password}"),
        ("a.py", "p = client.get_secret_value(SecretId='x')"),
        ("a.yaml", "password: vault:secret/data/app/db#password"),
    ],
)
def test_what_counts_as_a_reference(path: str, line: str) -> None:
    assert reference_in(path, b"one\ntwo\n", f"one\n{line}\ntwo\n".encode()) == 2


def test_a_reference_that_was_there_before_is_not_the_one() -> None:
    old = b'x = os.environ["X"]\nPASSWORD = "c0pper-Lantern.42"\n'
    assert reference_in("a.py", old, b'x = os.environ["X"]\n') == 0
    assert reference_in("a.py", old, b'x = os.environ["X"]\nx = os.environ["X"]\n') == 2
    assert reference_in("a.py", old, b'PASSWORD = "another"\n') == 0
