"""The generated pages of the reference are what the program says."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer.main

from docs.generate import pages, tables
from docs.generate.__main__ import main
from docs.generate.commands import inside
from secscan.cli.app import build
from secscan.findings.defects import DEFECTS


def test_the_pages_are_what_the_program_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert (main(["--check"]), capsys.readouterr().err) == (0, "")


def test_what_differs_is_named_and_then_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pages, "REFERENCE", tmp_path)
    monkeypatch.setattr("docs.generate.__main__.REFERENCE", tmp_path)
    (tmp_path / "commands").mkdir()
    assert main([]) == 0
    assert main(["--check"]) == 0
    (tmp_path / "exit-codes.md").write_text("# by hand\n", encoding="utf-8")
    (tmp_path / "commands" / "gone.md").write_text(f"# secscan gone\n\n{pages.MARK}\n", encoding="utf-8")
    (tmp_path / "by-hand.md").write_text("# not ours\n", encoding="utf-8")
    assert pages.stale() == ["commands/gone.md", "exit-codes.md"]
    assert main(["--check"]) == 1
    assert "exit-codes.md is not what the program says" in capsys.readouterr().err
    assert main([]) == 0
    assert pages.stale() == []
    assert {path.name for path in tmp_path.glob("*.md")} >= {"by-hand.md", "exit-codes.md"}


def test_every_command_option_class_and_rule_has_its_place() -> None:
    found = pages.generated()
    program = typer.main.get_command(build())
    for name, command in inside(program):
        for _, one in inside(command) if hasattr(command, "commands") else [("", command)]:
            for option in one.params:
                assert all(f"`{flag}`" in found[f"commands/{name}.md"] for flag in option.opts if flag[0] == "-")
    assert all(f"| `{name}` |" in found["defects.md"] for name in DEFECTS)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a [b] <c> *d*", r"a \[b\] \<c\> \*d\*"),
        ("as `a[*]` says", "as `a[*]` says"),
        ("see https://a.example/b_c.", "see <https://a.example/b_c>."),
    ],
)
def test_text_of_the_program_is_no_markup(text: str, shown: str) -> None:
    assert tables.prose(text) == shown


def test_a_cell_cannot_end_early() -> None:
    assert tables.table(("a",), [("b|c\nd",)]).splitlines()[-1] == r"| b\|c d |"
