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
    ["By language", change.languages, (id) => (id === "other" ? id : languageName(id))],
  ];
  return ways.filter(([, parts]) => parts.length > 0).map(([title, parts, name]) => {
    // What has no name comes last, however much it is.
    const named = parts.toSorted((one, two) => (one.id === "other") - (two.id === "other"));
    const shown = named.slice(0, SHOWN).map((part) => ({ points: part.points, name: name(part.id) }));
    const largest = Math.max(...shown.map((part) => Math.abs(part.points)), 1e-9);
    return el("div", "way", el("p", "sub", title), el("ul", "pulls", ...shown.map((part) => bar(part, largest, unit))));
  });
}
