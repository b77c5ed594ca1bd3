"""The HTML report in a real browser, with every text that attacks one in every field of a scan."""

from __future__ import annotations

import re

import pytest

from secscan.reports.html import FORMAT
from tests.support.browser import Browser
from tests.support.hostile_scans import hostile, merged
from tests.support.hostile_strings import GROUPS
from tests.support.scans import ordinary

_GROUPS = ("script", "element", "attribute", "css", "scheme", "policy-of-content", "template", "xml", "json", "look")
_TRAP = "window.pwned = []; window.pwn = (...all) => window.pwned.push(String(all));"
_SHOW_ALL = """(async () => {
  const island = document.querySelector("script[type='application/json']").textContent;
  const ids = JSON.parse(island).findings.map((one) => one.id);
  // A message is a turn of its own, as a timer is, and does not have to wait as timers that follow each other do.
  const { port1, port2 } = new MessageChannel();
  const turn = () => new Promise((done) => { port1.onmessage = done; port2.postMessage(0); });
  const go = async (wanted) => {
    history.replaceState(null, "", "#" + new URLSearchParams(wanted));
    dispatchEvent(new PopStateEvent("popstate"));
    await turn();
  };
  let shown = 0;
  for (const id of ids) {
    await go({ id });
    shown += document.getElementById("detail").textContent.includes(id);
  }
  const groups = [...document.querySelectorAll("#group option")].map((one) => one.value);
  for (const group of groups) await go({ group, id: ids[0] });
  const tabs = [...document.querySelectorAll("[role=tab]")];
  for (const tab of tabs) { tab.click(); await turn(); }
  for (const one of document.querySelectorAll("details")) one.open = true;
  await turn();
  return { missing: ids.length - shown, groups: groups.length, tabs: tabs.map((one) => one.id.slice(4)) };
})()"""
_HARMFUL = """[...document.querySelectorAll("*")].flatMap((one) => [
  ...(["IMG", "IFRAME", "OBJECT", "EMBED", "BASE"].includes(one.tagName) ? [one.outerHTML.slice(0, 99)] : []),
  ...[...one.attributes].filter((at) => at.name.startsWith("on")).map((at) => one.tagName + " " + at.name),
  ...(one.href && !/^(https?:|file:[^?]*#|data:)/.test(String(one.href)) ? [String(one.href)] : []),
])"""
_TABS = ["findings", "coverage", "waivers", "dependencies", "layers", "compliance", "about"]


@pytest.mark.parametrize("group", _GROUPS)
def test_no_text_of_a_scan_does_anything(browser: Browser, group: str) -> None:
    """Everything of the page is shown, and nothing runs, is asked for, or is said. The lists (findings, gaps, waivers,
    layers and so on) hold every text of the group; what stands alone (target, policy and so on) holds its first."""
    scan = merged([hostile(text, turn) for turn, text in enumerate(GROUPS[group])])
    browser.open(FORMAT.render(scan), before=_TRAP)
    shown = browser.run(_SHOW_ALL)
    assert (shown["missing"], shown["tabs"]) == (0, _TABS)
    assert shown["groups"] > 5
    assert browser.run("window.pwned") == []
    assert browser.run(_HARMFUL) == []
    assert browser.told == []


def test_the_browser_would_tell(browser: Browser) -> None:
    """A page that lets texts run is found out, so that the silence of ours means something."""
    bare = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", FORMAT.render(ordinary()))
    attack = b"<img src=https://evil.invalid/><iframe srcdoc=x></iframe><script>pwn(1); alert(2); oops()</script>"
    browser.open(bare + attack, before=_TRAP)
    assert browser.run("window.pwned") == ["1"]
    assert len(browser.run(_HARMFUL)) == 2
    assert {"request", "frame", "dialog", "exception"} <= {kind for kind, _ in browser.told}
    assert any(kind == "request" and "https://evil.invalid" in said for kind, said in browser.told)
