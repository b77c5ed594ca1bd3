"use strict";
// Before anything is drawn: what only stands here for readers without script is not shown, unless our script fails.
document.documentElement.classList.add("live");
addEventListener("error", () => { if (!document.documentElement.classList.contains("ready")) document.documentElement.classList.remove("live"); });
