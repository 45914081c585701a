// Entities as cards: standing and band, how they came about, what is said of them, and whether somebody waits or worries.

import { $, count, el, lasting, percent, redraw, said, signed } from "./dom.js";
import { spark } from "./line.js";

const PARTS = ["negative", "neutral", "positive"];
const SYMBOLS = { negative: "▼", neutral: "●", positive: "▲" };
// Below so many effective mentions a score says hardly anything.
const WEAK = 5;
const BEFORE = { "1h": "the last day", "24h": "the last week", "7d": "the long run" };

function standing(entity, window) {
  const level = entity.windows?.[window];
  if (!level) return [el("span", "range", "no standing yet")];
  const score = el("b", "score", String(Math.round(level.reputation)));
  const range = el("span", "range", `${Math.round(level.low)} to ${Math.round(level.high)}`);
  range.title = "95 % band: where the reputation lies, given what was said";
  const weak = level.effective_mentions < WEAK;
  const rests = el("span", "rests", weak ? "hardly anything said" : `${count(level.effective_mentions)} effective mentions`);
  const moved = Math.abs(level.change) < 0.5 ? null : el("span", `moved ${level.change < 0 ? "down" : "up"}`, `${level.change < 0 ? "▼" : "▲"} ${signed(level.change, 1)}`);
  if (moved) moved.title = `points away from ${BEFORE[window]}`;
  return [el("span", `level${weak ? " weak" : ""}`, el("span", "hidden", " reputation "), score, el("span", "hidden", ", band "), range, moved), spark(entity.history), rests];
}

function shares(counts) {
  if (!counts) return [];
  const all = PARTS.reduce((sum, part) => sum + counts[part], 0);
  const bar = el("span", "shares", ...PARTS.map((part) => {
    const piece = el("i", part);
    piece.style.flexGrow = counts[part];
    return piece;
  }));
  bar.setAttribute("aria-hidden", "true");
  const symbol = (part) => {
    const mark = el("span", "", SYMBOLS[part]);
    mark.setAttribute("aria-hidden", "true");
    return mark;
  };
  const numbers = el("span", "numbers", ...PARTS.map((part) => el("span", part, symbol(part), " ", el("b", "", count(counts[part])), el("span", "hidden", ` ${part} `))));
  if (counts.own > 0) numbers.append(el("span", "", el("b", "", count(counts.own)), " own"));
  if (all > 0) numbers.title = PARTS.map((part) => `${percent(counts[part] / all)} ${part}`).join(", ");
  return [bar, numbers];
}

function flags(entity, window) {
  const list = [];
  for (const alert of entity.alerts ?? []) list.push(el("span", `flag ${alert.severity}`, alert.kind.replaceAll("_", " ")));
  if (entity.unanswered > 0) {
    const flag = el("span", "flag", `${count(entity.unanswered)} unanswered`);
    if (entity.oldest_unanswered_seconds) flag.title = `the oldest for ${lasting(entity.oldest_unanswered_seconds)}`;
    list.push(flag);
  }
  const share = entity.windows?.[window]?.share_of_voice;
  if (typeof share === "number") list.push(el("span", "flag quiet", `${percent(share)} of voice in ${entity.group}`));
  return list.length > 0 ? [el("span", "flags", ...list)] : [];
}

// A card is made once and then only told what is new, so that focus stays where it is.
function card(choose) {
  const button = el("button");
  button.type = "button";
  const item = el("li", "", button);
  button.addEventListener("click", () => choose(item.dataset.id));
  item.tell = (entity, window, chosen) => {
    item.dataset.id = entity.id;
    button.setAttribute("aria-pressed", String(chosen));
    const print = JSON.stringify([entity, window]);
    if (item.print === print) return;
    item.print = print;
    const who = el("span", "who", said("span", "name", entity.name), " ", el("span", "kind", entity.kind ?? ""));
    button.replaceChildren(who, ...standing(entity, window), ...shares(entity.counts), ...flags(entity, window));
    item.className = entity.alerts?.length > 0 ? "alerting" : "";
  };
  return item;
}

function fits(entity, text) {
  const words = text.toLowerCase();
  return entity.id.includes(words) || entity.name.toLowerCase().includes(words);
}

// Entities with a standing, then those that are only counted so far. Who they are is known only where all standings are here:
// otherwise some have a standing that was not asked for.
export function together(answer, counts, text) {
  const counted = new Map(counts.map((entity) => [entity.id, entity]));
  const known = new Set(answer.entities.map((entity) => entity.id));
  const complete = answer.total <= answer.entities.length;
  const alone = complete ? counts.filter((entity) => entity.id !== "" && !known.has(entity.id) && fits(entity, text)) : [];
  return [
    ...answer.entities.map((entity) => ({ ...entity, counts: counted.get(entity.id) })),
    ...alone.map((entity) => ({ id: entity.id, name: entity.name, kind: entity.kind, counts: entity })),
  ];
}

export function cards(list, rows, chosen, window, choose) {
  const known = new Map([...list.children].map((item) => [item.dataset.id, item]));
  const focused = document.activeElement;
  rows.forEach((entity, i) => {
    const item = known.get(entity.id) ?? card(choose);
    item.tell(entity, window, entity.id === chosen);
    if (list.children[i] !== item) list.insertBefore(item, list.children[i] ?? null);
  });
  while (list.children.length > rows.length) list.lastElementChild.remove();
  // A card that moves loses the focus.
  if (list.contains(focused) && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

// What to say where there is nothing to show.
export function nothing(following, searched) {
  if (searched) return "No entity of that name has a standing.";
  if (following.state === "waiting") return `No standings: ${following.reason}. Trying again.`;
  if (following.state === "reading") return "Reading the standings of all entities…";
  return "No standings yet: the first comes a few seconds after the first mention of an entity on the watchlist.";
}

// What says how fresh and how complete the cards are.
export function footing(answer, shown, fitting) {
  const parts = [];
  if (answer.following.state !== "live" && shown > 0) parts.push(answer.following.state === "reading" ? "still reading the standings" : `not following: ${answer.following.reason}`);
  if (fitting > shown) parts.push(`${count(shown)} of ${count(fitting)} entities`);
  if (answer.unreadable_records > 0) parts.push(`${count(answer.unreadable_records)} records were not ours and were passed over`);
  redraw($("footing"), parts, () => [parts.join("; ")]);
}
