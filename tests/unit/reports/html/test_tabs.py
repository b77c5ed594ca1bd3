"""What the tabs show."""

from __future__ import annotations

from datetime import date

import msgspec

from secscan.findings.levels import Kind, Severity
from secscan.findings.model import ImageInfo, Layer, Package
from secscan.findings.scan import AdvisoryState
from secscan.reports.html.banner import build_banner
from secscan.reports.html.coverage import build_coverage
from secscan.reports.html.dependencies import build_dependencies
from secscan.reports.html.tabs import TABS, build_tabs
from secscan.reports.html.waivers import build_waivers
from secscan.reports.html.words import day
from secscan.reports.present import Presentation
from secscan.resources import data_dir
from tests.support.scans import MARKED, PACKAGE, TAINTED, clean, compared, ordinary, scan_of


def names(scan) -> list[str]:
    return [one["id"] for one in build_tabs(Presentation(scan))]


def test_there_is_a_template_for_each_tab_and_none_beside() -> None:
    folder = data_dir("reports") / "html" / "tabs"
    assert {one.name for one in folder.iterdir()} == {f"{tab.id}.html.jinja" for tab in TABS}


def test_a_tab_is_there_where_it_has_something_to_say() -> None:
    assert names(clean()) == ["findings", "coverage", "compliance", "about"]
    assert names(compared()) == ["findings", "coverage", "waivers", "dependencies", "compliance", "about"]
    layer = Layer(index=0, digest="sha256:" + "a" * 64)
    target = msgspec.structs.replace(clean().target, kind="image", image=ImageInfo(layers=(layer,), packages=(3,)))
    assert "layers" in names(scan_of(target=target))


def test_waivers_say_how_long_they_still_count_as_of_the_judgement() -> None:
    tab = build_waivers(Presentation(compared()))
    assert [(one["id"], one["left"], one["counts"]) for one in tab["rows"]] == [
        ("old", "ended 31 days ago", False),
        ("flask", "5 days left", True),
        ("brought-along", "150 days left", False),
        ("nothing", "150 days left", False),
    ]
    assert [one["title"] for one in tab["rows"][0]["findings"]["rows"]] == ["SQL injection"]
    assert tab["fixed"]["count"] == 1


def test_one_version_clears_what_several_findings_need() -> None:
    def found(fingerprint: str, severity: Severity, *fixed: str) -> object:
        package = Package(purl="pkg:pypi/a@1", name="a", version="1", ecosystem="PyPI", fixed_versions=fixed)
        return msgspec.structs.replace(PACKAGE, package=package, fingerprint=fingerprint, severity=severity)

    licence = msgspec.structs.replace(found("eeee0005", Severity.HIGH), kind=Kind.LICENCE)
    tab = build_dependencies(
        Presentation(
            scan_of(
                found("eeee0001", Severity.LOW, "1.5"),
                found("eeee0002", Severity.CRITICAL, "2.0"),
                found("eeee0003", Severity.MEDIUM),
                licence,
            )
        )
    )
    (row,) = tab["rows"]
    assert (row["target"], row["clears"], row["unfixed"], row["worst"]) == ("2.0", 2, 1, "critical")
    assert build_dependencies(Presentation(scan_of(TAINTED, licence))) is None


def test_a_package_with_places_of_its_own_is_shown_in_each() -> None:
    place = msgspec.structs.replace(PACKAGE.location, path="other/requirements.txt")
    spread = msgspec.structs.replace(
        PACKAGE, places=(msgspec.structs.replace(PACKAGE, location=place, fingerprint="eeee0009"),)
    )
    tab = build_dependencies(Presentation(scan_of(spread)))
    assert {one["place"] for one in tab["rows"]} == {"requirements.txt:3", "other/requirements.txt:3"}


def test_a_day_is_read_as_every_saved_scan_may_write_it() -> None:
    assert day("2026-01-31T23:30:00-02:00") == day("20260201T013000Z") == date(2026, 2, 1)
    assert day("2026-02-05") == date(2026, 2, 5)
    assert day("") is day("soon") is None


def test_advisories_have_an_age_as_of_the_judgement() -> None:
    states = (
        AdvisoryState(name="PyPI", records=14, as_of="2026-01-21T00:00:00Z"),
        AdvisoryState(name="npm", records=0),
        AdvisoryState(name="odd", records=0, as_of="no-time"),
    )
    tab = build_coverage(Presentation(scan_of(advisories=states)))
    assert [one["age"] for one in tab["advisories"]] == ["10 days", "", ""]


def test_coverage_counts_findings_by_scanner_and_failed_scanners_as_not_looked_at() -> None:
    tab = build_coverage(Presentation(ordinary()))
    assert {one["name"]: one["found"] for one in tab["scanners"]} == {"bandit": 3, "pip-audit": 2, "semgrep": 1}
    assert (tab["count"], tab["gap_count"]) == (3, 2)


def test_the_banner_counts_what_each_rule_blocks() -> None:
    banner = build_banner(Presentation(ordinary()))
    assert [(one["rule"], one["count"]) for one in banner["rules"]["rows"]] == [
        ("serious", 2),
        ("vulnerable-and-fixable", 1),
    ]


def test_bars_fill_their_width_and_one_finding_among_many_is_seen() -> None:
    many = [msgspec.structs.replace(MARKED, fingerprint=f"{at:08x}") for at in range(500)]
    banner = build_banner(Presentation(scan_of(TAINTED, *many)))
    first, last = banner["severities"]["parts"]
    assert (first["name"], last["name"]) == ("critical", "high")
    assert float(first["width"]) >= 4
    assert 990 <= float(last["x"]) + float(last["width"]) <= 1000
    assert [(one["title"], one["count"]) for one in banner["kinds"]] == [("Code", 501)]
