// --- The state of the page is its address, so that a view can be sent to somebody, and the back button works ---------
const SINGLE = ["tab", "q", "group", "sort", "id", "theme"];
let now = { tab: "", q: "", group: "", sort: "", id: "", theme: "", chosen: {} };

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const state = { chosen: {} };
  for (const name of SINGLE) state[name] = given.get(name) || "";
  // A link within the page says what to show, not in which colours.
  if (!given.has("theme")) state.theme = now.theme;
  for (const facet of FACETS) if (given.has(facet.id)) state.chosen[facet.id] = given.getAll(facet.id);
  return state;
}

function address(state) {
  const given = new URLSearchParams();
  for (const name of SINGLE) if (state[name]) given.set(name, state[name]);
  for (const facet of FACETS) for (const value of state.chosen[facet.id] || []) given.append(facet.id, value);
  return "#" + given;
}

// `step` is something that the back button takes back; moving through the list is not.
function change(changes, step) {
  now = { ...now, ...changes };
  history[step ? "pushState" : "replaceState"](null, "", address(now));
}
