// What moved a score: parts of a change as bars to the left and right of a line.

import { el, languageName, said, signed } from "./dom.js";

const SHOWN = 5;

function bar(part, largest, unit) {
  const fill = el("i", part.points < 0 ? "down" : "up");
  fill.style.width = `${(Math.abs(part.points) / largest) * 50}%`;
  const track = el("span", "pull", fill);
  track.setAttribute("aria-hidden", "true");
  return el("li", "", said("span", "what", part.name), track, el("b", "", `${signed(part.points, 1)}${unit}`));
}

// One list for each way to break a change down; `unit` is what its numbers count.
export function moved(change, unit = "") {
  const ways = [
    ["By topic", change.topics, (id) => id],
    ["By source", change.sources, (id) => id],
    ["By language", change.languages, languageName],
  ];
  return ways.filter(([, parts]) => parts.length > 0).map(([title, parts, name]) => {
    // The largest by name, and the sum of all others, so that nobody takes the parts for the whole.
    const sum = (list) => list.reduce((points, part) => points + part.points, 0);
    const named = parts.filter((part) => part.id !== "other");
    const first = named.slice(0, parts.length <= SHOWN ? SHOWN : SHOWN - 1);
    const left = sum(parts) - sum(first);
    const shown = first.map((part) => ({ points: part.points, name: name(part.id) }));
    if (Math.abs(left) >= 0.05) shown.push({ points: left, name: "other" });
    const largest = Math.max(...shown.map((part) => Math.abs(part.points)), 1e-9);
    return el("div", "way", el("p", "sub", title), el("ul", "pulls", ...shown.map((part) => bar(part, largest, unit))));
  });
}
