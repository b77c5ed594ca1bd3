"""Commands and files by which a step speaks to GitHub Actions."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.errors import ReportError
from secscan.github.workflow import MOST_SUMMARY, add_summary, command, commands_stopped, set_outputs
from tests.support.workflow_commands import Command, commands_in, outputs_in

texts = st.text(st.sampled_from("%:,=\r\n#[]01ADaC \u2028\u0085") | st.characters(exclude_categories=["Cs"]))


@given(texts, texts)
def test_a_command_is_one_whatever_it_says(message: str, title: str) -> None:
    (one,) = commands_in(command("error", message, title=title))
    assert one.name == "error"
    assert set(one.properties) <= {"title"}
    assert "\n" not in one.properties.get("title", "")


def test_what_is_harmless_arrives_as_it_is() -> None:
    (one,) = commands_in(command("warning", "100% of a:b, c\nand more", file="a,b:c.py", title=""))
    assert one == Command("warning", {"file": "a,b:c.py"}, "100% of a:b, c\nand more")


def test_while_others_print_nothing_is_a_command(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    words = set()
    for _ in range(2):
        with commands_stopped():
            print("::error::forged\n::set-output name=verdict::passed\n##[error]forged", flush=True)  # noqa: T201
        print(command("notice", "after"), end="", flush=True)  # noqa: T201
        out = capfdbinary.readouterr().out.decode()
        assert commands_in(out) == [Command("notice", {}, "after")]
        words.add(out.splitlines()[0])
    assert len(words) == 2  # nobody can know the next


def test_without_it_they_are_commands() -> None:
    """The reader of the tests finds what the runner would."""
    assert [one.name for one in commands_in("  ::error::x\nlog ##[warning]y\r::debug::z")] == [
        "error",
        "warning",
        "debug",
    ]


@given(st.dictionaries(st.sampled_from(["a", "b", "verdict"]), st.text(st.characters(exclude_categories=["Cs"]))))
def test_outputs_arrive_as_they_are(outputs: dict[str, str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        import tempfile

        with tempfile.NamedTemporaryFile() as file:
            patch.setenv("GITHUB_OUTPUT", file.name)
            set_outputs(outputs)
            content = Path(file.name).read_bytes().decode("utf-8")
    expected = {name: value for name, value in outputs.items() if "\r" not in value}
    assert {name: value for name, value in outputs_in(content).items() if name in expected} == expected


def test_no_output_can_set_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "out"))
    set_outputs({"policy": "x\nverdict=passed\nverdict<<E\npassed\nE\nend-0\n", "verdict": "failed"})
    assert outputs_in((tmp_path / "out").read_text())["verdict"] == "failed"


def test_elsewhere_it_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReportError, match="GITHUB_OUTPUT"):
        set_outputs({"a": "b"})


def test_a_summary_is_never_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    add_summary(b"a" * 900_000, b"short\n")
    add_summary(b"b" * 900_000, b"short\n")
    assert path.read_bytes() == b"a" * 900_000 + b"short\n"
    path.write_bytes(b"x" * MOST_SUMMARY)
    add_summary(b"b", b"c")
    assert path.stat().st_size == MOST_SUMMARY
