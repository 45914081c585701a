// The page: lines from /events, figures from /api, and what the reader chose to see.

import { alerts } from "./alerts.js";
import { cards, footing, nothing, together } from "./board.js";
import { card, rejected, words } from "./card.js";
import { chart } from "./counts.js";
import { detail } from "./detail.js";
import { $, el, languageName } from "./dom.js";
import * as chosen from "./filters.js";

const KEPT = 300;
const EVERY = 1000;
// A browser keeps six connections to a server for all its tabs: one that nobody has looked at for so long gives its own back.
const UNSEEN = 30_000;
// Cards that are shown before somebody asks for all, and then at most.
const FEW = 12;
const MOST = 500;
// Sources that can be chosen: they are what producers write, so that there may be any number.
const SOURCES = 200;
const { fields } = chosen;
const list = $("mentions");
const held = [];
let paused = false;
let source = null;
let leaving;
let all = false;
// The version that is shown, and for what it was asked.
let shown = { version: null, asked: "" };
let standings = null;

// What each line is, for the filters.
const lines = new WeakMap();

function filter() {
  for (const item of list.children) item.hidden = !chosen.fits(lines.get(item));
  $("clear").hidden = !chosen.any();
  sayEmpty();
}

function sayEmpty() {
  const some = [...list.children].some((item) => !item.hidden);
  $("empty").hidden = some;
  $("empty").textContent = list.children.length === 0
    ? "No mentions yet: each appears here once this process has read, scored and published it."
    : "Nothing here fits the filters. New mentions that fit will appear.";
}

function show(item) {
  item.hidden = !chosen.fits(lines.get(item));
  list.prepend(item);
  while (list.children.length > KEPT) list.lastElementChild.remove();
  sayEmpty();
}

function take(item, facts) {
  lines.set(item, facts);
  if (!paused) {
    show(item);
    return;
  }
  held.push(item);
  if (held.length > KEPT) held.shift();
  tellPause();
}

function tellPause() {
  $("pause").textContent = paused ? (held.length > 0 ? `Resume (${held.length} new)` : "Resume") : "Pause";
  $("pause").setAttribute("aria-pressed", String(paused));
}

function pause() {
  paused = !paused;
  if (!paused) held.splice(0).forEach(show);
  tellPause();
  status(paused ? "paused" : "live");
}

function status(state) {
  const told = paused && state === "live" ? "paused" : state;
  if ($("status").dataset.state === told) return;
  $("status").dataset.state = told;
  $("status").textContent = { live: "live", paused: "paused", lost: "connection lost, trying again…" }[told];
}

function listen() {
  source = new EventSource("/events");
  source.addEventListener("hello", (event) => {
    if (!JSON.parse(event.data).resumed) {
      list.replaceChildren();
      held.length = 0;
      sayEmpty();
    }
    status("live");
  });
  source.addEventListener("mention", (event) => {
    const mention = JSON.parse(event.data);
    const { entity, language, source: from, topics } = mention;
    chosen.option(fields.language, language.code, languageName(language.code));
    chosen.option(fields.source, from, from, SOURCES);
    for (const topic of topics) chosen.option(fields.topic, topic.id, topic.id);
    if (entity) chosen.option(fields.entity, entity.id, entity.name);
    take(card(mention), {
      entity: entity?.id ?? "",
      sentiment: mention.sentiment?.abstained ? "unsure" : mention.sentiment?.label,
      source: from,
      topics: topics.map((topic) => topic.id),
      language: language.code,
      words: words(mention),
    });
  });
  const aside = (item) => take(item, { words: item.textContent.toLowerCase() });
  source.addEventListener("rejected", (event) => aside(rejected(JSON.parse(event.data))));
  source.addEventListener("missed", (event) => {
    const count = JSON.parse(event.data).lines.toLocaleString("en");
    aside(el("li", "dead gap", `${count} more came too fast to show; they are in the counts.`));
  });
  source.addEventListener("error", ({ target }) => {
    status("lost");
    // A browser that was refused gives up; the server may come back all the same.
    if (target.readyState === EventSource.CLOSED) setTimeout(() => target === source && listen(), 2000);
  });
}

// Whoever paused wants to find what was there, and what came.
function leave() {
  if (paused) return;
  source?.close();
  source = null;
}

function seen() {
  clearTimeout(leaving);
  if (document.hidden) leaving = setTimeout(leave, UNSEEN);
  else if (!source) listen();
}

async function get(path, asked) {
  const answer = await fetch(`${path}?${new URLSearchParams(asked)}`);
  if (answer.status === 204 || answer.status === 404) return null;
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

async function look() {
  const [entity, window, text] = [chosen.entity(), chosen.window_(), $("find").value.trim()];
  const counts = await get("/api/counts", entity ? { entity } : {});
  $("events").textContent = counts.events.toLocaleString("en");
  $("rejected").textContent = counts.rejected.toLocaleString("en");
  const asked = { window, ...(text && { text }), limit: all ? MOST : FEW };
  const print = JSON.stringify([asked, entity]);
  const since = shown.asked === print && shown.version !== null ? { since: shown.version } : {};
  const answer = await get("/api/standings", { ...asked, ...since });
  if (answer) {
    standings = answer;
    const parts = [
      alerts(await get("/api/alerts", {}), answer.following.state === "live"),
      detail(entity ? await get(`/api/entities/${encodeURIComponent(entity)}`, { window }) : null, window),
    ];
    // What waits for somebody to leave a link is looked at again.
    shown = { version: parts.every(Boolean) ? answer.version : null, asked: print };
  }
  // What is chosen meanwhile is looked at next; this is old.
  if (entity !== chosen.entity()) return;
  for (const one of standings.entities) chosen.option(fields.entity, one.id, one.name);
  for (const one of counts.entities) chosen.option(fields.entity, one.id, one.name);
  const joined = together(standings, counts.entities, text);
  const rows = joined.slice(0, all ? MOST : FEW);
  const fitting = Math.max(standings.total, joined.length);
  cards($("entities"), rows, entity, window, choose);
  $("nothing").hidden = rows.length > 0;
  if (rows.length === 0) $("nothing").textContent = nothing(standings.following, text !== "");
  footing(standings, rows.length, fitting);
  $("more").hidden = all || fitting <= FEW;
  $("find-label").hidden = standings.watched <= FEW;
  const name = [...standings.entities, ...counts.entities].find((one) => one.id === entity)?.name;
  chart($("chart"), $("axis"), $("chart-caption"), counts, name ?? (entity || "All entities"));
}

let looking = Promise.resolve();

// One look at a time. The server may be away: the stream says so, and tries again.
function lookNow() {
  looking = looking.then(look).catch(() => {});
  return looking;
}

async function keepLooking() {
  if (!document.hidden) await lookNow();
  setTimeout(keepLooking, EVERY);
}

async function choose(id) {
  fields.entity.value = chosen.entity() === id ? "" : id;
  chosen.write(true);
  filter();
  await lookNow();
  if (!chosen.entity() || $("detail").hidden) return;
  // What was asked for may lie far below the cards.
  $("detail-title").focus({ preventScroll: true });
  $("detail").scrollIntoView({ block: "nearest" });
}

function close() {
  const id = chosen.entity();
  choose(id);
  [...$("entities").children].find((item) => item.dataset.id === id)?.firstElementChild.focus();
}

for (const field of Object.values(fields)) {
  field.addEventListener("input", () => {
    chosen.write(field === fields.entity);
    filter();
  });
}
fields.entity.addEventListener("input", lookNow);
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("reset", () => setTimeout(() => {
  chosen.write(true);
  filter();
  lookNow();
}));
$("window").addEventListener("input", () => {
  chosen.write(false);
  lookNow();
});
$("find").addEventListener("input", lookNow);
$("more").addEventListener("click", () => {
  all = true;
  lookNow();
});
$("close").addEventListener("click", close);
$("pause").addEventListener("click", pause);
globalThis.addEventListener("popstate", () => {
  if (!chosen.read()) return;
  filter();
  lookNow();
});
document.addEventListener("visibilitychange", seen);
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, select, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
  if (event.key === "p") pause();
  if (event.key === "Escape" && chosen.entity()) close();
  if (event.key === "/") {
    event.preventDefault();
    fields.text.focus();
  }
});
chosen.read();
filter();
listen();
// It may have been opened behind another tab.
seen();
keepLooking();
