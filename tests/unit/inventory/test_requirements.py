"""Requirements files: every line becomes a package, a range, an include or a gap. None vanishes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.levels import GapKind
from secscan.inventory.requirements import read_requirements


def read(text: str | bytes, path: str = "requirements.txt"):
    return read_requirements(path, text.encode() if isinstance(text, str) else text)


@pytest.mark.parametrize(
    ("line", "name", "version"),
    [
        ("flask==2.0", "flask", "2.0"),
        ("Flask [async] == 2.0 ; python_version < '3.9'  # why", "Flask", "2.0"),
        ("flask===2.0", "flask", "2.0"),
        ("flask==2.0 --hash=sha256:aa --hash=sha256:bb", "flask", "2.0"),
        ("flask==2.0,>=1", "flask", "2.0"),
        ("flask==2.0+local", "flask", "2.0+local"),
    ],
)
def test_a_pin(line: str, name: str, version: str) -> None:
    (one,) = read(line).packages
    assert (one.name, one.version, one.line) == (name, version, 1)
    assert not read(line).gaps


@pytest.mark.parametrize("line", ["flask", "flask>=2", "flask==2.*", "flask~=2.0", "flask!=1", "flask==1,==2"])
def test_a_range(line: str) -> None:
    inventory = read(line)
    assert [one.name for one in inventory.ranges] == ["flask"]
    assert not inventory.packages


@pytest.mark.parametrize(
    "line",
    [
        "flask @ https://example.com/flask.zip",
        "https://example.com/flask.zip",
        "git+ssh://git@example.com/flask.git",
        "-e .",
        "--editable=git+https://example.com/x#egg=y",
        "./wheels/flask-1.0-py3-none-any.whl",
        "-r https://example.com/requirements.txt",
        "-r ../outside.txt",
        "-r /etc/passwd",
    ],
)
def test_what_names_no_released_version_is_a_gap(line: str) -> None:
    (gap,) = read(line).gaps
    assert (gap.kind, gap.line) == (GapKind.UNSUPPORTED_REQUIREMENT, 1)
    assert not read(line).includes


@pytest.mark.parametrize("line", ["???", "flask==", "--what-is-this", "flask 2.0", "(" * 5000])
def test_what_is_no_requirement_is_a_gap(line: str) -> None:
    assert [gap.kind for gap in read(line).gaps] == [GapKind.BROKEN_MANIFEST]


def test_a_file_that_pip_would_refuse_is_one_gap_and_its_pins_count() -> None:
    inventory = read("Constraints\n===========\n\nflask==1.0\nSee https://example.com for more.\n-r more.txt\n")
    assert [(gap.kind, gap.line) for gap in inventory.gaps] == [(GapKind.BROKEN_MANIFEST, 2)]
    assert "2 of its lines" in inventory.gaps[0].detail
    assert [one.name for one in inventory.packages] == ["flask"]
    assert inventory.includes == ("more.txt",)


@pytest.mark.parametrize(
    "line",
    [
        "--pre",
        "-i https://example.com/simple",
        "-ihttps://example.com/simple",
        "--index-url=https://example.com/simple --extra-index-url https://example.com/more --pre",
        "--no-binary :all:",
        "--find-links ./wheels",
        "--require-hashes",
    ],
)
def test_options_that_name_no_package_are_nothing(line: str) -> None:
    assert read(line) == read("")


@pytest.mark.parametrize("before", ["--pre", "-i https://example.com/simple", "--no-index --find-links=x"])
def test_an_option_in_front_hides_nothing(before: str) -> None:
    """pip reads every option of a line."""
    assert read(f"{before} -r base.txt").includes == ("base.txt",)
    assert [gap.kind for gap in read(f"{before} -e .").gaps] == [GapKind.UNSUPPORTED_REQUIREMENT]
    assert [gap.kind for gap in read(f"{before} flask==1.0").gaps] == [GapKind.BROKEN_MANIFEST]
    assert [gap.kind for gap in read(f"{before} --what").gaps] == [GapKind.BROKEN_MANIFEST]
    assert [gap.kind for gap in read("-i -r base.txt").gaps] == [GapKind.BROKEN_MANIFEST]


@pytest.mark.parametrize(
    "text",
    ["flask==1.0 \\", "\\\nflask==1.0", "flask \\\n == \\\n 1.0", "# note \\\nflask==1.0", "\\\n\nflask==1.0\n\\"],
)
def test_a_continuation_hides_nothing(text: str) -> None:
    inventory = read(text)
    assert [(one.name, one.version) for one in inventory.packages] == [("flask", "1.0")]
    assert not inventory.gaps


def test_a_comment_takes_what_it_is_continued_with_as_pip_does() -> None:
    assert [one.name for one in read("flask==1.0 # see \\\njinja2==1.0\nclick==6").packages] == ["flask", "click"]


def test_credentials_of_a_url_are_not_shown() -> None:
    (gap,) = read("https://user:hunter2@example.com/x.zip").gaps
    assert "hunter2" not in gap.subject + gap.detail


def test_includes_are_named_as_seen_from_the_root() -> None:
    assert read("-r base.txt\n-c ../constraints.txt", "app/requirements/dev.txt").includes == (
        "app/requirements/base.txt",
        "app/constraints.txt",
    )


def test_lines_are_joined_and_counted_from_the_first() -> None:
    inventory = read("# head\nflask==1.0 \\\n  --hash=sha256:aa\n\njinja2==2.0\n")
    assert [(one.name, one.line) for one in inventory.packages] == [("flask", 2), ("jinja2", 5)]


@pytest.mark.parametrize("data", ["flask==1.0\r\n".encode("utf-16"), b"\xef\xbb\xbfflask==1.0\n", b"flask==1.0"])
def test_encodings(data: bytes) -> None:
    assert [one.version for one in read(data).packages] == ["1.0"]


def test_other_bytes_are_a_gap() -> None:
    assert [gap.kind for gap in read(b"flask==1.0 # caf\xe9").gaps] == [GapKind.BROKEN_MANIFEST]


pieces = st.sampled_from(
    [
        "flask",
        "==",
        "2.0",
        " ",
        "\t",
        ";",
        "#",
        "-r",
        "-e",
        "--hash=sha256:a",
        "@",
        "://",
        "\\",
        "[x]",
        ">=",
        ",",
        "é",
        "\0",
    ]
)
lines = st.lists(pieces, max_size=8).map("".join) | st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\\\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
)


@given(lines.filter(lambda line: "\\" not in line))
def test_every_line_becomes_something(line: str) -> None:
    inventory = read(line)
    stands = line.split("#", 1)[0] if line.startswith("#") else line
    count = len(inventory.packages) + len(inventory.ranges) + len(inventory.gaps) + len(inventory.includes)
    bare = stands.strip()
    if not bare or bare.startswith(("#", "-", "\ufeff")) or " #" in line or "\t#" in line:
        assert count <= 1
    else:
        assert count == 1


@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    read(data)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("django==1.0,===1.0", "1.0"),
        ("django==1.0,==1", "1.0"),
        ("flask>=0.5,<=0.5", "0.5"),
        ("flask>=0.5,>=0.4,<=0.5.0,<=2,!=3", "0.5"),
        ("flask~=0.5,<=0.5", "0.5"),
    ],
)
def test_a_range_of_one_version_is_a_pin(text: str, version: str) -> None:
    found = read(text)
    assert ([one.version for one in found.packages], found.ranges) == ([version], ())


@pytest.mark.parametrize("text", ["x==1,==2", "x>=1,<=2", "x>=2,<=1", "x>=1", "x<=1", "x===a,===b", "x>1,<1"])
def test_a_range_of_more_or_no_versions_stays_a_range(text: str) -> None:
    found = read(text)
    assert (len(found.ranges), found.packages) == (1, ())
