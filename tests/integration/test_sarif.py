"""SARIF, judged by a program of others: Microsoft's multitool, which also knows the hash of lines by itself."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secscan.findings.line_hash import line_hashes
from secscan.findings.scan import Scan
from secscan.reports.contract import load_format
from tests.support.node import multitool
from tests.support.sarif import IN_LAYER, complaints, everything, from_repository, many, of_image
from tests.support.scans import clean, ordinary, run, scan_of

SAMPLES: dict[str, Callable[[], Scan]] = {
    "everything": everything,
    "empty": lambda: from_repository(clean()),
    "incomplete": lambda: from_repository(ordinary()),
    "imported": lambda: from_repository(scan_of(scanners=(run("import:trivy.sarif"),))),
}


@pytest.mark.parametrize("name", ["sarif", "github"])
@pytest.mark.parametrize("sample", SAMPLES)
def test_there_is_nothing_to_complain_of(name: str, sample: str, tmp_path: Path) -> None:
    log = tmp_path / "log.sarif"
    log.write_bytes(load_format(name).render(SAMPLES[sample]()))
    assert complaints(log, tmp_path) == []


@pytest.mark.parametrize("name", ["sarif", "github"])
def test_of_an_image_it_only_misses_the_repository(name: str, tmp_path: Path) -> None:
    log = tmp_path / "log.sarif"
    log.write_bytes(load_format(name).render(of_image(IN_LAYER)))
    assert {one.split(" [")[0] for one in complaints(log, tmp_path)} == {"note SARIF2003"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sarif", "github"])
@pytest.mark.parametrize(("count", "changes"), [(2_000, {}), (20_000, {"trace": ()})])
def test_there_is_nothing_to_complain_of_in_a_large_one(
    name: str, count: int, changes: dict[str, Any], tmp_path: Path
) -> None:
    """The multitool takes some milliseconds for each result, more for one with a flow; so those are fewer."""
    log = tmp_path / "log.sarif"
    log.write_bytes(load_format(name).render(many(count, **changes)))
    assert complaints(log, tmp_path) == []


def test_a_fault_is_complained_of(tmp_path: Path) -> None:
    log = tmp_path / "log.sarif"
    faulty = json.loads(load_format("github").render(everything()))
    del faulty["runs"][1]["results"][0]["locations"][0]["physicalLocation"]["region"]
    log.write_text(json.dumps(faulty))
    assert any(one.startswith("error GH1003") for one in complaints(log, tmp_path))


FILES = {
    "crlf": "a = 1\r\nb = 2\r\n\r\nc\r\n",
    "cr": "a\rb\r\rc = 4\r",
    "mixed": "a\r \nb\n\rc\r\r\nd",
    "emoji": 'x = "\U0001f600\U0001f600"\nä = 1\n\U0001f600\n' + "\U0001f600" * 60,
    "equal": "import a\nx\n" * 60,
    "blank": "\n\n\n  \n\t\n\nx\n\n",
    "long": f"y = {'abcdef ' * 500}\nz\n{'q' * 99}\n{'q' * 100}\n{'q' * 101}",
    "tabs": "\tif x:\n\t\t y ( )\n",
    "no-end": "last",
}


def test_the_hash_of_each_line_is_what_others_compute(tmp_path: Path) -> None:
    expected: dict[tuple[str, int], str] = {}
    results = []
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text.encode())
        for line, known in line_hashes(text, range(1, 1000)).items():
            expected[name, line] = known
            place = {"artifactLocation": {"uri": (tmp_path / name).as_uri()}, "region": {"startLine": line}}
            results.append({"message": {"text": "."}, "ruleId": "R1", "locations": [{"physicalLocation": place}]})
    run = {"tool": {"driver": {"name": "x"}}, "results": results}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    (tmp_path / "in.sarif").write_text(json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}))
    subprocess.run(
        [
            *(multitool(), "rewrite", tmp_path / "in.sarif", "-o", tmp_path / "out.sarif"),
            *("--insert", "RollingHashPartialFingerprints", "--log", "ForceOverwrite"),
        ],
        check=True,
        capture_output=True,
    )
    (rewritten,) = json.loads((tmp_path / "out.sarif").read_text(encoding="utf-8-sig"))["runs"]
    computed = {}
    for one in rewritten["results"]:
        place = one["locations"][0]["physicalLocation"]
        name = place["artifactLocation"]["uri"].rpartition("/")[2]
        computed[name, place["region"]["startLine"]] = one["partialFingerprints"]["primaryLocationLineHash"]
    assert len(expected) > 150
    assert computed == expected
