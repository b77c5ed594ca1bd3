"""Strict JSON: one way of reading it is fast, and takes nothing that the slow one would refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.scanners.contract import MalformedOutput
from secscan.scanners.toolkit import strict_json

TEXTS = st.text(st.sampled_from('a":\\,{}é\n'), max_size=5)
SPELLED = st.sampled_from([{}, {'\\"': "\\u0022"}, {":": "\\u003a", "\\u003a": "\\u003A"}, {"a": "\\u0061"}])
BLANKS = st.sampled_from(["", " ", "\n\t"])


@st.composite
def written(draw: st.DrawFn, depth: int = 2) -> tuple[str, bool]:
    """An object as somebody may write it, and whether a member of one in it stands there twice."""
    members, names, twice = [], [], False
    for _ in range(draw(st.integers(0, 3))):
        name = draw(TEXTS)
        inner, again = draw(written(depth - 1)) if depth and draw(st.booleans()) else (_spelled(draw), False)
        between = draw(BLANKS)
        members.append(f"{_spelled(draw, name)}{between}:{between}{inner}")
        names.append(name)
        twice |= again
    return "{" + f"{draw(BLANKS)},".join(members) + "}", twice or len(set(names)) != len(names)


def _spelled(draw: st.DrawFn, text: str | None = None) -> str:
    value: Any = draw(TEXTS | st.floats(allow_nan=False, allow_infinity=False)) if text is None else text
    made = json.dumps(value, ensure_ascii=draw(st.booleans()))
    for plain, other in draw(SPELLED).items() if isinstance(value, str) else ():
        made = made.replace(plain, other) if "\\\\" not in made else made
    return made


@given(written())
def test_a_member_that_stands_there_twice_is_refused_however_it_is_written(document: tuple[str, bool]) -> None:
    text, twice = document
    if twice:
        with pytest.raises(MalformedOutput, match="a member twice"):
            strict_json(text.encode(), tool="it")
    else:
        assert strict_json(text.encode(), tool="it") == json.loads(text)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}{}", '{"a": NaN}', '{"a": 1', '{"a": ' * 100_000, '{"\\ud800": 1, "a": }']
)
def test_what_is_no_whole_object_is_refused(text: str) -> None:
    with pytest.raises(MalformedOutput):
        strict_json(text.encode(), tool="it")
