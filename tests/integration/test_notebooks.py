"""Notebooks as bandit, semgrep and the detector of secrets see them: in code, in outputs, from the cache."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from secscan.findings.levels import GapKind
from secscan.findings.scan import Scan, dumps
from secscan.reports.contract import load_format
from tests.support.caching import cache_in, kept, lasting, named, scanned
from tests.support.secret_samples import Maker
from tests.unit.targets.test_notebook import cell, notebook

SCANNERS = named("bandit", "semgrep", "secrets")
TOKEN = Maker(7).checked("ghp_")
STARTS = ["%matplotlib inline\n", "import os\n", "!pip install x\n", "%time os.system(input())  # été\n"]


def write(folder: Path, *cells: dict[str, Any], indent: int | None = 1, name: str = "a.ipynb", **more: Any) -> Path:
    folder.mkdir(exist_ok=True)
    place = folder / name
    place.write_text(json.dumps(notebook(*cells, **more), indent=indent, ensure_ascii=False), encoding="utf-8")
    return place


def shells(scan: Scan) -> Any:
    (found,) = [one for one in scan.findings if one.defect == "command-injection"]
    return found


@pytest.mark.parametrize("indent", [1, None])
def test_a_finding_stands_in_the_line_of_the_file_and_names_the_cell(tmp_path: Path, indent: int | None) -> None:
    place = write(tmp_path / "t", cell("# é", "markdown"), cell("x = 1"), cell(STARTS), indent=indent)
    found = shells(scanned(tmp_path / "t", SCANNERS))
    assert {source.scanner for source in found.sources} == {"bandit", "semgrep"}
    region = found.location.region
    line = place.read_text(encoding="utf-8").split("\n")[region.start_line - 1]
    assert line[region.start_column - 1 : region.end_column - 1] == "input()"
    assert found.message.endswith("(cell 3, line 4)")
    assert found.location.snippet == "%time os.system(input())  # été"
    results = json.loads(load_format("sarif").render(scanned(tmp_path / "t", SCANNERS)))["runs"][0]["results"]
    assert region.start_line in {one["locations"][0]["physicalLocation"]["region"]["startLine"] for one in results}


def test_outputs_and_other_cells_do_not_change_a_fingerprint(tmp_path: Path) -> None:
    write(tmp_path / "a", cell(STARTS))
    write(
        tmp_path / "b",
        cell("y = 2"),
        cell(STARTS, outputs=[{"text": ["%time os.system(input())\n"] * 9}], execution_count=7),
    )
    one, other = (shells(scanned(tmp_path / name, SCANNERS)) for name in "ab")
    assert one.fingerprint == other.fingerprint
    assert one.location.region != other.location.region


def test_a_secret_is_one_finding_whoever_sees_it_and_is_written_nowhere(tmp_path: Path) -> None:
    secret = 'hunter2"é\\Tr0ub4dor'
    write(
        tmp_path / "t",
        cell(["import os\n", f"password = {secret!r}\n"]),
        cell("x", outputs=[{"text": f"token={TOKEN}"}]),
    )
    with cache_in(tmp_path / "cache") as cache:
        scan = scanned(tmp_path / "t", SCANNERS, cache)
    (password,) = [one for one in scan.findings if "cell 1, line 2" in one.message]
    assert {source.scanner for source in password.sources} >= {"bandit", "secrets"}
    assert [one.title for one in scan.findings if "cell" not in one.message] == ["GitHub token"]
    written = dumps(scan) + b"".join(load_format(name).render(scan) for name in ("sarif", "html", "terminal"))
    written += b"".join(one.read_bytes() for one in (tmp_path / "cache").iterdir())
    for part in ("hunter2", "Tr0ub4dor", TOKEN):
        assert part.encode() not in written


def test_what_is_known_from_the_cache_is_the_same(tmp_path: Path) -> None:
    tree = tmp_path / "t"
    write(tree, cell(STARTS), cell("def broken(:\n"), cell(["password = 'Tr0ub4dor-horse'  # nosec\n"]))
    without = lasting(scanned(tree, SCANNERS))
    with cache_in(tmp_path / "cache") as cache:
        assert lasting(scanned(tree, SCANNERS, cache)) == without
        again = scanned(tree, SCANNERS, cache)
    assert lasting(again) == without
    assert (kept(again)["bandit"], kept(again)["semgrep"]) == (1, 1)


def test_what_is_no_notebook_or_no_python_is_a_gap_of_each(tmp_path: Path) -> None:
    tree = tmp_path / "t"
    write(tree, cell("def broken(:\n"), cell("eval(input())"))
    write(tree, cell("x <- 1"), name="r.ipynb", metadata={"kernelspec": {"name": "ir", "language": "R"}})
    (tree / "half.ipynb").write_text('{"cells": [')
    scan = scanned(tree, SCANNERS)
    assert sorted((gap.scanner, gap.subject, gap.kind) for gap in scan.gaps) == [
        (scanner, path, GapKind.UNPARSABLE) for scanner in ("bandit", "semgrep") for path in ("a.ipynb", "half.ipynb")
    ]
    assert any(one.defect == "code-injection" for one in scan.findings)
    ways = {file.path: scan.coverage[file.way] for file in scan.files}
    assert ways["a.ipynb"].partly == ("bandit", "semgrep")
    assert ways["half.ipynb"].missed == ("bandit", "semgrep")
    assert (ways["r.ipynb"].kind, ways["r.ipynb"].looked_at) == ("other-notebook", ("secrets",))
