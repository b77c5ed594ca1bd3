"""Markdown for summaries and comments: what to do first, nothing that is not ours, and never too long."""

from __future__ import annotations

import re

import msgspec
import pytest

from secscan.findings.levels import Action, RunStatus
from secscan.findings.model import Notice
from secscan.findings.scan import AdvisoryState
from secscan.reports import markdown, pr_comment
from secscan.reports.contract import load_format
from tests.support.hostile_scans import hostile
from tests.support.report_readers import Page, markdown_pages
from tests.support.scans import (
    MARKED,
    NOTE,
    TAINTED,
    clean,
    compared,
    ordinary,
    run,
    scan_of,
    spread,
)

BOTH = pytest.mark.parametrize("name", ["markdown", "pr-comment"])


def page_of(scan, name: str = "markdown") -> Page:
    first, second = markdown_pages(load_format(name).render(scan))
    assert first.strangers == second.strangers == []
    return first


def rows_of(page: Page) -> list[str]:
    return re.findall(r"(?:critical|high|medium|low|info|unknown)\n(\S+:\d+)", page.text)


@BOTH
@pytest.mark.parametrize("make", [ordinary, clean, compared, spread])
def test_it_becomes_a_page_of_our_elements(name: str, make) -> None:
    assert "secscan: " in page_of(make(), name).text


def test_what_blocks_stands_first_and_the_worst_at_the_head() -> None:
    text = load_format("markdown").render(ordinary()).decode()
    where = [text.index(place) for place in ("`shop/catalog.py:12`", "`requirements.txt:3`", "`shop/db.py:2`")]
    assert where == sorted(where)
    assert text.startswith("## secscan: failed\n")


def test_what_keeps_it_from_passing_is_told_with_what_to_do() -> None:
    text = page_of(ordinary()).text
    assert "incomplete: pip-audit failed: killed; to do: give it more memory" in text.replace("\u200b", "")


def test_scanners_that_had_nothing_to_do_are_not_told_of() -> None:
    idle = run("hadolint", status=RunStatus.SKIPPED, idle=True, selected=0, looked_at=0, reason="no Dockerfile")
    scan = scan_of(scanners=(*scan_of().scanners, idle))
    assert "hadolint" not in page_of(scan).text


def test_an_optional_scanner_that_failed_is_told_of() -> None:
    gone = run("hadolint", status=RunStatus.FAILED, reason="gone", control=False)
    scan = scan_of(scanners=(*scan_of().scanners, gone))
    quiet = msgspec.structs.replace(scan, judgement=msgspec.structs.replace(scan.judgement, reasons=()))
    assert "hadolint failed: gone" in page_of(quiet).text


def test_what_is_accepted_is_there_with_its_waiver() -> None:
    assert "waiver flask: waived by ana" in page_of(compared()).text


def test_a_comment_holds_what_is_new_and_folds_what_was_there() -> None:
    text = load_format("pr-comment").render(compared()).decode()
    new, _, old = text.partition("<details><summary>Was there before, and blocks (1)</summary>")
    assert "shop/admin.py" in new
    assert "shop/catalog.py" not in new
    assert "shop/catalog.py" in old
    assert "requirements.txt" not in text  # accepted, and counted
    assert "1 accepted" in text


def test_a_comment_without_a_baseline_holds_what_blocks_and_warns() -> None:
    text = load_format("pr-comment").render(ordinary()).decode()
    assert all(path in text for path in ("shop/catalog.py", "shop/admin.py", "requirements.txt:3"))


def test_a_comment_tells_of_waivers_that_matter_now() -> None:
    text = page_of(compared(), "pr-comment").text
    assert "flask of ana" in text
    assert "nothing of ana" not in text
    assert "nothing of ana" in page_of(compared()).text


def test_the_mark_is_one_for_each_target() -> None:
    marks = set()
    for kind, prefix in (("tree", ""), ("tree", "a/"), ("image", "")):
        target = msgspec.structs.replace(clean().target, kind=kind, prefix=prefix)
        marks.add(pr_comment.FORMAT.render(msgspec.structs.replace(clean(), target=target)).splitlines()[0])
    assert len(marks) == 3
    assert pr_comment.FORMAT.render(ordinary()).splitlines()[0] == pr_comment.FORMAT.render(clean()).splitlines()[0]


def many(number: int, text: str = "x"):
    """A scan with this many findings that block, each with long texts."""
    found = (
        msgspec.structs.replace(TAINTED, fingerprint=f"f{at}", title=f"{text * 300} {at}", message=text, trace=())
        for at in range(number)
    )
    return scan_of(*found)


@pytest.mark.parametrize(
    ("module", "most", "limit"),
    [(markdown, 900_000, 1_048_576), (pr_comment, 65_000, 65_536)],
    ids=["summary", "comment"],
)
def test_it_is_never_too_long_and_says_what_was_cut(module, most: int, limit: int) -> None:
    scan = many(2_500)
    data = module.FORMAT.render(scan)
    assert 0 < len(data) <= most < limit
    shown = data.decode().count("| critical |")
    assert shown
    assert f"... and {2_500 - shown} more, all in the HTML report." in data.decode()


@BOTH
def test_hostile_texts_cannot_make_it_too_long(name: str) -> None:
    scan = hostile("\u202e@&[" * 2_000)
    noisy = msgspec.structs.replace(scan, notices=(Notice(topic="x", subject="`" * 9_000, text="#" * 9_000),) * 500)
    assert len(load_format(name).render(noisy)) <= (65_000 if name == "pr-comment" else 900_000)


@BOTH
def test_a_text_that_escaping_makes_long_pushes_no_row_out(name: str) -> None:
    found = [msgspec.structs.replace(TAINTED, fingerprint=f"f{at}", title="&" * 1_000) for at in range(20)]
    assert load_format(name).render(scan_of(*found)).decode().count("| critical |") == 20


def test_steps_that_clear_several_are_told() -> None:
    scan = scan_of(MARKED, msgspec.structs.replace(MARKED, fingerprint="aaaa0022"), NOTE)
    step = msgspec.structs.replace(scan.judgement.remedy.steps[0], clears=("aaaa0002", "aaaa0022"))
    remedy = msgspec.structs.replace(scan.judgement.remedy, steps=(step,))
    told = msgspec.structs.replace(scan, judgement=msgspec.structs.replace(scan.judgement, remedy=remedy))
    assert ": clears 2 findings" in page_of(told).text
    assert "Clears several" not in page_of(scan_of(MARKED)).text


def test_counts_are_those_of_the_decisions() -> None:
    scan = ordinary()
    blocked = [one for one in scan.judgement.decisions if one.action is Action.BLOCK]
    assert (
        f"Findings: {len(blocked)} block (1 critical, 2 high); 1 warn (1 unknown); 1 accepted (1 low)."
        in page_of(scan).text
    )


def test_the_summary_says_how_old_the_advisories_are() -> None:
    states = (
        AdvisoryState(name="PyPI", records=1, as_of="2026-01-30T12:00:00Z"),
        AdvisoryState(name="npm", records=1, as_of="2026-01-21T12:00:00Z"),
        AdvisoryState(name="Go", records=0),
    )
    scan = msgspec.structs.replace(clean(), advisories=states)
    page = load_format("markdown").render(scan).decode()
    assert "- `PyPI`, as of 2026-01-30T12" in page
    assert [line.rpartition(", ")[2] for line in page.splitlines() if ", as of " in line] == [
        "1 day before",
        "10 days before",
        "as of nobody knows when",
    ]
    assert "### Advisories" not in load_format("markdown").render(clean()).decode()
