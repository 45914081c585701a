// What the reader chose to see. It stands in the address, so that it can be kept and sent on.

import { $, el } from "./dom.js";

const FIELDS = ["text", "entity", "sentiment", "source", "topic", "language"];
export const fields = Object.fromEntries(FIELDS.map((name) => [name, $(name)]));

export const entity = () => fields.entity.value;
export const window_ = () => $("window").value;

// Whether a mention fits. Dead letters have none of its facts.
export function fits(facts) {
  const { text, ...others } = Object.fromEntries(FIELDS.map((name) => [name, fields[name].value]));
  const words = text.trim().toLowerCase();
  if (words && !facts.words.includes(words)) return false;
  return Object.entries(others).every(([name, value]) => !value || (name === "topic" ? facts.topics?.includes(value) : facts[name] === value));
}

export const any = () => FIELDS.some((name) => fields[name].value);

// Offers a choice, or renames it. Beyond `most` a new one is left out: nobody reads so long a list, and the words find it all the same.
export function option(select, value, name, most = Infinity) {
  const known = [...select.options].find((option) => option.value === value);
  if (known) {
    if (known.textContent !== name) known.textContent = name;
    return;
  }
  // The first says what is chosen here, and chooses nothing.
  if (select.options.length > most) return;
  const fresh = el("option", "", name);
  fresh.value = value;
  const after = [...select.options].slice(1).find((other) => other.textContent.localeCompare(name) > 0);
  select.insertBefore(fresh, after ?? null);
}

function written() {
  const chosen = new URLSearchParams();
  for (const name of FIELDS) if (fields[name].value) chosen.set(name, fields[name].value);
  if (window_() !== "24h") chosen.set("window", window_());
  return chosen.toString();
}

// Puts the choice into the address; `step` makes it a place that the browser's Back comes back to.
export function write(step) {
  const hash = written();
  if (hash === location.hash.slice(1)) return;
  const address = `${location.pathname}${hash ? `#${hash}` : ""}`;
  if (step) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

// Takes the choice from the address. A value that is not among the options yet becomes one.
export function read() {
  const hash = location.hash.slice(1);
  // The skip link goes to a place of the page, and chooses nothing.
  if (hash && !hash.includes("=")) return false;
  const chosen = new URLSearchParams(hash);
  for (const name of FIELDS) {
    const value = chosen.get(name) ?? "";
    if (value && fields[name].tagName === "SELECT") option(fields[name], value, value);
    fields[name].value = value;
  }
  const wanted = chosen.get("window") ?? "24h";
  $("window").value = [...$("window").options].some((option) => option.value === wanted) ? wanted : "24h";
  return true;
}
