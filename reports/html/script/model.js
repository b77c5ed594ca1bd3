// --- The findings, and which of them are shown -------------------------------------------------------------------------
const data = JSON.parse(byId("data").textContent);
const all = data.findings;
for (const one of all) for (const name of data.positions) if (name in one) one[name] = data.shared[one[name]];

const word = (facet, value) => data.words[facet] && Object.hasOwn(data.words[facet], value) ? data.words[facet][value] : value;
const placeOf = (one) => one.line ? one.path + ":" + one.line : one.path;
const furtherPlaces = (one) => (one.places || []).length + (one.morePlaces || 0);
const scannersOf = (one) => [...new Set((one.sources || []).map((source) => source.scanner))];

function foldersOf(path) {
  const parts = path.split("/").slice(0, -1), folders = [];
  for (let depth = 1; depth <= parts.length; depth++) folders.push(parts.slice(0, depth).join("/") + "/");
  return folders;
}

// A facet: what can be chosen, and which values a finding has. Several values of one facet mean "or", several facets "and".
const FACETS = [
  { id: "action", title: "Decision", open: true, of: (one) => [one.action] },
  { id: "severity", title: "Severity", open: true, of: (one) => [one.severity] },
  { id: "kind", title: "Kind", open: true, of: (one) => [one.kind] },
  { id: "new", title: "New", of: (one) => one.new ? [one.new] : [] },
  { id: "scanner", title: "Scanner", of: scannersOf },
  { id: "fixable", title: "Fix available", of: (one) => one.purl ? [one.fixed ? "yes" : "no"] : [] },
  { id: "accepted", title: "Accepted", of: (one) => one.accepted ? [one.accepted] : [] },
  { id: "defect", title: "Class", of: (one) => [one.defect] },
  { id: "path", title: "Folder", sorted: true, of: (one) => foldersOf(one.path) },
  { id: "cwe", title: "CWE", of: (one) => (one.identifiers || []).filter((name) => name.startsWith("CWE-")) },
  { id: "package", title: "Package", of: (one) => one.package ? [one.package] : [] },
  { id: "rule", title: "Rule of the policy", of: (one) => one.rule ? [one.rule] : [] },
  { id: "layer", title: "Layer", of: (one) => one.layer ? [one.layer] : [] },
];

// Values are numbers while findings are counted: 25,000 findings in a few milliseconds.
for (const facet of FACETS) {
  facet.values = [];
  facet.numbers = new Map();
  const known = new Map();
  facet.has = all.map((one) => {
    const names = facet.of(one), key = names.join("\n");
    if (!known.has(key)) known.set(key, names.map((name) => {
      if (!facet.numbers.has(name)) { facet.numbers.set(name, facet.values.length); facet.values.push(name); }
      return facet.numbers.get(name);
    }));
    return known.get(key);
  });
}

let haystack = null;
function searchable() {
  haystack = haystack || all.map((one) => [
    one.title, placeOf(one), one.symbol, one.layerWords, one.defect, one.id, one.message, one.purl, one.commit, one.rule,
    ...one.identifiers || [],
    ...(one.places || []).map((here) => here.place + " " + here.id),
    ...(one.sources || []).map((source) => source.scanner + " " + source.rule),
  ].join("\n").toLowerCase());
  return haystack;
}

// Returns the positions of the findings that fit, and for each facet that is open how many fit all the others, by value.
function matching() {
  const words = now.q.toLowerCase().split(/\s+/).filter(Boolean);
  const texts = words.length ? searchable() : null;
  const asked = FACETS.map((facet, at) => [facet, at]).filter(([facet]) => now.chosen[facet.id])
    .map(([facet, at]) => ({ at, has: facet.has, wanted: new Set(now.chosen[facet.id].map((name) => facet.numbers.get(name))) }));
  const counts = FACETS.map((facet) => isOpen(facet) ? new Uint32Array(facet.values.length) : null);
  const counting = FACETS.map((facet, at) => at).filter((at) => counts[at]);
  const fits = [];
  for (let at = 0; at < all.length; at++) {
    if (texts && !words.every((text) => texts[at].includes(text))) continue;
    let missed = -1, misses = 0;
    for (const facet of asked) {
      if (facet.has[at].some((value) => facet.wanted.has(value))) continue;
      missed = facet.at;
      if (++misses > 1) break;
    }
    if (misses === 0) {
      fits.push(at);
      for (const facet of counting) for (const value of FACETS[facet].has[at]) counts[facet][value]++;
    } else if (misses === 1 && counts[missed]) for (const value of FACETS[missed].has[at]) counts[missed][value]++;
  }
  return { fits, counts };
}

// --- Order and groups ---------------------------------------------------------------------------------------------------
const before = (one, other) => one < other ? -1 : one > other ? 1 : 0;
const rank = (name) => (one) => data.order[name].indexOf(one[name]);
const SORTS = {
  "": { title: "what to do first" },
  severity: { title: "severity", by: [rank("severity")] },
  place: { title: "place", by: [(one) => one.path, (one) => one.line || 0] },
  title: { title: "title", by: [(one) => one.title] },
  scanner: { title: "scanner", by: [(one) => scannersOf(one)[0] || ""] },
};
const GROUPS = {
  "": { title: "nothing" },
  file: { title: "file", of: (one) => one.path },
  class: { title: "class", of: (one) => word("defect", one.defect) },
  rule: { title: "rule of the policy", of: (one) => one.rule || "no rule" },
  package: { title: "package", of: (one) => one.package || "no package" },
  layer: { title: "layer", of: (one) => one.layer ? "Layer " + word("layer", one.layer) : "no layer" },
};

function ordered(fits) {
  const by = (SORTS[now.sort] || {}).by;
  if (!by) return fits;
  const keys = new Map(fits.map((at) => [at, by.map((key) => key(all[at]))]));
  return fits.sort((one, other) => {
    const mine = keys.get(one), others = keys.get(other);
    for (let part = 0; part < mine.length; part++) if (mine[part] !== others[part]) return before(mine[part], others[part]);
    return one - other;
  });
}

const folded = new Set();
function arranged(fits) {
  const of = (GROUPS[now.group] || {}).of, size = fits.length;
  if (!of) return ordered(fits).map((at, index) => ({ one: all[at], level: 1, at: index + 1, size }));
  const groups = new Map();
  for (const at of ordered(fits)) {
    const name = of(all[at]);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(all[at]);
  }
  const items = [];
  let index = 0;
  for (const [name, found] of groups) {
    const isFolded = folded.has(name);
    items.push({ group: name, found, isFolded, level: 1, at: ++index, size: groups.size });
    if (!isFolded) found.forEach((one, at) => items.push({ one, level: 2, at: at + 1, size: found.length }));
  }
  return items;
}
