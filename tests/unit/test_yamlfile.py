"""The strict YAML reader: what it takes, and what it refuses with file, line and column."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.errors import ConfigError
from secscan.yamlfile import MAX_BYTES, Fields, Node, load_mapping


def load(text: str | bytes) -> Node:
    return load_mapping(text.encode() if isinstance(text, str) else text, origin="x.yaml", error=ConfigError)


def plain(node: Node) -> object:
    match node.value:
        case dict():
            return {name: plain(member) for name, member in node.value.items()}
        case list():
            return [plain(item) for item in node.value]
    return node.value


def test_values_are_those_of_yaml_1_2() -> None:
    written = {"a": "yes", "b": "on", "c": "1:30", "d": "2026-01-31", "e": "010", "f": "0x1f", "g": "0o17", "h": "1.5"}
    meant = {**written, "e": 10, "f": 31, "g": 15, "h": 1.5}
    assert plain(load("".join(f"{name}: {value}\n" for name, value in written.items()))) == meant
    assert plain(load("i: ~\nj: 'true'\nk: [true, FALSE, -3, '']")) == {
        "i": None,
        "j": "true",
        "k": [True, False, -3, ""],
    }


def test_every_value_knows_its_place() -> None:
    node = load("# about\nscan:\n  include:\n    - one\n    - {two: 2}\n")
    include = node.mapping()["scan"].mapping()["include"]
    assert (include.line, include.column, include.field) == (3, 3, "scan.include")
    two = include.items()[1].mapping()["two"]
    assert (two.line, two.column, two.field) == (5, 8, "scan.include[1].two")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "x.yaml:1:1: the file is empty"),
        ("# only a comment\n", "x.yaml:1:1: the file is empty"),
        ("- a\n", "x.yaml:1:1: expected a mapping"),
        ("just text", "x.yaml:1:1: expected a mapping"),
        ("a: 1\nb: 2\na: 3\n", "x.yaml:3:1: a: given twice, first in line 1"),
        ("a:\n  b: 1\n  b: 2\n", "x.yaml:3:3: a.b: given twice, first in line 2"),
        ("a: 1\n'a': 2\n", "x.yaml:2:1: a: given twice"),
        ("a: &x 1\n", "x.yaml:1:4: anchors and aliases"),
        ("a: &a [*a]\n", "x.yaml:1:4: anchors and aliases"),
        ("a: *x\n", "x.yaml:1:4: anchors and aliases"),
        ("&k a: 1\n", "x.yaml:1:1: anchors and aliases"),
        ("a: !!python/object/apply:os.system [x]\n", "x.yaml:1:4: tags"),
        ("a: !!str 1\n", "x.yaml:1:4: tags"),
        ("a: ! x\n", "x.yaml:1:4: tags"),
        ("!!map {a: 1}\n", "x.yaml:1:1: tags"),
        ("a: 1\n---\nb: 1\n", "x.yaml:2:1: a second document"),
        ("%YAML 1.1\n---\na: 1\n", "x.yaml:1:1: a YAML directive"),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", "x.yaml:1:1: a YAML directive"),
        ("? {a: 1}\n: 2\n", "x.yaml:1:3: a field name must be a text"),
        ("? [a]\n: 2\n", "x.yaml:1:3: a field name must be a text"),
        (": 1\n", "x.yaml:1:1: not valid YAML"),
        ("a: [1\n", "x.yaml:2:1: not valid YAML"),
        ("a: 1\n\tb: 2\n", "x.yaml:2:1: not valid YAML"),
        ("a: b: c\n", "x.yaml:1:5: not valid YAML"),
        ("a: 1\nb: \0\n", "x.yaml:2:4: a character that YAML does not allow"),
        ("a: \x1b[31m\n", "x.yaml:1:4: a character that YAML does not allow"),
        (b"a: 1\nb: \xff\n", "x.yaml:2:4: the file is not UTF-8 text"),
        ("a: 1".encode("utf-16"), "x.yaml:1:1: the file is UTF-16"),
        (b"#" * (MAX_BYTES + 1), "x.yaml:1:1: the file is larger"),
        ("a: " + "[" * 300, "x.yaml:1:44: nested more than 40 deep"),
        ("a: " + "{a: " * 3000, "nested more than 40 deep"),
        ("a: [" + "1," * 30_000 + "]", "more than 20000 values"),
        ("a: " + "9" * 5000, "x.yaml:1:4: a number of more than"),
        ("a: 1e999", "x.yaml:1:4: a number that is too large"),
    ],
)
def test_it_refuses(text: str | bytes, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert said in caught.value.message
    assert caught.value.hint


def test_a_byte_order_mark_and_windows_lines_are_read() -> None:
    assert plain(load(b"\xef\xbb\xbfa: 1\r\nb: x\r\n")) == {"a": 1, "b": "x"}


@pytest.mark.parametrize(
    ("text", "take", "said"),
    [
        ("a: 1.10", Node.text, "x.yaml:1:1: a: expected a text, got the number 1.10"),
        ("a: ''", Node.text, "a: expected a text, got ''"),
        ("a:", Node.text, "a: expected a text, got nothing"),
        ("a: {}", Node.text, "a: expected a text, got a mapping"),
        ("a: '1'", Node.integer, "a: expected a whole number, got '1'"),
        ("a: true", Node.integer, "a: expected a whole number, got true"),
        ("a: 1.0", Node.integer, "a: expected a whole number, got the number 1.0"),
        ("a: -1", Node.integer, "a: -1 is not from 0 to"),
        ("a: true", Node.number, "a: expected a number, got true"),
        ("a: .nan", Node.number, "a: expected a number, got '.nan'"),
        ("a: -0.5", Node.number, "a: -0.5 is not from"),
        ("a: yes", Node.boolean, "a: expected true or false, got 'yes'"),
        ("a: 1", Node.items, "a: expected a list, got the number 1"),
        ("a: [1]", Node.mapping, "a: expected a mapping"),
        ("a: [x, 1]", Node.texts, "x.yaml:1:8: a[1]: expected a text"),
    ],
)
def test_a_value_of_another_type_is_refused(text: str, take, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        take(load(text).mapping()["a"])
    assert said in caught.value.message
    assert caught.value.hint


def test_values_of_the_right_type_are_given() -> None:
    node = load("t: x\ni: 7\nn: 2\nb: false\no: high\nl: [a, b]\n").mapping()
    assert node["t"].text() == "x"
    assert node["i"].integer() == 7
    assert node["n"].number() == 2.0
    assert node["b"].boolean() is False
    assert node["o"].one_of(["low", "high"]) == "high"
    assert node["l"].texts() == ("a", "b")


def test_one_of_suggests_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        load("a: hihg").mapping()["a"].one_of(["low", "high"])
    assert caught.value.message == "x.yaml:1:1: a: 'hihg' is not one of low, high"
    assert caught.value.hint == "did you mean 'high'?"


def test_fields_know_what_is_known() -> None:
    fields = Fields(load("name: x\nage: 1\n"), known=("name", "age", "size"))
    assert fields.required("name").text() == "x"
    assert fields.optional("size") is None
    with pytest.raises(ConfigError, match=r"x\.yaml:1:1: the field 'size' is missing"):
        fields.required("size")


@pytest.mark.parametrize(("field", "hint"), [("nmae", "did you mean 'name'?"), ("zzz", "known fields: name, size")])
def test_an_unknown_field_is_refused_with_a_suggestion(field: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Fields(load(f"name: x\n{field}: 1\n"), known=("name", "size"))
    assert caught.value.message == f"x.yaml:2:1: {field}: unknown field"
    assert caught.value.hint == hint


@settings(max_examples=150)
@given(st.one_of(st.binary(max_size=60), st.text(alphabet="ab:-[]{}&*!%?|>'\"#,\n\t ~1", max_size=40).map(str.encode)))
def test_any_input_gives_a_mapping_or_an_expected_error(data: bytes) -> None:
    try:
        assert isinstance(load(data).value, dict)
    except ConfigError as error:
        said = error
    else:
        return
    assert said.message.startswith("x.yaml:")
    assert said.hint


@given(st.text(alphabet="ab1:-?[]{},'\"#|> \n\t&*!%", max_size=40))
def test_both_parsers_of_pyyaml_tell_the_same(text: str) -> None:
    """The one in C and the one in Python: where the first was not built, settings mean what they mean elsewhere."""
    if not yaml.__with_libyaml__:
        pytest.skip("PyYAML was built without its parser in C")
    outcomes = []
    for loader in (yaml.CLoader, yaml.Loader):
        try:
            outcomes.append(
                [(type(one).__name__, getattr(one, "value", "")) for one in yaml.parse(text, Loader=loader)]
            )
        except yaml.YAMLError:
            outcomes.append([])
    # Each refuses a little that the other reads.
    assert not all(outcomes) or outcomes[0] == outcomes[1]
