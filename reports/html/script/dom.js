// No library, no network, no innerHTML: every text is hostile, so it only ever becomes a text node or a value.
const byId = (id) => document.getElementById(id);

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  for (const child of children.flat(2)) if (child !== null && child !== undefined && child !== "") element.append(child);
  return element;
}

const badge = (name, text) => make("span", { class: "badge " + name }, text || name);
const dim = (text) => make("span", { class: "dim" }, text);
const NUMBERS = new Intl.NumberFormat("en-US");
const number = (value) => NUMBERS.format(value);
const counted = (value, noun) => number(value) + " " + noun + (value === 1 ? "" : "s");
const link = (url, text) => url ? make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text) : text;
const copyButton = (text, label) => make("button", { type: "button", class: "copy", "data-copy": text }, label);

async function copy(button) {
  const text = button.dataset.copy, label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  } catch {
    byId("by-hand-text").value = text;
    byId("by-hand").showModal();
    byId("by-hand-text").select();
  }
}
