// How entities stand: score, 95 % band, and the alerts that are open.

import { el } from "./card.js";

const WEAK = 5;

function row(entity, window) {
  const level = entity.windows[window];
  const [score, low, high] = [level.reputation, level.low, level.high].map(Math.round);
  const band = el("i", "band");
  band.style.left = `${level.low}%`;
  band.style.width = `${level.high - level.low}%`;
  const mark = el("i", "mark");
  mark.style.left = `${level.reputation}%`;
  const track = el("span", "track", el("i", "middle"), band, mark);
  track.setAttribute("aria-hidden", "true");
  const rests = level.effective_mentions < WEAK ? "hardly anything said" : `${Math.round(level.effective_mentions).toLocaleString("en")} effective mentions`;
  const item = el("li", level.effective_mentions < WEAK ? "weak" : "", el("span", "name", entity.name), el("b", "score", String(score)), track,
    el("span", "range", `${low} to ${high}, ${rests}`));
  item.dataset.id = entity.id;
  return item;
}

function alert(open) {
  return el("li", `alert ${open.severity}`, el("b", "", open.severity), ` ${open.summary}`);
}

export async function standings(section, list, alerts, window) {
  const answer = await fetch("/api/standings");
  const entities = (await answer.json()).filter((entity) => entity.windows[window]);
  section.hidden = entities.length === 0;
  list.replaceChildren(...entities.map((entity) => row(entity, window)));
  const told = entities.flatMap((entity) => entity.alerts).map(alert);
  // A screen reader should hear of an alert once, not each second.
  if (told.map((item) => item.textContent).join() !== [...alerts.children].map((item) => item.textContent).join()) alerts.replaceChildren(...told);
}
