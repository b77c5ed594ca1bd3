// --- Tabs, by the pattern of the ARIA Authoring Practices ---------------------------------------------------------------
const tabs = [...document.querySelectorAll("[role=tab]")];

function showTab(name) {
  const chosen = tabs.find((tab) => tab.getAttribute("aria-controls") === name) || tabs[0];
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
  }
  // Where not all tabs fit, the chosen one is in sight, with a part of the one before it.
  const bar = chosen.parentElement;
  bar.scrollLeft = chosen.offsetLeft - bar.offsetLeft - 60;
}

function openTab(tab) {
  const name = tab.getAttribute("aria-controls");
  change({ tab: tab === tabs[0] ? "" : name }, true);
  apply();
  tab.focus();
}

for (const [at, tab] of tabs.entries()) {
  tab.addEventListener("click", () => openTab(tab));
  tab.addEventListener("keydown", (event) => {
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    openTab(tabs[(next + tabs.length) % tabs.length]);
  });
}

// --- Light and dark --------------------------------------------------------------------------------------------------------
const THEMES = { "": "automatic", light: "light", dark: "dark" };

function showTheme() {
  const theme = Object.hasOwn(THEMES, now.theme) ? now.theme : "";
  if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme;
  byId("theme").textContent = "Theme: " + THEMES[theme];
}

byId("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  change({ theme: names[(names.indexOf(now.theme) + 1) % names.length] });
  showTheme();
});
