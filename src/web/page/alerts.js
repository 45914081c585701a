// Alerts: a sentence, and behind it what moved and posts to look at.

import { $, el, link, moment, redraw, said, signed } from "./dom.js";
import { moved } from "./moved.js";

const KINDS = { reputation_drop: "reputation drop", volume_spike: "volume spike", topic_surge: "topic surge" };
const DETECTORS = { seasonal: "lower or louder than usual at this hour of the week", cusum: "it adds up over time", bands: "the bands have parted" };

function level(kind, { value, low, high }) {
  return kind === "reputation_drop" ? `${value.toFixed(0)} (${low.toFixed(0)} to ${high.toFixed(0)})` : `${value.toFixed(1)} an hour`;
}

function example(post) {
  const author = said("span", "author", post.author ?? "someone");
  return el("li", "", el("p", "byline", author, " ", link(post.url, "source", `on ${post.source}`), " ", el("b", "", signed(post.score))), said("p", "text", post.text));
}

function why(alert) {
  const { record } = alert;
  if (!record) return null;
  const parts = [el("p", "", `${level(alert.kind, record.before)} before, ${level(alert.kind, record.after)} now. Seen by: ${record.detectors.map((name) => DETECTORS[name] ?? name).join("; ")}.`)];
  const ways = moved(record.change);
  if (ways.length > 0) parts.push(el("div", "ways", ...ways));
  if (record.examples.length > 0) parts.push(el("p", "sub", "Posts to look at"), el("ul", "examples", ...record.examples.map(example)));
  const details = el("details", "", el("summary", "", "Why, and what was said"), ...parts);
  details.dataset.key = alert.id;
  return details;
}

export function item(alert, state) {
  const severity = el("b", "severity", state === "over" ? "over" : alert.severity);
  const head = el("p", "", severity, " ", el("span", "kind", `${KINDS[alert.kind] ?? alert.kind}, since `), moment(alert.opened_at));
  return el("li", `alert ${state === "over" ? "over" : alert.severity}`, head, said("p", "sentence", alert.summary), why(alert));
}

const told = new Set();

// A screen reader hears of an alert once, not whenever its figures change.
function announce(open, over) {
  const known = new Set([...open, ...over].map((alert) => alert.id));
  for (const id of told) if (!known.has(id)) told.delete(id);
  const fresh = open.filter((alert) => !told.has(alert.id));
  fresh.forEach((alert) => told.add(alert.id));
  if (fresh.length > 0) $("announce").textContent = fresh.map((alert) => `${alert.severity} alert: ${alert.summary}`).join(" ");
}

// Shows the answer of /api/alerts, and says whether all of it is shown. While the server still reads, what looks open may long be
// over: nobody is told of it until it is `live`.
export function alerts(answer, live) {
  const { open, over } = answer;
  $("alerts").hidden = open.length + over.length === 0;
  const current = redraw($("open"), open, () => open.map((alert) => item(alert, "open")));
  $("calm").hidden = open.length > 0;
  $("earlier").hidden = over.length === 0;
  $("earlier-count").textContent = over.length;
  const earlier = redraw($("over"), over, () => over.map((alert) => item(alert, "over")));
  if (live) announce(open, over);
  return current && earlier;
}
