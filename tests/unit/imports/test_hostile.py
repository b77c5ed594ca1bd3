"""Whatever a document holds, it is read, or refused as a whole with the one expected error."""

from __future__ import annotations

import contextlib
import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secscan.errors import ImportedResultsError
from secscan.findings.model import IMPORTED, TargetInfo
from secscan.findings.scan import dumps
from secscan.imports.places import Places
from secscan.imports.reading import read_document, read_imports
from secscan.scanners.enrich import enrich
from secscan.secrets.scrub import scrub_findings
from tests.support.scans import ordinary
from tests.support.targets import FolderTarget
from tests.unit.imports.samples import RECORDED, findings, result, sarif, tree
from tests.unit.imports.test_formats import GITLAB, VULNERABILITY, bom

PLACES = Places(
    FolderTarget(Path("/nowhere"), TargetInfo(kind="tree", name="x", digest="0" * 64, files=0, bytes=0), ())
)
DOJO = {"findings": [{"title": "a", "severity": "High", "description": "b", "cwe": 1, "line": 3, "tags": ["x"]}]}
SAMPLES: list[dict[str, Any]] = [
    *(json.loads((RECORDED / f"{name}.sarif").read_text()) for name in ("bandit", "semgrep", "kingfisher")),
    bom(VULNERABILITY),
    GITLAB,
    DOJO,
    json.loads(dumps(ordinary())),
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(), max_size=20),
    st.sampled_from(
        ["../../etc/passwd", "file:///etc/passwd", "\ud800", "a\0b", "{0}{1}", "%", "pkg:pypi/%20", "pkg:"]
    ),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)


def slots(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document, as what holds it and the key there."""
    here = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    return [(value, key) for key, _ in here] + [slot for _, inner in here for slot in slots(inner)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sample=st.sampled_from(SAMPLES), data=st.data())
def test_a_damaged_document_is_read_or_refused(sample: dict[str, Any], data: st.DataObject) -> None:
    document = copy.deepcopy(sample)
    for _ in range(data.draw(st.integers(1, 3))):
        places = slots(document)
        holder, key = places[data.draw(st.integers(0, len(places) - 1))]
        holder[key] = data.draw(ODD)
    with contextlib.suppress(ImportedResultsError):
        for said in read_document(json.dumps(document).encode("utf-8", "surrogatepass"), PLACES, "x.json"):
            check(said)


def check(said: Any) -> None:
    assert said.scanner.startswith(IMPORTED)
    for finding in said.findings:
        assert finding.location.path == "." or ".." not in finding.location.path.split("/")
        assert not finding.location.path.startswith("/")
        assert not finding.markers
        assert all(source.scanner.startswith(IMPORTED) and not source.note for source in finding.sources)
        region = finding.location.region
        assert region is None or (region.start_line > 0 and region.last_line >= region.start_line)
        finding.title.encode()
        finding.message.encode()
    list(said.all_gaps())


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ImportedResultsError):
        read_document(data, PLACES, "x.json")


def test_only_regular_files_that_are_named_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tree(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link.sarif").symlink_to(RECORDED / "bandit.sarif")
    for name in ("fifo", "link.sarif", "gone.sarif", "shop"):
        with pytest.raises(ImportedResultsError, match="cannot import"):
            read_imports([tmp_path / name], target)
    monkeypatch.setattr("secscan.imports.reading.MAX_BYTES", 10)
    with pytest.raises(ImportedResultsError, match="larger than 10 bytes"):
        read_imports([RECORDED / "bandit.sarif"], target)


def test_files_of_one_tool_are_one_run(tmp_path: Path) -> None:
    (outcome,) = read_imports([RECORDED / "bandit.sarif", RECORDED / "bandit.sarif"], tree(tmp_path))
    assert (outcome.run.scanner, outcome.run.version, outcome.run.control) == ("import:bandit", "1.9.4", False)
    assert len(outcome.findings) == 10
    assert outcome.packages == frozenset()


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    (outcome,) = read_imports([RECORDED / "gitleaks.sarif"], tree(tmp_path, kind="diff"))
    assert not outcome.findings
    assert "1 imported results are about files that this scan leaves out" in outcome.notices[0].text


@pytest.mark.parametrize("line", [1, 2, 16, 10_000, 50_000_000])
@pytest.mark.parametrize("column", [0, 1, 500, 50_000_000])
def test_regions_that_the_file_does_not_have_are_read_and_scrubbed(tmp_path: Path, line: int, column: int) -> None:
    target = tree(tmp_path)
    region = {"startLine": line, "startColumn": column, "endLine": line + 3, "endColumn": column + 9}
    one = result(properties={"tags": ["secret"]})
    one["locations"][0]["physicalLocation"]["region"] = region
    found = enrich(findings(sarif(one), target), target)
    assert scrub_findings(found, target.read)[0].location.path == "src/app.py"


def test_what_is_no_version_is_no_fix(tmp_path: Path) -> None:
    dojo = {**DOJO["findings"][0], "component_name": "flask", "fix_version": "1.0\nevil==1"}
    (found,) = findings({"findings": [dojo]}, tree(tmp_path))
    assert found.package is not None
    assert found.package.fixed_versions == ()


def test_a_saved_scan_with_impossible_regions_and_places(tmp_path: Path) -> None:
    data = dumps(ordinary()).replace(b'"start_line":12', b'"start_line":-7').replace(b"shop/views.py", b"../../x")
    target = tree(tmp_path)
    found = enrich(findings(data, target), target)
    assert [one.location.region for one in found if one.defect == "sql-injection"] == [None]
    assert all(step.path == "shop/catalog.py" for one in found for step in one.trace)
