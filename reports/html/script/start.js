// --- All together ------------------------------------------------------------------------------------------------------------
let fits = [];

function arrange() {
  setItems(arranged(fits));
  byId("fold").textContent = items.some((item) => !item.one && !item.isFolded) ? "Fold all" : "Unfold all";
}

function apply() {
  const found = matching();
  fits = found.fits;
  if (byId("search").value.trim() !== now.q) byId("search").value = now.q;  // a blank may be being typed
  byId("group").value = now.group;
  byId("sort").value = now.sort;
  byId("fold").hidden = !now.group;
  byId("clear").hidden = !now.q && !Object.keys(now.chosen).length;
  byId("shown").textContent = fits.length === all.length ? counted(all.length, "finding") : number(fits.length) + " of " + counted(all.length, "finding");
  byId("none").hidden = fits.length > 0;
  list.hidden = !fits.length;
  drawFacets(found.counts);
  showTheme();
  showTab(now.tab);
  arrange();
  drawDetail(cursor >= 0 ? items[cursor].one || null : null);
}

// What the address says; on a narrow screen, the finding that it names takes the place of the list.
function openAddress() {
  now = readAddress();
  byId("findings").classList.toggle("reading", now.id !== "");
  apply();
}

function onSearch() {
  change({ q: byId("search").value.trim() });
  list.scrollTop = 0;
  apply();
}

const isFilled = (facet) => FACETS.find((one) => one.id === facet).values.length > 0;
fillSelect("group", GROUPS, (name) => !["package", "layer"].includes(name) || isFilled(name));
fillSelect("sort", SORTS, () => true);
byId("search").addEventListener("input", onSearch);
byId("controls").addEventListener("submit", (event) => event.preventDefault());
byId("clear").addEventListener("click", () => { change({ q: "", chosen: {} }, true); apply(); byId("search").focus(); });
byId("fold").addEventListener("click", foldAll);
list.addEventListener("scroll", drawList, { passive: true });
addEventListener("resize", drawList);
addEventListener("popstate", openAddress);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  if (event.target.closest("#back")) backToList();
  // A link within the page leads to the list, which stands below the summary.
  if (event.target.closest("a[href^='#']")) setTimeout(() => document.querySelector(".tabs").scrollIntoView());
});

document.documentElement.classList.add("ready");
for (const element of document.querySelectorAll("#app, #tools, .command .copy")) element.hidden = false;
// Where nothing was found there is nothing to look through, but still what was looked at.
byId("app").classList.toggle("nothing", !all.length);
byId("facets").open = !matchMedia("(max-width: 1000px)").matches;
openAddress();
setTimeout(searchable);
