// --- Keyboard ----------------------------------------------------------------------------------------------------------------
const isNarrow = () => matchMedia("(max-width: 700px)").matches;

function openDetail() {
  if (cursor >= 0 && !items[cursor].one) return fold(!items[cursor].isFolded);
  byId("findings").classList.add("reading");
  detail.focus({ preventScroll: !isNarrow() });
}

function backToList() {
  byId("findings").classList.remove("reading");
  list.focus();
  reveal();
  drawList();
}

function move(key) {
  const page = Math.max(1, Math.floor(list.clientHeight / ROW) - 1);
  const targets = {
    ArrowDown: cursor + 1, j: cursor + 1, PageDown: cursor + page, End: items.length - 1,
    ArrowUp: cursor - 1, k: cursor - 1, PageUp: cursor - page, Home: 0,
  };
  const target = targets[key];
  if (target === undefined) return false;
  select(target);
  return true;
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const target = event.target, isTyping = target.matches("input, select, textarea") && target.type !== "checkbox";
  const inFindings = !byId("findings").hidden, inList = target === list;
  let done = true;
  if (event.key === "Escape") {
    if (target === byId("search") && target.value) { target.value = ""; onSearch(); } else backToList();
  } else if (isTyping) {
    done = target === byId("search") && event.key === "Enter";
    if (done) list.focus();
  } else if (event.key === "?") byId("help").showModal();
  else if (!inFindings) done = false;
  else if (event.key === "/") byId("search").focus();
  else if (inList && event.key === "Enter") openDetail();
  else if (inList && now.group && (event.key === "ArrowLeft" || event.key === "ArrowRight")) fold(event.key === "ArrowLeft");
  else if (inList || event.key === "j" || event.key === "k") done = move(event.key);
  else done = false;
  if (done) event.preventDefault();
}

document.addEventListener("keydown", onKey);
byId("help-open").addEventListener("click", () => byId("help").showModal());
