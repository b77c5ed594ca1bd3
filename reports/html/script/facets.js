// --- The filters -----------------------------------------------------------------------------------------------------------
const FEW = 8, MANY = 200;
const opened = new Set(FACETS.filter((facet) => facet.open).map((facet) => facet.id));
const unfolded = new Set();

function drawFacets(counts) {
  const focused = document.activeElement && document.activeElement.dataset || {};
  byId("facet-list").replaceChildren(...FACETS.map((facet, at) => facet.values.length ? facetElement(facet, counts[at]) : null).filter(Boolean));
  // The box that was ticked has been drawn anew.
  if (focused.facet) for (const box of byId("facet-list").querySelectorAll("[data-facet]"))
    if (box.dataset.facet === focused.facet && box.dataset.value === focused.value) box.focus({ preventScroll: true });
}

const isOpen = (facet) => opened.has(facet.id) || facet.id in now.chosen;

function facetElement(facet, counts) {
  const chosen = now.chosen[facet.id] || [];
  const element = make("details", { class: "facet" },
    make("summary", null, facet.title, chosen.length ? make("span", { class: "count" }, chosen.length + " chosen") : ""),
    ...counts ? choices(facet, counts, chosen) : []);
  element.open = isOpen(facet);
  // What is closed has neither been counted nor drawn.
  element.addEventListener("toggle", () => {
    if (element.open === isOpen(facet)) return;
    if (element.open) opened.add(facet.id); else opened.delete(facet.id);
    drawFacets(matching().counts);
  });
  return element;
}

function choices(facet, counts, chosen) {
  const order = data.order[facet.id];
  const values = facet.values.map((name, value) => ({ name, count: counts[value], isChosen: chosen.includes(name) }))
    .filter((one) => one.count || one.isChosen);
  if (order) values.sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
  else if (facet.sorted) values.sort((one, other) => before(one.name, other.name));
  else values.sort((one, other) => other.count - one.count || before(one.name, other.name));
  const most = unfolded.has(facet.id) ? MANY : FEW;
  const shown = values.filter((one, at) => at < most || one.isChosen);
  return [
    shown.length ? make("ul", { "aria-label": facet.title }, shown.map((one) => choice(facet, one))) : make("p", { class: "dim" }, "none"),
    values.length > shown.length ? moreButton(facet, values.length - shown.length, most) : "",
  ];
}

function choice(facet, one) {
  const box = make("input", { type: "checkbox", "data-facet": facet.id, "data-value": one.name });
  box.checked = one.isChosen;
  box.addEventListener("change", () => {
    const chosen = new Set(now.chosen[facet.id] || []);
    if (box.checked) chosen.add(one.name); else chosen.delete(one.name);
    const next = { ...now.chosen, [facet.id]: [...chosen] };
    if (!chosen.size) delete next[facet.id];
    change({ chosen: next }, true);
    list.scrollTop = 0;
    apply();
  });
  const value = make("span", { class: facet.id === "severity" ? "value dot " + one.name : "value" }, word(facet.id, one.name));
  return make("li", null, make("label", null, box, value, make("span", { class: "count" }, number(one.count))));
}

function moreButton(facet, count, most) {
  if (most === MANY) return make("p", { class: "dim" }, number(count) + " more; search finds them");
  const button = make("button", { type: "button", class: "quiet" }, number(count) + " more");
  button.addEventListener("click", () => { unfolded.add(facet.id); apply(); });
  return button;
}

function fillSelect(id, options, needs) {
  byId(id).replaceChildren(...Object.entries(options).filter(([name]) => needs(name)).map(([name, one]) => make("option", { value: name }, one.title)));
  byId(id).addEventListener("change", () => { folded.clear(); change({ [id]: byId(id).value }, true); list.scrollTop = 0; apply(); });
}
