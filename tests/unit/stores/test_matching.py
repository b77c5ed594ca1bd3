"""Values of a store in texts: found in every syntax, and only they."""

from __future__ import annotations

import base64
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.secrets.secret import Secret
from secscan.secrets.texts import decoded
from secscan.stores.contract import Held, MissedKind, Place
from secscan.stores.escapes import Repaired, unescaped
from secscan.stores.leaves import is_comparable, leaves
from secscan.stores.matching import ValueIndex, worth_asking
from secscan.stores.tokens import tokens
from tests.support.planted import MAKERS, ODD_SYNTAXES, ODD_VALUES, OTHER_SYNTAXES, STORED, SYNTAXES, fits, stored

PLACE = Place(path="secret/app/db", field="password", version="2")
VALUE = "c0pper-Lantern.42"


def index_of(*values: str, field: str = "password") -> ValueIndex:
    index = ValueIndex()
    for number, value in enumerate(values):
        index.add(Held(Place(path=f"secret/app/{number}", field=field), Secret(value)))
    return index


CASES = [(kind, syntax) for kind in MAKERS for syntax in (*SYNTAXES, *OTHER_SYNTAXES) if fits(kind, syntax)]


@pytest.mark.parametrize(("kind", "syntax"), CASES)
def test_a_value_is_found_however_it_is_written(kind: str, syntax: str) -> None:
    rng = random.Random(f"{kind} {syntax}")
    value = MAKERS[kind](rng)
    text = "x = 1\n" + {**SYNTAXES, **OTHER_SYNTAXES}[syntax](value) + "y = 2\n"
    (match, *_) = [*index_of(value).matches(text)]
    assert match.places[0].path == "secret/app/0"
    assert 0 < match.start < match.end <= len(text)


@pytest.mark.parametrize(
    ("kind", "syntax"), [(kind, one) for kind in ODD_VALUES for one in sorted(ODD_VALUES[kind][0])]
)
def test_a_value_with_signs_that_end_a_word_is_found(kind: str, syntax: str) -> None:
    value = ODD_VALUES[kind][1]
    written = ODD_SYNTAXES[syntax](value)
    text = f"x = 1\n{written}y = 2\n"
    (match, *_) = [*index_of(value).matches(text)]
    assert text.index(written) <= match.start < match.end <= text.index(written) + len(written)
    assert not [*index_of(f"{value[:-1]}8").matches(text)]


@pytest.mark.parametrize("written", ["P = '{}'\n", "P={}\n", "it is {} here\n"])
def test_a_value_of_utf_8_is_found_in_a_file_with_a_stray_byte(written: str) -> None:
    value = "größeà-x(9)kLm7§"
    text, _ = decoded(b"\xff\n" + written.format(value).encode())
    (match, *_) = [*index_of(value).matches(text)]
    assert text[match.start : match.end].encode("latin-1").decode() == value


@given(st.text(), st.text(st.characters(codec="latin-1")))
def test_a_text_read_as_latin_1_is_repaired_place_by_place(meant: str, stray: str) -> None:
    repaired = Repaired(meant.encode("utf-8", errors="replace").decode("latin-1"))
    assert repaired.text == meant.encode("utf-8", errors="replace").decode("utf-8")
    places = [repaired.place(at) for at in range(len(repaired.text) + 1)]
    assert places == sorted(set(places))
    assert len(Repaired(stray).text) <= len(stray)


def test_an_escape_beyond_unicode_stays_as_it_is() -> None:
    assert unescaped(r"a\Uffffffffb\u{ffffff}c\q\101") == r"a\Uffffffffb\u{ffffff}cqA"


def test_one_value_has_the_same_tuple_of_places_everywhere() -> None:
    index = index_of(VALUE, VALUE)
    assert index.places(VALUE) is index.places(VALUE)
    index.add(Held(PLACE, Secret(VALUE)))
    assert len(index.places(VALUE)) == 3


@pytest.mark.parametrize("form", STORED)
@pytest.mark.parametrize("kind", [kind for kind in MAKERS if kind not in ("pem", "quoting")])
def test_a_value_is_found_however_it_is_stored(form: str, kind: str) -> None:
    value = MAKERS[kind](random.Random(kind))
    index = index_of(stored(form, value), field="config")
    assert [*index.matches(f"password = '{value}'\n")]
    assert not [*index.matches(f"password = '{value[:-1]}'\n")]


def test_the_place_names_the_leaf() -> None:
    (match,) = index_of('{"db": {"password": "c0pper-Lantern.42", "host": "db.internal"}}', field="all").matches(
        f"p = '{VALUE}'"
    )
    assert (match.places[0].field, match.start, match.end) == ("all.db.password", 5, 22)


def test_two_places_of_one_value() -> None:
    (match,) = index_of(VALUE, VALUE).matches(f"p = '{VALUE}'")
    assert [place.path for place in match.places] == ["secret/app/0", "secret/app/1"]


@pytest.mark.parametrize(
    "value",
    ["admin", "true", "localhost", "5432", "password", "changeme", "db-1.prod.internal", "https://shop.example/api",
     "aaaaaaaaaaaa", "12345678", "ops@corp.example", "/etc/ssl/private", "10.0.0.7:8080", "2026-11-25T10:00:00Z",
     "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPlmNZ shop", ""],
)  # fmt: skip
def test_ordinary_values_are_left_out_and_named(value: str) -> None:
    index = index_of(value)
    assert (index.values, index.weak) == (0, {("secret/app/0", "password")})
    assert not [*index.matches(f"x = '{value}'\n")]


@pytest.mark.parametrize(
    ("field", "value", "compared"),
    [
        ("username", "shop-admin-2", False),
        ("DB_HOST", "shop-db-12-eu", False),
        ("description", "the database of the shop in the north", False),
        ("client_id", "9f86d081-884c-7d65", False),
        ("password", "shop-admin-2", True),
        ("user", "ghp_0123456789abcdefghijABCDEFGHIJ", True),
        ("key_id", "kX9mQ2vL7pR4tZ8wN1cB", True),
    ],
)
def test_the_fields_name_says_what_is_no_secret(field: str, value: str, compared: bool) -> None:
    assert is_comparable(value, field) is compared


@given(st.text(max_size=400))
def test_any_text_has_tokens_in_order_and_none_is_found_that_is_not_there(text: str) -> None:
    assert [*index_of(VALUE).matches(text)] == [] or VALUE in text
    for one in worth_asking(text, "a.py"):
        assert 0 <= one.start < one.end <= len(text)


@given(st.text(st.characters(codec="ascii", exclude_characters="\"'\\\n\r"), max_size=80), st.text(max_size=80))
def test_a_quoted_value_is_found_between_any_texts(before: str, after: str) -> None:
    before = before.replace("`", "")
    text = f'{before}\nkey = "{VALUE}"\n{after}'
    start = len(before) + len('\nkey = "')
    assert (start, start + len(VALUE)) in {(one.start, one.end) for one in index_of(VALUE).matches(text)}


@given(st.text(max_size=2000))
def test_any_value_has_itself_as_a_leaf(value: str) -> None:
    assert ("", value.strip()) in [*leaves(value)]


@pytest.mark.parametrize(
    "value",
    [
        "[" * 100_000,
        '{"a":' * 5000 + "1" + "}" * 5000,
        "A" * 3_000_000,
        json.dumps([f"value-{n}" for n in range(20_000)]),
        "\n".join(f"a{n}=b" for n in range(9000)),
        json.dumps(VALUE)[:-1] * 400_000,
    ],
    ids=["no JSON", "deep", "long", "wide", "many lines", "longer"],
)
def test_hostile_values_are_opened_within_limits_and_that_is_said(value: str) -> None:
    index = index_of(value)
    assert index.values <= 4_002
    assert [(one.path, one.kind) for one in index.missed] == [("secret/app/0", MissedKind.TOO_MUCH)]
    assert VALUE not in repr(index.missed)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (json.dumps({"a": json.dumps({"b": [VALUE]})}), "config.a.b.0"),
        (json.dumps({"a": base64.b64encode(json.dumps({"b": VALUE}).encode()).decode()}), "config.a.b"),
        (VALUE.encode().hex(), "config"),
        (base64.urlsafe_b64encode(VALUE.encode()).decode().rstrip("="), "config"),
        (f"Server=db;Password={VALUE};Encrypt=true", "config.Password"),
        (f"URL=postgres://app:{VALUE}@db.internal/x\n", "config.password"),
        (f"a:\n  b: {VALUE}\n", "config.b"),
        (f"line one of it\n   {VALUE}-and-more\n", "config"),
    ],
)
def test_values_within_values(value: str, field: str) -> None:
    within = f"line one of it\n      {VALUE}-and-more" if "more" in value else VALUE
    found = [one for match in index_of(value, field="config").matches(f'x = """{within}"""') for one in match.places]
    assert field in {one.field for one in found}


REPEATED = [
    "a", '"', "\\", '"\\', "/", "aaaaaaaa/", "a=", "a=\n", "%41", "61", "-----BEGIN A-----", "-----BEGIN A-----\na\n",
    '"""', "\'\'\'a", "a: |\n", "a: |\n  b: |\n", " ", "\t:", '"aaaaaaaa" ', "://a:b", "-", '"\\"aaaaaaaa\\"" ',
    "&amp;", "a1b2c3d4:", "QUFBQUFBQUFBQUFB ", "aaa bbb ", "\n", " ;", "`a", "$a", "{a", "((", "eyJ.", "=\n ",
    "'", "''", "'\\''", "'a''", "a,", "aaaaaaaa|", "aaaaaaa;\t", "<![CDATA[", "<![CDATA[aaaaaaaa", ">", ">aaaaaaaa",
    "- ", "#", "/*",
    '"a" /*', '"a" #\n', '"a","join', "\\\n", '"\\\n', "a=\\\n", "a=b # ", "\\u{", "\\1", "\xc3\xa9", "(aaaaaaaa),",
]  # fmt: skip


@pytest.mark.parametrize("piece", REPEATED)
def test_the_tokens_of_hostile_texts_are_in_proportion_to_them(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    assert sum(len(one.value) for one in tokens(text)) <= 60 * len(text)


@given(st.lists(st.sampled_from([*REPEATED, VALUE, "x"]), max_size=300))
def test_any_mixture_is_read_to_its_end(pieces: list[str]) -> None:
    text = "".join(pieces)
    for one in tokens(text):
        assert 0 <= one.start <= one.end <= len(text)
        assert one.value not in repr(one) or len(one.value) < 6 or one.value.isdigit()


def test_nothing_of_a_value_is_shown() -> None:
    index = index_of(VALUE)
    (one,) = worth_asking(f"password = '{VALUE}'", "a.py")
    assert VALUE not in f"{one!r} {index!r} {vars(index)}"


def test_questions_are_few() -> None:
    text = "\n".join(f"name_{n} = compute({n}, 'the {n}th of a row', key='user:{n}')" for n in range(500))
    assert [*worth_asking(text, "a.py")] == []
    asked = [*worth_asking(f"{text}\nSALT = 'kX9mQ2vL7pR4tZ8wN1cB'\n", "a.py")]
    assert [one.secret.length for one in asked] == [20]
