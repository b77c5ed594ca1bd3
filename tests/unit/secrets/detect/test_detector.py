"""What the detector finds, what it does not take and why, and what never leaves it."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.secrets.detect import checksums, noise
from secscan.secrets.detect.candidate import Candidate
from secscan.secrets.detect.detector import detect, explain
from secscan.secrets.detect.forms import FORMS, Form
from secscan.secrets.detect.providers import PROVIDERS
from secscan.secrets.texts import decoded
from secscan.secrets.worker import look_at
from tests.support.secret_forms import HASHES, SIMPLE_NEGATIVES
from tests.support.secret_samples import NEGATIVES, Maker, Sample, negatives, positives

MADE = Maker(7)
PASSWORD = "c0pper-Lantern.42"


def finds(sample: Sample) -> bool:
    text, _ = decoded(sample.data)
    values = [one.secret.reveal() for one in detect(text, sample.path)]
    return any(sample.secret in value or (len(value) >= 8 and value in sample.secret) for value in values)


def test_values_within_one_another_are_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []
    reason = noise.reason_against_generic
    monkeypatch.setattr(noise, "reason_against_generic", lambda value: judged.append(value) or reason(value))
    text = "password=" * 2000
    detect(text)
    assert sum(map(len, judged)) <= 2 * len(text)


def test_the_set_is_large_enough_to_mean_something() -> None:
    assert len(list(positives())) >= 450
    assert len(list(negatives())) >= 400


def test_secrets_in_the_syntaxes_in_which_they_are_found() -> None:
    missed = [one.name for one in positives() if not finds(one)]
    assert missed == []


def test_what_only_looks_like_a_secret() -> None:
    taken = [(one.name, found) for one in negatives() for found in detect(decoded(one.data)[0], one.path)]
    assert taken == []


def test_every_form_of_token_has_a_sample_and_its_own_rule() -> None:
    """Many of each: words occur in random letters by chance, and must not make a token an example."""
    rules = set()
    for seed in range(15):
        for rule, token in Maker(seed).tokens():
            found = detect(f"x {token} y")
            assert [(one.rule, one.secret.reveal()) for one in found] == [(rule, token)]
            assert found[0].revoke
            rules.add(rule)
    without = {one.id for one in PROVIDERS} - rules
    assert without == {
        "aws-access-key-id", "google-oauth-token", "heroku-key", "cloudflare-key", "slack-webhook", "discord-webhook",
        "azure-storage-key", "azure-shared-access-key",
    }  # fmt: skip


def test_a_token_is_found_whatever_stands_around_it_and_only_whole() -> None:
    token = MADE.checked("ghp_")
    for around in ("{}", "'{}'", "a={}&b=1", "[{}]", "x\t{}\r\n", "({})", "<b>{}</b>", '\\"{}\\"'):
        assert [one.rule for one in detect(around.format(token))] == ["github-token"], around
    for around in ("{}x", "x{}", "_{}"):
        assert "github-token" not in [one.rule for one in detect(around.format(token))], around


@pytest.mark.parametrize("reason", NEGATIVES | SIMPLE_NEGATIVES)
def test_what_is_not_taken_says_why(reason: str) -> None:
    """At least some of each kind reach a rule, and that rule says why not."""
    said = {one.reason for path, text in (NEGATIVES | SIMPLE_NEGATIVES)[reason] for one in explain(text, path)[1]}
    assert said
    assert all(text and not text.endswith(".") for text in said)


def test_a_secret_in_a_test_counts_less_and_is_there() -> None:
    text = f'PASSWORD = "{PASSWORD}"'
    (real,), (test,) = detect(text, "src/settings.py"), detect(text, "tests/test_settings.py")
    assert (real.confidence, test.confidence) == ("high", "medium")


def test_encodings_within_encodings_are_opened() -> None:
    token = MADE.checked("gho_")
    once = b64encode(f"token: {token}".encode()).decode()
    twice = b64encode(once.encode()).decode()
    for text in (once, twice):
        (found,) = detect(f"data: {text}")
        assert (found.form, found.secret.reveal()) == ("base64", token)
        assert f"data: {text}"[found.start : found.end].rstrip("=") == text.rstrip("=")


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        (MADE.checked("ghp_"), True),
        ("ghp_" + "a" * 36, False),
        (MADE.pypi(), True),
        ("pypi-AgEIdGVzdC5vcmc", False),
        (MADE.nkey(), True),
        ("SUAAVVVQMAAXLVNYQ3XSLKCYGEBHPY4XZNOYP6YDMDMZVLKXYFFOXYEWJY", False),
        (MADE.age(), True),
        ("AGE-SECRET-KEY-1" + "Q" * 58, False),
        (MADE.jwt(), True),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbmEifQ.", False),
    ],
)
def test_checksums(value: str, fits: bool) -> None:
    checks = {
        "ghp_": checksums.crc32_base62, "pypi": checksums.macaroon, "SU": checksums.nkey_seed,
        "AGE": checksums.bech32, "eyJ": checksums.jwt,
    }  # fmt: skip
    check = next(check for prefix, check in checks.items() if value.startswith(prefix))
    assert check(value) is fits


_lines = st.text(max_size=60) | st.sampled_from([line for items in NEGATIVES.values() for _, line in items])


def _pieces() -> Iterator[str]:
    yield from (
        "password",
        " = ",
        '"',
        "'",
        ":",
        "://",
        "@",
        "%41",
        "ghp_",
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "\n",
        "\\n",
        "b64=",
    )
    yield MADE.checked("ghp_")
    yield b64encode(b"token = x").decode()


@settings(max_examples=300)
@given(
    st.lists(_lines | st.sampled_from(list(_pieces())), max_size=12).map("".join),
    st.sampled_from(["", "a.py", ".env", "uv.lock"]),
)
def test_any_text_is_judged_and_places_are_in_it_and_apart(text: str, path: str) -> None:
    found, rejected = explain(text, path)
    places = sorted((one.start, one.end) for one in (*found, *rejected))
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(first[1] <= second[0] for first, second in pairwise(places))
    for one in found:
        if not one.form and one.rule != "credentials-in-url":
            assert one.secret.reveal() in text[one.start : one.end]
    assert explain(text, path)[1] == rejected


def test_long_hostile_texts_come_to_an_end() -> None:
    """Each made many backtracking engines try for minutes; the test run's own limit is the judge here."""
    for text in (
        "password=" * 20_000,
        "a" * 400_000,
        "eyJ" + "A." * 100_000,
        "-----BEGIN PRIVATE KEY-----" * 5_000,
        "://a:" * 50_000,
        "%41" * 60_000,
        "Zm9v" * 60_000,
        '"' * 100_000,
        "key = '" + "\\" * 100_000,
        "Authorization: Basic " * 10_000,
        "ghp_" * 50_000,
        "name: password " * 20_000,
        "curl -u a " * 20_000,
        'variable "password" {' * 10_000,
        "kind: Secret\n---\n" * 10_000,
        "identified by " * 20_000,
        "arn:secret:" * 20_000,
    ):
        explain(text, ".env")


def test_no_part_of_a_value_leaves_the_worker() -> None:
    """But for the prefix by which a provider names all its tokens."""
    for sample in positives():
        said = json.dumps(list(look_at(sample.data, sample.path)))
        shown = sample.secret[:8] if len(sample.secret) < 24 else sample.secret[12:24]
        assert shown not in said, sample.name
        for name in ("md5", "sha1", "sha256"):
            assert hashlib.new(name, sample.secret.encode()).hexdigest() not in said


def test_places_are_those_of_an_editor() -> None:
    (found,) = look_at(f"# é\nx = 1\n  PASSWORD = '{PASSWORD}'\n".encode(), "a.py")
    assert (found["start_line"], found["start_column"], found["end_line"], found["end_column"]) == (3, 15, 3, 32)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_encodings_of_files(encoding: str) -> None:
    text = f"# caf\xe9\npassword = '{PASSWORD}'\n" * 3
    found = list(look_at(text.encode(encoding), "a.py"))
    assert [one["start_line"] for one in found] == [2, 4, 6]


def test_binaries_and_zeros_hide_nothing() -> None:
    token = MADE.checked("ghs_").encode()
    for data in (
        b"\x7fELF\x02\x01\x01\x00" + b"\x00\xff\x80" * 50 + token + b" is in here\x00",
        b"a\x00b = " + token + b"\x00\n",
    ):
        assert [one["rule"] for one in look_at(data, "a.bin")] == ["github-token"]


def test_a_candidate_does_not_print_its_value() -> None:
    (found,) = detect(f'PASSWORD = "{PASSWORD}"', "a.py")
    assert isinstance(found, Candidate)
    assert PASSWORD not in repr(found)


def test_the_same_secret_has_the_same_id_under_a_key_and_none_without() -> None:
    one, other = (f"# {at}\nPASSWORD = '{PASSWORD}'\n".encode() for at in range(2))
    ids = {found["secret_id"] for data in (one, other) for found in look_at(data, "a.py", key=b"k" * 32)}
    assert len(ids) == 1
    assert {found["secret_id"] for found in look_at(one, "a.py", key=b"j" * 32)} != ids
    assert [found["secret_id"] for found in look_at(one, "a.py")] == [""]
    assert hashlib.sha256(PASSWORD.encode()).hexdigest()[:32] not in ids


@pytest.mark.parametrize(("path", "text"), HASHES)
def test_hashes_of_passwords_are_findings_only_where_a_server_reads_them(path: str, text: str) -> None:
    found = detect(text, path)
    assert [one.start for one in found] == [at + 1 for at in _first_colons(text)]
    assert {(one.rule, one.severity) for one in found} == {("password-hash", "low")}
    assert detect(text, "docs/users.md") == ()


def _first_colons(text: str) -> list[int]:
    starts = [0, *(at + 1 for at, char in enumerate(text[:-1]) if char == "\n")]
    return [text.index(":", start) for start in starts]


def test_values_of_a_kubernetes_secret_and_of_nothing_else_in_its_file() -> None:
    value = b64encode(PASSWORD.encode()).decode()
    data = f"data:\n  password: {value}\n  username: YXBwdXNlcg==\n"
    secret, other = f"kind: Secret\n{data}", f"kind: ConfigMap\n{data}"
    found = detect(f"{other}---\n{secret}", "a.yaml")[-1]
    assert (found.rule, found.form, found.secret.reveal()) == ("kubernetes-secret", "base64", PASSWORD)
    assert f"{other}---\n{secret}"[found.start : found.end] == value
    assert [one.rule for one in detect(other, "a.yaml")] != ["kubernetes-secret"]
    text, form = "{{ .Values.password }}", b64encode(b"change-me-please").decode()
    for none in (text, form, '""'):
        assert detect(f"kind: Secret\ndata:\n  password: {none}\n", "a.yaml") == ()


@pytest.mark.parametrize("form", FORMS, ids=lambda one: f"{one.rule} {one.needles[0]}")
def test_every_form_has_a_sample_that_only_it_finds(form: Form) -> None:
    matched = [
        sample
        for sample in positives()
        if any(found["v"] in sample.secret for found in form.regex.finditer(sample.data.decode("latin-1")))
    ]
    assert matched
    assert all(any(needle in sample.data.decode("latin-1").lower() for needle in form.needles) for sample in matched)


def test_commands_that_hold_no_password() -> None:
    for text in (
        'docker login -u ci -p "$TOKEN"', "docker login -p $TOKEN", "curl -u deploy:$PW https://a",
        "curl -u $USER:$PW https://a", "curl -u user:password https://a", "mysql -p main", "mysql --port=3306 -proot",
        "sshpass -p $PW ssh h", "redis-cli -a $PW", "ALTER ROLE app WITH PASSWORD :'pw'", "bindpw %s",
        "field.setPassword(value)", "ConvertTo-SecureString $pw -AsPlainText",
    ):  # fmt: skip
        assert [one.confidence for one in detect(text, "run.sh") if one.confidence != "low"] == [], text
