// --- Code, with the line that was pointed at and the places where secrets were ------------------------------------------
const SECRET = /(\[secret:[^\]\n]{0,80}\])/;

function codeBlock(one) {
  if (!one.snippet) return null;
  const last = one.endLine || one.line;
  const lines = one.snippet.split("\n").map((text, at) => {
    const line = one.snippetLine + at, isHit = line >= one.line && line <= last;
    const content = isHit ? make("mark", null, codeText(text)) : codeText(text);
    return make("span", { class: isHit ? "line hit" : "line" }, make("i", { "aria-hidden": "true" }, String(line)), content);
  });
  return make("pre", { tabindex: "0", "aria-label": "Code from line " + one.snippetLine }, lines);
}

function codeText(text) {
  return text.split(SECRET).map((part, at) => at % 2 ? make("span", { class: "secret", title: "A secret stood here; it is in no report" }, part) : part);
}
