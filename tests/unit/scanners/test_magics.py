"""What IPython alone understands is neutral, what runs as Python stays, and nothing moves."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.scanners.magics import NotPythonError, as_python


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("x = 1\n", "x = 1\n"),
        ("%matplotlib inline\nf()\n", "0\nf()\n"),
        ("!pip install a \\\n  b\nf()\n", "0\n\nf()\n"),
        ("if x:\n    !ls 'it\n    f()\n", "if x:\n    0\n    f()\n"),
        ("files = !ls\nfiles = %sql SELECT 1\na, *b = !ls\n", "files = 0\nfiles = 0\na, *b = 0\n"),
        ("f?\n?f\nf.g??\n%time?\nf()", "0\n0\n0\n0\nf()"),
        ("%timeit -n 10 -r3 f(x)\n", "0;                f(x)\n"),
        ("%time for x\n", "0\n"),
        ("%%time\nf()\n", "\nf()\n"),
        ("%%capture out\n!ls\nf()\n", "\n0\nf()\n"),
        ("%%time f()\ng()\n", "0;     f()\ng()\n"),
        ("\n%%bash\nfor f in *; do rm $f; done\n", "\n\n\n"),
        ("%%writefile a.py\nf()\n", "\nf()\n"),
        # Not at the beginning of a statement they are Python's own.
        (
            "s = '''\n%s\n!ls\n'''\nx = (a\n     % b)\ny = a != b\n",
            "s = '''\n%s\n!ls\n'''\nx = (a\n     % b)\ny = a != b\n",
        ),
        ("s = f'''\n{x}\n!ls'''\n", "s = f'''\n{x}\n!ls'''\n"),
        ("x = a \\\n% b\n", "x = a \\\n% b\n"),
        ("await f()\nasync with g() as h: pass\n", "await f()\nasync with g() as h: pass\n"),
        ("", ""),
    ],
)
def test_a_cell_as_python(cell: str, python: str) -> None:
    made = as_python(cell)
    assert [line.rstrip() for line in made.split("\n")] == [line.rstrip() for line in python.split("\n")]
    assert len(made) == len(cell)


@pytest.mark.parametrize(
    "cell", ["def f(:\n", "%%time\ndef f(:\n", "x = 1\0\n", "print 'x'\n", "x = " + "-" * 200_000 + "1"]
)
def test_what_should_be_python_and_is_none(cell: str) -> None:
    with pytest.raises(NotPythonError):
        as_python(cell)


ODD = (
    *("%time f()", "!ls", "x = !ls", "x = 1", "if x:", "    y", "'''", "(", ")"),
    *("%%bash", "x?", "# !ls", "\\", "", "é\t%", "f'{"),
)


@given(
    st.lists(st.sampled_from(ODD), max_size=8).map("\n".join)
    | st.text(max_size=40).map(lambda text: text.replace("\r", ""))
)
def test_nothing_moves_and_what_comes_out_parses(cell: str) -> None:
    try:
        made = as_python(cell)
    except NotPythonError as error:
        made = error.made
    else:
        ast.parse(made)
    assert len(made) == len(cell)
    assert [at for at, char in enumerate(made) if char == "\n"] == [at for at, char in enumerate(cell) if char == "\n"]
