// --- The list: only the rows in sight are in the document --------------------------------------------------------------
const ROW = 56, SPARE = 8;
const list = byId("list"), rows = byId("rows");
let items = [], cursor = -1;

// By its own fingerprint or that of a further place.
const isCalled = (one, id) => one.id === id || (one.places || []).some((here) => here.id === id);

function setItems(next) {
  items = next;
  rows.style.height = items.length * ROW + "px";
  list.setAttribute("role", now.group ? "tree" : "listbox");
  const at = now.id ? items.findIndex((item) => item.one && isCalled(item.one, now.id)) : -1;
  cursor = at >= 0 ? at : items.findIndex((item) => item.one);
  if (cursor < 0 && items.length) cursor = 0;
  reveal();
  drawList();
}

function drawList() {
  const first = Math.max(0, Math.floor(list.scrollTop / ROW) - SPARE);
  const last = Math.min(items.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + SPARE);
  const drawn = [];
  for (let at = first; at < last; at++) drawn.push(items[at].one ? findingRow(items[at], at) : groupRow(items[at], at));
  rows.replaceChildren(...drawn);
  if (cursor >= first && cursor < last) list.setAttribute("aria-activedescendant", "row-" + cursor);
  else list.removeAttribute("aria-activedescendant");
}

function rowElement(item, at, attributes, ...children) {
  const place = { "aria-setsize": item.size, "aria-posinset": item.at, "aria-selected": String(at === cursor) };
  const tree = now.group ? { role: "treeitem", "aria-level": item.level } : { role: "option" };
  const row = make("div", { id: "row-" + at, ...tree, ...place, ...attributes }, ...children);
  row.style.top = at * ROW + "px";
  return row;
}

function findingRow(item, at) {
  const one = item.one, more = furtherPlaces(one);
  const under = [
    make("span", { class: "mark " + one.action }, word("action", one.action)),
    make("span", null, one.severity),
    make("span", { class: "code" }, placeOf(one) + (more ? " and " + more + " more" : "")),
    one.new === "new" ? make("span", { class: "new" }, "new") : "",
  ];
  const row = rowElement(item, at, { class: "row " + one.severity }, make("div", { class: "title" }, one.title), make("div", { class: "under" }, under));
  row.addEventListener("click", () => { select(at); if (isNarrow()) openDetail(); });
  return row;
}

function groupRow(item, at) {
  const blocked = item.found.filter((one) => one.action === "block").length;
  const row = rowElement(item, at, { class: "row group", "aria-expanded": String(!item.isFolded) },
    make("div", { class: "title" }, item.group),
    make("div", { class: "under" }, counted(item.found.length, "finding") + (blocked ? ", " + number(blocked) + " blocked" : "")));
  row.addEventListener("click", () => { cursor = at; fold(!item.isFolded); });
  return row;
}

function reveal() {
  if (cursor < 0) return;
  const top = cursor * ROW;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
}

function select(at) {
  if (!items.length) return;
  cursor = Math.max(0, Math.min(items.length - 1, at));
  if (items[cursor].one) change({ id: items[cursor].one.id });
  reveal();
  drawList();
  if (items[cursor].one) drawDetail(items[cursor].one);
}

// Folds or unfolds the group of the row that is selected, and selects the group.
function fold(isFolded) {
  let at = cursor;
  while (at > 0 && items[at].one) at--;
  if (!items[at] || items[at].one) return;
  const name = items[at].group;
  if (isFolded) folded.add(name); else folded.delete(name);
  arrange();
  cursor = at;
  reveal();
  drawList();
}

function foldAll() {
  const groups = items.filter((item) => !item.one), isOpen = groups.some((item) => !item.isFolded);
  for (const item of groups) if (isOpen) folded.add(item.group); else folded.delete(item.group);
  list.scrollTop = 0;
  arrange();
}
