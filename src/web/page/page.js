// The page: lines from /events, counts from /api/counts, and what the reader chose to see.

import { card, el, languageName, rejected, words } from "./card.js";
import { chart, entities } from "./counts.js";
import { standings } from "./standings.js";

const KEPT = 300;
const COUNTS_EVERY = 1000;
const $ = (id) => document.getElementById(id);
const list = $("mentions");
const filters = { text: $("text"), entity: $("entity"), sentiment: $("sentiment"), language: $("language") };
const held = [];
let paused = false;

// What each line is, for the filters.
const lines = new WeakMap();

function fits(item) {
  const mention = lines.get(item);
  const text = filters.text.value.trim().toLowerCase();
  if (!mention.entityId && mention.dead) return !filters.entity.value && !filters.sentiment.value && !filters.language.value && item.textContent.toLowerCase().includes(text);
  return (!filters.entity.value || mention.entityId === filters.entity.value)
    && (!filters.sentiment.value || mention.sentiment === filters.sentiment.value)
    && (!filters.language.value || mention.language === filters.language.value)
    && (!text || mention.words.includes(text));
}

function filter() {
  for (const item of list.children) item.hidden = !fits(item);
  $("clear").hidden = !Object.values(filters).some((field) => field.value);
  sayEmpty();
}

function sayEmpty() {
  const shown = [...list.children].some((item) => !item.hidden);
  $("empty").hidden = shown;
  $("empty").textContent = list.children.length === 0 ? "Waiting for the first mention." : "Nothing here fits the filters. New mentions that fit will appear.";
}

function option(select, value, name) {
  if ([...select.options].some((known) => known.value === value)) return;
  const fresh = el("option", "", name);
  fresh.value = value;
  const after = [...select.options].slice(1).find((known) => known.textContent.localeCompare(name) > 0);
  select.insertBefore(fresh, after ?? null);
}

function show(item) {
  item.hidden = !fits(item);
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
  const shown = paused && state === "live" ? "paused" : state;
  $("status").dataset.state = shown;
  $("status").textContent = { live: "live", paused: "paused", lost: "connection lost, trying again…" }[shown];
}

function listen() {
  const source = new EventSource("/events");
  source.addEventListener("hello", (event) => {
    if (!JSON.parse(event.data).resumed) {
      list.replaceChildren();
      held.length = 0;
    }
    status("live");
  });
  source.addEventListener("mention", (event) => {
    const mention = JSON.parse(event.data);
    option(filters.language, mention.language.code, languageName(mention.language.code));
    if (mention.entity) option(filters.entity, mention.entity.id, mention.entity.name);
    take(card(mention), {
      entityId: mention.entity?.id ?? "",
      sentiment: mention.sentiment?.abstained ? "unsure" : mention.sentiment?.label,
      language: mention.language.code,
      words: words(mention),
    });
  });
  source.addEventListener("rejected", (event) => take(rejected(JSON.parse(event.data)), { dead: true }));
  source.addEventListener("missed", (event) => {
    const count = JSON.parse(event.data).lines.toLocaleString("en");
    take(el("li", "dead gap", `${count} more came too fast to show; they are in the counts.`), { dead: true });
  });
  source.addEventListener("error", () => status("lost"));
}

async function counts() {
  try {
    const entity = filters.entity.value;
    const answer = await fetch(`/api/counts${entity ? `?entity=${encodeURIComponent(entity)}` : ""}`);
    const summary = await answer.json();
    $("events").textContent = summary.events.toLocaleString("en");
    $("rejected").textContent = summary.rejected.toLocaleString("en");
    for (const each of summary.entities) option(filters.entity, each.id, each.name);
    entities($("entities"), summary.entities, entity, choose);
    $("more").hidden = summary.more_entities === 0;
    $("more").textContent = `and ${summary.more_entities.toLocaleString("en")} entities with fewer mentions`;
    const name = summary.entities.find((each) => each.id === entity)?.name;
    chart($("chart"), $("axis"), $("chart-caption"), summary, name ?? "All entities");
    await standings($("reputation"), $("standings"), $("alerts"), $("window").value);
  } catch {
    // The server is away: the stream says so, and tries again.
  }
}

function choose(id) {
  filters.entity.value = filters.entity.value === id ? "" : id;
  filter();
  counts();
}

async function keepCounting() {
  if (!document.hidden) await counts();
  setTimeout(keepCounting, COUNTS_EVERY);
}

for (const field of Object.values(filters)) field.addEventListener("input", filter);
filters.entity.addEventListener("input", counts);
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("reset", () => setTimeout(() => { filter(); counts(); }));
$("window").addEventListener("input", counts);
$("pause").addEventListener("click", pause);
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, select, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
  if (event.key === "p") pause();
  if (event.key === "/") {
    event.preventDefault();
    filters.text.focus();
  }
});
sayEmpty();
listen();
keepCounting();
