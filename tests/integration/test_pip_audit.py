"""The pip-audit adapter with the real pip-audit, and with an advisory service that lies."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from secscan.advisories import service
from secscan.advisories.service import serve
from secscan.findings.levels import GapKind, RunStatus, Severity
from secscan.process import Limits
from secscan.scanners.contract import Setup
from secscan.scanners.registry import all_scanners
from secscan.scanners.runner import Outcome, run_scanners
from tests.support.lying_service import CVE, LIES, lying
from tests.support.osv_records import index_of, osv
from tests.support.targets import folder_target


@pytest.fixture
def index(tmp_path: Path) -> Path:
    same = osv("GHSA-aaaa-bbbb-cccc", aliases=["CVE-2026-1"])
    return index_of(tmp_path / "index.sqlite", CVE, same, osv("PYSEC-2", package="jinja2"))


@pytest.fixture
def audit(tmp_path: Path, index: Path) -> Callable[..., Outcome]:
    def run(
        files: dict[str, str] | str,
        *,
        seconds: float = 60,
        advisories: Path | None = index,
        online: str | None = None,
    ) -> Outcome:
        given = {"requirements.txt": files} if isinstance(files, str) else files
        target = folder_target(tmp_path / "project", given)
        setup = Setup(
            target=target,
            advisories=advisories,
            online=online,
            limits=Limits(seconds=seconds),
            place=target.root.joinpath,
        )
        (outcome,) = run_scanners({"pip-audit": all_scanners()["pip-audit"]}, setup)
        return outcome

    return run


def kinds(outcome: Outcome) -> set[GapKind]:
    return {gap.kind for gap in outcome.gaps}


def test_a_vulnerable_pin_is_found_once_with_what_is_known_of_it(audit) -> None:
    outcome = audit("# head\nFlask==1.0\n")
    assert (outcome.run.status, outcome.run.control) == (RunStatus.COMPLETED, True)
    (finding,) = outcome.findings
    assert finding.package is not None
    assert finding.package.fixed_versions == ("2.0",)
    assert {"CVE-2026-1", "GHSA-aaaa-bbbb-cccc", "PYSEC-1"} <= set(finding.identifiers)
    assert finding.severity is Severity.CRITICAL
    assert finding.place == "requirements.txt:2"
    assert "https://example.com/advisory" in finding.references


def test_a_clean_pin_is_clean_because_the_control_was_found(audit) -> None:
    outcome = audit("flask==2.0\njinja2==3.1\n")
    assert (outcome.run.status, outcome.run.control) == (RunStatus.COMPLETED, True)
    assert (outcome.run.selected, outcome.run.looked_at) == (2, 2)
    assert not outcome.findings
    assert not outcome.gaps


def test_two_versions_of_one_package_are_both_asked_about(audit) -> None:
    outcome = audit({"requirements.txt": "flask==1.0\n", "b/requirements.txt": "flask==1.5\n"})
    assert sorted(one.package.version for one in outcome.findings) == ["1.0", "1.5"]
    assert outcome.run.looked_at == 2


def test_what_names_no_version_is_a_gap_and_nothing_of_it_runs(audit, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    outcome = audit(
        {
            "requirements.txt": "-e .\nx @ file:///tmp/x.zip\nflask>=1\n-r ../outside.txt\njinja2==1.0\n",
            "setup.py": f"open({str(canary)!r}, 'w').write('ran')\n",
            "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "setup"\nbackend-path = ["."]\n',
        }
    )
    assert not canary.exists()
    assert {GapKind.UNSUPPORTED_REQUIREMENT, GapKind.VERSION_RANGE, GapKind.UNSUPPORTED_MANIFEST} == kinds(outcome)
    assert [one.package.name for one in outcome.findings] == ["jinja2"]


def test_settings_of_the_user_and_of_the_project_do_not_leak_in(audit, monkeypatch, tmp_path: Path) -> None:
    for name in (
        "PIP_INDEX_URL",
        "PIP_AUDIT_VULNERABILITY_SERVICE",
        "PIP_AUDIT_OSV_URL",
        "PIP_AUDIT_CACHE_DIR",
        "PIP_AUDIT_OUTPUT",
        "PIP_AUDIT_IGNORE_VULNS",
        "HTTPS_PROXY",
        "HTTP_PROXY",
    ):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    for name in ("NETRC", "PIP_CONFIG_FILE", "PYTHONPATH", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, str(tmp_path / "project"))
    outcome = audit(
        {
            "requirements.txt": "flask==1.0\n",
            "pip.conf": "[global]\nindex-url = http://127.0.0.1:1/\n",
            "sitecustomize.py": "raise SystemExit(0)\n",
            "pip_audit.py": "raise SystemExit(0)\n",
        }
    )
    assert outcome.run.status is RunStatus.COMPLETED
    assert len(outcome.findings) == 1


def test_the_home_of_the_user_does_not_leak_in(audit, monkeypatch, tmp_path: Path) -> None:
    """A `.netrc` would send its password along with every question, a `pip.conf` would choose who is asked."""
    home = tmp_path / "home"
    (home / ".config" / "pip").mkdir(parents=True)
    (home / ".netrc").write_text("default login someone password hunter2\n")
    (home / ".netrc").chmod(0o600)
    for place in (home / ".config" / "pip" / "pip.conf", home / "pip.conf"):
        place.write_text("[global]\nindex-url = http://127.0.0.1:1/\nproxy = http://127.0.0.1:1/\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(home / "pip.conf"))
    asked: list[dict[str, str]] = []
    monkeypatch.setattr(service, "serve", functools.partial(lying, (200, b'{"vulns": []}', ""), asked=asked))
    audit("flask==1.0\n")
    assert len(asked) == 2
    assert not [headers for headers in asked if "Authorization" in headers or "Cookie" in headers]


def test_nothing_is_read_outside_of_the_project(audit, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("jinja2==1.0\n")
    outcome = audit(f"-r ../outside.txt\n--pre -r {tmp_path / 'outside.txt'}\n-c ../outside.txt\nflask==1.0\n")
    assert [one.package.name for one in outcome.findings] == ["flask"]
    assert [gap.kind for gap in outcome.gaps] == [GapKind.UNSUPPORTED_REQUIREMENT] * 3


def test_a_lock_file_cannot_write_lines_for_pip_audit(audit, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("jinja2==1.0\n")
    lock = f"""
        [[package]]
        name = "click"
        version = "1.0\\n-r {tmp_path / "outside.txt"}\\n"
        [[package]]
        name = "flask"
        version = "1.0"
    """
    outcome = audit({"uv.lock": lock})
    assert outcome.run.status is RunStatus.COMPLETED
    assert [one.package.name for one in outcome.findings] == ["flask"]
    assert kinds(outcome) == {GapKind.NOT_ASSESSED}


@pytest.mark.parametrize(
    "version", ["1.0.0.0.0.0", "1!1.0", "1.0+local", "0", "v1.0", "1.0-RC.1", "9" * 4_000, "2004d", "1.0.dev0", "1.0;x"]
)
@pytest.mark.parametrize("operator", ["==", "==="])
def test_a_strange_version_is_assessed_or_a_gap_and_costs_no_other(audit, operator: str, version: str) -> None:
    outcome = audit(f"flask{operator}{version}\njinja2===1.0\n")
    assert outcome.run.status is RunStatus.COMPLETED
    assert outcome.run.looked_at + len({gap.subject for gap in outcome.gaps}) == 2
    assert "jinja2" in {one.package.name for one in outcome.findings}


def test_without_an_index_every_package_is_a_gap(audit) -> None:
    outcome = audit("flask==1.0\n", advisories=None)
    assert kinds(outcome) == {GapKind.NO_INDEX}
    assert not outcome.findings


def test_a_package_that_a_closed_index_does_not_know_is_a_gap(audit, tmp_path: Path) -> None:
    closed = index_of(tmp_path / "closed.sqlite", CVE, closed={"PyPI": frozenset({"flask"})})
    outcome = audit("flask==1.0\ndjango==5.0\n", advisories=closed)
    assert [(gap.kind, "django" in gap.subject) for gap in outcome.gaps] == [(GapKind.UNKNOWN_PACKAGE, True)]
    assert len(outcome.findings) == 1


def test_what_was_answered_before_is_not_remembered(audit, tmp_path: Path) -> None:
    """pip-audit's cache would answer for the service, for days, after the truth has changed."""
    index_of(tmp_path / "index.sqlite", osv("PYSEC-2", package="jinja2"))
    assert not audit("flask==1.0\n").findings
    index_of(tmp_path / "index.sqlite", CVE)
    assert len(audit("flask==1.0\n").findings) == 1


def test_a_record_that_would_end_pip_audit_costs_no_other(audit, tmp_path: Path) -> None:
    """Real records name fixes that PEP 440 does not know (`0.2.0-n653`), and entries without a package."""
    odd = osv("PYSEC-9", package="jinja2", schema_version="new", published="soon")
    odd["affected"][0]["ranges"][0]["events"] = [{"introduced": "0"}, {"fixed": "0.2.0-n653"}]
    odd["affected"].append({"versions": ["1.0"]})
    outcome = audit("jinja2==1.0\nflask==1.0\n", advisories=index_of(tmp_path / "odd.sqlite", CVE, odd))
    assert outcome.run.status is RunStatus.COMPLETED
    assert sorted(one.package.name for one in outcome.findings) == ["flask", "jinja2"]


def test_what_only_pip_audit_reports_is_said(audit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It asks an index in which an advisory affects more than by the one that the plan was made with."""
    more = index_of(tmp_path / "more.sqlite", CVE, osv("PYSEC-7", package="jinja2"))
    real = service.serve
    monkeypatch.setattr(service, "serve", lambda index: real(more))
    index_of(tmp_path / "index.sqlite", CVE)
    outcome = audit("flask==1.0\njinja2==1.0\n")
    assert [(one.topic, one.subject) for one in outcome.notices] == [("disagreement", "PyPI:jinja2@1.0")]
    assert "PYSEC-7" in outcome.notices[0].text
    assert sorted(one.package.name for one in outcome.findings) == ["flask", "jinja2"]


# --- A service that lies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lie", LIES)
def test_a_service_that_lies_never_makes_it_clean(audit, monkeypatch: pytest.MonkeyPatch, lie: str) -> None:
    """pip-audit takes several of these for "no vulnerability known"; the control and our own index tell."""
    monkeypatch.setattr(service, "serve", functools.partial(lying, LIES[lie]))
    outcome = audit("flask==1.0\n", seconds=6 if lie == "hangs" else 60)
    assert outcome.run.status is RunStatus.FAILED or GapKind.NOT_ASSESSED in kinds(outcome)
    assert outcome.run.reason or outcome.gaps


def test_a_service_that_is_not_there_never_makes_it_clean(audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "serve", lambda index: contextlib.nullcontext("http://127.0.0.1:9"))
    assert audit("flask==2.0\n").run.status is RunStatus.FAILED


# --- A service that the caller wants to be asked ---------------------------------------------------------------------


@pytest.fixture
def public(tmp_path: Path) -> Iterator[str]:
    """What a public service knows: the package that has been vulnerable for years, and more than our index."""
    old = osv("PYSEC-OLD", package="pycrypto")
    old["affected"][0]["ranges"][0]["events"] = [{"introduced": "0"}]
    with serve(index_of(tmp_path / "public.sqlite", old, CVE, osv("PYSEC-7", package="jinja2"))) as url:
        yield url


def test_a_service_of_others_is_asked_about_every_package(audit, public: str) -> None:
    outcome = audit("flask==1.0\njinja2==1.0\nattrs==1.0\n", online=public)
    assert (outcome.run.status, outcome.run.control) == (RunStatus.COMPLETED, True)
    assert sorted(one.package.name for one in outcome.findings) == ["flask", "jinja2"]
    # Where the two disagree, it is said: the index has another record for it.
    assert [(one.topic, one.subject) for one in outcome.notices] == [("disagreement", "PyPI:jinja2@1.0")]
    assert {one.kind for one in outcome.gaps} <= {GapKind.NOT_ASSESSED}
    alone = audit("flask==1.0\n", online=public, advisories=None)
    assert (alone.run.status, [one.package.name for one in alone.findings]) == (RunStatus.COMPLETED, ["flask"])


def test_where_the_known_package_is_a_pin_another_is_the_control(audit, tmp_path: Path) -> None:
    other = osv("PYSEC-F", package="feedparser")
    other["affected"][0]["ranges"][0]["events"] = [{"introduced": "0"}]
    with serve(index_of(tmp_path / "public.sqlite", other)) as url:
        outcome = audit("pycrypto==2.6.1\n", online=url)
    assert (outcome.run.status, outcome.run.control, outcome.findings) == (RunStatus.COMPLETED, True, ())


@pytest.mark.parametrize("lie", LIES)
def test_a_service_of_others_that_lies_never_makes_it_clean(audit, index: Path, lie: str) -> None:
    with lying(LIES[lie], index) as url:
        outcome = audit("flask==1.0\n", online=url, advisories=None, seconds=6 if lie == "hangs" else 60)
    assert outcome.run.status is RunStatus.FAILED or outcome.findings


def test_without_the_network_it_is_no_pass(audit) -> None:
    assert audit("flask==2.0\n", online="http://127.0.0.1:9").run.status is RunStatus.FAILED
