// Small helpers. Whatever comes from outside is set as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const TIME = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const LANGUAGES = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });

export const $ = (id) => document.getElementById(id);

export function el(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Words of people, in whatever script.
export function said(tag, className, words) {
  const element = el(tag, className, words);
  element.dir = "auto";
  return element;
}

export function shape(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// A link to the web, or the words alone. The server lets no other link through; a second look costs nothing.
export function link(url, className, words) {
  if (!url || !/^https?:\/\//.test(url)) return el("span", className, words);
  const anchor = el("a", className, words);
  anchor.href = url;
  anchor.rel = "noopener noreferrer nofollow";
  anchor.target = "_blank";
  return anchor;
}

export function moment(time) {
  const date = new Date(time);
  const element = el("time", "", TIME.format(date));
  element.dateTime = date.toISOString();
  return element;
}

export const count = (number) => Math.round(number).toLocaleString("en");

export function signed(number, digits = 2) {
  return `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(digits)}`;
}

export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

export function rate(number) {
  return number < 9.95 ? number.toFixed(1) : count(number);
}

export function many(number, one, more) {
  return `${count(number)} ${Math.round(number) === 1 ? one : more}`;
}

// "40 minutes", "5 hours", "3 days".
export function lasting(seconds) {
  if (seconds < 90) return many(Math.max(seconds, 0), "second", "seconds");
  if (seconds < 5400) return many(seconds / 60, "minute", "minutes");
  if (seconds < 172800) return many(seconds / 3600, "hour", "hours");
  return many(seconds / 86400, "day", "days");
}

export function languageName(code) {
  if (code === "und") return "no language";
  try {
    return LANGUAGES.of(code) ?? code;
  } catch {
    return code;
  }
}

// Shows data with `draw` where it has changed. While somebody is at a link in there it waits, so that focus is not lost, and says
// so with `false`: whoever called tries again. It does not wait where `whose` has changed: nobody wants another's. What was unfolded
// stays so.
export function redraw(place, data, draw, whose = "") {
  const print = JSON.stringify([whose, data]);
  if (place.print === print) return true;
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  if (focused && focused.tagName !== "SUMMARY" && (place.whose ?? "") === whose) return false;
  const key = (details) => details?.dataset.key;
  const open = new Set([...place.querySelectorAll("details[open]")].map(key));
  place.replaceChildren(...draw().filter((child) => child !== null));
  for (const details of place.querySelectorAll("details")) {
    details.open = open.has(key(details));
    if (focused && key(focused.parentElement) === key(details)) details.firstElementChild.focus({ preventScroll: true });
  }
  place.print = print;
  place.whose = whose;
  return true;
}
