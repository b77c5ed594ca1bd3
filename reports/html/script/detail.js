// --- One finding -----------------------------------------------------------------------------------------------------------
const detail = byId("detail");

function section(title, ...content) {
  const inside = content.flat().filter((one) => one !== null && one !== undefined && one !== "");
  return inside.length ? make("section", null, make("h3", null, title), ...inside) : null;
}
const paragraph = (text, name) => text ? make("p", name ? { class: name } : null, text) : null;
const bullets = (texts, each, tag) => texts && texts.length ? make(tag || "ul", null, texts.map((one) => make("li", null, each(one)))) : null;
const joined = (texts) => texts ? paragraph(texts.join(", "), "code") : null;

function drawDetail(one) {
  detail.scrollTop = 0;
  if (!one) { detail.replaceChildren(); return; }
  const parts = [one.symbol ? "in " + one.symbol : "", one.layerWords].filter(Boolean).join(", ");
  detail.replaceChildren(...[
    make("button", { type: "button", class: "quiet back", id: "back" }, "Back to the list"),
    make("h2", null, one.title),
    make("p", { class: "badges" }, ...badges(one), dim(word("defect", one.defect) + ", " + one.confidence + " confidence")),
    make("p", { class: "place" }, make("span", { class: "code" }, placeOf(one)), parts ? dim(" " + parts) : ""),
    codeBlock(one),
    paragraph(one.message),
    section("What to do", paragraph(one.remediation), fixCommand(one)),
    section("Why it is " + word("action", one.action), ...reasons(one)),
    section("What turns it green", ...remedy(one)),
    section("The same secret stands in", bullets(one.places, furtherPlace),
      one.morePlaces ? paragraph("... and " + number(one.morePlaces) + " more, all in the saved scan", "dim") : null),
    section("In the history", one.commit ? paragraph("Brought by " + one.commit) : null),
    section("Package", paragraph(one.purl, "code"), fixes(one)),
    section("Way of the data", bullets(one.trace, traceStep, "ol")),
    section("Reported by", bullets(one.sources, source)),
    section("Comments in the source that ask for silence", bullets(one.markers, (text) => make("code", null, text))),
    section("Notes", bullets(one.notes, (text) => text)),
    section("Known as", joined(one.identifiers), bullets(one.ratings, (text) => text)),
    section("References", bullets(one.references, (url) => link(url.link, url.text))),
    section("Accept it for a while", ...waiver(one)),
    section("Share", ...share(one)),
  ].filter(Boolean));
}

const badges = (one) => [badge(one.action, word("action", one.action)), " ", badge(one.severity)];
const sentence = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);
const linkTo = (one) => location.href.split("#")[0] + "#" + new URLSearchParams({ id: one.id });

function reasons(one) {
  return [
    make("p", null, "Rule ", make("b", null, one.rule || "none"), one.reason ? ": " + one.reason : ""),
    one.waiver ? make("p", null, "Waiver ", make("b", null, one.waiver)) : null,
    paragraph(one.newness ? sentence(one.newness) : ""),
    paragraph(one.other),
    bullets(one.because, (text) => make("code", null, text)),
  ];
}

function remedy(one) {
  if (one.action !== "block" || !data.steps) return [];
  const step = one.step ? sentence(one.step) + "." : "Repair it" + (one.places ? " in all its places" : "") + ", or accept it for a while.";
  return [paragraph(step), data.steps > 1 ? dim("This is one of " + number(data.steps) + " steps; the others stand above.") : null];
}

function furtherPlace(here) {
  const place = here.place + (here.symbol ? " in " + here.symbol : "");
  return [...badges(here), " ", make("span", { class: "code" }, place), make("br"), dim(here.about)];
}

function fixes(one) {
  if (one.fixed) return paragraph("Fixed in " + one.fixed.join(", "));
  return one.purl && one.kind !== "licence" ? paragraph("No fix is known.", "dim") : null;
}

function traceStep(step) {
  const code = step.text ? make("pre", { tabindex: "0", "aria-label": "Code at " + step.place }, codeText(step.text)) : "";
  return [make("span", { class: "code" }, step.place), code];
}

function source(one) {
  return [make("b", null, one.scanner), " ", link(one.url, one.rule), one.message ? ": " + one.message : "", one.note ? dim(" (" + one.note + ")") : ""];
}

function fixCommand(one) {
  const command = one.action === "block" ? data.fix.block : data.fix.other;
  return one.fixed && command ? make("p", { class: "command" }, make("code", null, command), copyButton(command, "Copy fix command")) : null;
}

function share(one) {
  const buttons = [copyButton(linkTo(one), "Copy link"), copyButton(placeOf(one), "Copy place"), copyButton(one.id, "Copy fingerprint")];
  return [make("p", { class: "buttons" }, buttons), paragraph(one.id, "code dim")];
}

// A waiver as `secscan waiver add` writes it. Only letters, digits and dashes are put in, so it stays the YAML it is.
function waiverText(one, fingerprints) {
  if (!/^[a-z0-9-]+$/.test(one.defect) || !fingerprints.every((text) => /^[A-Za-z0-9]{8,}$/.test(text))) return "";
  return data.waiver.replace("@id", one.defect + "-" + one.id.slice(0, 8)).replace("@fingerprint", fingerprints.join("\", \""));
}

function waiver(one) {
  const text = one.action === "accept" ? "" : waiverText(one, [one.id]);
  if (!text) return [];
  const everywhere = one.places && !one.morePlaces ? waiverText(one, [one.id, ...one.places.map((here) => here.id)]) : "";
  return [
    make("p", null, "Add this to your file of waivers, and say why and who answers for it: without both it is refused."),
    make("pre", { tabindex: "0", "aria-label": "Waiver" }, text),
    make("p", { class: "buttons" }, copyButton(text, "Copy waiver"), everywhere ? copyButton(everywhere, "Copy waiver for all places") : ""),
  ];
}
