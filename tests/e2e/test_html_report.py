"""The HTML report in a real browser."""

from __future__ import annotations

import json
import re

import msgspec
import pytest

from secscan.findings.levels import Action
from secscan.findings.model import Finding, ImageInfo, Layer, TargetInfo
from secscan.findings.scan import Scan
from secscan.policy.waivers import read_waivers
from secscan.reports.html import FORMAT
from tests.support.browser import Browser
from tests.support.node import axe
from tests.support.scans import (
    NOTE,
    PACKAGE,
    SPREAD,
    clean,
    compared,
    ordinary,
    scan_of,
    spread,
)

render = FORMAT.render
IMAGE = ImageInfo(
    distribution="Debian GNU/Linux 12",
    layers=(
        Layer(index=0, digest="sha256:" + "a" * 64, command="FROM debian:12", base=True),
        Layer(index=1, digest="sha256:" + "b" * 64, command="RUN pip install flask", base=False),
    ),
    packages=(80, 6),
)


def image() -> Scan:
    """A scan of an image, with findings in both layers."""
    return scan_of(
        msgspec.structs.replace(PACKAGE, layer=IMAGE.layers[1]),
        msgspec.structs.replace(PACKAGE, layer=IMAGE.layers[0], fingerprint="eeee0001", title="openssl 3.0: overflow"),
        target=TargetInfo(kind="image", name="shop:1.2", digest="1" * 64, files=900, bytes=4000, image=IMAGE),
    )


def opened(browser: Browser, scan: Scan, fragment: str = "", **how: object) -> Browser:
    """The page of a scan; nothing may complain in it."""
    browser.media()
    browser.open(render(scan), fragment, **how)  # type: ignore[arg-type]
    assert browser.told == []
    return browser


def facets(browser: Browser, name: str) -> dict[str, int]:
    """The counts beside the choices of a filter."""
    counted = browser.run(
        f"[...document.querySelectorAll('[data-facet={name}]')].map((box) => "
        "[box.dataset.value, Number(box.closest('label').querySelector('.count').textContent)])"
    )
    return dict(counted)


def titles(browser: Browser) -> list[str]:
    """Titles of the rows that are drawn, of findings and groups."""
    return browser.texts("#rows .title")


BUTTON = "[...document.querySelectorAll('#detail button')].find((one) => one.textContent === '%s').click()"


def copied(browser: Browser, label: str) -> str:
    """What a button of the finding gives to the clipboard."""
    browser.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    browser.run(BUTTON % label)
    return browser.run("window.copied")


# --- What is seen ----------------------------------------------------------------------------------------------------


def test_the_first_finding_is_open(browser: Browser) -> None:
    opened(browser, ordinary())
    assert titles(browser)[0] == "SQL injection"
    assert len(titles(browser)) == 5
    text = browser.text("#detail")
    for part in ("Catalog.find", "Way of the data", "Reported by", "B608", "serious", "What turns it green"):
        assert part in text
    assert browser.texts("#detail .hit") == ["12        f\"SELECT * FROM goods WHERE name = '{name}'\""]
    links = browser.run("[...document.querySelectorAll('#detail a')].map((one) => one.href)")
    assert links == ["https://bandit.example/B608", "https://example.com/sql"]


def test_the_banner_says_what_failed_and_who_did_not_run(browser: Browser) -> None:
    opened(browser, ordinary())
    assert browser.text(".stamp") == "FAILED"
    assert "pip-audit failed: killed" in browser.text(".doubts")
    assert "serious" in browser.text(".failures")
    browser.click(".failures a")
    assert browser.text("#shown") == "2 of 5 findings"
    assert browser.run("location.hash") == "#action=block&rule=serious"


def test_a_baseline_tells_new_known_and_fixed(browser: Browser) -> None:
    opened(browser, compared())
    assert browser.texts(".compared li") == ["2 new", "2 known before", "1 fixed"]
    opened(browser, ordinary())
    assert browser.texts(".compared") == []


def test_where_a_secret_was_is_shown_and_not_the_secret(browser: Browser) -> None:
    opened(browser, scan_of(msgspec.structs.replace(SPREAD, places=())))
    assert browser.texts("#detail .hit .secret") == ["[secret:token:40]"]


def test_every_tab_can_be_opened_and_only_one_is(browser: Browser) -> None:
    opened(browser, compared())
    for name, says in {
        "coverage": "Positive control",
        "waivers": "ended 31 days ago",
        "dependencies": "2.2.5",
        "compliance": "no statement that any requirement is met",
        "about": "secscan gate secscan.json --policy house --at 2026-01-31T12:00:00Z",
        "findings": "SQL injection",
    }.items():
        browser.click(f"#tab-{name}")
        assert says in browser.text(".panel:not([hidden])")
    opened(browser, image(), "#tab=layers")
    assert "RUN pip install flask" in browser.text(".panel:not([hidden])")
    browser.click("#layers details:last-of-type p a")
    assert titles(browser) == ["flask 2.2.2: cookie of one client sent to others"]


def test_a_waiver_leads_to_what_it_accepts(browser: Browser) -> None:
    opened(browser, compared(), "#tab=waivers")
    assert browser.texts(".waiver h3") == ["old expired", "flask expiring", "brought-along pending", "nothing unused"]
    browser.click(".waiver.expiring a")
    assert "flask 2.2.2" in browser.text("#detail h2")


def test_a_control_leads_to_its_findings(browser: Browser) -> None:
    opened(browser, compared(), "#tab=compliance")
    assert browser.texts(".framework .controls")[1:] == [""] * 4  # folded, but for the first
    assert browser.texts(".controls > li .id")[0] == "A05:2025"
    browser.click(".controls > li:first-child summary")
    browser.click(".controls > li:first-child ul a")
    assert browser.text("#detail h2") == "SQL injection"
    assert browser.texts(".panel:not([hidden]) .framework") == []


def test_where_nothing_was_found_there_is_nothing_to_filter(browser: Browser) -> None:
    opened(browser, clean())
    assert "Nothing was found." in browser.text("#findings")
    assert browser.run("document.getElementById('controls').getClientRects().length") == 0
    browser.click("#findings .note a")
    assert "Positive control" in browser.text(".panel:not([hidden])")


# --- Filters, groups, order ----------------------------------------------------------------------------------------


def test_counts_of_a_filter_follow_the_others_and_not_itself(browser: Browser) -> None:
    opened(browser, ordinary())
    assert facets(browser, "severity") == {"critical": 1, "high": 2, "unknown": 1, "low": 1}
    browser.click("[data-facet=kind][data-value=dependency]")
    assert facets(browser, "severity") == {"high": 1, "unknown": 1}
    assert facets(browser, "kind") == {"sast": 3, "dependency": 2}
    browser.click("[data-facet=severity][data-value=high]")
    assert facets(browser, "kind") == {"sast": 1, "dependency": 1}
    assert browser.text("#shown") == "1 of 5 findings"
    assert browser.run("document.activeElement.dataset.value") != "dependency"


@pytest.mark.parametrize(
    ("scan", "query", "fingerprints"),
    [
        (ordinary, "action=block", {"aaaa0001", "aaaa0002", "aaaa0003"}),
        (ordinary, "severity=critical&severity=low", {"aaaa0001", "aaaa0005"}),
        (ordinary, "scanner=semgrep", {"aaaa0001"}),
        (ordinary, "path=shop/", {"aaaa0001", "aaaa0002", "aaaa0005"}),
        (ordinary, "cwe=CWE-89", {"aaaa0001"}),
        (ordinary, "fixable=no", {"aaaa0004"}),
        (ordinary, "defect=assert-used", {"aaaa0005"}),
        (ordinary, "package=Flask", {"aaaa0003"}),
        (compared, "new=new", {"aaaa0002", "aaaa0005"}),
        (compared, "accepted=by a waiver", {"aaaa0003"}),
        (ordinary, "q=FLASK cookie", {"aaaa0003"}),
        (ordinary, "severity=none-such", set()),
    ],
)
def test_each_filter_and_the_search(browser: Browser, scan, query: str, fingerprints: set[str]) -> None:
    opened(browser, scan(), "#" + query)
    assert set(shown(browser)) == fingerprints


def shown(browser: Browser) -> list[str]:
    """Fingerprints of the rows, each as selecting it shows it."""
    found = []
    for at in range(len(browser.texts("#rows .row"))):
        browser.click(f"#row-{at}")
        found.append(browser.texts("#detail section:last-child p.code")[0])
    return found


def test_groups_fold(browser: Browser) -> None:
    opened(browser, ordinary(), "#group=class")
    assert browser.run("document.getElementById('list').getAttribute('role')") == "tree"
    assert titles(browser)[:2] == ["SQL injection", "SQL injection"]
    browser.click("#row-0")
    assert browser.run("document.getElementById('row-0').getAttribute('aria-expanded')") == "false"
    browser.click("#fold")
    assert len(titles(browser)) == len({"sql", "command", "dependency", "assert"})
    browser.click("#fold")
    assert len(titles(browser)) == 4 + 5


def test_the_order_can_be_changed(browser: Browser) -> None:
    opened(browser, ordinary(), "#sort=place")
    assert browser.texts("#rows .under .code") == sorted(browser.texts("#rows .under .code"))
    opened(browser, ordinary(), "#sort=severity&group=file")
    assert titles(browser)[0] == "shop/catalog.py"


def test_what_is_typed_is_searched_and_cleared(browser: Browser) -> None:
    opened(browser, ordinary())
    browser.press("/", *"b602")
    assert titles(browser) == ["Command injection"]
    assert browser.run("location.hash") == "#q=b602"
    browser.press("Escape")
    assert len(titles(browser)) == 5


# --- Addresses -------------------------------------------------------------------------------------------------------


def test_a_view_can_be_sent_as_an_address(browser: Browser) -> None:
    opened(browser, ordinary(), "#kind=dependency&id=aaaa0004&theme=dark")
    assert browser.text("#shown") == "2 of 5 findings"
    assert browser.text("#detail h2") == "left 1.0: something"
    assert browser.run("document.documentElement.dataset.theme") == "dark"


def test_the_address_of_a_further_place_leads_to_its_finding(browser: Browser) -> None:
    opened(browser, spread(), "#id=dddd0006")
    assert "old/6.env" in browser.text("#detail")


def test_the_back_button_takes_filters_and_tabs_back(browser: Browser) -> None:
    opened(browser, ordinary())
    browser.click("[data-facet=severity][data-value=critical]")
    browser.click("#tab-about")
    assert browser.run("document.getElementById('findings').hidden") is True
    for expected in ("1 of 5 findings", "5 findings"):
        browser.run("new Promise((done) => { addEventListener('popstate', done); history.back(); }).then(() => 0)")
        browser.settle()
        assert browser.text("#shown") == expected


# --- Keyboard --------------------------------------------------------------------------------------------------------


def test_the_list_by_keyboard(browser: Browser) -> None:
    opened(browser, ordinary())
    browser.press("j", "j")
    assert browser.text("#detail h2") == "Command injection"
    browser.press("k")
    assert browser.text("#detail h2") == "flask 2.2.2: cookie of one client sent to others"
    browser.press("Escape", "End")
    assert browser.text("#detail h2") == "Check by assert"
    browser.press("Home", "ArrowDown", "Enter")
    assert browser.run("document.activeElement.id") == "detail"
    browser.press("Escape")
    assert browser.run("document.activeElement.id") == "list"
    active = browser.run("document.getElementById('list').getAttribute('aria-activedescendant')")
    assert browser.run(f"document.getElementById('{active}').getAttribute('aria-selected')") == "true"


EXPANDED = "document.querySelector('#rows [aria-selected=true]').getAttribute('aria-expanded')"


def test_groups_by_keyboard(browser: Browser) -> None:
    opened(browser, ordinary(), "#group=file")
    browser.press("Escape", "ArrowLeft")
    assert browser.run(EXPANDED) == "false"
    browser.press("ArrowRight")
    assert browser.run(EXPANDED) == "true"


def test_tabs_by_keyboard_and_the_help(browser: Browser) -> None:
    opened(browser, ordinary())
    browser.run("document.getElementById('tab-findings').focus()")
    browser.press("ArrowRight")
    assert browser.run("document.activeElement.id") == "tab-coverage"
    browser.press("End")
    assert browser.run("document.activeElement.id") == "tab-about"
    browser.press("ArrowRight")
    assert browser.run("document.activeElement.id") == "tab-findings"
    browser.press("?")
    assert browser.run("document.getElementById('help').open") is True
    browser.press("Escape")
    assert browser.run("document.getElementById('help').open") is False


# --- Copying ---------------------------------------------------------------------------------------------------------


def test_a_copied_waiver_is_one_once_it_is_filled_in(browser: Browser) -> None:
    opened(browser, ordinary(), "#id=aaaa0001")
    blank = "format: secscan.waivers/1\nwaivers:\n" + copied(browser, "Copy waiver")
    filled = blank.replace('reason: ""', "reason: the page is internal").replace('owner: ""', "owner: ana")
    (waiver,) = read_waivers(filled.encode(), origin="waivers.yaml")
    assert (waiver.id, waiver.fingerprints) == ("sql-injection-aaaa0001", ("aaaa0001",))
    assert waiver.expires == "2026-05-01"
    with pytest.raises(Exception, match="text"):
        read_waivers(blank.encode(), origin="waivers.yaml")


def test_a_waiver_for_all_places_of_a_secret(browser: Browser) -> None:
    opened(browser, scan_of(SPREAD))
    text = copied(browser, "Copy waiver for all places")
    assert all(one.fingerprint in text for one in SPREAD.each)


def test_what_is_accepted_needs_no_waiver(browser: Browser) -> None:
    scan = ordinary()
    opened(browser, scan, "#id=aaaa0005")
    assert scan.judgement.action_of("aaaa0005") is Action.ACCEPT
    assert "Copy waiver" not in browser.text("#detail")


def test_a_link_a_place_and_the_command_that_fixes(browser: Browser) -> None:
    opened(browser, ordinary(), "#id=aaaa0003&q=flask")
    assert copied(browser, "Copy link").endswith("report.html#id=aaaa0003")
    assert copied(browser, "Copy place") == "requirements.txt:3"
    assert copied(browser, "Copy fix command") == "secscan fix --scan secscan.json"
    opened(browser, image())
    assert "Copy fix command" not in browser.text("#detail")


def test_where_nothing_can_be_copied_the_text_is_shown_to_be_copied_by_hand(browser: Browser) -> None:
    opened(browser, ordinary())
    browser.run("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    browser.run(BUTTON % "Copy place")
    browser.settle()
    assert browser.run("document.getElementById('by-hand-text').value") == "shop/catalog.py:12"
    browser.run("document.getElementById('by-hand').close()")


# --- Without script, in print, for everybody --------------------------------------------------------------------------


def test_the_page_can_be_read_without_script(browser: Browser) -> None:
    opened(browser, compared(), script=False)
    text = browser.text("body")
    for part in ("This page works without JavaScript", "SQL injection", "Positive control", "ended 31 days ago"):
        assert part in text
    assert browser.run("document.getElementById('app').getClientRects().length") == 0
    assert browser.run("getComputedStyle(document.querySelector('.tabs')).display") == "none"
    assert len(browser.texts("#static tbody tr")) == 4


def test_the_printed_page_has_everything_and_no_controls(browser: Browser) -> None:
    opened(browser, compared())
    browser.media(media="print", scheme="dark")
    text = browser.text("body")
    for part in ("SQL injection", "Positive control", "ended 31 days ago", "Fixed since the baseline"):
        assert part in text
    boxes = "[...document.querySelectorAll('.tabs, #app, #tools, .copy')].map((one) => one.getClientRects().length)"
    assert set(browser.run(boxes)) == {0}
    assert "findings open: " in browser.texts(".framework")[0]
    assert "A05:2025" not in text  # the report on compliance has the controls
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    pages = re.findall(rb"/Type\s*/Page\b", browser.pdf())
    assert 1 <= len(pages) < 10
    browser.media()


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", 1280),
        ("dark", 375),
        pytest.param("dark", 1280, marks=pytest.mark.slow),
        pytest.param("light", 375, marks=pytest.mark.slow),
    ],
)
def test_everybody_can_use_every_tab(browser: Browser, scheme: str, width: int) -> None:
    script = axe()
    opened(browser, compared(), size=(width, 800))
    tabs = browser.run("[...document.querySelectorAll('[role=tab]')].map((one) => one.id)")
    views = [(compared, f"#tab={tab.removeprefix('tab-')}") for tab in tabs]
    views += [(ordinary, "#group=file"), (ordinary, "#tab=coverage"), (image, "#tab=layers"), (spread, ""), (clean, "")]
    for scan, fragment in views:
        browser.media(scheme=scheme)
        browser.open(render(scan()), fragment, size=(width, 800))
        assert (fragment, violations(browser, script)) == (fragment, [])
        assert browser.run("document.documentElement.scrollWidth") <= width


def violations(browser: Browser, script: str) -> list[str]:
    """What axe says; it comes by the protocol, which the page's own policy does not concern."""
    browser.run(script + "; 0")
    found = browser.run("axe.run(document).then((answer) => JSON.stringify(answer.violations))")
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in json.loads(found)]


def test_on_a_narrow_screen_the_chosen_tab_is_in_sight_and_no_column_is_squeezed(browser: Browser) -> None:
    opened(browser, compared(), "#tab=dependencies", size=(375, 800))
    box = browser.run("document.getElementById('tab-dependencies').getBoundingClientRect().toJSON()")
    assert 0 <= box["left"] < box["right"] <= 375
    assert (
        max(browser.run("[...document.querySelectorAll('#dependencies tbody tr')].map((one) => one.clientHeight)"))
        < 100
    )


def test_the_switch_of_colours_is_kept_in_the_address_only(browser: Browser) -> None:
    opened(browser, ordinary())
    white = browser.run("getComputedStyle(document.body).backgroundColor")
    browser.click("#theme")
    browser.click("#theme")
    assert browser.run("location.hash") == "#theme=dark"
    assert browser.run("getComputedStyle(document.body).backgroundColor") != white
    assert browser.run("document.cookie") == ""
    assert browser.run("(() => { try { return localStorage.length } catch { return 0 } })()") == 0


@pytest.mark.parametrize("name", ["constructor", "__proto__", "toString"])
def test_an_odd_address_is_no_filter_and_no_error(browser: Browser, name: str) -> None:
    opened(browser, ordinary(), f"#theme={name}&group={name}&sort={name}&tab={name}&kind={name}&id={name}")
    assert browser.text("#shown") == "0 of 5 findings"
    assert browser.text("#theme") == "Theme: automatic"
    browser.click("#clear")
    assert len(titles(browser)) == 5


def test_on_a_narrow_screen_a_finding_takes_the_place_of_the_list(browser: Browser) -> None:
    opened(browser, ordinary(), size=(375, 800))
    assert browser.run("document.getElementById('detail').getClientRects().length") == 0
    browser.click("#row-2")
    assert browser.run("document.getElementById('list').getClientRects().length") == 0
    assert "Command injection" in browser.text("#detail")
    browser.click("#back")
    assert browser.run("document.getElementById('list').getClientRects().length") == 1
    opened(browser, ordinary(), "#id=aaaa0004", size=(375, 800))
    assert browser.run("document.getElementById('list').getClientRects().length") == 0
    assert "left 1.0" in browser.text("#detail")


# --- Long lists and attacks ------------------------------------------------------------------------------------------


def test_of_a_long_list_only_what_is_in_sight_is_in_the_document(browser: Browser) -> None:
    many = [msgspec.structs.replace(NOTE, fingerprint=f"{at:08x}") for at in range(5_000)]
    opened(browser, scan_of(*many))
    assert browser.text("#shown") == "5,000 findings"
    assert 5 < len(titles(browser)) < 60
    browser.press("Escape", "End")
    assert browser.run("document.querySelector('#rows [aria-selected=true]').getAttribute('aria-posinset')") == "5000"


def apart(finding: Finding, at: int) -> Finding:
    """The finding with fingerprints that no other has, at each of its places."""
    return msgspec.structs.replace(
        finding,
        fingerprint=f"{at}-{finding.fingerprint}",
        places=tuple(apart(place, at) for place in finding.places),
    )
