"""Files of scanners' settings in a tree are told, whoever they belong to."""

from __future__ import annotations

from pathlib import Path

import pytest

from secscan.targets.notices import scanner_settings
from tests.support.targets import folder_target


@pytest.mark.parametrize(
    ("path", "tool"),
    [
        ("trivy.yaml", "trivy"),
        (".trivyignore", "trivy"),
        ("deploy/.trivyignore.yaml", "trivy"),
        (".grype.yaml", "grype"),
        (".grype/config.yaml", "grype"),
        (".syft.yaml", "syft"),
        ("app/.syft/config.yaml", "syft"),
        ("grype.md", ""),
        ("syft/main.go", ""),
    ],
)
def test_whose_settings_a_file_holds(tmp_path: Path, path: str, tool: str) -> None:
    notices = list(scanner_settings(tmp_path, folder_target(tmp_path, {path: b"x"}).files))
    assert [(one.subject, tool in one.text) for one in notices] == ([(path, True)] if tool else [])
