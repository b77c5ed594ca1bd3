"use strict";
// No library, no network, no innerHTML: every text is hostile, so it only ever becomes a text node.
(() => {
  const ROW = 56, SPARE = 8;
  const data = JSON.parse(document.getElementById("data").textContent);
  const all = data.findings;
  const byId = (id) => document.getElementById(id);
  const list = byId("list"), rows = byId("rows"), detail = byId("detail");
  const facets = { action: "decisions", severity: "severities", kind: "kinds", defect: "classes", scanner: "scanners", layer: "layers" };
  let shown = all, selected = -1;

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    for (const child of children.flat()) if (child !== null && child !== "") element.append(child);
    return element;
  }
  const more = (one) => one.places.length ? " and " + (one.places.length + one.morePlaces) + " more" : "";
  const badge = (name, text) => make("span", { class: "badge " + name }, text || name);
  const values = (finding, facet) => facet === "scanner" ? [...new Set(finding.sources.map((one) => one.scanner))] : finding[facet] ? [finding[facet]] : [];
  const word = (facet, value) => facet === "action" ? data.words[value] : facet === "defect" ? (data.classes[value] || value) : value;

  // What can be searched is made once; a finding's own words, not the page's.
  const haystack = all.map((one) => [
    one.title, one.place, one.symbol, one.layer, one.defect, one.id, one.message, one.purl, one.commit, ...one.identifiers,
    ...one.places.map((here) => here.place + " " + here.id),
    ...one.sources.map((source) => source.scanner + " " + source.rule),
  ].join("\n").toLowerCase());

  // --- Filters; their state is the hash, so that a view can be sent to somebody --------------------------------
  function state() {
    const given = new URLSearchParams(location.hash.slice(1));
    return { get: (name) => given.get(name) || "" };
  }
  function fillFacets() {
    for (const [facet, plural] of Object.entries(facets)) {
      const counts = new Map();
      for (const one of all) for (const value of values(one, facet)) counts.set(value, (counts.get(value) || 0) + 1);
      const order = data.order[facet] || [...counts.keys()].sort();
      byId("by-" + facet).hidden = !counts.size;  // only what is in an image has a layer
      byId("by-" + facet).replaceChildren(
        make("option", { value: "" }, "All " + plural),
        ...order.filter((value) => counts.has(value)).map((value) => make("option", { value }, word(facet, value) + " (" + counts.get(value) + ")")),
      );
    }
  }
  function readControls() {
    const next = new URLSearchParams();
    if (byId("search").value) next.set("q", byId("search").value);
    for (const facet of Object.keys(facets)) if (byId("by-" + facet).value) next.set(facet, byId("by-" + facet).value);
    if (shown[selected]) next.set("id", shown[selected].id);
    const tab = state().get("tab");
    if (tab) next.set("tab", tab);
    history.replaceState(null, "", "#" + next);
  }
  function apply() {
    const now = state(), wanted = Object.keys(facets).filter((facet) => now.get(facet));
    byId("search").value = now.get("q");
    for (const facet of Object.keys(facets)) byId("by-" + facet).value = now.get(facet);
    const words = now.get("q").toLowerCase().split(/\s+/).filter(Boolean);
    shown = all.filter((one, at) =>
      wanted.every((facet) => values(one, facet).includes(now.get(facet))) && words.every((text) => haystack[at].includes(text)));
    byId("shown").textContent = shown.length === all.length ? all.length + " findings" : shown.length + " of " + all.length;
    rows.style.height = shown.length * ROW + "px";
    const at = shown.findIndex((one) => one.id === now.get("id"));
    selected = at >= 0 ? at : shown.length ? 0 : -1;
    showTab(now.get("tab") || "findings");
    reveal();
    draw();
    drawDetail();
  }

  // --- The list: only the rows in sight are in the document ------------------------------------------------------
  function draw() {
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - SPARE);
    const last = Math.min(shown.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + SPARE);
    const drawn = [];
    for (let at = first; at < last; at++) {
      const one = shown[at];
      const row = make("div", { class: "row", role: "option", id: "row-" + at, "aria-selected": String(at === selected), "aria-setsize": shown.length, "aria-posinset": at + 1 },
        make("div", null, badge(one.action, data.words[one.action]), badge(one.severity), one.title),
        make("div", { class: "code" }, one.place + more(one)));
      row.style.top = at * ROW + "px";
      row.addEventListener("click", () => select(at));
      drawn.push(row);
    }
    rows.replaceChildren(...drawn);
    if (selected >= 0) list.setAttribute("aria-activedescendant", "row-" + selected); else list.removeAttribute("aria-activedescendant");
  }
  function reveal() {
    if (selected < 0) return;
    const top = selected * ROW;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
  }
  function select(at) {
    selected = Math.max(0, Math.min(shown.length - 1, at));
    reveal(); draw(); drawDetail(); readControls();
  }

  // --- One finding -------------------------------------------------------------------------------------------------
  const part = (title, ...content) => {
    const inside = content.flat().filter((one) => one !== null && one !== "");
    return inside.length ? [make("h3", null, title), ...inside] : [];
  };
  const link = (url, text) => url ? make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text) : text;
  function code(one) {
    if (!one.snippet) return null;
    return make("pre", null, one.snippet.split("\n").map((text, at) => {
      const line = one.snippetLine + at;
      return make("span", { class: line >= one.line && line <= one.endLine ? "hit" : "" }, make("i", null, String(line)), text || " ");
    }));
  }
  function copyButton(text, label) {
    const button = make("button", { type: "button" }, label);
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; }
      catch { button.textContent = "Cannot copy here"; }
      setTimeout(() => { button.textContent = label; }, 1500);
    });
    return button;
  }
  function drawDetail() {
    const one = shown[selected];
    if (!one) { detail.replaceChildren(make("p", { class: "dim" }, all.length ? "No finding fits the filters." : "Nothing was found.")); return; }
    const why = "Rule " + (one.rule || "none") + (one.reason ? ": " + one.reason : "");
    detail.replaceChildren(
      make("h2", null, one.title),
      make("p", null, badge(one.action, data.words[one.action]), " ", badge(one.severity), " ", make("span", { class: "dim" }, one.confidence + " confidence, " + (data.classes[one.defect] || one.defect))),
      make("p", { class: "code" }, one.place + (one.symbol ? " in " + one.symbol : "") + (one.layer ? " in " + one.layer : "")),
      ...[code(one)].filter(Boolean),
      ...one.message ? [make("p", null, one.message)] : [],
      ...part("The same secret stands in", one.places.length ? make("ul", null, one.places.map((here) => make("li", null, badge(here.action, data.words[here.action]), " ", badge(here.severity), " ", make("span", { class: "code" }, here.place + (here.symbol ? " in " + here.symbol : "")), " ", make("span", { class: "dim" }, here.about)))) : null, one.morePlaces ? make("p", { class: "dim" }, "... and " + one.morePlaces + " more, all in the saved scan") : null),
      ...part("In the history", one.commit ? make("p", null, "Brought by " + one.commit) : null),
      ...part("What to do", one.remediation ? make("p", null, one.remediation) : null),
      ...part("Why it is " + data.words[one.action], make("p", null, why), one.waiver ? make("p", null, "Waiver " + one.waiver) : null, one.newness ? make("p", null, one.newness) : null, one.other ? make("p", null, one.other) : null, one.because.length ? make("ul", { class: "code" }, one.because.map((text) => make("li", null, text))) : null),
      ...part("Package", one.purl ? make("p", { class: "code" }, one.purl) : null, one.fixed.length ? make("p", null, "Cleared by " + one.fixed.join(", ")) : null),
      ...part("Way of the data", one.trace.length ? make("ol", null, one.trace.map((step) => make("li", null, make("span", { class: "code" }, step.place + "  " + step.text)))) : null),
      ...part("Reported by", make("ul", null, one.sources.map((source) => make("li", null, make("b", null, source.scanner), " ", link(source.url, source.rule), source.message ? ": " + source.message : "", source.note ? make("span", { class: "dim" }, " (" + source.note + ")") : "")))),
      ...part("Comments in the source that ask for silence", one.markers.map((text) => make("p", { class: "code" }, text))),
      ...part("Notes", one.notes.map((text) => make("p", null, text))),
      ...part("Known as", one.identifiers.length ? make("p", { class: "code" }, one.identifiers.join(", ")) : null, one.cvss.map((text) => make("p", { class: "code" }, text))),
      ...part("References", one.references.length ? make("ul", null, one.references.map((url) => make("li", null, link(url.link, url.text)))) : null),
      ...part("Fingerprint", make("p", { class: "code" }, one.id), make("p", null, copyButton(one.id, "Copy fingerprint"), " ", copyButton(one.place, "Copy place"))),
    );
    detail.scrollTop = 0;
  }

  // --- Tabs ----------------------------------------------------------------------------------------------------------
  const tabs = [...document.querySelectorAll("[role=tab]")];
  function showTab(name) {
    const chosen = tabs.find((one) => one.getAttribute("aria-controls") === name) || tabs[0];
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      byId(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
    }
  }
  function openTab(tab) {
    const next = new URLSearchParams(location.hash.slice(1));
    next.set("tab", tab.getAttribute("aria-controls"));
    history.replaceState(null, "", "#" + next);
    apply();
    tab.focus();
  }
  for (const [at, tab] of tabs.entries()) {
    tab.addEventListener("click", () => openTab(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) openTab(tabs[(at + step + tabs.length) % tabs.length]);
    });
  }

  list.addEventListener("scroll", draw, { passive: true });
  addEventListener("resize", draw);
  addEventListener("hashchange", apply);
  list.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(list.clientHeight / ROW) - 1);
    const target = { ArrowDown: selected + 1, ArrowUp: selected - 1, PageDown: selected + page, PageUp: selected - page, Home: 0, End: shown.length - 1 }[event.key];
    if (target === undefined || !shown.length) return;
    event.preventDefault();
    select(target);
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("input", () => { readControls(); list.scrollTop = 0; apply(); });
  byId("clear").addEventListener("click", (event) => { event.preventDefault(); history.replaceState(null, "", "#"); apply(); });

  document.documentElement.classList.add("live");
  byId("app").hidden = false;
  fillFacets();
  apply();
})();
