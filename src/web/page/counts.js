// The chart of counts over event time.

import { el, shape } from "./dom.js";

const PARTS = ["negative", "neutral", "positive"];
const [WIDTH, HEIGHT] = [600, 190];
// The chart grows from here to all its buckets, so that the first minutes do not draw three fat bars.
const FEWEST = 24;

const total = (counts) => counts.negative + counts.neutral + counts.positive + counts.unscored;

// Negative is hatched as well as red, for readers who do not tell red from green.
function hatch() {
  const pattern = shape("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  pattern.append(shape("rect", { class: "stripe", width: 2, height: 6 }));
  return pattern;
}

// A round number at or above the highest bar.
function ceiling(highest) {
  const scale = 10 ** Math.floor(Math.log10(Math.max(highest, 1)));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((step) => Math.ceil(step * scale)).find((step) => step >= highest) ?? highest;
}

function tellTime(seconds, width) {
  const options = width >= 86400 ? { day: "numeric", month: "short" } : { weekday: "short", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(seconds * 1000));
}

function spell(width) {
  const [unit, seconds] = width >= 86400 ? ["day", 86400] : width >= 3600 ? ["hour", 3600] : ["minute", 60];
  const count = width / seconds;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

export function chart(svg, axis, caption, summary, name) {
  const { chart: buckets, width_seconds: width } = summary;
  svg.replaceChildren();
  axis.replaceChildren();
  if (buckets.length === 0) {
    svg.setAttribute("aria-label", "No mentions yet");
    return;
  }
  const last = buckets[buckets.length - 1].start;
  const slots = Math.max((last - buckets[0].start) / width + 1, FEWEST);
  const first = last - (slots - 1) * width;
  const top = ceiling(Math.max(...buckets.map(total)));
  const [step, gap] = [WIDTH / slots, Math.min(2, WIDTH / slots / 5)];
  for (const level of [0.5, 1]) {
    const y = HEIGHT - level * (HEIGHT - 2);
    svg.append(shape("line", { class: "grid", x1: 0, x2: WIDTH, y1: y, y2: y }));
  }
  for (const bucket of buckets) {
    const x = ((bucket.start - first) / width) * step;
    const group = shape("g", {});
    const title = shape("title", {});
    title.textContent = `${tellTime(bucket.start, width)}: ${PARTS.map((part) => `${bucket[part]} ${part}`).join(", ")}`;
    group.append(title, shape("rect", { class: "hit", x, y: 0, width: step, height: HEIGHT }));
    let y = HEIGHT;
    for (const part of [...PARTS, "unscored"]) {
      const height = (bucket[part] / top) * (HEIGHT - 2);
      if (height === 0) continue;
      y -= height;
      const bar = { x: x + gap / 2, y, width: Math.max(step - gap, 0.5), height: Math.max(height - 0.7, 0.5) };
      group.append(shape("rect", { class: part, ...bar }));
      if (part === "negative") group.append(shape("rect", { fill: "url(#hatch)", ...bar }));
    }
    svg.append(group);
  }
  svg.append(hatch());
  svg.append(shape("line", { class: "base", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }));
  const ends = [first, first + ((slots - 1) / 2) * width, last];
  axis.append(...ends.map((time) => el("span", "", tellTime(time, width))), el("b", "most", String(top)));
  const sums = PARTS.map((part) => `${buckets.reduce((sum, bucket) => sum + bucket[part], 0)} ${part}`).join(", ");
  caption.textContent = `${name}: mentions by time written, ${spell(width)} a bar`;
  svg.setAttribute("aria-label", `Mentions of ${name} from ${tellTime(first, width)} to ${tellTime(last, width)}: ${sums}`);
}
