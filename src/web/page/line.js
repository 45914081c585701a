// A score over time: a line within its band. The scale is always 0 to 100, so that charts can be compared.

import { el, shape } from "./dom.js";

const [WIDTH, HEIGHT] = [720, 200];
const UTC = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };

function time(seconds) {
  return new Intl.DateTimeFormat("en-GB", UTC).format(new Date(seconds * 1000));
}

// A point alone is drawn as a short dash.
function wide(points) {
  return points.length === 1 ? [{ ...points[0], at: points[0].at - 1 }, points[0]] : points;
}

function paths(known, width, height) {
  const points = wide(known);
  const [first, last] = [points[0].at, points[points.length - 1].at];
  const x = (point) => (((point.at - first) / (last - first)) * width).toFixed(1);
  const y = (score) => (height - (score / 100) * height).toFixed(1);
  const along = (of, list) => list.map((point) => `${x(point)} ${y(of(point))}`).join("L");
  const line = `M${along((point) => point.reputation, points)}`;
  const band = `M${along((point) => point.high, points)}L${along((point) => point.low, points.toReversed())}Z`;
  return [shape("path", { class: "band", d: band }), shape("path", { class: "line", d: line })];
}

// A small one, without words: what it shows stands beside it.
export function spark(points) {
  const svg = shape("svg", { class: "spark", viewBox: "0 0 120 36", preserveAspectRatio: "none", "aria-hidden": "true" });
  svg.append(shape("line", { class: "middle", x1: 0, x2: 120, y1: 18, y2: 18 }));
  if (points.length > 0) svg.append(...paths(points, 120, 36));
  return svg;
}

// A large one with axes, a tip for each point, and the same as a table.
export function chart(points, name) {
  if (points.length === 0) return [el("p", "empty", "Nothing to draw yet.")];
  const [first, last] = [points[0], points[points.length - 1]];
  const svg = shape("svg", { class: "line-chart", role: "img", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" });
  const scores = points.map((point) => point.reputation);
  const [lowest, highest] = [Math.min(...scores), Math.max(...scores)].map(Math.round);
  const range = first === last ? `at ${time(last.at)}` : `from ${time(first.at)} to ${time(last.at)}`;
  svg.setAttribute("aria-label", `Reputation of ${name} ${range}: ${Math.round(first.reputation)} at first, ${Math.round(last.reputation)} at last, between ${lowest} and ${highest}`);
  for (const level of [0, 25, 50, 75, 100]) {
    const y = HEIGHT - (level / 100) * HEIGHT;
    svg.append(shape("line", { class: level === 50 ? "middle" : "grid", x1: 0, x2: WIDTH, y1: y, y2: y }));
  }
  svg.append(...paths(points, WIDTH, HEIGHT));
  const span = Math.max(last.at - first.at, 1);
  points.forEach((point, i) => {
    const x = ((point.at - first.at) / span) * WIDTH;
    const before = i === 0 ? 0 : ((points[i - 1].at - first.at) / span) * WIDTH;
    const title = shape("title", {});
    title.textContent = `${time(point.at)}: ${point.reputation.toFixed(1)} (${point.low.toFixed(1)} to ${point.high.toFixed(1)})`;
    svg.append(shape("rect", { class: "hit", x: before, y: 0, width: Math.max(x - before, 1), height: HEIGHT }, title));
  });
  const scale = el("div", "scale", ...[100, 75, 50, 25, 0].map((level) => el("span", "", String(level))));
  const middle = points.length > 2 ? [time((first.at + last.at) / 2)] : [];
  const ends = first === last ? [time(last.at)] : [time(first.at), ...middle, time(last.at)];
  const axis = el("div", "axis", ...ends.map((end) => el("span", "", end)));
  for (const part of [scale, axis]) part.setAttribute("aria-hidden", "true");
  return [el("div", "plot", scale, svg, axis), table(points)];
}

function table(points) {
  const step = Math.ceil(points.length / 24);
  const rows = points.filter((_, i) => (points.length - 1 - i) % step === 0).map((point) =>
    el("tr", "", el("td", "", time(point.at)), ...[point.reputation, point.low, point.high].map((score) => el("td", "", score.toFixed(1)))));
  const head = el("tr", "", ...["Time", "Reputation", "Low", "High"].map((name) => el("th", "", name)));
  for (const cell of head.children) cell.scope = "col";
  const details = el("details", "as-table", el("summary", "", "As a table"), el("table", "", el("thead", "", head), el("tbody", "", ...rows)));
  details.dataset.key = "table";
  return details;
}
