"""Exit codes are documentation."""

from pathlib import Path

from secscan.errors import ExitCode


def test_the_readme_has_the_table_of_exit_codes(project: Path) -> None:
    readme = (project / "README.md").read_text(encoding="utf-8")
    for code in ExitCode:
        assert f"| {code.value} | {code.name.lower()}" in readme
